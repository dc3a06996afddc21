#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The Debian package in a Debian: built, installed by apt into a machine that systemd boots, set up beside a stock
Postfix, put to its work, upgraded, purged. The cases are one story and build on one another.

Nothing of this machine is touched: the other lies in build-package/, and its network ends at this test.
"""

import contextlib
import itertools
import re
import smtplib
import subprocess
import sys
from email.message import EmailMessage
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import debian
from debian import DOMAIN, MACHINE, PLACE, USER, WORLD, wait_for_mail
from mta import bounces, machine, tags
from mta.sink import Sink
from mta.tap import Suite, note
from resolver.name_server import NXDOMAIN, NameServer, Records

ADDRESS = f"{USER}@{DOMAIN}"
FRIEND = f"friend@[{WORLD}]"
CONFIGURATION = "/etc/backstop/backstop.conf"
EXPOSURE_MAX = 1.5
KEYS = "/etc/backstop/dkim"
BANK = "bank.example"  # asks to reject what fails
RELOAD_FAILED = "Reload failed for backstop.service - backstop, keeps the mail server out of backscatter."

suite = Suite()


class Zones(dict):
    """What the world's name server knows: names with their records. Those below a name do not follow it."""

    def get(self, name, default=None):
        records = super().get(name)
        if records is not None:
            return Records(*records)
        below = any(known.endswith("." + name) for known in self)
        return lambda question, tcp: question.reply(*([] if below else [NXDOMAIN]))


def zones():
    """Our domain, whose name server the world has; a stranger who says what mail is his, and a bank whose mail never comes
    from here."""
    return Zones({
        DOMAIN: [("NS", f"ns.{DOMAIN}"), ("MX", debian.HOSTNAME)], f"ns.{DOMAIN}": [("A", WORLD)],
        debian.HOSTNAME: [("A", MACHINE)],
        "world.example": [("MX", "mail.world.example"), ("TXT", f"v=spf1 ip4:{WORLD} -all")],
        "_dmarc.world.example": [("TXT", "v=DMARC1; p=reject")],
        BANK: [("MX", f"mail.{BANK}"), ("TXT", "v=spf1 -all")], f"_dmarc.{BANK}": [("TXT", "v=DMARC1; p=reject")]})


class World:
    def __init__(self, package):
        self.machine = debian.Machine(package)
        self.sink = self.names = None
        self.zones = zones()
        self.before = {}
        self.main_cf = ""

    def begin(self):
        self.machine.boot()
        self.sink = Sink(WORLD, 25)
        self.names = NameServer(self.zones, 53, WORLD).__enter__()
        (self.machine.root / "etc/resolv.conf").write_text(f"nameserver {WORLD}\n")
        self.machine.run("systemctl", "start", "postfix")
        self.before = self.machine.listing()
        self.main_cf = self.machine.read("/etc/postfix/main.cf")

    def send_out(self, subject):
        """The user writes to a friend in the world; the mail that arrives there."""
        message = letter(ADDRESS, FRIEND, subject)
        self.machine.run("sendmail", "-f", ADDRESS, "-i", "--", FRIEND, given=message)
        return self.sink.wait_for_subject(subject)

    def mailbox(self):
        path = self.machine.root / "var/mail" / USER
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for_delivery(self, subject):
        return wait_for_mail(f'"{subject}" in the mailbox', lambda: subject in self.mailbox() and self.mailbox())

    def stop(self):
        if self.sink:
            self.sink.stop()
        if self.names:
            self.names.__exit__()
        self.machine.stop()


def letter(sender, recipient, subject):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Message-ID"] = f"<{subject.replace(' ', '-')}@{DOMAIN}>"
    message.set_content("Hello.\n")
    return message.as_string()


def send_in(sender, recipient, subject, author="postmaster@world.example", message=None):
    """The world writes to the machine; the last reply, and the step at which it came."""
    with smtplib.SMTP(MACHINE, 25, "world.example", machine.PATIENCE) as smtp:
        smtp.ehlo()
        for step, line in (("MAIL", f"MAIL FROM:<{sender}>"), ("RCPT", f"RCPT TO:<{recipient}>")):
            code, text = smtp.docmd(line)
            if code != 250:
                return step, code, text.decode()
        try:
            code, text = smtp.data(message or letter(author, recipient, subject))
        except smtplib.SMTPDataError as refusal:
            code, text = refusal.smtp_code, refusal.smtp_error
        return ".", code, text.decode()


def changes(before, after):
    return [f"{path}: {before.get(path, 'absent')} -> {after.get(path, 'absent')}"
            for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]


@suite.case("lintian finds nothing in the package")
def _(_):
    found = debian.command("lintian", "--allow-root", "--fail-on", "none", *PLACE.glob("backstop_*.changes"))
    assert not re.search(r"^[EW]:", found, re.MULTILINE), found


@suite.case("the package installs by apt, and nothing runs before it is set up")
def _(world):
    world.machine.apt("install", "/root/backstop.deb")
    assert world.machine.run("systemctl", "is-enabled", "backstop").stdout == "enabled\n"
    assert world.machine.run("systemctl", "is-active", "backstop", check=False).stdout == "inactive\n"
    assert world.machine.state() == "running", world.machine.run("systemctl", "--failed").stdout


@suite.case("systemd rates the service's exposure as little")
def _(world):
    world.machine.run("systemd-analyze", "security", "--no-pager", f"--threshold={EXPOSURE_MAX * 10:.0f}",
                      "backstop.service")


@suite.case("setup says what it would do, and does nothing")
def _(world):
    proposal = world.machine.run("backstop", "setup", check=False)
    assert proposal.returncode == 1, proposal
    assert "+smtpd_milters" in proposal.stdout and f'+domain "{DOMAIN}"' in proposal.stdout, proposal
    assert world.machine.read("/etc/postfix/main.cf") == world.main_cf
    assert not (world.machine.root / CONFIGURATION[1:]).exists()


@suite.case("once it is set up, the service runs, and says so to systemd")
def _(world):
    world.machine.run("backstop", "setup", "--write", "--reload")
    assert world.machine.run("systemctl", "is-active", "backstop").stdout == "active\n"


@suite.case("no process of it is root, and none can become it")
def _(world):
    found = world.machine.run("sh", "-c", "cd /proc && grep -l '^Name:.backstopd' [0-9]*/status | xargs cat").stdout
    processes = found.count("Name:")
    assert processes >= 2, found
    number = world.machine.run("id", "-u", "backstop").stdout.strip()
    for field, value in (("Uid", f"{number}\t" * 3 + number), ("CapEff", "0" * 16), ("CapBnd", "0" * 16),
                         ("NoNewPrivs", "1"), ("Seccomp", "2")):
        assert found.count(f"\n{field}:\t{value}\n") == processes, found


@suite.case("the doctor finds the machine well")
def _(world):
    world.machine.run("backstop", "doctor")


@suite.case("mail that a user submits leaves with a tag")
def _(world):
    mail = world.send_out("a letter to a friend")
    assert tags.TAGGED.fullmatch(mail.sender), mail.sender
    assert mail.message["From"] == ADDRESS


@suite.case("mail that is sent by SMTP from the machine itself leaves with a tag")
def _(world):
    program = f"import smtplib; smtplib.SMTP('127.0.0.1').sendmail({ADDRESS!r}, {FRIEND!r}, " \
              f"{letter(ADDRESS, FRIEND, 'from a program')!r})"
    subprocess.run(["nsenter", "--net", "--target", world.machine.leader(), sys.executable, "-c", program], check=True)
    assert tags.TAGGED.fullmatch(world.sink.wait_for_subject("from a program").sender)


@suite.case("the bounce of a letter comes to the user, with the tag taken off")
def _(world):
    tagged = world.send_out("a letter to nobody").sender
    assert tags.TAGGED.fullmatch(tagged), tagged
    reply = send_in("", tagged, "your letter came back")
    assert reply[:2] == (".", 250), reply
    mailbox = world.wait_for_delivery("your letter came back")
    assert re.search(rf"^(X-Original-To: .*\n)?Delivered-To: {re.escape(ADDRESS)}$", mailbox, re.MULTILINE), mailbox


@suite.case("a bounce with a forged tag is refused")
def _(world):
    tagged = world.send_out("another letter").sender
    assert tags.TAGGED.fullmatch(tagged), tagged
    digit = "0" if tagged[9] != "0" else "1"
    step, code, text = send_in("", tagged[:9] + digit + tagged[10:], "a forged tag")
    assert (step, code) == ("RCPT", 550), (step, code, text)


@suite.case("the domain enforced and the service reloaded, a bounce of what it did not send is refused with a reason")
def _(world):
    path = world.machine.root / CONFIGURATION[1:]
    text, count = re.subn(r'(?m)^(\s*mode\s*=\s*)"?sign"?', r'\1"enforce"', path.read_text())
    assert count, path.read_text()
    path.write_text(text)
    world.machine.run("backstop", "config", "check")
    world.machine.run("systemctl", "reload", "backstop")
    step, _, text = machine.wait_for("the new configuration",
                                     lambda: (reply := send_in("", ADDRESS, "", message=bounces.report(ADDRESS)))[1] == 550
                                     and reply)
    assert step == "." and "Bounce refused" in text, (step, text)
    assert "decision=refuse reason=bounce-not-ours" in world.machine.journal("--unit=backstop"), "no line of the decision"


@suite.case("a reload with a broken configuration fails, and the service goes on with the one it had")
def _(world):
    path = world.machine.root / CONFIGURATION[1:]
    good = path.read_text()
    path.write_text(good + "\nnonsense = 1\n")
    reload = world.machine.run("systemctl", "reload", "backstop", check=False)
    path.write_text(good)
    assert reload.returncode != 0
    assert 'unknown option "nonsense"' in world.machine.journal("--unit=backstop")
    assert send_in("", ADDRESS, "", message=bounces.report(ADDRESS))[1] == 550


@suite.case("ordinary mail comes in as ever")
def _(world):
    reply = send_in("someone@world.example", ADDRESS, "an ordinary letter")
    assert reply[:2] == (".", 250), reply
    world.wait_for_delivery("an ordinary letter")


def take_next_steps(world):
    """Takes the # off the lines that setup wrote for later."""
    path = world.machine.root / CONFIGURATION[1:]
    text, count = re.subn(r"(?m)^# (authentication|sender-check|dkim-keys) = ", r"\1 = ", path.read_text())
    assert count == 3, text
    path.write_text(text)


def results(mailbox, subject):
    """The fields of results on the message with that subject, unfolded."""
    message = next(part for part in re.split(r"(?m)^From ", mailbox) if subject in part)
    header = re.sub(r"\n[ \t]+", " ", message.split("\n\n")[0])
    return re.findall(r"(?m)^Authentication-Results: (.*)$", header)


@suite.case("a DKIM key made by root is one that the service can read; it is turned on with authentication by a reload")
def _(world):
    made = world.machine.run("backstop", "dkim", "keygen", "--dual", "--directory", KEYS, "--domain", DOMAIN)
    for name, text in re.findall(r"(?m)^(\S+)\. .* TXT (.*)$", made.stdout):
        world.zones[name] = [("TXT", "".join(re.findall('"([^"]*)"', text)))]
    take_next_steps(world)
    world.machine.run("systemctl", "reload", "backstop")
    machine.wait_for("the new configuration", lambda: (
        send_in("someone@world.example", ADDRESS, "is it marked"),
        "dmarc=" in world.machine.journal("--unit=backstop"))[1])


@suite.case("mail that comes in carries its results, what a resolver of the network said")
def _(world):
    assert send_in("someone@world.example", ADDRESS, "a genuine letter")[:2] == (".", 250)
    found = results(world.wait_for_delivery("a genuine letter"), "a genuine letter")
    assert len(found) == 1 and "spf=pass" in found[0] and "dmarc=pass" in found[0], found


@suite.case("a forgery is delivered while authentication only monitors, and the log says what enforce would do")
def _(world):
    assert send_in("someone@world.example", ADDRESS, "your account", f"alerts@{BANK}")[:2] == (".", 250)
    found = results(world.wait_for_delivery("your account"), "your account")
    assert len(found) == 1 and "dmarc=fail" in found[0], found
    lines = [line for line in world.machine.journal("--unit=backstop").splitlines() if f"author={BANK}" in line]
    assert len(lines) == 1 and "reason=dmarc-reject" in lines[0] and "observe=yes" in lines[0], lines


@suite.case("once rotate has seen the keys in DNS, mail leaves signed by both of them, and the doctor is content")
def _(world):
    assert "DKIM-Signature" not in world.send_out("not signed yet").message
    rotated = world.machine.run("backstop", "dkim", "rotate", "--reload", "systemctl reload backstop", DOMAIN)
    assert rotated.stdout.count("started ") == 2, rotated.stdout
    number = itertools.count()
    signed = machine.wait_for("a signed letter", lambda: "DKIM-Signature" in (
        mail := world.send_out(f"signed {next(number)}").message) and mail)
    assert len(signed.get_all("DKIM-Signature")) == 2, signed
    world.machine.run("backstop", "doctor")


@suite.case("the timer's service makes a key in its time, says in the log what to publish, and lets it sign once it is seen")
def _(world):
    states = world.machine.root / KEYS[1:] / "states"
    states.write_text(re.sub(r"(r\._domainkey\.\S+ signing) \S+", r"\1 2026-01-01", states.read_text()))
    world.machine.run("systemctl", "enable", "--now", "backstop-dkim.timer")
    world.machine.run("systemctl", "start", "backstop-dkim.service")
    told = world.machine.journal("--unit=backstop-dkim")
    (name, text), = re.findall(r"(?m)(\S+)\. 3600 IN TXT (.*)$", told)
    assert f"made {name}: publish this record" in told, told
    world.zones[name] = [("TXT", "".join(re.findall('"([^"]*)"', text)))]
    world.machine.run("systemctl", "start", "backstop-dkim.service")
    told = world.machine.journal("--unit=backstop-dkim")
    assert f"started {name}: " in told and "retired " in told and "reload backstopd" not in told, told
    number, selector = itertools.count(), name.split(".")[0]
    machine.wait_for("a letter signed by the new key", lambda: any(
        f"s={selector};" in field for field in world.send_out(f"new key {next(number)}").message.get_all("DKIM-Signature")))


@suite.case("authentication enforced, the forgery is refused in the session, as is a sender that no bounce could reach")
def _(world):
    path = world.machine.root / CONFIGURATION[1:]
    path.write_text(re.sub(r"(?m)^(authentication|sender-check) = monitor", r"\1 = enforce", path.read_text()))
    world.machine.run("systemctl", "reload", "backstop")
    reply = machine.wait_for("the new configuration", lambda: (
        reply := send_in("someone@world.example", ADDRESS, "your account again", f"alerts@{BANK}"))[1] == 550 and reply)
    assert reply[0] == "." and "DMARC" in reply[2], reply
    reply = send_in("someone@absent.example", ADDRESS, "whoever I am")
    assert reply[:2] == ("MAIL", 550) and "does not exist" in reply[2], reply
    assert send_in("someone@world.example", ADDRESS, "and still genuine")[:2] == (".", 250)


@suite.case("systemd can hold the sockets, and Postfix finds them open while the service is down")
def _(world):
    world.machine.run("systemctl", "stop", "backstop")
    world.machine.run("systemctl", "start", "backstop-milter.socket", "backstop-socketmap.socket")
    assert world.machine.run("systemctl", "is-active", "backstop", check=False).stdout == "inactive\n"
    assert tags.TAGGED.fullmatch(world.send_out("through systemd's sockets").sender)
    assert world.machine.run("systemctl", "is-active", "backstop").stdout == "active\n"
    world.machine.run("systemctl", "stop", "backstop-milter.socket", "backstop-socketmap.socket", "backstop")
    world.machine.run("systemctl", "start", "backstop")


@suite.case("an upgrade keeps the configuration and the key, and the service runs on")
def _(world):
    below = world.machine.root / "etc/backstop"
    before = {path: debian.describe(path) for path in below.rglob("*")}
    world.machine.apt("install", "--reinstall", "/root/backstop.deb")
    assert {path: debian.describe(path) for path in below.rglob("*")} == before
    assert world.machine.run("systemctl", "is-active", "backstop").stdout == "active\n"
    assert tags.TAGGED.fullmatch(world.send_out("after the upgrade").sender)


@suite.case("after all that the service has failed nowhere and complained of nothing")
def _(world):
    assert world.machine.run("systemctl", "is-active", "backstop", check=False).stdout == "active\n"
    assert world.machine.run("systemctl", "show", "--value", "--property=NRestarts", "backstop").stdout == "0\n"
    complaints = world.machine.journal("--unit=backstop", "--priority=warning").replace(RELOAD_FAILED, "")
    assert not complaints.strip(), complaints


@suite.case("purged, it leaves nothing, and main.cf is what it was")
def _(world):
    world.machine.apt("purge", "--auto-remove", "backstop")
    assert world.machine.read("/etc/postfix/main.cf") == world.main_cf, world.machine.read("/etc/postfix/main.cf")
    left = changes(world.before, world.machine.listing())
    assert not left, "\n".join(left)
    for path in ("/run/backstop", "/var/lib/dpkg/info/backstop.list", "/var/lib/systemd/deb-systemd-helper-enabled/"
                 "multi-user.target.wants/backstop.service", "/etc/systemd/system/multi-user.target.wants/"
                 "backstop.service"):
        assert world.machine.run("test", "-e", path, check=False).returncode == 1, path
    assert world.machine.run("getent", "passwd", "backstop", check=False).returncode == 2


@suite.case("and Postfix works without it")
def _(world):
    assert world.send_out("without backstop").sender == ADDRESS
    reply = send_in("someone@world.example", ADDRESS, "welcome back")
    assert reply[:2] == (".", 250), reply
    world.wait_for_delivery("welcome back")


@contextlib.contextmanager
def make_world():
    machine.need_root()
    debian.need_a_machine()
    with debian.alone():
        yield from install_and_boot()


def install_and_boot():
    package = debian.command(machine.CHECKOUT / "scripts/package").strip()
    world = World(package)
    try:
        world.begin()
        yield world
        if getattr(world, "keep", False):
            note(f"the log of the machine is in {PLACE}/machine.log, its journal in {PLACE}/journal.log")
            (PLACE / "journal.log").write_text(world.machine.journal("--boot", "--output=short"))
    finally:
        world.stop()


if __name__ == "__main__":
    suite.run(make_world)
