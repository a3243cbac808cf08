#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs every test: installs what is missing (Debian 12), builds, and ends with "N passed, N failed"
# over all suites. `./test.sh unit browser` runs only the suites named.
# Suites: checks unit house tsan fuzz web peers browser
# and, only when they are named, a quarter of an hour more: attacks soak
set -u
cd "$(dirname "$0")"

suites=("$@")
[ $# -gt 0 ] || suites=(checks unit house tsan fuzz web peers browser)
wants() { local s; for s in "${suites[@]}"; do [ "$s" = "$1" ] && return 0; done; return 1; }

passed=0
failed=0
logs=build/test-logs
mkdir -p "$logs"
began=$SECONDS
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

# say SUITE PASSED FAILED
say() {
  passed=$((passed + $2)); failed=$((failed + $3))
  printf '%-28s %5d passed %3d failed   (%d s since the start)\n' "$1" "$2" "$3" $((SECONDS - began))
}

# step NAME COMMAND...: one check that either holds or not
step() {
  local name=$1; shift
  if "$@" >"$logs/$name.log" 2>&1; then say "$name" 1 0; else say "$name" 0 1; tail -n 40 "$logs/$name.log"; fi
}

# gtest NAME BINARY ARGS...: counts what GoogleTest says
gtest() {
  local name=$1; shift
  "$@" >"$logs/$name.log" 2>&1
  local status=$?
  local good bad
  good=$(sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' "$logs/$name.log" | tail -n 1)
  bad=$(sed -n 's/^ *\([0-9]*\) FAILED TEST.*/\1/p' "$logs/$name.log" | tail -n 1)
  [ "$status" -eq 0 ] || [ "${bad:-0}" -gt 0 ] || bad=1   # died without saying so
  [ -n "${good:-}${bad:-}" ] || bad=1
  say "$name" "${good:-0}" "${bad:-0}"
  if [ "${bad:-0}" -gt 0 ]; then grep -E "FAILED|Failure|error|ERROR|SUMMARY" "$logs/$name.log" | head -n 40; tail -n 20 "$logs/$name.log"; fi
}

# node_test NAME FILES...: counts what Node's test runner says, file by file. These tests are played in
# real time by many processes: a file that fails is told, and played once more before it counts.
node_test() {
  local name=$1 file log status good bad total_good=0 total_bad=0 try
  shift
  for file in "$@"; do
    for try in 1 2; do
      log="$logs/$(basename "$file" .test.mjs).$name.$try.log"
      tools/node.sh node --test --test-concurrency=1 --test-reporter=tap "$file" >"$log" 2>&1
      status=$?
      good=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$log" | tail -n 1)
      bad=$(sed -n 's/^# fail \([0-9]*\)$/\1/p' "$log" | tail -n 1)
      [ "$status" -eq 0 ] || [ "${bad:-0}" -gt 0 ] || bad=1
      [ "${good:-0}" -gt 0 ] || [ "${bad:-0}" -gt 0 ] || bad=1
      [ "${bad:-0}" -gt 0 ] || break
      echo "$file, try $try:"
      grep -E -A 14 "^ *not ok" "$log" | head -n 60
    done
    total_good=$((total_good + ${good:-0})); total_bad=$((total_bad + ${bad:-0}))
  done
  say "$name" "$total_good" "$total_bad"
}

build() {  # PRESET TARGETS...
  local preset=$1; shift
  echo "building $preset"
  if ! { cmake --preset "$preset" >"$logs/build-$preset.log" 2>&1 &&
         cmake --build --preset "$preset" --target "$@" >>"$logs/build-$preset.log" 2>&1; }; then
    grep -E "error|FAILED" "$logs/build-$preset.log" | head -n 30
    say "build-$preset" 0 1
    return 1
  fi
}

tools/install.sh test || { echo "packages could not be installed"; say install 0 1; }

if wants checks; then
  step layers tools/check_layers.py
  step house-rules tools/check_house.py
  step reasons tools/generate_reasons.py --check
  step format tools/check_format.sh
fi

if wants unit || wants house || wants fuzz; then
  if build asan all; then
    if wants unit; then
      for test in build/asan/tests/unit_*; do
        case $test in *.cmake|*.d|*_include*) continue ;; esac
        [ -x "$test" ] && [ -f "$test" ] && gtest "$(basename "$test")" "$test"
      done
    fi
    if wants house && [ -x build/asan/tests/house_tests ]; then gtest house build/asan/tests/house_tests; fi
    if wants fuzz; then
      for test in build/asan/tests/fuzz_*; do
        [ -x "$test" ] && [ -f "$test" ] || continue
        name=$(basename "$test")
        step "$name" "$test" "tests/corpora/fuzz/${name#fuzz_}"
      done
    fi
  fi
fi

if wants tsan && [ -d tests/house ] && ls tests/house/*.cpp >/dev/null 2>&1; then
  if build tsan house_tests; then gtest house-tsan build/tsan/tests/house_tests --gtest_filter=-CallWalk.*; fi
fi

if wants web || wants peers || wants attacks || wants browser || wants soak; then
  step npm-ci tools/node.sh npm ci --loglevel=error
  step npm-build tools/node.sh npm run build --loglevel=error
fi
if wants web; then
  tools/node.sh npx vitest run --reporter=json --outputFile="$logs/vitest.json" >"$logs/vitest.log" 2>&1
  counts=$(tools/node.sh node -e 'const r=JSON.parse(require("fs").readFileSync(process.argv[1]));console.log(r.numPassedTests,r.numFailedTests+r.numFailedTestSuites*(r.numFailedTests?0:1))' "$logs/vitest.json" 2>/dev/null || echo "0 1")
  # shellcheck disable=SC2086
  say sdk-and-phone $counts
  step lint tools/node.sh npm run lint --loglevel=error
  step typecheck tools/node.sh npm run typecheck --loglevel=error
  step size tools/node.sh npm run size --loglevel=error
fi

# The peers and the attackers drive the gateway under the address sanitizer; the browsers and the load
# generator as it is run.
if wants peers && build asan patchcord; then
  PATCHCORD="$PWD/build/asan/patchcord" node_test peers tests/peers/*.test.mjs
fi
if wants attacks && build asan patchcord && build bench patchcord loadgen; then
  PATCHCORD="$PWD/build/asan/patchcord" node_test attacks tests/attacks/*.test.mjs
fi
if wants soak && build bench patchcord loadgen; then
  node_test soak tests/soak/*.test.mjs
fi
if wants browser && build release patchcord; then node_test browser tests/browser/*.test.mjs; fi

echo "took $((SECONDS - began)) s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
