#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests watched.py: `test_watched.py TOOL CARELESS`. In place of backstopd stands a program that does what it is told."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

WATCHED = Path(__file__).with_name("watched.py")

# What plays the part of a test: it runs "backstopd" once.
TEST = """import os, subprocess
print("1..1", flush=True)
subprocess.run([os.environ["BACKSTOP_BUILD"] + "/src/daemon/backstopd", "{fault}"], stdout=subprocess.DEVNULL)
print("ok 1 - it ran")
"""

CASES = [
    ("a process that does nothing wrong passes", "well", 0, "1..2"),
    ("memory that a child loses is found", "loses", 1, "not ok 2"),
    ("a read past the end in a child is found", "reads", 1, "not ok 2"),
]


def main(tool, careless):
    print(f"1..{len(CASES)}")
    with tempfile.TemporaryDirectory() as folder:
        build, script = Path(folder) / "build", Path(folder) / "test.py"
        (build / "src/daemon").mkdir(parents=True)
        (build / "src/cli").mkdir()
        (build / "src/daemon/backstopd").symlink_to(Path(careless).resolve())
        for number, (sentence, fault, status, expected) in enumerate(CASES, 1):
            script.write_text(TEST.format(fault=fault))
            done = subprocess.run([sys.executable, WATCHED, tool, script], capture_output=True, text=True, check=False,
                                  env={**os.environ, "BACKSTOP_BUILD": str(build)})
            good = done.returncode == status and expected in done.stdout and "ok 1 - it ran" in done.stdout
            print(f"{'ok' if good else 'not ok'} {number} - {sentence}")
            if not good:
                print("".join(f"# {line}\n" for line in (done.stdout + done.stderr).splitlines()), end="")


main(*sys.argv[1:])
