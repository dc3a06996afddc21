#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The message reader beside GMime: `mime_peer.py MIME-PARTS [--cases N] [--seed N] [--all]`.

Random messages, of which it is known what is in them: we must read just that. The seeds of the fuzz target, and the messages
of ../shared/corpora (or of the folder that BACKSTOP_CORPORA names) where they are there: where we and GMime differ, a row of
verdicts.toml must say who is right.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import re
import sys
import tempfile

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))

import mime_cases
from compare import HERE, read_rows
from driver import Driver
from mta.tap import Skip, Suite, note

CHECKOUT = HERE.parents[1]
CORPORA = pathlib.Path(os.environ.get("BACKSTOP_CORPORA", CHECKOUT.parent / "shared/corpora"))
SHOWN = 6  # differences that are printed
suite = Suite()


def normal(text):
    """Without what no reader need keep: how much white space there is, and what a C string cannot hold."""
    return re.sub(r"[ \t\n\r\f\v]+", " ", text).strip()


class World:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)
        self.reader = Driver([options.program])
        self.rows = read_rows("mime")
        self.keep = False

    def read(self, paths):
        """Our leaves and subject, and GMime's, of each file."""
        for path in paths:
            yield path, *json.loads(self.reader.ask(str(path))[0])


def differences(ours, theirs):
    """What we say and what GMime says, as two words each."""
    (our_leaves, our_subject), (their_leaves, their_subject) = ours, theirs
    our_types, their_types = ([leaf[0] for leaf in leaves] for leaves in (our_leaves, their_leaves))
    if our_types != their_types:
        yield "leaves " + " ".join(our_types), "leaves " + " ".join(their_types)
        return
    for ours_one, theirs_one in zip(our_leaves, their_leaves):
        text, other = normal(ours_one[1]), normal(theirs_one[1])
        if ours_one[3]:
            text, other = text[:-1], other[:len(text) - 1]
        if ours_one[0].startswith("text/") and ours_one[0] not in ("text/html", "text/rfc822-headers", "text/rfc822-header"):
            yield from difference("text", text, other)
        yield from difference("name", normal(ours_one[2]), normal(theirs_one[2]))
    yield from difference("subject", normal(our_subject), normal(their_subject))


def difference(what, text, other):
    if text != other:
        at = next((i for i, pair in enumerate(zip(text, other)) if pair[0] != pair[1]), min(len(text), len(other)))
        yield tuple(f"{what} {side[max(0, at - 20):at + 40]!r}" for side in (text, other))


def compare(world, paths):
    """Looks every difference up."""
    unexplained, explained, compared = [], 0, 0
    for path, ours, subject, theirs, their_subject in world.read(paths):
        message = path.read_bytes().decode("latin-1").replace("\r\n", "\n")
        compared += 1
        for one, other in differences((ours, subject), (theirs, their_subject)):
            row = next((row for row in world.rows if row.explains("GMime", one, other, message)), None)
            explained += bool(row)
            if row:
                row.count["GMime"] += 1
            else:
                unexplained.append(f"{path.name}\nours: {one}\nGMime: {other}")
    note(f"{compared} messages, {explained} explained differences, {len(unexplained)} unexplained")
    for row in world.rows if world.options.all else []:
        if row.count:
            note(f"{sum(row.count.values())} {row.right}: {row.because} ({row.clause})")
    for text in unexplained[:None if world.options.all else SHOWN]:
        note(text + "\n")
    assert compared, "there are no messages"
    assert not unexplained, "no row of verdicts.toml explains this"


@suite.case("random messages are read as they were made")
def _(world):
    chance = random.Random(world.options.seed)
    path = world.folder / "message"
    for number in range(world.options.cases):
        message, leaves, subject = mime_cases.make_message(chance)
        path.write_bytes(message)
        (_, ours, our_subject, _, _), = world.read([path])
        read = [(leaf[0], normal(leaf[1]), leaf[2]) for leaf in ours]
        made = [(kind, normal(text), name) for kind, text, name in leaves]
        assert read == made, f"case {number}: {read}, not {made} in\n{message.decode('latin-1')}"
        assert normal(our_subject) == normal(subject), f"case {number}: {our_subject!r}, not {subject!r}"


@suite.case("random messages: GMime agrees, or a clause decides")
def _(world):
    chance = random.Random(world.options.seed)
    paths = []
    for number in range(world.options.cases):
        paths.append(world.folder / str(number))
        paths[-1].write_bytes(mime_cases.make_message(chance)[0])
    compare(world, paths)


@suite.case("the seeds of the fuzz target: GMime agrees, or a clause decides")
def _(world):
    compare(world, sorted((CHECKOUT / "fuzz/corpus/mime").iterdir()))


@suite.case("bounces: GMime agrees, or a clause decides")
def _(world):
    compare_corpus(world, "bounces")


@suite.case("ordinary mail: GMime agrees, or a clause decides")
def _(world):
    compare_corpus(world, "ham")


def compare_corpus(world, name):
    if not (CORPORA / name).is_dir():
        raise Skip(f"there is no {name} beside the checkout")
    compare(world, sorted((CORPORA / name).glob("*.eml")))


@contextlib.contextmanager
def make_world():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="print all that is unexplained, and each row that was used")
    options = parser.parse_args(OPTIONS)
    if options.program == "absent":
        raise Skip("libgmime-3.0-dev is not installed")
    with tempfile.TemporaryDirectory() as folder:
        world = World(options, folder)
        try:
            yield world
        finally:
            world.reader.stop()


OPTIONS, sys.argv[1:] = sys.argv[1:], []
suite.run(make_world)
