#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tools/coverage.sh   which lines of each parser the fuzz inputs reach, kept and found ones together
#
# Replays tests/corpora/fuzz and build/fuzz-corpus and prints a table; the aim is 90 % of the lines of
# each parser. An HTML report with each line is left in build/coverage/html. The exit code is 1 when a
# parser is below the aim.
set -eu
cd "$(dirname "$0")/.."
build=${PATCHCORD_COVERAGE_BUILD:-build/coverage}
aim=90
parsers=(
  src/sip/{message,message_check,indexer,header_lines,header_names,headers,grammar,params,uri,digest,framing}.cpp
  src/rtp/{packet,rtcp,telephone_event}.cpp
  src/sdp/{parser,attributes}.cpp
  src/rtc/stun.cpp
  src/wcs/messages_parse.cpp
  src/web/http_message.cpp
  src/app/{config,config_network,config_sip,config_limits,yaml_section}.cpp
)

targets=()
for source in tests/fuzz/*/*.cpp; do targets+=("$(basename "$source" .cpp)"); done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake --preset coverage -B "$build" && ninja -C "$build" "${targets[@]/#/fuzz_}"; } >"$log" 2>&1; then
  tail -40 "$log" >&2
  exit 2
fi

rm -rf "$build/profiles"
programs=()
for target in "${targets[@]}"; do
  corpus=(tests/corpora/fuzz/"$target")
  [[ -d build/fuzz-corpus/$target ]] && corpus+=(build/fuzz-corpus/"$target")
  if ! LLVM_PROFILE_FILE=$build/profiles/$target.profraw \
      "$build/tests/fuzz_$target" -runs=0 "${corpus[@]}" >"$log" 2>&1; then
    tail -20 "$log" >&2
    exit 2
  fi
  programs+=("$build/tests/fuzz_$target")
done
llvm-profdata-19 merge -sparse "$build"/profiles/*.profraw -o "$build/all.profdata"
others=("${programs[@]:1}")
what=(-instr-profile="$build/all.profdata" "${programs[0]}" "${others[@]/#/-object=}" "${parsers[@]}")

llvm-cov-19 show -format=html -output-dir="$build/html" "${what[@]}" >/dev/null
llvm-cov-19 export -summary-only "${what[@]}" |
  python3 -c '
import json, os, sys
aim = float(sys.argv[1])
files = json.load(sys.stdin)["data"][0]["files"]
below = 0
print("%-32s %7s %9s %8s" % ("parser", "lines", "reached", "percent"))
for file in files:
    lines = file["summary"]["lines"]
    low = lines["percent"] < aim
    below += low
    print("%-32s %7d %9d %8.1f%s" % (os.path.relpath(file["filename"]), lines["count"],
                                     lines["covered"], lines["percent"], "  below" if low else ""))
sys.exit(1 if below else 0)
' "$aim"
