#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what Debian 12 has for this project, if it is missing: `install.sh build` for what the
# gateway and its page need, `install.sh test` for the peers and tools of the tests as well.
set -eu

build="ca-certificates g++ cmake ninja-build pkg-config ccache python3 npm
  libboost1.81-dev libboost-json1.81-dev libssl-dev libc-ares-dev libopus-dev libspandsp-dev
  libfmt-dev libspdlog-dev libyaml-cpp-dev libcli11-dev
  prometheus-cpp-dev"
test="libgtest-dev libgmock-dev libbenchmark-dev libsrtp2-dev
  kamailio kamailio-extra-modules kamailio-tls-modules baresip-core sip-tester linphone-cli
  chromium firefox-esr sox libsox-fmt-all espeak-ng
  clang-19 clang-format-19 libclang-rt-19-dev llvm-19 openssl curl procps iproute2"

case "${1:-}" in
  build) packages=$build ;;
  test) packages="$build $test" ;;
  *) echo "usage: tools/install.sh build|test" >&2; exit 2 ;;
esac

# A newer Node with its npm may be there already, from elsewhere than Debian.
if command -v npm >/dev/null 2>&1; then packages=$(echo "$packages" | sed 's/\bnpm\b//'); fi

missing=""
for package in $packages; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then root=""; else root="sudo"; fi
echo "installing from Debian:$missing"
export DEBIAN_FRONTEND=noninteractive
# No service of a package is to start by itself: the tests start their own.
if [ ! -e /usr/sbin/policy-rc.d ] && [ "$1" = test ] && [ "$(id -u)" = 0 ]; then
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi
$root apt-get update -qq
# shellcheck disable=SC2086
$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
