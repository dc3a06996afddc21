#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plays a test of tests/postfix once more with every process of backstopd watched for errors in its use of memory:
`watched.py valgrind|sanitizers TEST [ARGUMENT]...`. In a build with sanitizers these watch; in any other valgrind does.

To the points of the test comes one of our own: nothing was found in any process, from its start to its end.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SUPPRESSIONS = Path(__file__).resolve().with_name("valgrind.supp")
WRAPPER = """#!/bin/sh
exec valgrind --quiet --vgdb=no --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 \\
    --suppressions={suppressions} --log-file={reports}/valgrind.%p {program} "$@"
"""


def wrapped_build(scratch, reports):
    """A folder that looks like a build directory, but for its backstopd, which is run by valgrind."""
    build = Path(os.environ["BACKSTOP_BUILD"]).resolve()
    wrapped = scratch / "build"
    wrapped.mkdir()
    for entry in build.iterdir():
        if entry.name != "src":
            (wrapped / entry.name).symlink_to(entry)
    (wrapped / "src/daemon").mkdir(parents=True)
    (wrapped / "src/cli").symlink_to(build / "src/cli")
    wrapper = wrapped / "src/daemon/backstopd"
    wrapper.write_text(WRAPPER.format(reports=reports, suppressions=SUPPRESSIONS, program=build / "src/daemon/backstopd"))
    wrapper.chmod(0o755)
    return wrapped


def environment(tool, scratch, reports):
    if tool == "valgrind":
        return {**os.environ, "BACKSTOP_BUILD": str(wrapped_build(scratch, reports))}
    options = {name: f"{os.environ.get(name, '')}:log_path={reports}/sanitizer".lstrip(":")
               for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}
    return {**os.environ, **options}


def play(script, env):
    """Runs the test and passes its output on, all but the plan; how many points it planned, and its exit status."""
    planned = 0
    with subprocess.Popen([sys.executable, *script], stdout=subprocess.PIPE, text=True, env=env) as test:
        for line in test.stdout:
            plan = re.match(r"1\.\.(\d+)", line)
            if plan:
                planned = int(plan[1])
            if not plan or "SKIP" in line:
                print(line, end="", flush=True)
    return planned, test.returncode


def judge(number, tool, reports):
    """Prints our own point; whether it is good. Valgrind leaves an empty file for a process that it liked."""
    files = sorted(reports.iterdir())
    found = [text for text in (file.read_text(errors="replace") for file in files) if text.strip()]
    watched = tool == "sanitizers" or len(files) > 1
    good = watched and not found
    print(f"{'ok' if good else 'not ok'} {number} - {tool} found nothing in any process of backstopd")
    if not watched:
        print("# nothing was watched")
    for line in "\n".join(found).splitlines()[:200]:
        print(f"# {line}")
    return good


def main(tool, *script):
    with tempfile.TemporaryDirectory(prefix="backstop-watched.") as folder:
        scratch = Path(folder)
        scratch.chmod(0o755)
        reports = scratch / "reports"
        reports.mkdir()
        reports.chmod(0o777)
        planned, status = play(script, environment(tool, scratch, reports))
        if planned == 0:
            return status
        good = judge(planned + 1, tool, reports)
        print(f"1..{planned + 1}")
        return status if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
