# SPDX-License-Identifier: BSD-2-Clause
"""Reads the messages beside it, in one run of `backstop classify`, and compares with messages/labels.tsv: kind, failed recipients,
status of the first recipient that is told of, and whether each failed address is dead. All of them were written here, each in the
form that a mail server, a provider or a person gives to such mail; names and addresses are those of RFC 2606 and RFC 5737.

An empty status or hard_soft is not compared."""
import csv
import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent / "messages"
PROGRAM = Path(os.environ.get("BACKSTOP_BUILD", "build")) / "src" / "cli" / "backstop"


def labels():
    with open(HERE / "labels.tsv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def readings(rows):
    """What the program says of each file, by its name."""
    run = subprocess.run([PROGRAM, "classify", "--json"] + [HERE / row["file"] for row in rows], capture_output=True, check=False)
    found = [json.loads(line) for line in run.stdout.decode().splitlines()]
    return {Path(reading["file"]).name: reading for reading in found}


def differences(row, reading):
    """Sentences that say what is not as the label has it."""
    if reading is None:
        return ["nothing is said of it"]
    wrong = []
    if reading["kind"] != row["kind"]:
        wrong.append(f"it is called {reading['kind']} by {reading['sign']}, and is {row['kind']}")
    recipients = [address for address in row["failed_recipients"].split(",") if address]
    if reading["recipients"] != recipients:
        wrong.append(f"failed recipients {reading['recipients']}, and not {recipients}")
    details = reading.get("details") or []
    status = details[0]["status"] if details else None
    if row["status"] and status != row["status"]:
        wrong.append(f"status {status}, and not {row['status']}")
    hard = "|".join("hard" if one["hard"] else "soft" for one in details if one["kind"] == "dsn-failed")
    if row["hard_soft"] and row["kind"] == "dsn-failed" and hard != row["hard_soft"]:
        wrong.append(f"{hard or 'no failure'} by {[one['reason'] for one in details]}, and not {row['hard_soft']}")
    return wrong


def main():
    rows = labels()
    unlabelled = {path.name for path in HERE.glob("*.eml")} - {row["file"] for row in rows}
    print(f"1..{len(rows) + 1}")
    print(f"{'not ' if unlabelled else ''}ok 1 - each message has a label")
    for name in sorted(unlabelled):
        print(f"# {name} has none")
    found = readings(rows)
    for number, row in enumerate(rows, 2):
        wrong = differences(row, found.get(row["file"]))
        print(f"{'not ' if wrong else ''}ok {number} - {row['file'].removesuffix('.eml')}")
        for sentence in wrong:
            print(f"# {sentence}")


main()
