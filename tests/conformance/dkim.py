#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""DKIM against mail and programs that nobody here wrote: `dkim.py [WORD]...`, a TAP point for each message and claim.

The messages are data that is not part of this repository: dkim/corpus with dkim/FAKE_DNS.dat, and dkim/rfc, in the folder
that BACKSTOP_CORPORA names, or in ../shared/corpora beside the checkout. The programs are dkimpy (python3-dkim) and
OpenDKIM in its test mode. What is absent is skipped by name.
"""

import base64
import contextlib
import json
import os
import pathlib
import random
import re
import subprocess
import sys

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])  # and not this folder, where `dkim` is this file

from mta import machine
from mta.tap import Skip, Suite

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
CORPORA = pathlib.Path(os.environ.get("BACKSTOP_CORPORA", CHECKOUT.parent / "shared/corpora"))
CORPUS = CORPORA / "dkim/corpus"
DOMAIN = "example.com"
LATER = "2040-01-01"  # other programs sign as of now
ROUNDS = 60  # random messages of a test

# Messages whose name says good or bad by rules that RFC 6376 no longer has.
OF_OTHER_RULES = {
    "good_dk_": "a DomainKeys signature (RFC 4870), which is none of DKIM",
    "good_ietf00_": "a draft without bh=, whose one hash covers header and body together",
}
# RFC 6376 section 3.6.1 and appendix C.2 took g= out of key records; verifiers ignore it. With SHA-1 and 512 bits they
# pass only where old mail is read.
BAD_BY_G_ONLY = {"badkey_8.txt", "badkey_9.txt", "badkey_12.txt", "badkey_13.txt"}

suite = Suite()


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False
        self.zone = directory / "zone"
        records = [self.run("keygen", "--type", kind, "--domain", DOMAIN, "--selector", kind, directory / f"{kind}.pem")
                   for kind in ("rsa", "ed25519")]
        self.records = "".join(record.stdout.decode() for record in records)
        self.zone.write_text(self.records)
        self.texts = {line.split(". ", 1)[0]: "".join(line.split('"')[1::2]) for line in self.records.splitlines()}

    def run(self, *arguments, message=None):
        return subprocess.run([machine.built("backstop"), "dkim", *map(str, arguments)], input=message,
                              capture_output=True, timeout=60, check=False)

    def verify(self, message, *options, zone=None, now="2026-08-21"):
        """The results of the signatures in a message."""
        run = self.run("--json", "--now", now, "--dns", zone or self.zone, *options, "-", message=message)
        assert run.returncode in (0, 1, 3), run
        return [each["result"] for each in json.loads(run.stdout)["signatures"]]

    def sign(self, message, *kinds):
        keys = [word for kind in kinds for word in ("--key", self.directory / f"{kind}.pem", "--selector", kind)]
        run = self.run("sign", *keys, "--domain", DOMAIN, "--now", "2026-08-21", "-", message=message)
        assert run.returncode == 0, run
        return run.stdout


@contextlib.contextmanager
def make_world():
    with machine.scratch("dkim") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


def fake_dns():
    """The corpus's zone in master-file syntax."""
    for line in (CORPORA / "dkim/FAKE_DNS.dat").read_text(encoding="latin-1").splitlines():
        owner, _, text = line.strip().partition(" ")
        text = text.strip()
        if not owner or owner.startswith("#") or text == "NXDOMAIN":
            continue
        if text.startswith("~~"):
            yield f"{owner}. {'TIMEOUT' if 'timed out' in text else 'SERVFAIL'}\n"
            continue
        text = "" if text == '""' else text.replace("\\", "\\\\").replace('"', '\\"')
        strings = [text[at:at + 200] for at in range(0, len(text), 200)] or [""]
        yield f"{owner}. 3600 IN TXT " + " ".join(f'"{each}"' for each in strings) + "\n"


def corpus_zone(world):
    zone = world.directory / "corpus.zone"
    if not zone.exists():
        zone.write_text("".join(fake_dns()), encoding="latin-1")
    return zone


def check_corpus(world, path):
    """good passes, where its algorithms were good once; bad and ignore do not, even then."""
    other = next((why for prefix, why in OF_OTHER_RULES.items() if path.name.startswith(prefix)), None)
    message, zone = path.read_bytes(), corpus_zone(world)
    now = world.verify(message, zone=zone, now="2008-01-01")
    then = world.verify(message, "--allow-legacy", zone=zone, now="2008-01-01")
    if other:
        assert "pass" not in now + then, other
    elif path.name.startswith("good"):
        assert "pass" in then, then
    elif path.name.startswith(("bad", "ignore")):
        assert "pass" not in now, now
        assert "pass" not in then or path.name in BAD_BY_G_ONLY, then
    else:  # several signatures, of which one passes; bodies that are empty; headers
        assert ("pass" in then) == (not path.name.startswith("dk_")), then


for path in sorted(CORPUS.glob("*.txt")):
    suite.case(f"corpus: {path.name}")(lambda world, path=path: check_corpus(world, path))
if not CORPUS.is_dir():
    @suite.case("corpus")
    def _(world):
        raise Skip(f"{CORPUS} is absent (BACKSTOP_CORPORA names its folder)")


@suite.case("the example of RFC 6376 as RFC 8463 signs it, in simple and in relaxed form, passes")
def _(world):
    folder = CORPORA / "dkim/rfc"
    if not folder.is_dir():
        raise Skip(f"{folder} is absent (BACKSTOP_CORPORA names its folder)")
    records, _, relaxed = (folder / "rfc8463.txt").read_bytes().replace(b"\r\n", b"\n").partition(b"\n\n")
    zone = world.directory / "rfc.zone"
    pairs = [line.split(" ", 1) for line in records.decode().splitlines()]
    zone.write_text("".join(f'{name}. 3600 IN TXT "{text[:200]}" "{text[200:]}"\n' for name, text in pairs))
    assert world.verify(relaxed.lstrip(b"\n"), zone=zone) == ["pass", "pass"]
    simple = (folder / "rfc6376.signed.msg").read_bytes()
    assert world.verify(simple, zone=zone) == ["pass", "pass"]


def need_dkimpy():
    try:
        import dkim
    except ImportError:
        raise Skip("dkimpy is absent: install python3-dkim") from None
    return dkim


def random_text(source, words, limit):
    return "".join(source.choice(words) for _ in range(source.randrange(limit)))


def random_message(seed):
    """A message with odd white space, folding and line ends in body and header. Its last line ends, as all do in SMTP:
    dkimpy keeps the blanks of one that does not."""
    source = random.Random(seed)
    body = random_text(source, ["a", "bc ", "\t", " ", "\r\n", "\r\n\r\n", "Dear", ".", "  \r\n", "é"], 60)
    body += "\r\n" if body else ""
    subject = random_text(source, ["x", " ", "\t", "\r\n ", "yz", "  "], 12).rstrip()
    fields = [f"From:{random_text(source, [' ', '  '], 3)}Jo <jo@example.com>", f"Subject: {subject}w",
              "To: a@example.org,\r\n\tb@example.org  ", "Date: Fri, 21 Aug 2026 10:00:00 +0000", "X-Empty:",
              "Message-ID: <1@example.com>", "MIME-Version: 1.0"]
    source.shuffle(fields)
    return ("\r\n".join(fields) + "\r\n\r\n" + body).encode()


def plain_message(seed):
    """A message as random, but with one blank behind each colon, which is how OpenDKIM's test mode hands it on."""
    header, _, body = random_message(seed).replace(b"\r\n", b"\n").partition(b"\n\n")
    return re.sub(rb"(?m)^([A-Z][A-Za-z-]+):\s*", rb"\1: ", header.replace(b"X-Empty:", b"X-Empty: x")) + b"\n\n" + body


def dns_for_dkimpy(world):
    return lambda name, timeout=5: world.texts.get(name.decode().rstrip("."), "").encode()


@suite.case("dkimpy verifies what is signed here, with RSA and with Ed25519")
def _(world):
    dkim = need_dkimpy()
    for seed in range(ROUNDS):
        for kind in ("rsa", "ed25519"):
            signed = world.sign(random_message(seed), kind)
            assert dkim.verify(signed, dnsfunc=dns_for_dkimpy(world)), signed


@suite.case("dkimpy verifies a message that is signed here twice, once with each key")
def _(world):
    dkim = need_dkimpy()
    signed = world.sign(random_message(1), "rsa", "ed25519")
    for index in range(2):
        assert dkim.DKIM(signed).verify(idx=index, dnsfunc=dns_for_dkimpy(world)), signed


def sign_with_dkimpy(dkim, world, message, kind="rsa", forms=(b"relaxed", b"relaxed"), length=False):
    key = (world.directory / f"{kind}.pem").read_bytes()
    if kind == "ed25519":  # it wants the seed, which ends the PKCS#8
        der = base64.b64decode("".join(key.decode().splitlines()[1:-1]))
        key = base64.b64encode(der[-32:])
    field = dkim.sign(message, kind.encode(), DOMAIN.encode(), key, canonicalize=forms, length=length,
                      signature_algorithm=b"ed25519-sha256" if kind == "ed25519" else b"rsa-sha256",
                      include_headers=[b"from", b"to", b"subject", b"date", b"message-id", b"x-empty", b"from"])
    return field + message


@suite.case("what dkimpy signs verifies here, in all four canonical forms and with both kinds of key")
def _(world):
    dkim = need_dkimpy()
    for seed in range(ROUNDS):
        for forms in ((b"simple", b"simple"), (b"simple", b"relaxed"), (b"relaxed", b"simple"), (b"relaxed", b"relaxed")):
            signed = sign_with_dkimpy(dkim, world, random_message(seed), "rsa" if seed % 2 else "ed25519", forms)
            assert world.verify(signed, now=LATER) == ["pass"], (seed, forms, signed)


@suite.case("what dkimpy signs with l= passes as it is, and is policy once text follows")
def _(world):
    dkim = need_dkimpy()
    signed = sign_with_dkimpy(dkim, world, random_message(3) + b"end\r\n", length=True)
    assert world.verify(signed, now=LATER) == ["pass"]
    assert world.verify(signed + b"Buy this!\r\n", now=LATER) == ["policy"]


@suite.case("no changed byte of what dkimpy signed in simple form passes")
def _(world):
    dkim = need_dkimpy()
    signed = sign_with_dkimpy(dkim, world, random_message(5) + b"end\r\n", "ed25519", (b"simple", b"simple"))
    source = random.Random(7)
    start = signed.index(b" b=") + 3
    unsigned = signed.index(b"MIME-Version")
    assert world.verify(signed, now=LATER) == ["pass"]
    tried = 0
    while tried < 4 * ROUNDS:
        at = source.randrange(start, len(signed))
        # white space in b= is not signed, nor is this field; a line feed alone is read as CRLF
        if signed[at] in b" \t\r\n=" or unsigned <= at < unsigned + len(b"MIME-Version: 1.0"):
            continue
        changed = bytearray(signed)
        changed[at] = ord("q") if changed[at] != ord("q") else ord("r")
        assert world.verify(bytes(changed), now=LATER) != ["pass"], (at, bytes(changed))
        tried += 1


def opendkim(world, settings, message):
    """What OpenDKIM says in its test mode about a message with line feeds, as it reads it from a file."""
    program = machine.package("opendkim") / "usr/sbin/opendkim"
    conf, path = world.directory / "opendkim.conf", world.directory / "message"
    conf.write_text(f"TemporaryDirectory {world.directory}\n{settings}")
    path.write_bytes(message.replace(b"\r\n", b"\n"))
    run = subprocess.run([program, "-x", conf, "-t", path, "-v", "-v"], capture_output=True, timeout=60, check=False,
                         env={**os.environ, "LD_LIBRARY_PATH": str(machine.PACKAGES / "libraries")})
    if b"error while loading shared libraries" in run.stderr:
        raise Skip("opendkim needs libraries: install opendkim-tools")
    assert run.returncode == 0, run
    return run.stdout


@suite.case("what OpenDKIM signs verifies here, in all four canonical forms")
def _(world):
    for seed in range(ROUNDS // 6):
        for forms in ("simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"):
            said = opendkim(world, f"Mode s\nDomain {DOMAIN}\nSelector rsa\nKeyFile {world.directory}/rsa.pem\n"
                            f"RequireSafeKeys no\nInternalHosts 0.0.0.0/0\nSignatureAlgorithm rsa-sha256\n"
                            f"Canonicalization {forms}\n", plain_message(seed))
            match = re.search(rb"hname='DKIM-Signature' hvalue='(.*?)'", said, re.DOTALL)
            assert match, said
            signed = b"DKIM-Signature: " + match[1] + b"\n" + plain_message(seed)
            assert world.verify(signed, now=LATER) == ["pass"], (said, signed)


@suite.case("OpenDKIM verifies what is signed here, RSA and Ed25519")
def _(world):
    keys = world.directory / "opendkim.keys"
    keys.write_text("".join(f"{name} {text}\n" for name, text in world.texts.items()))
    for seed in range(ROUNDS // 3):
        signed = world.sign(plain_message(seed), "rsa", "ed25519")
        said = opendkim(world, f"Mode v\nTestPublicKeys {keys}\n", signed)
        assert said.count(b"dkim=pass") == 2 and b"dkim=fail" not in said, (said, signed)


suite.run(make_world)
