#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the page and the gateway and makes the Debian package: build/package/patchcord_*.deb
set -eu
cd "$(dirname "$0")/.."

tools/node.sh npm ci --loglevel=error
tools/node.sh npm run build --loglevel=error
cmake --preset release >/dev/null
cmake --build --preset release --target patchcord
(cd build/release && cpack -G DEB -B ../package >/dev/null)
ls build/package/*.deb
