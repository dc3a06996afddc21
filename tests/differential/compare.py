# SPDX-License-Identifier: BSD-2-Clause
"""Compares our judgements with a peer's, case by case, and looks every disagreement up in verdicts.toml.

A disagreement is first made as small as it stays the same, and the table's patterns are tried on what is left of the
case, so that a row explains what it is about and nothing that happens to stand beside it.
"""

import argparse
import collections
import pathlib
import re
import sys
import tomllib

from driver import Driver, Ended
from mta.tap import Skip, note

HERE = pathlib.Path(__file__).resolve().parent
BATCH = 150  # cases that are sent before their answers are read: the answers fit into a pipe
SHOWN = 4    # unexplained disagreements that are printed in full


class Row:
    """A row of the table: which disagreements it explains, who is right, and by which clause."""

    def __init__(self, row):
        self.peers = row["peer"].split("|")
        self.ours, self.theirs = re.compile(row["ours"]), re.compile(row["theirs"])
        self.case = re.compile(row.get("case", ""), re.MULTILINE)
        self.right, self.clause, self.because = row["right"], row["clause"], row["because"]
        self.count = collections.Counter()

    def explains(self, peer, ours, theirs, text):
        return peer in self.peers and self.ours.fullmatch(ours) and self.theirs.fullmatch(theirs) and self.case.search(text)


def read_rows(section):
    with (HERE / "verdicts.toml").open("rb") as file:
        return [Row(row) for row in tomllib.load(file).get(section, [])]


class Peer(Driver):
    """A program in peers/; it says `ready`, or why it is absent."""

    def __init__(self, name, command):
        super().__init__(command)
        self.name = name

    def start(self):
        super().start()
        word = self.process.stdout.readline().strip()
        if word != "ready":
            self.stop()
            raise Skip(f"{self.name} is {word or 'absent'}")

    def judge(self, lines):
        """The answers; one line at a time where it dies over one of them."""
        try:
            return self.ask(*lines)
        except Ended:
            return [self.judge_one(line) for line in lines]

    def judge_one(self, line):
        try:
            return self.ask(line)[0]
        except Ended:
            return "crash"


class Comparison:
    """What the tests have in common. A kind of case gives line_of(case) for peers; our_lines(case) and
    our_result(answers), a result and its reason, for `judge`; agree(ours, theirs); is_same(pair, other), whether two
    pairs of results are the same disagreement; text_of(case) and shrink(case, still)."""

    def __init__(self, judge, kind, rows):
        self.judge, self.kind, self.rows = judge, kind, rows
        self.unexplained, self.explained, self.compared, self.passed = [], 0, 0, 0

    def ours(self, case):
        return self.kind.our_result(self.judge.ask(*self.kind.our_lines(case)))

    def compare(self, peer, cases):
        for at in range(0, len(cases), BATCH):
            batch = cases[at:at + BATCH]
            for case, theirs in zip(batch, peer.judge([self.kind.line_of(case) for case in batch])):
                self.compared += 1
                ours = self.ours(case)
                self.passed += ours[0] == "pass" or ours[0].startswith("=")
                if not self.kind.agree(ours, theirs.partition(" ")[0]):
                    self.look_up(peer, case, ours, theirs)

    def look_up(self, peer, case, ours, theirs):
        def still(other):
            answer = peer.judge_one(self.kind.line_of(other)).partition(" ")[0]
            return self.kind.is_same((ours[0], theirs), (self.ours(other)[0], answer))
        theirs = theirs.partition(" ")[0]
        small = self.kind.shrink(case, still)
        ours, said = self.ours(small), peer.judge_one(self.kind.line_of(small))
        text = f"{self.kind.text_of(small)}\nours: {' '.join(ours)}\n{peer.name}: {said}"
        for row in self.rows:
            if row.explains(peer.name, ours[0], said.partition(" ")[0], text):
                row.count[peer.name] += 1
                self.explained += 1
                return
        self.unexplained.append(text)

    def report(self, peer, every):
        note(f"{self.compared} cases, {self.passed} of them pass, {self.explained} explained disagreements, "
             f"{len(self.unexplained)} unexplained")
        for row in self.rows if every else []:
            if row.count:
                note(f"{sum(row.count.values())} {row.right}: {row.because} ({row.clause})")
        for text in sorted(self.unexplained, key=len)[:None if every else SHOWN]:
            note(text + "\n")
        assert self.compared // 20 < self.passed < self.compared, "the cases are all of one kind"
        assert not self.unexplained, f"{peer.name}: no row of verdicts.toml explains this"


def read_options(cases):
    parser = argparse.ArgumentParser()
    parser.add_argument("judge")
    parser.add_argument("--cases", type=int, default=cases)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer", help="only this one")
    parser.add_argument("--all", action="store_true", help="print all that is unexplained, and each row that was used")
    options = parser.parse_args(sys.argv[1:])
    sys.argv[1:] = []
    return options


def add_case(suite, kind, section, cases, name, command, options):
    """A TAP point: we agree with this peer, or know why not."""
    @suite.case(f"{section} beside {name}: agreement, or a clause that decides")
    def _(world):
        peer = Peer(name, command)
        comparison = Comparison(world.judge, kind, read_rows(section))
        try:
            comparison.compare(peer, getattr(world, cases))
        finally:
            peer.stop()
        comparison.report(peer, options.all)
