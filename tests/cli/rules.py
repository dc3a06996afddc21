#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop rules` as administrators meet it: their own files checked, what is in force, what a text comes to."""

import contextlib
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from mta import machine
from mta.tap import Suite

suite = Suite()
OWN = """rule our-gateway
    in text
    match "^our gateway could not deliver"
    says dsn-failed
    sample "Our gateway could\\nnot deliver this"
"""


class World:
    def __init__(self, directory):
        self.directory = directory

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def run(self, *arguments, **options):
        settings = {"capture_output": True, "text": True, "timeout": 60, "check": False, **options}
        return subprocess.run([machine.built("backstop"), "rules", *map(str, arguments)], **settings)


@contextlib.contextmanager
def make_world():
    with machine.scratch("rules") as directory:
        yield World(directory)


@suite.case("check says that a good file is good")
def _(world):
    path = world.file("own.rules", OWN)
    run = world.run("check", path)
    assert (run.returncode, run.stdout, run.stderr) == (0, f"{path}: good; rules: 1\n", ""), run
    run = world.run("check", "-", input=OWN)
    assert run.returncode == 0 and run.stdout == "-: good; rules: 1\n", run


@suite.case("check names the line of an error, with status 78")
def _(world):
    path = world.file("own.rules", OWN.replace("dsn-failed", "bounce"))
    run = world.run("check", path)
    assert run.returncode == 78 and not run.stdout and f"{path}:4: " in run.stderr, run
    path = world.file("own.rules", OWN.replace("^our", "(?=our)"))
    run = world.run("check", path)
    assert run.returncode == 78 and f"{path}:3: the pattern of the rule our-gateway cannot be used" in run.stderr, run
    assert world.run("check", world.directory / "missing").returncode == 66
    assert world.run("check").returncode == 64


@suite.case("check tries the samples, with status 1 where they do not hold")
def _(world):
    path = world.file("own.rules", OWN + '    unlike "our gateway could not deliver"\n    sample "another"\n')
    run = world.run("check", path)
    assert run.returncode == 1 and not run.stdout, run
    assert f"{path}:6: our-gateway matches a text that it must not match" in run.stderr, run
    assert f"{path}:7: our-gateway does not match its sample" in run.stderr, run


@suite.case("list has the rules in force: a file's takes the place of the built-in one with its ID, or takes it off")
def _(world):
    rules = [json.loads(line) for line in world.run("list", "--json").stdout.splitlines()]
    first, second = rules[0]["rule"], rules[1]["rule"]
    own = world.file("own.rules", OWN.replace("our-gateway", first) + f"rule {second}\n    says nothing\n")
    changed = {rule["rule"]: rule for rule in map(json.loads, world.run("list", "--json", own).stdout.splitlines())}
    assert changed[first]["file"] == str(own) and changed[first]["line"] == 1, changed[first]
    assert second not in changed and len(changed) == len(rules) - 1


@suite.case("test tells why mail failed, and the rules that say so")
def _(world):
    run = world.run("test", "552 5.2.2 <x@example.com> Over quota")
    assert run.returncode == 0 and run.stdout.startswith("mailbox-full (soft)\nmailbox-full "), run
    run = world.run("test", "--json", "--status", "5.1.1", "--code", "550", "no words that are known")
    assert run.returncode == 0 and json.loads(run.stdout) == {"failure": "user-unknown", "hard": True}, run
    run = world.run("test", "no words that are known")
    assert run.returncode == 1 and run.stdout == "unknown (cannot tell)\n", run


@suite.case("test --lines gives a line for each diagnostic, with the status and the code before it")
def _(world):
    run = world.run("test", "--lines", input="5.7.1\t550\tUser unknown\n\t\tno words that are known\nMailbox full\n")
    assert [line.split("\t")[:2] for line in run.stdout.splitlines()] == [
        ["user-unknown", "hard"], ["unknown", "unknown"], ["mailbox-full", "soft"]], run


@suite.case("test looks where it is told to, with an administrator's rules too")
def _(world):
    own = world.file("own.rules", OWN)
    run = world.run("test", "-r", own, "--in", "text", input="Hello,\n\nour gateway\ncould not deliver your mail.\n")
    assert run.returncode == 0 and any(line.startswith("our-gateway ") for line in run.stdout.splitlines()), run
    assert world.run("test", "--in", "body", "x").returncode == 64
    assert world.run("test", "--code", "5x0", "x").returncode == 64


suite.run(make_world)
