#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mail leaves through our Postfix with backstopd to the mail servers of other sites, and each of these bounces it in its own
words after it has taken it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import machine
from mta.tap import Suite
from mtas import sites
from mtas.neighbours import neighbours

suite = Suite()
KEPT = machine.BUILD / "bounces-of-mtas"  # what arrived, to look at


def keep(name, content):
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{name}.eml").write_bytes(content)


def expected(site, case):
    """How many messages come of it: where nothing else, one."""
    return 2 if case == "busy" and site.warns else 1


@suite.case("all that every site bounces, warns of or answers arrives")
def _(world):
    for site in world.sites:
        for case in site.cases:
            world.leaves(site, case)
    wanted = {(site, case): expected(site, case) for site in world.sites for case in site.cases}
    machine.wait_for("all bounces", lambda: {key: len(world.come_of(*key)) for key in wanted} == wanted)
    for site, case in wanted:
        for number, content in enumerate(world.come_of(site, case)):
            keep(site.about(case) + (f".{number}" if number else ""), content)


if __name__ == "__main__":
    suite.run(lambda: neighbours("mtas", sites.ALL))
