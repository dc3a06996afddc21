#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The RFC 7208 test suite, each case by `backstop spf --dns`: `spf.py BACKSTOP`. A TAP point for each case.
`spf.py --write FOLDER` writes its zones and questions for bench/spf.c instead.

The suite is data that is not part of this repository: spf/rfc7208-tests.yml in the folder that BACKSTOP_CORPORA names,
or in ../shared/corpora beside the checkout. Where it is absent, the test is skipped.

Where the suite allows several results, the first is the preferred one; any of them is good.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
CORPORA = pathlib.Path(os.environ.get("BACKSTOP_CORPORA", CHECKOUT.parent / "shared/corpora"))
SUITE = CORPORA / "spf/rfc7208-tests.yml"
NO_EXPLANATION = "DEFAULT"  # what the suite writes where a receiver is to use words of its own


def escape(text, special):
    """The text's bytes in master-file syntax; the suite's texts are bytes written as Latin-1."""
    return "".join(chr(byte) if 0x21 <= byte <= 0x7e and chr(byte) not in special else f"\\{byte:03d}"
                   for byte in text.encode("latin-1"))


def absolute(name):
    return escape(name.rstrip("."), '";\\$') + "."


def quoted(value):
    strings = value if isinstance(value, list) else [value]
    return " ".join('"' + escape(text, '"\\') + '"' for text in strings) or '""'


def rdata(kind, value):
    if kind in ("TXT", "SPF"):
        return quoted(value)
    if kind == "MX":
        return f"{value[0]} {absolute(value[1])}"
    return absolute(value) if kind in ("PTR", "CNAME") else value


def zone_lines(zone):
    """Records of type SPF stand for TXT where an owner has none of type TXT; `TXT: NONE` says that it has none."""
    for owner, records in zone.items():
        has_text = any(isinstance(record, dict) and "TXT" in record for record in records)
        for record in records:
            if record == "TIMEOUT":
                yield f"{absolute(owner)} TIMEOUT"
                continue
            (kind, value), = record.items()
            if value == "NONE":
                continue
            kinds = [kind] if kind != "SPF" or has_text else ["SPF", "TXT"]
            yield from (f"{absolute(owner)} 300 IN {each} {rdata(each, value)}" for each in kinds)


def judge(program, zone, case):
    """The result's word, its explanation, and all that was printed."""
    arguments = [program, "spf", "--dns", zone, "--ip", case["host"], "--helo", case["helo"],
                 "--from", case["mailfrom"], "--now", "2026-08-21", "--receiver", "mx.receiver.example"]
    run = subprocess.run(arguments, capture_output=True, text=True, timeout=30, check=False)
    lines = run.stdout.splitlines() or [""]
    word = lines[0].split(" ")[0]
    prefix = "explanation: "
    explanation = next((line[len(prefix):] for line in lines[1:] if line.startswith(prefix)), None)
    return word, explanation, run.stdout + run.stderr


def check(program, zone, case):
    """None where the case comes out as it should, else what was wrong."""
    allowed = case["result"] if isinstance(case["result"], list) else [case["result"]]
    word, explanation, output = judge(program, zone, case)
    if word not in allowed:
        return f"{word}, not {' or '.join(allowed)}\n{output}"
    expected = case.get("explanation")
    if expected is not None and explanation != (None if expected == NO_EXPLANATION else expected):
        return f"explanation {explanation!r}, not {expected!r}\n{output}"
    return None


def read_suite():
    """The scenarios, or a text that says why there are none."""
    if not SUITE.is_file():
        return f"no RFC 7208 test suite: {SUITE} is absent (BACKSTOP_CORPORA names its folder)"
    try:
        import yaml
    except ImportError:
        return "no YAML reader: install python3-yaml"
    return [each for each in yaml.load_all(SUITE.read_text(encoding="utf-8"), yaml.BaseLoader) if each]


def zone_text(scenario):
    return "\n".join(zone_lines(scenario["zonedata"])) + "\n"


def write(scenarios, folder):
    """NN.1.zone and NN.2.questions for each scenario."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, scenario in enumerate(scenarios, 10):
        (folder / f"{number}.1.zone").write_text(zone_text(scenario), encoding="ascii")
        lines = ["\t".join([case["host"], case["helo"], *(case["mailfrom"].rsplit("@", 1) if case["mailfrom"]
                           else ("", ""))]) for case in scenario["tests"].values()]
        (folder / f"{number}.2.questions").write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_all(scenarios, program):
    print(f"1..{sum(len(scenario['tests']) for scenario in scenarios)}")
    number = failures = 0
    with tempfile.TemporaryDirectory(prefix="backstop-spf.") as folder:
        zone = pathlib.Path(folder) / "zone"
        for scenario in scenarios:
            zone.write_text(zone_text(scenario), encoding="ascii")
            for name, case in scenario["tests"].items():
                number += 1
                wrong = check(program, zone, case)
                failures += wrong is not None
                print(f"{'not ok' if wrong else 'ok'} {number} - {scenario['description']}: {name}")
                print("".join(f"# {line}\n" for line in (wrong or "").splitlines()), end="", flush=True)
    return 1 if failures else 0


def main(arguments):
    scenarios = read_suite()
    if isinstance(scenarios, str):
        print(f"1..0 # SKIP {scenarios}")
        return 0
    if arguments[0] == "--write":
        return write(scenarios, pathlib.Path(arguments[1]))
    return run_all(scenarios, arguments[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
