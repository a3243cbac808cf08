#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tools/fuzz.sh [seconds] [target...]   fuzzes each parser for so long (60), all of them or those named
#
# One after the other, with the kept inputs of tests/corpora/fuzz/<target>; what is new is kept in
# build/fuzz-corpus/<target> and taken up again next time. A finding lies in build/fuzz-findings, and
# the exit code is 1. docs/fuzzing.md says what to do with one.
set -u
cd "$(dirname "$0")/.."
build=${PATCHCORD_FUZZ_BUILD:-build/fuzz}
found=build/fuzz-corpus
findings=build/fuzz-findings

seconds=60
if [[ ${1:-} =~ ^[0-9]+$ ]]; then
  seconds=$1
  shift
fi
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
  for source in tests/fuzz/*/*.cpp; do targets+=("$(basename "$source" .cpp)"); done
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake --preset fuzz -B "$build" && ninja -C "$build" "${targets[@]/#/fuzz_}"; } >"$log" 2>&1; then
  tail -40 "$log" >&2
  exit 2
fi

stat() { sed -n "s/^stat::$1: *//p" "$log"; }

failed=0
printf '%-18s %12s %10s %6s  %s\n' target runs runs/s new result
for target in "${targets[@]}"; do
  kept=tests/corpora/fuzz/$target
  mkdir -p "$found/$target" "$findings"
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
           -artifact_prefix="$findings/$target-")
  dictionary=$(ls tests/fuzz/*/"$target".dict 2>/dev/null)
  [[ -n $dictionary ]] && options+=(-dict="$dictionary")
  before=$(ls "$found/$target" | wc -l)
  if "$build/tests/fuzz_$target" "${options[@]}" "$found/$target" "$kept" >"$log" 2>&1; then
    result=clean
  else
    failed=1
    result="FOUND $(sed -n 's/.*Test unit written to //p' "$log" | tail -1)"
    cp "$log" "$findings/$target.log"
  fi
  new=$(($(ls "$found/$target" | wc -l) - before))
  printf '%-18s %12s %10s %6s  %s\n' "$target" "$(stat number_of_executed_units)" \
    "$(stat average_exec_per_sec)" "$new" "$result"
done
exit $failed
