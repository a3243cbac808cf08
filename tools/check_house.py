#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house that a compiler does not know: what may stand in which file of src/."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
LINES = 500

# What must not be there, in which files it may be, and why.
RULES = [
    (r"std::(mutex|shared_mutex|recursive_mutex|lock_guard|unique_lock|scoped_lock)",
     r"^core/(executor|log)\.", "a lock: only the mailbox and the log have one"),
    (r"std::(shared_ptr|make_shared|weak_ptr)", r"^web/", "shared ownership: every resource has one owner"),
    (r"\bstd::bind\b", r"^$", "std::bind: write a lambda"),
    (r"(?<![\w.>])delete\s+[\w*(]|\bdelete\[\]", r"^$", "delete: a smart pointer owns it"),
    # A factory with a private constructor has no make_unique; what is born goes into a unique_ptr.
    (r"^(?!.*unique_ptr).*\bnew\s+[\w:]+[({]", r"^$", "new outside a unique_ptr"),
    (r"sleep_for|usleep\(|\bsleep\(", r"^$", "sleeping: a loop has timers"),
    (r"(steady|system|high_resolution)_clock::now|clock_gettime|\btime\(nullptr\)",
     r"^core/(time\.h|log\.cpp)$", "reading a clock: time is an argument"),
    (r"\b(TODO|FIXME)\b(?!\(#\d+\))", r"^$", "a TODO without an issue"),
]


def code_of(text):
    """Without comments and texts, line for line."""
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


def main():
    faults = []
    sizes = []
    for path in sorted(list(SRC.rglob("*.cpp")) + list(SRC.rglob("*.h"))):
        name = path.relative_to(SRC).as_posix()
        text = path.read_text()
        lines = text.count("\n")
        sizes.append(lines)
        if lines > LINES:
            faults.append(f"{name}: {lines} lines; {LINES} is the most a file may have")
        if not text.startswith("// SPDX-License-Identifier: GPL-3.0-or-later"):
            faults.append(f"{name}:1: the SPDX line is missing")
        if path.suffix == ".h" and "#pragma once" not in text:
            faults.append(f"{name}: #pragma once is missing")
        raw = text.splitlines()
        before = ""
        for number, line in enumerate(code_of(text).splitlines(), 1):
            line, before = (before + line if "unique_ptr" in before else line), line
            for pattern, allowed, why in RULES:
                subject = raw[number - 1] if why and why.startswith("a TODO") else line
                if why and re.search(pattern, subject) and not re.match(allowed, name):
                    faults.append(f"{name}:{number}: {why}")
    sizes.sort()
    print("\n".join(faults) or
          f"house: {len(sizes)} files, median {sizes[len(sizes) // 2]} lines, "
          f"90th percentile {sizes[len(sizes) * 9 // 10]}, longest {sizes[-1]}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
