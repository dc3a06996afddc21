#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""DKIM beside dkimpy, Mail::DKIM and OpenDKIM's library:
`dkim_peers.py JUDGE [--cases N] [--seed N] [--peer NAME] [--all]`."""

import contextlib
import json
import pathlib
import sys

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))

import compare
import dkim_cases
from driver import Driver, zone_line
from mta.tap import Suite

PEERS = {
    "dkimpy": ["/usr/bin/python3", compare.HERE / "peers/dkimpy.py"],
    "Mail::DKIM": ["perl", compare.HERE / "peers/mail_dkim.pl"],
    "OpenDKIM": ["/usr/bin/python3", compare.HERE / "peers/libopendkim.py"],
}
suite = Suite()


def quoted(text):
    """As strings of a TXT record in a master file."""
    parts = [text[at:at + 200] for at in range(0, len(text), 200)] or [""]
    return " ".join('"' + "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\{ord(c):03d}" for c in part) + '"'
                    for part in parts)


def zone_of(case):
    records = case["records"]
    for name in dkim_cases.owner_names():
        if isinstance(records, str):
            yield f"{name}. {records}"
        else:
            yield from (f"{name}. 60 IN TXT {quoted(record)}" for record in records)


class Kind:
    text_of = staticmethod(dkim_cases.text_of)
    shrink = staticmethod(dkim_cases.shrink)

    @staticmethod
    def line_of(case):
        names = [name.lower() for name in dkim_cases.owner_names()]
        return json.dumps({key: case[key] for key in ("message", "records", "piece")} | {"names": names})

    @staticmethod
    def our_lines(case):
        message = case["message"].encode("latin-1").hex()
        return zone_line(zone_of(case)), f"dkim\t{dkim_cases.NOW}\t{case['piece']}\t{message}"

    @staticmethod
    def our_result(answers):
        """The result of the first signature, and the reason."""
        return (answers[1].split("\t") + ["", ""])[:2] if answers[1] else ["none", ""]

    @staticmethod
    def is_same(pair, other):
        return pair == other

    @staticmethod
    def agree(ours, theirs):
        """Whether both let it pass, or neither."""
        return theirs == "skip" or (ours[0] == "pass") == (theirs == "pass")


class World:
    keep = False


@contextlib.contextmanager
def make_world():
    world = World()
    world.judge = Driver([options.judge])
    world.cases = list(dkim_cases.cases(options.seed, options.cases))
    yield world
    world.judge.stop()


options = compare.read_options(450)
for name, command in PEERS.items():
    if options.peer in (None, name):
        compare.add_case(suite, Kind, "dkim", "cases", name, command, options)
suite.run(make_world)
