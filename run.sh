#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A working demo from nothing: installs what is missing (Debian 12), builds the gateway and the
# page, starts it and says where to look. Further arguments go to `patchcord demo`.
set -eu
cd "$(dirname "$0")"

tools/install.sh build
if [ ! -f phone/dist/index.html ] || [ -n "$(find sdk/src phone/src phone/index.html -newer phone/dist/index.html 2>/dev/null | head -n 1)" ]; then
  echo "building the page"
  tools/node.sh npm ci --loglevel=error
  tools/node.sh npm run build --loglevel=error
fi
echo "building the gateway (some minutes, the first time)"
cmake --preset release >/dev/null
cmake --build --preset release -- --quiet
exec build/release/patchcord demo "$@"
