#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""dkimpy as a peer: see ../README.md for what comes in and what goes out."""

import json
import logging
import sys

sys.path.pop(0)  # nothing here is meant

try:
    import dkim
except ImportError:
    print("absent: install python3-dkim", flush=True)
    sys.exit(0)


class Notes(logging.Handler):
    def __init__(self):
        super().__init__()
        self.text = ""

    def emit(self, record):
        if record.levelno >= logging.ERROR:
            self.text += record.getMessage()


notes = Notes()
logger = logging.getLogger("dkimpy")
logger.propagate = False
logger.addHandler(notes)


def judge(case):
    def lookup(name, timeout=5):
        name = name.decode("ascii", "replace").rstrip(".").lower()
        if name not in case["names"] or not case["records"]:
            return None
        if isinstance(case["records"], str):
            raise dkim.DnsTimeoutError(case["records"])
        return case["records"][0].encode("latin-1")
    if not isinstance(case["records"], str) and len(case["records"]) > 1:
        return "skip it takes one record at random"
    notes.text = ""
    try:
        passed = dkim.DKIM(case["message"].encode("latin-1"), logger=logger).verify(dnsfunc=lookup)
        return f"{'pass' if passed else 'fail'} {notes.text}"
    except dkim.DKIMException as failure:
        return f"fail {failure!r}"
    except Exception as failure:  # a peer may do anything
        return f"crash {failure!r}"


print("ready", flush=True)
for line in sys.stdin:
    print(judge(json.loads(line)).encode("ascii", "backslashreplace").decode().replace("\n", " "), flush=True)
