#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Fails, and names the files, when clang-format would change one. `check_format.sh --fix` changes them.
set -eu
cd "$(dirname "$0")/.."
files=$(git ls-files '*.cpp' '*.h')
if [ "${1:-}" = --fix ]; then
  echo "$files" | xargs clang-format-19 -i
else
  echo "$files" | xargs clang-format-19 --dry-run -Werror
fi
