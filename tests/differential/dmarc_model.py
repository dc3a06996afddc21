#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A model check of DMARC's tree walk: `dmarc_model.py JUDGE [--names N] [--kinds N] [--long N] [--seed N]`.

The model below says with sets and lists what RFC 9989 sections 4.10, 4.10.1 and 4.10.2 say in words; it knows nothing of
our code. Both judge every zone that can be made by putting one of a few kinds of record, or none, at each of a few names,
with every author and all identifiers among these names: result, disposition, policy domain, Organizational Domain and
alignment must be the same.

Zones in which DNS fails are judged for another property: whatever the name that failed would have said, a verdict other
than temperror is what it would have been with that.
"""

import argparse
import contextlib
import itertools
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from driver import Driver, zone_line
from mta.tap import Suite, note


class Kind:
    """What stands at _dmarc.NAME: the texts, and, where they are one valid DMARC record, its meaning."""

    def __init__(self, *texts, p=None, sp=None, np=None, psd="u", strict=False, testing=False, reports=False, bad=False):
        self.texts = texts
        self.valid = bool(p or bad)
        self.p, self.sp, self.np, self.psd = p, sp, np, psd
        self.strict, self.testing, self.reports = strict, testing, reports
        self.bad = bad  # p is missing, or one of p, sp and np is no policy


# The first seven are the small set; --kinds takes more of them.
KINDS = [
    Kind(),
    Kind("v=DMARC1; p=none", p="none"),
    Kind("v=DMARC1; p=reject; sp=quarantine; np=none", p="reject", sp="quarantine", np="none"),
    Kind("v=DMARC1; p=quarantine; psd=y", p="quarantine", psd="y"),
    Kind("v=DMARC1; p=reject; psd=n", p="reject", psd="n"),
    Kind("v=DMARC1; p=reject", "v=DMARC1; p=none; psd=n"),
    Kind("v=DMARC1; p=bounce", bad=True),
    Kind("v=DMARC1; p=reject; aspf=s; adkim=s", p="reject", strict=True),
    Kind("v=DMARC1; p=reject; t=y; np=reject", p="reject", np="reject", testing=True),
    Kind("v=DMARC1; p=reject; sp=x; rua=mailto:a@b.example; psd=n", p="reject", psd="n", reports=True, bad=True),
    Kind("v=spf1 -all", "v=DMARC1; p=reject; psd=u", p="reject"),
    Kind("v=dmarc1; p=reject; psd=n"),
]
SMALL = 7
NAMES = ["a", "b.a", "c.b.a", "d.c.b.a", "e.b.a", "f.a", "g.d.c.b.a"]
FORK = ["a", "b.a", "c.b.a", "e.b.a"]

suite = Suite()


# --- The model -----------------------------------------------------------------------------------------------------

def tree_walk(start, kinds):
    """Section 4.10: the names at which records are found, in the order of the walk."""
    labels = start.split(".")
    found = []
    target = labels
    while target:
        name = ".".join(target)
        kind = kinds.get(name, KINDS[0])
        if kind.valid:
            found.append(name)
            if kind.psd in "yn":
                break
        target = target[-7:] if len(target) >= 8 else target[1:]
    return found


def organization(start, kinds):
    """Section 4.10.2."""
    found = tree_walk(start, kinds)
    for name in found:  # the walk has them from the longest to the shortest
        if kinds[name].psd == "n":
            return name
        if kinds[name].psd == "y" and name != start:
            depth = len(name.split(".")) + 1
            return ".".join(start.split(".")[-depth:])
    return found[-1] if found else start


def policy_domain(author, kinds):
    """Section 4.10.1; None where there is no record. The walk begins at the parent domain, or at seven labels."""
    if kinds.get(author, KINDS[0]).valid:
        return author
    labels = author.split(".")
    if len(labels) == 1:
        return None
    start = ".".join(labels[1:] if len(labels) <= 8 else labels[-7:])
    found = tree_walk(start, kinds)
    above = organization(start, kinds)
    if above in found:
        return above
    suffixes = [name for name in found if kinds[name].psd == "y"]
    return suffixes[0] if suffixes else None


def policy(author, domain, kinds, existing):
    """The policy that the record asks for; None: DMARC is not applied."""
    kind = kinds[domain]
    if kind.bad:
        return "none" if kind.reports else None
    if domain == author:
        return kind.p
    below = kind.sp or kind.p
    return below if author in existing else kind.np or below


def is_aligned(identifier, author, strict, organizations):
    if not identifier:
        return False
    if strict:
        return identifier == author
    return organizations[identifier] == organizations[author]


def verdicts(names, kinds, existing):
    """What `judge` answers to `dmarc NAMES`, as words."""
    organizations = {name: organization(name, kinds) for name in names}
    place = {name: number for number, name in enumerate(names)}
    for author in names:
        domain = policy_domain(author, kinds)
        asked = policy(author, domain, kinds, existing) if domain else None
        tail = f"{place.get(organizations[author], -1)}"
        if asked is None:
            yield from [f"none,none,-1,{tail},0,0"] * (len(names) + 1) ** 2
            continue
        kind = kinds[domain]
        milder = {"reject": "quarantine", "quarantine": "none", "none": "none"}[asked] if kind.testing else asked
        aligned = [is_aligned(each, author, kind.strict, organizations) for each in [None, *names]]
        tail = f"{place[domain]},{tail}"
        for spf, dkim in itertools.product(aligned, aligned):
            yield f"{'pass,none' if spf or dkim else 'fail,' + milder},{tail},{int(spf)},{int(dkim)}"


# --- Zones ---------------------------------------------------------------------------------------------------------

def records(kinds, existing, failing=()):
    lines = [f'_dmarc.{name}. 60 IN TXT "{text}"' for name, kind in kinds.items() for text in kind.texts]
    lines += [f"{name}. 60 IN A 192.0.2.1" for name in sorted(existing)]
    return lines + [f"_dmarc.{name}. TIMEOUT" for name in failing]


def existing_in(number, names):
    """Half of the names, other ones for each zone."""
    bits = (number * 0x9E3779B1) >> 7
    return {name for place, name in enumerate(names) if bits >> place & 1}


class World:
    keep = False

    def __init__(self, options):
        self.options = options
        self.judge = Driver([options.judge])

    def ask(self, names, kinds, existing, failing=()):
        return self.judge.ask(zone_line(records(kinds, existing, failing)), "dmarc\t" + "\t".join(names))[1].split()

    def compare(self, names, kinds, existing):
        """The number of verdicts, which were all the same."""
        ours, model = self.ask(names, kinds, existing), list(verdicts(names, kinds, existing))
        if ours != model:
            raise AssertionError(self.explain(names, kinds, existing, ours, model))
        return len(ours)

    def explain(self, names, kinds, existing, ours, model):
        first = next(number for number, pair in enumerate(itertools.zip_longest(ours, model)) if pair[0] != pair[1])
        width = len(names) + 1
        author, spf, dkim = first // width ** 2, first // width % width, first % width
        return "\n".join([*records(kinds, existing), f"author {names[author]}, SPF {['-', *names][spf]}, "
                          f"DKIM {['-', *names][dkim]}: {ours[first]}, and by the model {model[first]}"])


@contextlib.contextmanager
def make_world():
    parser = argparse.ArgumentParser()
    parser.add_argument("judge")
    parser.add_argument("--names", type=int, default=4, help="names that have every kind of record")
    parser.add_argument("--kinds", type=int, default=SMALL, help="kinds of record")
    parser.add_argument("--long", type=int, default=1500, help="random zones of long names")
    parser.add_argument("--seed", type=int, default=1)
    world = World(parser.parse_args(OPTIONS))
    yield world
    world.judge.stop()


def compare_all(world, names, kinds):
    total = zones = 0
    for number, choice in enumerate(itertools.product(kinds, repeat=len(names))):
        total += world.compare(names, dict(zip(names, choice)), existing_in(number, names))
        zones += 1
    note(f"{zones} zones, {total} verdicts")


@suite.case("every small zone: policy, organization, alignment and result as the model has them")
def _(world):
    compare_all(world, NAMES[:world.options.names], KINDS[:world.options.kinds])


@suite.case("every zone of two names side by side, and of those above them")
def _(world):
    compare_all(world, FORK, KINDS[:world.options.kinds])


@suite.case("zones of three names with all kinds of record")
def _(world):
    compare_all(world, NAMES[:3], KINDS)


@suite.case("names of up to twelve labels: a walk has eight questions")
def _(world):
    source = random.Random(world.options.seed)
    labels = "k.j.i.h.g.f.e.d.c.b.a.z".split(".")
    chain = [".".join(labels[-depth:]) for depth in range(1, len(labels) + 1)]
    for number in range(world.options.long):
        kinds = {name: source.choice(KINDS) for name in chain if source.random() < 0.3}
        authors = sorted(source.sample(chain, 4), key=len)
        names = authors + [name for name in chain if name not in authors and name in kinds]
        world.compare(names, kinds, existing_in(number, chain))


@suite.case("a question that DNS leaves open never makes another verdict than its answer would")
def _(world):
    names = NAMES[:3]
    checked = 0
    for number, choice in enumerate(itertools.product(KINDS[:SMALL], repeat=len(names) - 1)):
        for failing in names:
            others = dict(zip((name for name in names if name != failing), choice))
            existing = existing_in(number, names)
            ours = world.ask(names, others, existing, [failing])
            for kind in KINDS:
                true = verdicts(names, {**others, failing: kind}, existing)
                for got, wanted in zip(ours, true):
                    got, wanted = got.split(","), wanted.split(",")
                    if got[0] == "temperror":
                        continue
                    checked += 1
                    assert got[:3] == wanted[:3], (records(others, existing, [failing]), kind.texts, got, wanted)
    assert checked > 1000


OPTIONS = sys.argv[1:]
sys.argv[1:] = []
suite.run(make_world)
