#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Mail leaves through our Postfix with backstopd to the mail servers of other sites, and each of these bounces it in its
own words after it has taken it. What comes back is read, and proven to be about mail of ours; what comes back for mail
that a stranger sent in our name is refused."""

import email
import functools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from mta import machine
from mta.tap import Suite
from mtas import sites
from mtas.hop import DATA, RCPT
from mtas.neighbours import ALICE, FORGED, PATIENCE, neighbours

suite = Suite()
KEPT = machine.BUILD / "bounces-of-mtas"  # what arrived, to look at
SILENT = {("sendmail", "away")}           # says nothing of what it answers

# Mail to these leaves with alice's plain address as its sender. No campaign is to change what the stranger gets.
PLAIN = ", ".join(f'"plain@next.{site.name}.example"' for site in sites.ALL)
OPTIONS = f"campaign-threshold = 0\nno-sign = {{ {PLAIN} }}\n"


def expect(actual, wanted):
    assert actual == wanted, f"got  {actual}\nwant {wanted}"


def expected(site, case):
    """How many messages come of it: where nothing else, one."""
    return {"busy": len(site.about_busy), "several": site.notices}.get(case, 1)


@suite.case("all that every site bounces, warns of, answers and reports arrives")
def _(world):
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir()
    wanted = {(site, case): expected(site, case) for site in world.sites for case in site.cases}
    for site, case in wanted:
        world.leaves(site, case)
    world.come = world.come_of(wanted)
    for (site, case), messages in world.come.items():
        for number, content in enumerate(messages):
            (KEPT / f"{site.about(case)}.{number}.eml").write_bytes(content)
    surplus = {site.about(case): len(messages) for (site, case), messages in world.come.items()
               if len(messages) != wanted[site, case]}
    assert not surplus, surplus


# What each case is meant to be read as: kind, reason, and whether the address is dead.
MEANING = {
    "gone": ("dsn-failed", "user-unknown", True),
    "unknown": ("dsn-failed", "user-unknown", True),
    "jörg": ("dsn-failed", "user-unknown", True),
    "plain": ("dsn-failed", "user-unknown", True),
    "full": ("dsn-failed", "mailbox-full", False),
    "spam": ("dsn-failed", "content", False),
    "moved": ("dsn-failed", "moved", True),
    "held": ("dsn-failed", "suspended", False),
    "relay": ("dsn-failed", "policy", False),
    "hops": ("dsn-failed", "loop", False),
    "dmarc": ("dsn-failed", "authentication", False),
    "virus": ("dsn-failed", "virus", False),
    "large": ("dsn-failed", "size", False),
    "listed": ("dsn-failed", "reputation", False),
    "nowhere": ("dsn-failed", "host-unknown", True),
    "fine": ("dsn-success", None, None),
    "away": ("autoreply", None, None),
}


@functools.cache
def classified():
    """What backstop classify says of each file that was kept."""
    run = subprocess.run([machine.built("backstop"), "classify", "--json", KEPT], capture_output=True, text=True,
                         check=True)
    return {Path(reading["file"]).name: reading for reading in map(json.loads, run.stdout.splitlines())}


def for_each_site(sentence):
    """Registers a case for each site, whose name goes into the sentence; it gets the site, too."""
    def register(function):
        for number, site in enumerate(sites.ALL):
            suite.case(sentence.format(site.name))(lambda world, number=number: function(world, world.sites[number]))
        return function
    return register


@for_each_site("what {} writes is read as it is meant")
def _(world, site):
    readings, wrong = classified(), []
    for case in site.cases:
        found = [readings[f"{site.about(case)}.{number}.eml"] for number in range(expected(site, case))]
        if case == "several":
            failed = sorted(address for reading in found for address in reading["recipients"])
            right = sorted(f"{local}@next.{site.domain}" for local in site.failed)
            wrong += [] if failed == right else [f"{site.about(case)}: {failed}"]
        else:
            wrong += [line for number, reading in enumerate(found) for line in misread(site, case, number, reading)]
    assert not wrong, "\n".join(wrong)


def misread(site, case, number, reading):
    """What is wrong in a reading, a line each."""
    return [f"{site.about(case)}.{number}: {key} is {reading[key]}, not {value}"
            for key, value in meant(site, case, number).items()
            if reading[key] != value and not (isinstance(value, set) and reading[key] in value)]


def meant(site, case, number):
    """What is to be read; of a set one will do."""
    if case == "busy":
        return {"kind": site.about_busy[number], "recipients": [site.recipient(case)], "hard": False,
                "reason": {"system", "expired"}}
    kind, reason, hard = MEANING[case]
    if reason is None:
        return {"kind": kind}
    if site.name == "exim" and case == "nowhere":  # "Unrouteable address", as for unknown users
        reason = {"host-unknown", "user-unknown"}
    code = site.codes.get(case) or {**RCPT, **DATA}.get(case, "").partition(" ")[2].partition(" ")[0] or None
    return {"kind": kind, "recipients": [site.recipient(case)], "reason": reason, "hard": hard, "status": code}


# --- Whether it is ours -------------------------------------------------------------------------------------------

def finding(world, content):
    """What backstopd found of a message that arrived, from its log."""
    queue_id = re.search(rb"by mail\.example\.com \(Postfix\) with \w+ id (\w+)", content)[1].decode()
    return next(decision for decision in world.backstopd.decided(queue_id=queue_id) if "verdict" in decision)


def proofs(found):
    """Those that are good and independent: a tag counts once, wherever it is."""
    names = {"tag" if name == "returned-tag" else name for name in found["proofs"].split(",")}
    return names - {"none"}


def unproven(world, site, case, content):
    """Why a message does not count as proven twice, a line; or nothing."""
    found = finding(world, content)
    good = found["verdict"] == "proven" and len(proofs(found)) >= 2
    return [] if good else [f"{site.about(case)}: {found}"]


@for_each_site("what {} writes about our mail is proven by two independent proofs or more")
def _(world, site):
    wrong = [line for case in site.cases if (site.name, case) not in SILENT
             for content in world.come[site, case] for line in unproven(world, site, case, content)]
    assert not wrong, "\n".join(wrong)
    expect("tag" in proofs(finding(world, world.come[site, "plain"][0])), False)


@suite.case("a bounce that another forwards to alice's plain address is proven by what it returns, also where it is sent "
            "on as mail of that other's own")
def _(world):
    wanted = {(site, case): 1 for site in world.sites for case in site.forwarded}
    for site, case in wanted:
        world.leaves(site, case)
    for (site, case), (content,) in world.come_of(wanted).items():
        found = finding(world, content)
        expect((found["to"], found["from"] == "<>"), (f"<{ALICE}>", case == "list"))
        assert not unproven(world, site, case, content) and "tag" not in proofs(found), found


@suite.case("a stranger writes to all sites in alice's name; automatic replies, which return nothing, arrive with a mark")
def _(world):
    for site in world.sites:
        for case in site.cases:
            world.forge(site, case)
    answering = [site for site in world.sites if "away" in site.cases]
    machine.wait_for("all automatic replies", lambda: len(marks(world)) >= len(answering), PATIENCE)
    expect(marks(world), ["kind=autoreply; verdict=cannot-tell; proofs=none; action=tag"] * len(answering))


def marks(world):
    """What our mark says of each message that arrived and was not proven."""
    values = [email.message_from_bytes(content)["Backstop-Result"] for content in world.arrived()]
    return [text for text in (" ".join(value.split()) for value in values if value) if "verdict=proven" not in text]


@for_each_site("what {} writes about the stranger's mail is refused in the session")
def _(world, site):
    wanted = sum(expected(site, case) for case in site.cases if case not in ("fine", "away"))
    refused = machine.wait_for(f"{wanted} refusals", lambda: refusals(world, site, wanted), PATIENCE)
    expect({(line["reason"], line["from"], line["to"], line["verdict"], line["proofs"]) for line in refused},
           {("bounce-not-ours", "<>", f"<{ALICE}>", "not-ours", "none")})


@suite.case("nothing of what they wrote about the stranger's mail but these replies lies in alice's mailbox")
def _(world):
    strays = [content for content in world.arrived()
              if FORGED.encode() in content and b"I am out of the office" not in content]
    assert not strays, strays[0].decode(errors="replace")


def refusals(world, site, wanted):
    """The refusals of what comes from the site, once there are as many as are wanted."""
    site.go_on()
    lines = [line for line in world.backstopd.decisions()
             if (line["decision"], line["client"]) == ("refuse", site.address)]
    return lines if len(lines) >= wanted else None


if __name__ == "__main__":
    suite.run(lambda: neighbours("mtas", sites.ALL, OPTIONS))
