#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests scripts/tally: `test_tally.py TALLY`. Each case is a test's log, and the last line that tally must print."""

import json
import pathlib
import subprocess
import sys
import tempfile

CMOCKA = """1..5
ok 1 - one
not ok 2 # SKIP two
not ok 3 - three
# 0x1 != 0x2
# test_x.c:7: error: Failure!
ok 4 - an address: <a#b@x>
not ok 5 - five Could not run test: Test setup failed
# not ok - group
"""

# sentence; what the test printed, its exit status, meson's result; the last line that tally prints
CASES = [
    ("every point counts as one passed", "1..2\nok 1 - a\nok 2 - b\n", 0, "OK", "2 passed, 0 failed, 0 skipped"),
    ("a plan at the end is a plan", "ok 1 - a\n1..1\n", 0, "OK", "1 passed, 0 failed, 0 skipped"),
    ("a failing point is one failure, and its exit status no second one",
     "1..2\nok 1\nnot ok 2 - b\n", 1, "FAIL", "1 passed, 1 failed, 0 skipped"),
    ("cmocka's skip, written as a failure, is a skip", CMOCKA, 2, "ERROR", "2 passed, 2 failed, 1 skipped"),
    ("a skip is neither passed nor failed", "1..1\nok 1 - a # SKIP no root\n", 0, "SKIP",
     "0 passed, 0 failed, 1 skipped"),
    ("a test that is skipped whole is one skip", "1..0 # SKIP no root\n", 0, "SKIP", "0 passed, 0 failed, 1 skipped"),
    ("a todo excuses nothing", "1..1\nnot ok 1 - a # TODO later\n", 0, "OK", "0 passed, 1 failed, 0 skipped"),
    ("a crash after the last point is a failure", "1..1\nok 1\n", -11, "ERROR", "1 passed, 1 failed, 0 skipped"),
    ("a crash between points is two: the signal and the points that are missing",
     "1..2\nok 1\n", -11, "ERROR", "1 passed, 2 failed, 0 skipped"),
    ("an end without crash before the last point is a failure", "1..3\nok 1\nok 2\n", 0, "ERROR",
     "2 passed, 1 failed, 0 skipped"),
    ("more points than planned are a failure", "1..1\nok 1\nok 2\n", 0, "ERROR", "2 passed, 1 failed, 0 skipped"),
    ("points without a plan are a failure", "ok 1 - a\n", 0, "OK", "1 passed, 1 failed, 0 skipped"),
    ("no output at all is a failure", "", 0, "OK", "0 passed, 1 failed, 0 skipped"),
    ("an exit status that no point explains is a failure, as a leak is that a sanitizer finds at the end",
     "1..1\nok 1\n", 99, "ERROR", "1 passed, 1 failed, 0 skipped"),
    ("a time-out is a failure", "1..1\nok 1\n", -15, "TIMEOUT", "1 passed, 1 failed, 0 skipped"),
    ("two plans of two groups add up", "1..1\nok 1\n1..2\nok 1\nok 2\n", 0, "ERROR", "3 passed, 0 failed, 0 skipped"),
    ("bailing out is a failure", "1..1\nok 1\nBail out! no disk\n", 0, "ERROR", "1 passed, 1 failed, 0 skipped"),
    ("what a test prints in between is no point", "1..1\nokay\n# ok 7\n  ok 8\nok 1\n", 0, "OK",
     "1 passed, 0 failed, 0 skipped"),
]

# The same for a test that does not speak TAP.
PLAIN_CASES = [
    ("a plain test that succeeds is one point", "", 0, "OK", "1 passed, 0 failed, 0 skipped"),
    ("a plain test that fails is one failure", "ok 1\n", 1, "FAIL", "0 passed, 1 failed, 0 skipped"),
    ("a plain test that exits with 77 is skipped", "", 77, "SKIP", "0 passed, 0 failed, 1 skipped"),
    ("a plain test that crashes is one failure", "", -6, "FAIL", "0 passed, 1 failed, 0 skipped"),
]

MESON_PROJECT = """project('p')
sh = find_program('sh')
test('good', sh, args: ['-c', 'printf "1..2\\nok 1 - a\\nok 2 - b # SKIP \\303\\251t\\303\\251\\n"'],
  suite: ['one', 'two'], protocol: 'tap')
test('crash', sh, args: ['-c', 'echo 1..1; echo ok 1; kill -SEGV $$'], protocol: 'tap')
test('slow', sh, args: ['-c', 'echo 1..1; echo ok 1; exec sleep 60'], timeout: 1, protocol: 'tap')
"""

points = 0


def point(good, name, why=""):
    global points
    points += 1
    print(f"{'ok' if good else 'not ok'} {points} - {name}")
    if not good:
        print("".join(f"# {line}\n" for line in why.splitlines()), end="")


def run_tally(*directories):
    done = subprocess.run([sys.executable, sys.argv[1], *map(str, directories)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def write_run(directory, tests, records):
    directory.mkdir()
    described = [{"name": name, "suite": ["p:unit"], "protocol": protocol} for name, protocol in tests]
    (directory / "tests.json").write_text(json.dumps(described))
    (directory / "wanted").write_text("".join(f"p:unit / {name}\n" for name, _ in tests))
    (directory / "log.json").write_text("".join(json.dumps(record) + "\n" for record in records))
    return directory


def record_of(text, status, result):
    return {"name": "p:unit / test", "stdout": text, "returncode": status, "result": result, "duration": 30.0}


def check_case(directory, case, protocol):
    sentence, text, status, result, expected = case
    run = write_run(directory, [("test", protocol)], [record_of(text, status, result)])
    code, output = run_tally(run)
    good = output.splitlines()[-1] == expected and (code == 0) == (" 0 failed" in expected and expected[0] != "0")
    point(good, sentence, f"exit status {code}\n{output}")


def check_runs(scratch):
    good = write_run(scratch / "good", [("test", "tap")], [record_of("1..1\nok 1 - a\n", 0, "OK")])
    absent = write_run(scratch / "absent", [("test", "tap"), ("other", "tap")], [record_of("1..1\nok 1\n", 0, "OK")])
    broken = scratch / "broken"
    broken.mkdir()
    (broken / "broken").write_text("the build failed\n")
    (scratch / "empty").mkdir()

    code, output = run_tally(good, good)
    point(code == 0 and output.endswith("2 passed, 0 failed, 0 skipped\n"), "runs add up", output)
    code, output = run_tally(absent)
    point(code == 1 and "unit / other: never ran" in output, "a test that never ran is a failure, by name", output)
    code, output = run_tally(good, broken)
    point(code == 1 and "broken: the build failed" in output and output.endswith("1 passed, 1 failed, 0 skipped\n"),
          "a run that did not come about is a failure that says why", output)
    code, output = run_tally(scratch / "empty", good)
    point(code == 1 and "1 passed, 1 failed" in output, "a run without a log is a failure", output)


def check_meson(scratch):
    """What meson itself writes, in case its log changes."""
    (scratch / "meson.build").write_text(MESON_PROJECT)
    build, run = scratch / "build", scratch / "run"
    run.mkdir()
    subprocess.run(["meson", "setup", build, scratch], check=True, capture_output=True)
    subprocess.run(["meson", "test", "-C", build], capture_output=True)
    for file, command in (("tests.json", ["introspect", "--tests", build]),
                          ("wanted", ["test", "--list", "--no-rebuild", "-C", build])):
        (run / file).write_bytes(subprocess.run(["meson", *command], check=True, capture_output=True).stdout)
    (run / "log.json").write_bytes((build / "meson-logs/testlog.json").read_bytes())
    code, output = run_tally(run)
    expected = ("one+two / good: b: été", "crash: killed by signal 11", "slow: timed out",
                "3 passed, 2 failed, 1 skipped")
    point(code == 1 and all(text in output for text in expected), "the log that meson writes is understood", output)


def main():
    print(f"1..{len(CASES) + len(PLAIN_CASES) + 5}")
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        for number, case in enumerate(CASES):
            check_case(scratch / f"tap-{number}", case, "tap")
        for number, case in enumerate(PLAIN_CASES):
            check_case(scratch / f"plain-{number}", case, "exitcode")
        check_runs(scratch)
        check_meson(scratch)


main()
