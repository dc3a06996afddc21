#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""SPF beside pyspf, Mail::SPF and libspf2: `spf_peers.py JUDGE [--cases N] [--seed N] [--peer NAME] [--all]`."""

import contextlib
import json
import pathlib
import sys

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))

import compare
import spf_cases
from driver import Driver, zone_line
from mta.tap import Suite

PEERS = {
    "pyspf": ["/usr/bin/python3", compare.HERE / "peers/pyspf.py"],
    "Mail::SPF": ["perl", compare.HERE / "peers/mail_spf.pl"],
    "libspf2": ["/usr/bin/python3", compare.HERE / "peers/libspf2.py"],
}
suite = Suite()


class Kind:
    text_of = staticmethod(spf_cases.text_of)
    shrink = staticmethod(spf_cases.shrink)

    @staticmethod
    def line_of(case):
        return json.dumps(case)

    @staticmethod
    def our_lines(case):
        local, _, domain = case["from"].rpartition("@")
        return zone_line(spf_cases.records(case["zone"])), "\t".join(["spf", case["ip"], case["helo"], local, domain])

    @staticmethod
    def our_result(answers):
        """The result, and the reason."""
        return answers[1].split("\t")[:2]

    @staticmethod
    def is_same(pair, other):
        return pair == other

    @staticmethod
    def agree(ours, theirs):
        """libspf2 has a word of its own for a record that it could not evaluate."""
        return ours[0] == theirs or (theirs == "invalid" and ours[0] in ("temperror", "permerror"))


class Explanations(Kind):
    """What a failure is explained with, as one word that begins with =; other results in parentheses."""

    @staticmethod
    def our_result(answers):
        result, reason, text = answers[1].split("\t")
        if result != "fail":
            return f"({result})", reason
        return "=" + "".join(c if "!" <= c <= "~" else f"\\x{ord(c):02x}" for c in text or "DEFAULT"), ""

    @staticmethod
    def agree(ours, theirs):
        return ours[0] == theirs or "(" in (ours[0][0], theirs[0])

    @staticmethod
    def is_same(pair, other):
        return not Explanations.agree([other[0]], other[1])


class World:
    keep = False


@contextlib.contextmanager
def make_world():
    world = World()
    world.judge = Driver([options.judge])
    world.cases = list(spf_cases.cases(options.seed, options.cases))
    world.explained = list(spf_cases.explained_cases(options.seed, options.cases // 2))
    yield world
    world.judge.stop()


options = compare.read_options(400)
for name, command in PEERS.items():
    if options.peer in (None, name):
        compare.add_case(suite, Kind, "spf", "cases", name, command, options)
        if name != "libspf2":  # whose explanations hold words of its own
            compare.add_case(suite, Explanations, "explanations", "explained", name, command, options)
suite.run(make_world)
