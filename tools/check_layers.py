#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks every include of src/ against layers.txt: a room sees itself and the rooms named there.
Also checks the cages: which room may include which third-party header."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

# Third-party prefix to the files that may include it.
CAGES = {
    "boost/beast": r"^web/",
    "boost/json": r"^(wcs|admin|store)/.*\.(cpp|h)$",
    "boost/asio": r"^(web|app)/|^sip/(transport|resolver|dns_channel)",
    "ares.h": r"^sip/(resolver|dns_channel|dns_records)",
    "openssl/": r"^(rtc|web)/|^sip/(digest|transport)|^app/gateway\.cpp$",
    "yaml-cpp": r"^app/(config|yaml_section)[a-z_]*\.",
    "CLI": r"^app/main\.cpp$",
    "opus": r"^codec/",
    "spandsp": r"^codec/",
    "prometheus/": r"^admin/metrics\.cpp$",
    "spdlog": r"^core/log\.cpp$",
}


def layers():
    rooms = {}
    for line in (ROOT / "layers.txt").read_text().splitlines():
        match = re.match(r"^([a-z]+):\s*(.*)$", line)
        if match:
            rooms[match[1]] = set(match[2].split())
    return rooms


def main():
    rooms = layers()
    faults = []
    for path in sorted(SRC.rglob("*.[hc]*")):
        name = path.relative_to(SRC).as_posix()
        room = name.split("/")[0]
        if path.suffix not in (".h", ".cpp", ".inc") or "/" not in name:
            continue
        if room not in rooms:
            faults.append(f"{name}: its room \"{room}\" is not in layers.txt")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            own = re.match(r'\s*#include "([a-z_]+)/', line)
            if own and own[1] != room and own[1] not in rooms[room]:
                faults.append(f"{name}:{number}: {room} may not see {own[1]} (layers.txt)")
            other = re.match(r"\s*#include <([^>]+)>", line)
            for prefix, allowed in CAGES.items():
                if other and other[1].startswith(prefix) and not re.match(allowed, name):
                    faults.append(f"{name}:{number}: <{other[1]}> is caged elsewhere")
    seen = {}

    def depth(room, path=()):
        if room in path:
            faults.append("layers.txt: a cycle: " + " > ".join(path + (room,)))
            return 0
        if room not in seen:
            seen[room] = 1 + max((depth(r, path + (room,)) for r in rooms.get(room, ())), default=0)
        return seen[room]

    for room in rooms:
        depth(room)
    print("\n".join(faults) or f"layers: {len(rooms)} rooms, no include where none may be")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
