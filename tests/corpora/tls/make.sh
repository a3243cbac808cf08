#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes the certificates of the TLS tests anew: one key for all of them, an authority (ca.crt), and what it
# has signed. They are worth nothing outside the tests. Names:
#   sip.crt       sip.test and the loopback addresses
#   uri.crt       URI sip:uri.test; its DNS name dns-beside-uri.test does not count (RFC 5922 7.1)
#   wildcard.crt  *.test, which is no name of a SIP domain
#   expired.crt   sip.test, until 2020
#   self.crt      sip.test, signed by itself
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
touch "$work/index"
cat >"$work/ca.cnf" <<EOF
[ca]
default_ca = authority
[authority]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
[req]
distinguished_name = none
[none]
EOF

sign() {  # NAME SAN START END
  printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$2" >"$work/$1.ext"
  openssl req -new -config "$work/ca.cnf" -key test.key -subj "/CN=$1" -out "$work/$1.csr"
  openssl ca -batch -notext -config "$work/ca.cnf" -keyfile test.key -cert ca.crt -in "$work/$1.csr" \
    -startdate "$3" -enddate "$4" -extfile "$work/$1.ext" -out "$1.crt"
}

openssl ecparam -genkey -name prime256v1 -noout -out test.key
openssl req -new -x509 -config "$work/ca.cnf" -key test.key -subj "/CN=Authority of the tests" -days 36500 \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -out ca.crt
now=20200102000000Z
late=21200101000000Z
sign sip DNS:sip.test,IP:127.0.0.1,IP:::1 $now $late
sign uri URI:sip:uri.test,DNS:dns-beside-uri.test $now $late
sign wildcard DNS:*.test $now $late
sign expired DNS:sip.test,IP:127.0.0.1 20190101000000Z 20200101000000Z
openssl req -new -x509 -config "$work/ca.cnf" -key test.key -subj "/CN=self" -days 36500 \
  -addext subjectAltName=DNS:sip.test,IP:127.0.0.1 -out self.crt
chmod 644 test.key
