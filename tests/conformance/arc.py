#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""ARC against a suite and programs that nobody here wrote: `arc.py [WORD]...`, a TAP point for each case and claim.

The suite is data that is not part of this repository: arc/arc-draft-validation-tests.yml and arc/arc-draft-sign-tests.yml
in the folder that BACKSTOP_CORPORA names, or in ../shared/corpora beside the checkout. It was written for the drafts
before RFC 8617. The programs are dkimpy (python3-dkim with python3-authres) and Mail::DKIM (libmail-dkim-perl). What is
absent is skipped by name.
"""

import contextlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from mta import machine
from mta.tap import Skip, Suite

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
CORPORA = pathlib.Path(os.environ.get("BACKSTOP_CORPORA", CHECKOUT.parent / "shared/corpora"))
VALIDATION = CORPORA / "arc/arc-draft-validation-tests.yml"
SIGNING = CORPORA / "arc/arc-draft-sign-tests.yml"
DOMAIN = "example.com"
LATER = "2040-01-01"  # dkimpy seals as of now
ROUNDS = 20           # random messages of a test

# What the suite lets pass, and dkimpy 1.1 with it, and why it fails here. RFC 8617 section 4.1.2: an
# ARC-Message-Signature has the syntax and semantics of a DKIM-Signature but for its name, v= and i=.
STRICTER_THAN_THE_SUITE = {
    "ams_fields_c_na": "no c= is simple/simple (RFC 6376 section 3.5); the drafts took it for relaxed/relaxed",
    "ams_fields_h_empty": "h= is not empty (RFC 6376 section 3.5) and names From (section 5.4)",
    "ams_fields_h_mis_hdr": "h= holds names only, none of them empty (RFC 6376 section 3.5, sig-h-tag)",
}
# What Mail::DKIM 1.2023 lets pass and we do not; on all else of the suite the two agree.
STRICTER_THAN_MAIL_DKIM = {
    "ams_fields_a_sha1": "RFC 8301 section 3.1: rsa-sha1 must not be used",
    "as_fields_a_sha1": "RFC 8301 section 3.1",
    "as_fields_b_512": "RFC 8301 section 3.2: keys of less than 1024 bits are not accepted",
    "ams_fields_h_empty": "RFC 6376 sections 3.5 and 5.4, as above",
    "ams_fields_h_mis_hdr": "RFC 6376 section 3.5, as above",
}
# Where the suite leaves the result open, because a cv=fail ended the chain: RFC 8617 section 5.2 step 2 says fail.
OPEN_IN_THE_SUITE = ""

suite = Suite()


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False
        self.zone = directory / "zone"
        records = [subprocess.run([machine.built("backstop"), "dkim", "keygen", "--type", kind, "--domain", DOMAIN,
                                   "--selector", kind, directory / f"{kind}.pem"], capture_output=True, timeout=60,
                                  check=True) for kind in ("rsa", "ed25519")]
        records = "".join(record.stdout.decode() for record in records)
        self.zone.write_text(records)
        self.texts = {line.split(". ", 1)[0]: "".join(line.split('"')[1::2]) for line in records.splitlines()}

    def run(self, *arguments, message=None):
        return subprocess.run([machine.built("backstop"), "arc", *map(str, arguments)], input=message,
                              capture_output=True, timeout=60, check=False)

    def judge(self, message, *options, zone=None, now="2026-08-21"):
        """The verdict as an object."""
        run = self.run("--json", "--now", now, "--dns", zone or self.zone, *options, "-", message=message)
        assert run.returncode in (0, 1, 3), run
        return json.loads(run.stdout)

    def seal(self, message, results, kind="rsa", zone=None, now="2026-08-21"):
        """The message with a set of ours on top; None where it is not to be sealed."""
        run = self.run("seal", "--key", self.directory / f"{kind}.pem", "--domain", DOMAIN, "--selector", kind,
                       "--dns", zone or self.zone, "--now", now, "--results", results, "-", message=message)
        assert run.returncode == 0 or (run.returncode == 65 and b"cv=fail" in run.stderr), run
        return run.stdout if run.returncode == 0 else None


@contextlib.contextmanager
def make_world():
    with machine.scratch("arc") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


def read_suite(path):
    """Pairs of a scenario and its cases; none where the suite or a reader of it is absent."""
    try:
        import yaml
    except ImportError:
        return []
    if not path.is_file():
        return []
    scenarios = [each for each in yaml.load_all(path.read_text(encoding="utf-8"), yaml.BaseLoader) if each]
    return [(scenario, name, case) for scenario in scenarios for name, case in scenario["tests"].items()]


def zone_of(world, scenario):
    zone = world.directory / "suite.zone"
    with zone.open("w", encoding="utf-8") as file:
        for owner, text in scenario["txt-records"].items():
            text = " ".join(text.split())
            strings = " ".join(f'"{text[at:at + 200]}"' for at in range(0, len(text), 200))
            file.write(f"{owner}. 300 IN TXT {strings}\n")
    return zone


def check_validation(world, scenario, name, case):
    verdict = world.judge(case["message"].encode(), zone=zone_of(world, scenario))
    expected = case["cv"].strip().lower()
    if name in STRICTER_THAN_THE_SUITE:
        assert expected == "pass", "the suite has changed"
        expected = "fail"
    elif expected == OPEN_IN_THE_SUITE:
        assert "cv=fail" in verdict["reason"], verdict
        expected = "fail"
    assert verdict["result"] == expected, verdict


@suite.case("--allow-legacy lets pass the suite's seal of 512 bits, and SHA-1 not even then (RFC 8301 section 3.1)")
def _(world):
    cases = {name: (scenario, case) for scenario, name, case in read_suite(VALIDATION)}
    if not cases:
        raise Skip(f"{VALIDATION} is absent, or python3-yaml is")
    for name, expected in (("as_fields_b_512", "pass"), ("as_fields_a_sha1", "fail"), ("ams_fields_a_sha1", "fail")):
        scenario, case = cases[name]
        verdict = world.judge(case["message"].encode(), "--allow-legacy", zone=zone_of(world, scenario))
        assert verdict["result"] == expected, (name, verdict)


def suite_field(text):
    """A field as the suite's signer wrote it: b= is not folded there, only in the suite."""
    text = re.sub(r"\bb=([^;]+)", lambda match: "b=" + "".join(match[1].split()), text)
    return text.strip().replace("\n", "\n    ")


def check_signing(world, scenario, name, case):
    """The sets that the suite expects verify here, and so do those that are made here instead, which cover more fields
    and have another order of tags, so that their b= cannot be the same."""
    zone = zone_of(world, scenario)
    zone.write_text(zone.read_text() + world.zone.read_text())
    message = case["message"].encode()
    results = case["AAR"].partition(";")[2].strip().replace("\n", "\n  ") or "lists.example.org; none"
    sealed = world.seal(message, results, zone=zone)
    if not case["AS"].strip():
        assert sealed is None, "the last sealer said cv=fail (RFC 8617 section 5.1)"
        return
    expected = {tag: re.search(rf"\b{tag}=([^;\s]+)", case["AS"])[1] for tag in ("i", "cv")}
    assert re.match(rf"ARC-Seal: i={expected['i']}; a=rsa-sha256; cv={expected['cv']};".encode(), sealed), sealed
    body_hash = re.search(r"bh=([^;]+);", case["AMS"])[1].encode()
    assert b"bh=" + body_hash + b";" in sealed, sealed
    fields = [f"{field}: {suite_field(case[key])}\n" for field, key in
              (("ARC-Seal", "AS"), ("ARC-Message-Signature", "AMS"), ("ARC-Authentication-Results", "AAR"))]
    verdicts = [world.judge(each, zone=zone) for each in ("".join(fields).encode() + message, sealed)]
    if expected["cv"] == "fail":
        assert all("cv=fail" in verdict["reason"] for verdict in verdicts), verdicts
    else:
        assert [verdict["result"] for verdict in verdicts] == ["pass", "pass"], verdicts


for title, path, check in (("validation", VALIDATION, check_validation), ("signing", SIGNING, check_signing)):
    cases = read_suite(path)
    for each in cases:
        suite.case(f"{title} suite: {each[0]['description']}: {each[1]}")(
            lambda world, check=check, each=each: check(world, *each))
    if not cases:
        @suite.case(f"{title} suite")
        def _(world, path=path):
            raise Skip(f"{path} is absent (BACKSTOP_CORPORA names its folder), or python3-yaml is")


def need_dkimpy():
    try:
        import authres  # dkimpy seals only with it
        import dkim
    except ImportError:
        raise Skip("dkimpy is absent: install python3-dkim and python3-authres") from None
    return dkim


def random_text(source, words, limit):
    return "".join(source.choice(words) for _ in range(source.randrange(limit)))


def random_message(seed):
    """A message with odd white space, folding and line ends in body and header. Its last line ends, as all do in SMTP."""
    source = random.Random(seed)
    body = random_text(source, ["a", "bc ", "\t", " ", "\r\n", "\r\n\r\n", "Dear", ".", "  \r\n", "é"], 60)
    body += "\r\n" if body else ""
    subject = random_text(source, ["x", " ", "\t", "\r\n ", "yz", "  "], 12).rstrip()
    fields = [f"From:{random_text(source, [' ', '  '], 3)}Jo <jo@example.com>", f"Subject: {subject}w",
              "To: a@example.org,\r\n\tb@example.org  ", "Date: Fri, 21 Aug 2026 10:00:00 +0000", "X-Empty:",
              "DKIM-Signature: v=1; a=rsa-sha256; d=x.example", "Message-ID: <1@example.com>", "MIME-Version: 1.0"]
    source.shuffle(fields)
    return ("\r\n".join(fields) + "\r\n\r\n" + body).encode()


def dkimpy_judge(dkim, world, message):
    """pass, fail or none; a header that it does not read at all, and a chain that ended, are fail."""
    try:
        verdict = dkim.arc_verify(message, dnsfunc=lambda name, timeout=5: world.texts.get(
            name.decode().rstrip("."), "").encode())[0]
    except dkim.DKIMException:
        verdict = None
    return verdict.decode() if verdict else "fail"


def dkimpy_seal(dkim, world, message, hop, headers=(b"from", b"to", b"subject", b"date", b"x-empty")):
    """dkimpy takes the results, and the chain's, from the Authentication-Results field of the name that it is given."""
    name = b"peer%d.example" % hop
    found = b"pass" if hop else b"none"
    message = b"Authentication-Results: " + name + b"; arc=" + found + b"; spf=pass smtp.mailfrom=x.example\r\n" + message
    fields = dkim.arc_sign(message, b"rsa", DOMAIN.encode(), (world.directory / "rsa.pem").read_bytes(), name,
                           include_headers=list(headers))
    assert len(fields) == 3, fields
    return b"".join(fields) + message


@suite.case("dkimpy verifies chains that are sealed here once to four times")
def _(world):
    dkim = need_dkimpy()
    for seed in range(ROUNDS):
        message = random_message(seed)
        for hop in range(1 + seed % 4):
            message = world.seal(message, f"mx{hop}.example; arc={'pass' if hop else 'none'};\r\n\tspf=pass")
        assert dkimpy_judge(dkim, world, message) == "pass", message
        assert world.judge(message)["oldest_pass"] == 0, message


@suite.case("what dkimpy seals verifies here, once to four times")
def _(world):
    dkim = need_dkimpy()
    for seed in range(ROUNDS):
        message = random_message(seed)
        for hop in range(1 + seed % 4):
            message = dkimpy_seal(dkim, world, message, hop)
        verdict = world.judge(message, now=LATER)
        assert (verdict["result"], len(verdict["sets"])) == ("pass", 1 + seed % 4), (verdict, message)
        assert verdict["sets"][0]["results"].startswith("peer0.example; arc=none"), verdict


@suite.case("chains that both seal in turn verify in both")
def _(world):
    dkim = need_dkimpy()
    for seed in range(ROUNDS):
        source, message = random.Random(seed), random_message(seed)
        for hop in range(4):
            if source.random() < 0.5:
                message = world.seal(message, f"mx.example; arc={'pass' if hop else 'none'}", now=f"@{int(time.time())}")
            else:
                message = dkimpy_seal(dkim, world, message, hop)
        assert dkimpy_judge(dkim, world, message) == "pass", message
        assert world.judge(message, now=LATER)["result"] == "pass", message


@suite.case("a message that is changed between two sealers passes from the second on, in both")
def _(world):
    dkim = need_dkimpy()
    message = world.seal(random_message(3), "mx.example; arc=none")
    came = world.judge(message)
    assert came["result"] == "pass", came
    changed = message + b"-- \r\nThe list\r\n"
    message = dkimpy_seal(dkim, world, changed, 1)  # which believes the results that it is given
    assert dkimpy_judge(dkim, world, message) == "pass"
    verdict = world.judge(message, now=LATER)
    assert (verdict["result"], verdict["oldest_pass"]) == ("pass", 2), verdict


@suite.case("an Ed25519 seal (RFC 8463, by RFC 8617 sections 4.1.2 and 4.1.3) passes here; dkimpy does not know it in ARC")
def _(world):
    dkim = need_dkimpy()
    message = world.seal(random_message(1), "mx.example; arc=none", kind="ed25519")
    assert world.judge(message)["result"] == "pass"
    assert dkimpy_judge(dkim, world, message) == "fail", message


def fields_of(message):
    header, separator, body = message.partition(b"\r\n\r\n")
    return re.split(rb"\r\n(?![ \t])", header), separator + body


# Sets are taken in the order of their instances, wherever their fields stand (RFC 8617 section 5.1.1). dkimpy takes
# fields of one name from the bottom up, and so fails where two of them changed places.
CHANGED_PLACES = "two fields change places"


def mutations(source, message):
    """Chains that are broken, or may be: a name, and the message."""
    fields, body = fields_of(message)
    arc = [at for at, field in enumerate(fields) if field.startswith(b"ARC-")]

    def whole(changed):
        return b"\r\n".join(changed) + body

    at, other = source.sample(arc, 2)
    yield "a field is gone", whole(fields[:at] + fields[at + 1:])
    yield "a field is there twice", whole([fields[at]] + fields)
    yield CHANGED_PLACES, whole([fields[{at: other, other: at}.get(i, i)] for i in range(len(fields))])
    yield "white space is added", whole([field.replace(b"; ", b";  \r\n\t ") if i == at else field
                                         for i, field in enumerate(fields)])
    yield "another instance", whole([re.sub(rb"\bi=\d+", b"i=%d" % source.randrange(6), field) if i == at else field
                                     for i, field in enumerate(fields)])
    yield "another cv", whole([re.sub(rb"cv=\w+", source.choice([b"cv=none", b"cv=pass", b"cv=fail", b"cv=no"]), field)
                               if i == at else field for i, field in enumerate(fields)])
    position = source.randrange(len(message))
    changed = bytearray(message)
    changed[position] = source.choice(b"aZ09=;:\t x")
    yield "another byte", bytes(changed)
    yield "a line is added", message + b"x\r\n"


@suite.case("broken chains fail in both, and unbroken ones pass in both")
def _(world):
    dkim = need_dkimpy()
    seen = set()
    for seed in range(ROUNDS):
        source, message = random.Random(100 + seed), random_message(seed)
        for hop in range(2):
            message = world.seal(message, f"mx{hop}.example; arc={'pass' if hop else 'none'}; spf=pass")
        for name, changed in mutations(source, message):
            ours, theirs = world.judge(changed), dkimpy_judge(dkim, world, changed)
            seen.add(ours["result"])
            assert ours["result"] == theirs or (name, ours["result"]) == (CHANGED_PLACES, "pass"), (name, ours, changed)
    assert seen == {"pass", "fail"}, seen


@suite.case("dkimpy lets pass what the drafts let pass; RFC 8617 section 4.1.2 makes it a fail here")
def _(world):
    dkim = need_dkimpy()
    cases = [each for each in read_suite(VALIDATION) if each[1] in STRICTER_THAN_THE_SUITE]
    if not cases:
        raise Skip(f"{VALIDATION} is absent, or python3-yaml is")
    for scenario, name, case in cases:
        world.texts.update(scenario["txt-records"])
        assert dkimpy_judge(dkim, world, case["message"].encode()) == "pass", name


@suite.case("a From field that the message's signature leaves out (RFC 6376 section 8.15) fails in both")
def _(world):
    dkim = need_dkimpy()
    plain = b"From: jo@example.com\r\nTo: a@example.org\r\nSubject: x\r\n\r\nHello\r\n"
    message = dkimpy_seal(dkim, world, plain, 0, headers=(b"from", b"subject"))
    assert world.judge(message, now=LATER)["result"] == "pass"
    message = b"From: other@example.net\r\n" + message
    assert dkimpy_judge(dkim, world, message) == "fail"
    verdict = world.judge(message, now=LATER)
    assert verdict["result"] == "fail" and "8.15" in verdict["reason"], verdict


class MailDkim:
    """Mail::DKIM, asked through arc_mail_dkim.pl."""

    def __init__(self, world):
        self.world = world
        self.process = subprocess.Popen(["perl", pathlib.Path(__file__).with_name("arc_mail_dkim.pl")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def __enter__(self):
        if self.process.stdout.readline() != "ready\n":
            raise Skip("Mail::DKIM is absent: install libmail-dkim-perl")
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=30)

    def ask(self, message, **case):
        message = re.sub(rb"\r?\n", b"\r\n", message).decode("latin-1")
        self.process.stdin.write(json.dumps({"message": message, **case}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["result"] != "crash", answer
        return answer

    def judge(self, message, records=None):
        return self.ask(message, records=records or self.world.texts)["result"]

    def seal(self, message, hop):
        name, found = f"peer{hop}.example", "pass" if hop else "none"
        message = f"Authentication-Results: {name}; arc={found}; spf=pass smtp.mailfrom=x.example\r\n".encode() + message
        answer = self.ask(message, key=str(self.world.directory / "rsa.pem"), selector="rsa", domain=DOMAIN, id=name,
                          chain=found)
        assert answer["result"] == "sealed", answer
        return answer["fields"].encode("latin-1") + b"\r\n" + message


@suite.case("Mail::DKIM verifies chains that are sealed here once to four times")
def _(world):
    with MailDkim(world) as peer:
        for seed in range(ROUNDS):
            message = random_message(seed)
            for hop in range(1 + seed % 4):
                message = world.seal(message, f"mx{hop}.example; arc={'pass' if hop else 'none'};\r\n\tspf=pass")
            assert peer.judge(message) == "pass", message


@suite.case("what Mail::DKIM seals verifies here, once to four times")
def _(world):
    with MailDkim(world) as peer:
        for seed in range(ROUNDS):
            message = random_message(seed)
            for hop in range(1 + seed % 4):
                message = peer.seal(message, hop)
            verdict = world.judge(message, now=LATER)
            assert (verdict["result"], len(verdict["sets"])) == ("pass", 1 + seed % 4), (verdict, message)


@suite.case("Mail::DKIM comes to the same on the whole suite, but where a clause says that we are stricter")
def _(world):
    cases = read_suite(VALIDATION)
    if not cases:
        raise Skip(f"{VALIDATION} is absent, or python3-yaml is")
    with MailDkim(world) as peer:
        for scenario, name, case in cases:
            records = {owner: " ".join(text.split()) for owner, text in scenario["txt-records"].items()}
            theirs = peer.judge(case["message"].encode(), records).replace("invalid", "fail")
            ours = world.judge(case["message"].encode(), zone=zone_of(world, scenario))["result"]
            expected = ("fail", "pass") if name in STRICTER_THAN_MAIL_DKIM else (ours, ours)
            assert (ours, theirs) == expected, (name, ours, theirs)


@suite.case("broken chains fail in Mail::DKIM as they do here, and unbroken ones pass")
def _(world):
    with MailDkim(world) as peer:
        for seed in range(ROUNDS):
            source, message = random.Random(200 + seed), random_message(seed)
            for hop in range(2):
                message = world.seal(message, f"mx{hop}.example; arc={'pass' if hop else 'none'}; spf=pass")
            for name, changed in mutations(source, message):
                ours, theirs = world.judge(changed), peer.judge(changed).replace("invalid", "fail")
                assert ours["result"] == theirs, (name, ours, theirs, changed)


suite.run(make_world)
