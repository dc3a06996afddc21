# SPDX-License-Identifier: BSD-2-Clause
"""What authentication needs in a test: a real name server with the domains of strangers and of ours, our DKIM keys,
messages that strangers sign with dkimpy, and peers that say whether what we signed verifies."""

import importlib
import os
import re
import subprocess

from . import machine
from .machine import HERE
from .nsd import Nsd, Zone
from .tap import Skip

GENUINE = "127.0.0.50"  # the address of the strangers' own servers, which their SPF records name
BANK = "bank.example"   # asks to reject what fails
REJECT = f"""\
{BANK}. 60 IN TXT "v=spf1 ip4:{GENUINE} -all"
{BANK}. 60 IN MX 10 mail.{BANK}.
_dmarc.{BANK}. 60 IN TXT "v=DMARC1; p=reject"
"""
OURS = "example.com"


def dkimpy():
    try:
        return importlib.import_module("dkim")
    except ImportError:
        raise Skip("dkimpy is missing: install python3-dkim") from None


class Authenticator:
    """Starts the name server, with the strangers' `records` in the zone "example" and the keys of `domains` in "com" or
    there. Of the domains in `unseen` the keys are not published. `world` is as for Nsd, and `zones` are further ones."""

    def __init__(self, directory, records=REJECT, domains=(OURS,), unseen=(), world=None, zones=()):
        self.directory, self.keys, self.published, self.world = directory, directory / "dkim", {}, world
        self.keys.mkdir(parents=True, mode=0o750)
        ours = {domain: self.make_keys(domain, domain not in unseen) for domain in domains}
        self.zones = {top: Zone(top, "".join(text for domain, text in ours.items() if domain.endswith("." + top)),
                                negative=1) for top in ("com", "example")}
        self.zones.update((zone.name, zone) for zone in zones)
        self.zones["example"].records += records
        self.start()

    def start(self):
        self.dns = Nsd(self.directory / "nsd", list(self.zones.values()), world=self.world)

    def stop(self):
        self.dns.stop()

    close = stop

    def dkim(self, *arguments, given=None):
        return subprocess.run([machine.built("backstop"), "dkim", *map(str, arguments)], input=given, check=False,
                              capture_output=True, timeout=60)

    def make_keys(self, domain, publish):
        """An RSA and an Ed25519 key that sign; the records that publish them."""
        records = ""
        for selector in ("rsa", "ed25519"):
            name = f"{selector}._domainkey.{domain}"
            made = self.dkim("keygen", "--domain", domain, "--selector", selector, "--type", selector,
                             self.keys / f"{name}.pem")
            assert made.returncode == 0, made
            with open(self.keys / "states", "a", encoding="ascii") as states:
                states.write(f"{name} signing 2026-01-01\n")
            records += self.publish(made.stdout.decode()) if publish else ""
        (self.keys / "states").chmod(0o640)
        return records

    def publish(self, record):
        """Remembers what the record says, for the peers."""
        self.published[record.split(" ", 1)[0].rstrip(".")] = "".join(re.findall('"([^"]*)"', record))
        return record

    def add_records(self, top, records):
        self.zones[top].records += records
        self.dns.change(self.zones[top])

    def rotate(self, domain, *options):
        """What `backstop dkim rotate` says."""
        run = self.dkim("rotate", "--directory", self.keys, "--dns-server", f"{HERE}:{self.dns.port}", "--resolver-only",
                        *options, domain)
        assert run.returncode in (0, 1), run
        return run.stdout.decode()

    def options(self):
        """Lines of the configuration."""
        return (f'authentication = enforce\ndns-servers = {{ "{HERE}:{self.dns.port}" }}\n'
                f'dkim-keys = "{self.keys}"\n')

    def sign_as(self, domain, message):
        """The message as a stranger sends it who signs with dkimpy; the key is published."""
        dkim = dkimpy()
        key = self.directory / f"{domain}.pem"
        if not key.exists():
            made = self.dkim("keygen", "--domain", domain, "--selector", "s", key)
            self.add_records("example", made.stdout.decode())
        content = message.encode().replace(b"\n", b"\r\n")
        field = dkim.sign(content, b"s", domain.encode(), key.read_bytes(), canonicalize=(b"relaxed", b"simple"))
        return (field + content).decode().replace("\r\n", "\n")

    # --- What others say about our signatures: for each verifier "pass" or what else it says, a word a signature ---

    def verify(self, content):
        return {"dkimpy": self.ask_dkimpy(content), "OpenDKIM": self.ask_opendkim(content), "backstop": self.ask_us(content)}

    def ask_dkimpy(self, content):
        dkim = dkimpy()

        def record(name, **_):
            return self.published.get(name.decode().rstrip("."), "").encode()

        def judge(number):
            try:
                return "pass" if dkim.DKIM(content).verify(number, record) else "fail"
            except dkim.DKIMException as failure:
                return str(failure)
        fields = [name.lower() for name, _ in dkim.DKIM(content).headers]
        return [judge(number) for number in range(fields.count(b"dkim-signature"))]

    def ask_opendkim(self, content):
        """OpenDKIM in its test mode, which reads lines that end in LF."""
        conf, path, keys = (self.directory / name for name in ("opendkim.conf", "message", "opendkim.keys"))
        keys.write_text("".join(f"{name} {text}\n" for name, text in self.published.items()))
        conf.write_text(f"TemporaryDirectory {self.directory}\nMode v\nTestPublicKeys {keys}\n")
        path.write_bytes(content.replace(b"\r\n", b"\n"))
        run = subprocess.run([machine.package("opendkim") / "usr/sbin/opendkim", "-x", conf, "-t", path, "-v", "-v"],
                             capture_output=True, timeout=60, check=False,
                             env={**os.environ, "LD_LIBRARY_PATH": ":".join(machine.libraries())})
        return re.findall("dkim=([a-z]+)", run.stdout.decode(errors="replace")) or [str(run)]

    def ask_us(self, content):
        """backstop dkim, which asks the name server for the keys."""
        run = self.dkim("--dns-server", f"{HERE}:{self.dns.port}", "-", given=content)
        return [line.split()[0] for line in run.stdout.decode().splitlines()] or [str(run)]


def letter(author, subject, to=f"alice@{OURS}", more="", body="The text.\n"):
    """A message as a person writes it; `more` are further lines of the header."""
    return (f"{more}From: {author}\nTo: {to}\nSubject: {subject}\nDate: Sun, 22 Nov 2026 09:00:00 +0000\n"
            f"Message-ID: <{abs(hash((author, subject)))}@{author.rsplit('@')[-1].rstrip('>')}>\n\n{body}")


def results(mail):
    """The values of Authentication-Results, unfolded, from the top."""
    return [" ".join(value.split()) for value in mail.get_all("Authentication-Results", [])]
