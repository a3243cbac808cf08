#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The long soak: 1,000 calls one after the other, then 50 at once for 20 minutes with churn, sound checked
# in each; some 40 minutes. The short form is a suite of ./test.sh. LOADED_PATCHCORD=... soaks another build.
set -eu
cd "$(dirname "$0")/.."
tools/install.sh test
cmake --preset bench
cmake --build --preset bench --target patchcord loadgen
tools/node.sh npm ci --loglevel=error
tools/node.sh npm run build --loglevel=error
SOAK=long \
  tools/node.sh node --test --test-reporter=spec tests/soak/soak.test.mjs
