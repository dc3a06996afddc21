#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop classify` as its users meet it: what it reads (files, folders, Maildirs, mboxes, pipes), lines, objects, order."""

import contextlib
import json
import os
import pathlib
import pty
import resource
import select
import subprocess
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from mta import machine
from mta.tap import Suite

suite = Suite()
BOUNCE = """\
From: MAILER-DAEMON@mx.example.net (Mail Delivery System)
To: jo@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <bounce{number}@mx.example.net>
Date: Fri, 20 Nov 2026 10:11:12 +0000
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822; first@example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address rejected: User unknown in local recipient table

--b
Content-Type: message/rfc822

Return-Path: <jo@example.org>
From: Jo <jo@example.org>
To: {recipient}
Subject: hello
Message-ID: <one@example.org>
Date: Fri, 20 Nov 2026 10:00:00 +0000

Hello
--b--
"""
ORDINARY = "From: Jo <jo@example.org>\nTo: kim@example.com\nSubject: lunch {number}\nMessage-ID: <{number}@example.org>\n" \
           "Date: Fri, 20 Nov 2026 09:00:00 +0000\n\nAt noon?\n"
SEPARATOR = "From jo@example.org Fri Nov 20 10:11:12 2026\n"


def bounce(recipient="nobody@example.com", number=1):
    return BOUNCE.format(recipient=recipient, number=number)


def ordinary(number=1):
    return ORDINARY.format(number=number)


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False

    def file(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, *arguments, given=None, **options):
        settings = {"input": given, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True,
                    "timeout": 60, "check": False, "cwd": self.directory, **options}
        if given is not None:
            settings.pop("stdin", None)
        return subprocess.run([machine.built("backstop"), "classify", *map(str, arguments)], **settings)

    def objects(self, *arguments, **options):
        run = self.run("--json", *arguments, **options)
        assert run.returncode == 0, run
        return [json.loads(line) for line in run.stdout.splitlines()]

    def kinds(self, *arguments, **options):
        return [(found["file"], found.get("index"), found["kind"]) for found in self.objects(*arguments, **options)]


@contextlib.contextmanager
def make_world():
    with machine.scratch("classify") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("a bounce is a line with file, kind, recipients, status and reason, and there is no table for one message")
def _(world):
    world.file("one.eml", bounce())
    run = world.run("one.eml")
    assert (run.returncode, run.stdout, run.stderr) == \
        (0, "one.eml\tdsn-failed\tnobody@example.com\t5.1.1\tuser-unknown\n", ""), run


@suite.case("ordinary mail is a line without recipients, status and reason")
def _(world):
    world.file("plain.eml", ordinary())
    assert world.run("plain.eml").stdout == "plain.eml\tnone\t-\t-\t-\n"


@suite.case("an object has what the bounce says and what it returns")
def _(world):
    world.file("one.eml", bounce())
    found, = world.objects("one.eml")
    detail, = found["details"]
    assert found["file"] == "one.eml" and "index" not in found, found
    assert (found["kind"], found["recipients"], found["status"], found["reason"], found["hard"], found["reply_code"]) == \
        ("dsn-failed", ["nobody@example.com"], "5.1.1", "user-unknown", True, 550), found
    assert (detail["address"], detail["original"], detail["kind"], detail["hard"]) == \
        ("nobody@example.com", "first@example.com", "dsn-failed", True), found
    assert found["reporting_mta"] == "mx.example.net" and found["limit"] is None and found["sign"], found
    returned = found["returned"]
    assert (returned["message_id"], returned["return_path"], returned["exact"], returned["attached"]) == \
        ("<one@example.org>", "<jo@example.org>", True, True), found
    assert returned["from"] == "Jo <jo@example.org>" and returned["date"] == "Fri, 20 Nov 2026 10:00:00 +0000", found
    assert found["message"]["message_id"] == "<bounce1@mx.example.net>", found


@suite.case("an object of ordinary mail has no recipients and null for what is not told")
def _(world):
    world.file("plain.eml", ordinary())
    found, = world.objects("plain.eml")
    assert (found["kind"], found["recipients"], found["details"], found["references"]) == ("none", [], [], []), found
    untold = ("status", "reason", "hard", "limit", "returned", "envelope_id", "feedback_type")
    assert [found[name] for name in untold] == [None] * 7, found


@suite.case("what is no mail gets an answer: nothing at all, blanks first, SMTP commands first, bytes")
def _(world):
    world.file("empty", "")
    world.file("blank", "\n\n" + bounce())
    world.file("smtp", "MAIL FROM:<>\nRCPT TO:<jo@example.org>\nDATA\n" + bounce())
    (world.directory / "bytes").write_bytes(bytes(range(256)) * 40)
    found = world.kinds("empty", "blank", "smtp", "bytes")
    assert found == [("empty", None, "none"), ("blank", None, "dsn-failed"), ("smtp", None, "dsn-failed"),
                     ("bytes", None, "none")], found


@suite.case("standard input is a message or an mbox, from a file or a pipe")
def _(world):
    one, box = bounce(), SEPARATOR + bounce() + "\n" + SEPARATOR + ordinary() + "\n"
    assert world.kinds("-", given=one) == [("-", None, "dsn-failed")]
    assert world.kinds("-", given=SEPARATOR + one) == [("-", None, "dsn-failed")]
    assert world.kinds("-", given=box) == [("-", 1, "dsn-failed"), ("-", 2, "none")]
    assert world.kinds("-", given="") == [("-", None, "none")]
    with open(world.file("box", box), encoding="ascii") as file:
        assert world.kinds("-", stdin=file) == [("-", 1, "dsn-failed"), ("-", 2, "none")]


@suite.case("an mbox has a result for each message, with its index and offset, and its quoting taken off")
def _(world):
    quoted = ordinary().replace("At noon?", ">From here on\n>>From there")
    text = SEPARATOR + quoted + "\n" + SEPARATOR + bounce() + "\n" + SEPARATOR + ordinary(3)
    world.file("box", text)
    found = world.objects("box")
    assert [(one["index"], one["kind"]) for one in found] == [(1, "none"), (2, "dsn-failed"), (3, "none")], found
    assert text[found[1]["offset"]:].startswith("From: MAILER-DAEMON"), found
    lines = world.run("box").stdout.splitlines()
    assert lines[1] == "box:2\tdsn-failed\tnobody@example.com\t5.1.1\tuser-unknown", lines


@suite.case("of a Maildir the messages in cur and new are read, and those of its folders, and nothing else")
def _(world):
    for name in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"):
        (world.directory / "maildir" / name).mkdir(parents=True)
    for name in ("cur/1.a:2,S", "new/2.b", ".Sent/cur/4.d:2,S"):
        world.file(f"maildir/{name}", ordinary())
    for name in ("tmp/3.c", "dovecot-uidlist", ".Sent/tmp/5.e", "cur/below/6.f"):
        world.file(f"maildir/{name}", bounce())
    assert [name for name, _, _ in world.kinds("maildir")] == \
        ["maildir/.Sent/cur/4.d:2,S", "maildir/cur/1.a:2,S", "maildir/new/2.b"]


@suite.case("of another folder all files are read in the order of their names, and no links or special files")
def _(world):
    for name in ("b", "a/z", "a/b/c", "c"):
        world.file(f"folder/{name}", ordinary())
    os.symlink("b", world.directory / "folder/link")
    os.symlink("..", world.directory / "folder/loop")
    os.mkfifo(world.directory / "folder/pipe")
    assert [name for name, _, _ in world.kinds("folder/")] == ["folder/a/b/c", "folder/a/z", "folder/b", "folder/c"]


@suite.case("results are in the order of the input, whatever the number of threads")
def _(world):
    for number in range(300):
        world.file(f"many/{number:03}", bounce(f"u{number}@example.com", number) if number % 3 else ordinary(number))
    expected = world.run("--jobs", 1, "many").stdout
    assert len(expected.splitlines()) == 300 and "many/001\tdsn-failed\tu1@example.com\t" in expected, expected
    for jobs in (2, 7):
        assert world.run("--jobs", jobs, "many").stdout == expected


@suite.case("a table on standard error counts the kinds; --summary prints it alone")
def _(world):
    world.file("some/1", bounce())
    world.file("some/2", ordinary())
    world.file("some/3", ordinary(2))
    run = world.run("some")
    counts = dict(line.split()[:2] for line in run.stderr.splitlines())
    assert counts == {"none": "2", "dsn-failed": "1", "all": "3"}, run
    summary = world.run("--summary", "some")
    assert summary.stdout == run.stderr and summary.stderr == "", summary
    found = json.loads(world.run("--summary", "--json", "some").stdout)
    assert found["messages"] == 3 and found["kinds"]["none"] == 2 and found["kinds"]["mdn"] == 0, found


@suite.case("--is says by its status alone whether a message is of a kind")
def _(world):
    for kinds, given, status in (("bounce", bounce(), 0), ("automatic", bounce(), 0), ("dsn-failed,mdn", bounce(), 0),
                                 ("autoreply", bounce(), 1), ("automatic", ordinary(), 1), ("none", ordinary(), 0)):
        run = world.run("--is", kinds, "-", given=given)
        assert (run.returncode, run.stdout, run.stderr) == (status, "", ""), (kinds, run)
    assert world.run("--is", "bounces", "-", given="").returncode == 64


@suite.case("what cannot be read is said and the rest is read; the status is 66")
def _(world):
    world.file("one.eml", ordinary())
    run = world.run("absent", "one.eml")
    assert (run.returncode, run.stdout) == (66, "one.eml\tnone\t-\t-\t-\n"), run
    assert run.stderr.startswith("backstop: absent: No such file"), run


@suite.case("what a stranger wrote cannot break lines or reach the terminal")
def _(world):
    world.file("bad\nname\033[2J", bounce("x\033]0;y@example.com"))
    run = world.run(".", cwd=world.directory)
    assert "\033" not in run.stdout and "./bad?name?[2J\t" in run.stdout, run


@suite.case("options that make no sense are refused")
def _(world):
    for arguments in ((), ("--jobs", "0", "-"), ("--jobs", "65", "-"), ("--jobs", "x", "-"), ("--bad", "-"),
                      ("--is", "", "-")):
        run = world.run(*arguments, given="")
        assert run.returncode == 64 and run.stdout == "" and run.stderr, run


@suite.case("messages longer than the memory that there is are read: a body, a line of the header, a mailbox")
def _(world):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))

    for name, beginning in (("body", ordinary()), ("line", "Subject: x"), ("box", SEPARATOR + ordinary())):
        with open(world.file(name, beginning), "ab") as file:
            file.truncate(500 << 20)
        run = world.run("--jobs", 1, name, preexec_fn=limit)
        assert (run.returncode, run.stdout) == (0, name + "\tnone\t-\t-\t-\n"), run
        (world.directory / name).unlink()


@suite.case("folders are read as deep as the limit, and one past it is said")
def _(world):
    deep = "deep" + "/d" * 101
    world.file(deep + "/past", ordinary())
    world.file(deep[:-2] + "/at", ordinary())
    run = world.run("deep")
    assert run.returncode == 66 and run.stdout == deep[:-2] + "/at\tnone\t-\t-\t-\n", run
    assert run.stderr.startswith(f"backstop: {deep}: folders are too deep"), run


@suite.case("files of rules are taken up to their limit")
def _(world):
    world.file("empty.rules", "")
    taken = [word for _ in range(32) for word in ("--rules", "empty.rules")]
    assert world.run(*taken, "-", given="").returncode == 0
    assert world.run(*taken, "--rules", "empty.rules", "-", given="").returncode == 64


@suite.case("a bar on a terminal shows progress when it takes long, and is taken away")
def _(world):
    world.file("one.eml", bounce())
    ours, its = pty.openpty()
    command = [machine.built("backstop"), "classify", "--summary", "one.eml", "-"]
    with subprocess.Popen(command, cwd=world.directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=its,
                          env={**os.environ, "TERM": "xterm"}) as process:
        os.close(its)
        shown = b""
        while b"1 messages" not in shown:
            assert select.select([ours], [], [], machine.PATIENCE)[0], shown
            shown += os.read(ours, 4096)
        process.stdin.close()
        with contextlib.suppress(OSError):  # the terminal ends with the process
            while piece := os.read(ours, 4096):
                shown += piece
    os.close(ours)
    assert b"\r[####" in shown and b"100 %" in shown and shown.endswith(b"\r\x1b[K"), shown
    assert process.returncode == 0


@suite.case("rules of an administrator's file count, and a broken file is said to be so")
def _(world):
    rules = world.file("own.rules", 'rule our-desk\n    in subject\n    match "request is closed as cucumber"\n'
                                    '    says autoreply\n    sample "Your request is closed as cucumber"\n')
    message = ordinary().replace("lunch 1", "Your request is closed as cucumber") \
        .replace("Message-ID", "Auto-Submitted: auto-replied\nMessage-ID")
    found, = world.objects("--rules", rules, "-", given=message)
    assert found["kind"] == "autoreply", found
    world.file("own.rules", "rule\n")
    run = world.run("--rules", rules, "-", given=message)
    assert run.returncode == 78 and "own.rules:1:" in run.stderr, run


suite.run(make_world)
