#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""pyspf as a peer: see ../README.md for what comes in and what goes out."""

import json
import sys

try:
    import spf
except ImportError:
    print("absent: install python3-spf", flush=True)
    sys.exit(0)

zone = {}


def lookup(name, kind, *_):
    records = zone.get(name.lower(), {})
    if "TIMEOUT" in records:
        raise spf.TempError("DNS timed out")
    if kind == "TXT":
        return [((name, kind), [text.encode("latin-1")]) for text in records.get(kind, [])]
    if kind == "MX":
        return [((name, kind), tuple(value)) for value in records.get(kind, [])]
    return [((name, kind), value) for value in records.get(kind, [])]


def shown(text):
    """An explanation as one word."""
    return "=" + "".join(c if "!" <= c <= "~" else f"\\x{ord(c):02x}" for c in text)


def judge(case):
    zone.clear()
    zone.update(case["zone"])
    try:
        query = spf.query(i=case["ip"], s=case["from"], h=case["helo"])
        query.set_default_explanation("DEFAULT")
        result, _, text = query.check()
    except Exception as failure:  # a peer may do anything
        result, text = "crash", repr(failure)
    if case.get("explain"):
        return shown(text) if result == "fail" else f"({result})"
    return f"{result} {text}".encode("ascii", "backslashreplace").decode().replace("\n", " ")


spf.DNSLookup = lookup
print("ready", flush=True)
for line in sys.stdin:
    print(judge(json.loads(line)), flush=True)
