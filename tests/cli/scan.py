#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop scan` on a mailbox: what stays, what goes, that nothing is lost, and what it says."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from mta import machine
from mta.bounces import report_with_message as bounce
from mta.tap import Suite

suite = Suite()
REPLY = """\
From: kim@example.com
To: jo@example.org
Subject: Out of office: hello
Auto-Submitted: auto-replied
In-Reply-To: {id}
Date: Fri, 20 Nov 2026 10:11:12 +0000

I am out of office until Monday.
"""
SENT = "From: Jo <jo@example.org>\nTo: kim@example.com\nSubject: hello\nMessage-ID: {id}\nDate: {date}\n\nHello\n"
ORDINARY = "From: kim@example.com\nTo: jo@example.org\nSubject: lunch\nMessage-ID: <l@example.com>\n\nAt noon?\n"

OLD = "Mon, 5 Oct 2026 10:00:00 +0000"
SENT_FIRST = "Sun, 1 Nov 2026 10:00:00 +0000"
LATER = "Fri, 20 Nov 2026 10:00:00 +0000"
MINE, STRANGE, ANCIENT = "<mine@example.org>", "<strange@example.org>", "<ancient@example.org>"


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False
        self.maildir = directory / "Maildir"
        self.sent = directory / "sent"

    def fresh(self):
        """A mailbox with one message of each sort."""
        for folder in (self.maildir, self.sent):
            shutil.rmtree(folder, ignore_errors=True)
            for name in ("cur", "new", "tmp"):
                (folder / name).mkdir(parents=True)
        messages = {
            "cur/1.mine:2,S": bounce(MINE), "cur/2.strange:2,FS": bounce(STRANGE), "new/3.strange": bounce(STRANGE),
            "new/4.ancient": bounce(ANCIENT, date=OLD), "new/5.nothing": bounce(None),
            "cur/6.reply:2,": REPLY.format(id=MINE), "cur/7.reply:2,": REPLY.format(id=STRANGE), "cur/8.lunch:2,S": ORDINARY,
            "new/9.other": bounce(STRANGE, sender="somebody@example.info"),
        }
        for name, text in messages.items():
            (self.maildir / name).write_text(text)
        (self.sent / "cur/1:2,S").write_text(SENT.format(id="<first@example.org>", date=SENT_FIRST))
        (self.sent / "cur/2:2,S").write_text(SENT.format(id=MINE, date=LATER))
        return sorted(messages)

    def files(self, folder=None):
        folder = folder or self.maildir
        return sorted(str(path.relative_to(folder)) for name in ("cur", "new") for path in (folder / name).iterdir())

    def run(self, *arguments):
        return subprocess.run([machine.built("backstop"), "scan", *map(str, arguments)], capture_output=True, text=True,
                              timeout=60, check=False)

    def acts(self, *arguments):
        """What is done with each message, by its number, and with what verdict."""
        run = self.run("--json", *arguments, self.maildir)
        assert run.returncode == 0, run
        found = [json.loads(line) for line in run.stdout.splitlines()]
        return {pathlib.Path(one["file"]).name[0]: (one["action"], one["verdict"]) for one in found}


@contextlib.contextmanager
def make_world():
    with machine.scratch("scan") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("what is about a message in the sent mail stays, what is about another that would be there goes")
def _(world):
    world.fresh()
    assert world.acts("--sent", world.sent) == {
        "1": ("keep", "proven"), "2": ("would-move", "not-ours"), "3": ("would-move", "not-ours"),
        "4": ("keep", "cannot-tell"), "5": ("keep", "cannot-tell"), "6": ("keep", "proven"),
        "7": ("keep", "cannot-tell"), "9": ("would-move", "not-ours")}


@suite.case("messages are moved to a folder of the Maildir with their flags, and nothing else is touched")
def _(world):
    before = world.fresh()
    contents = {name: (world.maildir / name).read_text() for name in before}
    run = world.run("--sent", world.sent, "--move", "Backscatter", world.maildir)
    assert run.returncode == 0, run
    moved = ["cur/2.strange:2,FS", "new/3.strange", "new/9.other"]
    folder = world.maildir / ".Backscatter"
    assert world.files(folder) == moved and (folder / "tmp").is_dir() and (folder / "maildirfolder").is_file()
    assert world.files() == [name for name in before if name not in moved]
    assert all((folder if name in moved else world.maildir).joinpath(name).read_text() == text
               for name, text in contents.items())
    assert "3 moved" in run.stderr, run
    again = world.run("--sent", world.sent, "--move", "Backscatter", world.maildir)
    assert again.returncode == 0 and "0 moved" in again.stderr, again


@suite.case("--dry-run, and no --move at all, change nothing")
def _(world):
    before = world.fresh()
    for options in (("--move", "Backscatter", "--dry-run", "--all-unproven"), ()):
        run = world.run("--sent", world.sent, *options, world.maildir)
        assert run.returncode == 0 and "\tnot-ours\twould-move\t" in run.stdout, run
        assert world.files() == before and not (world.maildir / ".Backscatter").exists()


@suite.case("without evidence nothing is moved, unless all that is unproven is to be")
def _(world):
    before = world.fresh()
    run = world.run("--move", "Backscatter", world.maildir)
    assert run.returncode == 0 and world.files() == before and "--sent" in run.stderr, run
    run = world.run("--move", "Backscatter", "--all-unproven", world.maildir)
    assert run.returncode == 0 and world.files() == ["cur/8.lunch:2,S"], run


@suite.case("an address tells whose mail is returned")
def _(world):
    world.fresh()
    acts = world.acts("--address", "jo@example.org")
    assert acts["9"] == ("would-move", "not-ours") and acts["1"] == ("keep", "cannot-tell"), acts
    acts = world.acts("--address", "jo@example.org", "--address", "Somebody@example.info")
    assert acts["9"] == ("keep", "cannot-tell"), acts


@suite.case("the sent mail may be an mbox")
def _(world):
    world.fresh()
    box = world.directory / "box"
    box.write_text("".join("From jo@example.org Fri Nov 20 10:11:12 2026\n" + SENT.format(id=number, date=date) + "\n"
                           for number, date in (("<first@example.org>", SENT_FIRST), (MINE, LATER))))
    acts = world.acts("--sent", box)
    assert acts["1"] == ("keep", "proven") and acts["2"] == ("would-move", "not-ours"), acts


@suite.case("the keys of a configuration prove what carries its tags")
def _(world):
    world.fresh()
    key, config = world.directory / "key", world.directory / "backstop.conf"
    key.write_text("a secret that nobody else has\n")
    key.chmod(0o640)
    config.write_text(f'key 0 {{ secret-file = "{key}" }}\ndomain "example.org" {{ mode = enforce }}\n')
    sign = subprocess.run([machine.built("backstop"), "batv", "sign", "--config", config, "jo@example.org"],
                          capture_output=True, text=True, check=True)
    tagged = sign.stdout.strip()
    (world.maildir / "new/a.tagged").write_text(f"Delivered-To: {tagged}\n" + bounce(None))
    (world.maildir / "new/b.returned").write_text(
        bounce(STRANGE).replace("Return-Path: <jo@example.org>", f"Return-Path: <{tagged}>"))
    acts = world.acts("--config", config, "--address", "jo@example.org")
    assert (acts["a"], acts["b"], acts["2"]) == (("keep", "proven"), ("keep", "proven"), ("keep", "cannot-tell")), acts
    key.unlink()
    run = world.run("--config", config, world.maildir)
    assert run.returncode == 78 and str(key) in run.stderr, run


@suite.case("folders of sent mail and addresses are taken up to their limits")
def _(world):
    world.fresh()
    for option, value, limit in (("--sent", world.sent, 32), ("--address", "jo@example.org", 16)):
        taken = [word for _ in range(limit) for word in (option, value)]
        assert world.run(*taken, world.maildir).returncode == 0
        assert world.run(*taken, option, value, world.maildir).returncode == 64


@suite.case("a message never takes another's place")
def _(world):
    world.fresh()
    taken = world.maildir / ".Backscatter/new"
    taken.mkdir(parents=True)
    (taken / "3.strange").write_text("kept")
    run = world.run("--sent", world.sent, "--move", "Backscatter", world.maildir)
    assert run.returncode == 73 and "3.strange" in run.stderr and "1 could not be moved" in run.stderr, run
    assert (taken / "3.strange").read_text() == "kept" and (world.maildir / "new/3.strange").exists()


@suite.case("links, special files and hidden files in the Maildir are left alone")
def _(world):
    world.fresh()
    os.symlink(world.maildir / "cur/2.strange:2,FS", world.maildir / "new/link")
    os.mkfifo(world.maildir / "new/pipe")
    (world.maildir / "new/.hidden").write_text(bounce(STRANGE))
    run = world.run("--sent", world.sent, "--move", world.directory / "elsewhere", world.maildir)
    assert run.returncode == 0 and {"new/link", "new/pipe", "new/.hidden"} <= set(world.files()), run
    assert world.files(world.directory / "elsewhere") == ["cur/2.strange:2,FS", "new/3.strange", "new/9.other"]


@suite.case("a folder that cannot be opened is tried for each message, and keeps nothing open")
def _(world):
    world.fresh()
    for number in range(40):
        (world.maildir / f"new/s{number}").write_text(bounce(STRANGE))
    (world.maildir / ".Backscatter").mkdir()
    (world.maildir / ".Backscatter/cur").write_text("no folder")
    run = subprocess.run(["prlimit", "--nofile=24:24", machine.built("backstop"), "scan", "--sent", world.sent, "--move",
                          "Backscatter", world.maildir], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 73 and "43 could not be moved" in run.stderr and "Too many" not in run.stderr, run


@suite.case("a sent message without a Message-ID may be what a bounce is about")
def _(world):
    world.fresh()
    (world.sent / "cur/3:2,S").write_text(SENT.format(id="", date=LATER).replace("Message-ID: \n", ""))
    acts = world.acts("--sent", world.sent)
    assert acts["1"] == ("keep", "proven") and acts["2"] == acts["3"] == ("keep", "cannot-tell"), acts


@suite.case("sent mail that cannot be read moves nothing")
def _(world):
    before = world.fresh()
    empty = world.directory / "nothing"
    empty.write_text("")
    for path, status in ((world.directory / "absent", 66), (empty, 65)):
        run = world.run("--sent", path, "--move", "Backscatter", world.maildir)
        assert run.returncode == status and world.files() == before, run


@suite.case("what is no Maildir or no folder is refused")
def _(world):
    world.fresh()
    assert world.run("--sent", world.sent, world.directory).returncode == 65
    assert world.run(world.directory / "absent").returncode == 66
    for name in ("..", "", ".", "a.", "x..y", f"{world.maildir}/"):
        run = world.run("--sent", world.sent, "--move", name, world.maildir)
        assert run.returncode == 64, (name, run)
    assert world.run("--address", "jo", world.maildir).returncode == 64


suite.run(make_world)
