#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs each Lua script of this folder with miltertest, an implementation of the MTA's side that nobody here wrote.

A script's first line says in a comment what it shows; lines `-- log: TEXT` are what the log must hold afterwards. The
words TAGGED, FORGED, EXPIRED and UNKNOWN are addresses in both."""

import contextlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from mta import machine, tags
from mta.backstopd import SECRETS, Backstopd
from mta.machine import wait_for
from mta.tap import Skip, Suite
from mta.world import DOMAINS

suite = Suite()
ALICE = "alice@example.com"
ADDRESSES = {
    "TAGGED": tags.sign(ALICE, SECRETS[1], 1),
    "FORGED": tags.forged(ALICE, SECRETS[1], 1),
    "EXPIRED": tags.expired(ALICE, SECRETS[1], 1),
    "UNKNOWN": tags.sign(ALICE, "a guess", 7),
}


def run(backstopd, script):
    text = script.read_text()
    variables = {**ADDRESSES, "HERE": HERE, "SOCKET": f"inet:{backstopd.milter_port}@{machine.HERE}"}
    definitions = [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
    seen = len(backstopd.log())
    done = subprocess.run(["miltertest", *definitions, "-s", script], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in re.findall("^-- log: (.*)$", text, re.MULTILINE):
        for name, address in ADDRESSES.items():
            line = line.replace(f"<{name}>", f"<{address}>")
        wait_for(f"this in the log: {line}", lambda line=line: line in backstopd.log()[seen:], 5)


def add(script):
    sentence = script.read_text().splitlines()[0].removeprefix("-- ")
    suite.case(sentence)(lambda backstopd: run(backstopd, script))


@contextlib.contextmanager
def daemon():
    if not shutil.which("miltertest"):
        raise Skip("miltertest is not installed: run scripts/packages install")
    with machine.scratch("miltertest") as directory:
        backstopd = Backstopd(directory / "backstop", DOMAINS)
        try:
            backstopd.start()
            yield backstopd
        finally:
            backstopd.stop()


for file in sorted(HERE.glob("*.lua")):
    if file.name != "expect.lua":
        add(file)

if __name__ == "__main__":
    suite.run(daemon)
