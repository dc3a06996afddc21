#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks doc/guide/limits.md against the sources: `limits.py ROOT`, a TAP point for each rule.

Every constant of the folders below that limits what a stranger chooses has a row with its value; every row has its constant;
and the test that it names is there. It reads text: an enumerator with a value whose name ends as a limit's does.
"""

import pathlib
import re
import sys

PLACES = ["src/ask/*.h", "src/message/author.h", "src/message/domain_names.h", "src/message/header.h", "src/auth/*.h",
          "src/resolver/*.h", "src/engine/*.h",
          "src/bounce/home_made.h", "src/bounce/notice.h", "src/bounce/reading.h", "src/bounce/recipient_words.h",
          "src/bounce/returned.h",
          "src/bounce/diagnosis.h", "src/bounce/rules*.h", "src/bounce/text_address.h", "src/message/boundaries.h", "src/message/field_blocks.h",
          "src/message/header_text.h", "src/message/parameters.h", "src/message/parts.h",
          "src/message/date.h", "src/message/mailbox_list.h", "src/message/mbox.h", "src/message/transfer_encoding.h", "src/proof/envelope_id.h", "src/proof/evidence.h",
          "src/proof/sent_name.h", "src/proof/token.h", "src/store/*.h"]
LIMIT = re.compile(r"\b(BS_[A-Z0-9_]*(?:_MAX|_MIN|_MEMORY|_SKEW|_SIZE))\s*=\s*([^,}/]+?)\s*(?=[,}/])")
# Buffers that are emptied when they are full, and what has one size.
NO_LIMITS = {"BS_DKIM_SINK_SIZE", "BS_SENT_KEY_SIZE", "BS_SENT_NAME_SIZE", "BS_TOKEN_SIZE", "BS_TRANSFER_ROOM_MIN"}
ROW = re.compile(r"\| `(BS_\w+)` \| (.+?) \| .+ \| (.+?) \|$")
TEST = re.compile(r"`([\w/.]+)`: (.+)")
REASON = re.compile(r"none: .{20,}")


def read_limits(root):
    return {match[1]: match[2] for place in PLACES for path in sorted(root.glob(place))
            for match in LIMIT.finditer(path.read_text()) if match[1] not in NO_LIMITS}


def read_rows(root):
    rows = {}
    for number, line in enumerate((root / "doc/guide/limits.md").read_text().splitlines(), 1):
        match = ROW.match(line)
        if match:
            rows[match[1]] = (number, match[2], match[3])
    return rows


def check_test(root, name, text):
    if REASON.fullmatch(text):
        return []
    match = TEST.fullmatch(text)
    path = root / match[1] if match else None
    if not path or not path.is_file():
        return [f"{name}: {text} is neither a test, `FILE`: sentence, nor `none:` and why"]
    source = path.read_text()
    sentence = match[2] if path.suffix != ".c" else match[2].replace(" ", "_")
    known = re.search(rf'"{re.escape(sentence)}"' if path.suffix != ".c" else rf"\((?:\w+, )?{sentence}[,)]", source)
    return [] if known else [f"{name}: {match[1]} has no test \"{match[2]}\""]


def main():
    root = pathlib.Path(sys.argv[1])
    limits, rows = read_limits(root), read_rows(root)
    points = [
        ("every limit has a row in doc/guide/limits.md", [f"{name} has none" for name in limits if name not in rows]),
        ("every row has its limit", [f"line {rows[name][0]}: {name} is no limit" for name in rows if name not in limits]),
        ("every value is as it is in the sources", [f"{name} is {limits[name]}, not {rows[name][1]}" for name in limits
                                                    if name in rows and rows[name][1] != limits[name]]),
        ("every row names a test that is there, or says why there is none",
         [finding for name in rows for finding in check_test(root, name, rows[name][2])]),
        ("there are limits to check", [] if len(limits) > 50 else ["they are not found in the sources"]),
    ]
    print(f"1..{len(points)}")
    for number, (rule, findings) in enumerate(points, 1):
        print(f"{'not ok' if findings else 'ok'} {number} - {rule}")
        for finding in findings:
            print(f"# {finding}")
    return any(findings for _, findings in points)


if __name__ == "__main__":
    sys.exit(main())
