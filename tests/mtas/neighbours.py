# SPDX-License-Identifier: BSD-2-Clause
"""Our Postfix with backstopd before it, the sites around it, and what is sent between them."""

import concurrent.futures
import contextlib
import email.utils
import shutil
import time

from mta import machine
from mta.authenticator import Authenticator
from mta.backstopd import Backstopd
from mta.client import Client
from mta.machine import HERE
from mta.postfix import Postfix
from mta.tap import note

from . import internet
from .hop import Hop
from .internet import HOP, NAMES, OURS, STRANGER

ALICE = "alice@example.com"
ZONE = f"""\
example.com. 60 IN MX 10 mail.example.com.
mail.example.com. 60 IN A {OURS}
"""
SUBJECT = "what alice wrote"
FORGED = "forged-for-"  # what a stranger writes is about
PATIENCE = 120     # seconds: what is late is on its way through several queues
OTHERS = ("nsd",)  # packages beside those of the sites


class OurPostfix(Postfix):
    """Also listens to the world, and delivers by MX records; what lies behind a site goes there by a route."""

    def __init__(self, directory, settings, sites):
        super().__init__(directory, settings={
            "smtp_dns_support_level": "enabled", "default_transport": "smtp", "smtp_host_lookup": "dns", **settings})
        self.port, self.sites = 25, sites

    def write_configuration(self):
        super().write_configuration()
        with open(self.configuration / "master.cf", "a", encoding="ascii") as file:
            file.write(f"{OURS}:25 inet n - n - - smtpd\n")
        self.write("transport", (f"{domain} smtp:[{site.address}]\n" for site in self.sites for domain in site.beyond))


class Neighbours:
    """Everything. `options` are lines of backstopd's configuration."""

    def __init__(self, directory, sites, options=""):
        self.directory = directory
        self.sites = [make(directory / make.name, number) for number, make in enumerate(sites)]
        self.authenticator = Authenticator(directory / "authenticator", internet.records(self.sites), world=NAMES,
                                           zones=[internet.reverse(self.sites)])
        self.authenticator.add_records("com", ZONE)
        internet.ask_here(directory)
        self.hop = Hop(HOP)
        self.backstopd = Backstopd(directory / "backstop", {"example.com": "mode = enforce"},
                                   self.authenticator.options() + options)
        self.postfix = OurPostfix(directory / "ours", {
            "smtpd_milters": self.backstopd.milter, "non_smtpd_milters": self.backstopd.milter,
            "milter_default_action": "tempfail", "virtual_alias_maps": f"socketmap:{self.backstopd.socketmap}:backstop",
            "virtual_mailbox_domains": "example.com"}, self.sites)
        self.alice = self.postfix.add_mailbox(ALICE)
        self.keep = False

    def start(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            starts = [pool.submit(site.start) for site in self.sites]
            for server in (self.backstopd, self.postfix):
                server.start()
            for start in starts:
                start.result()

    def stop(self):
        for server in (*self.sites, self.postfix, self.backstopd, self.hop, self.authenticator):
            server.stop()

    def letter(self, site, case, forged=False):
        """What alice writes, or a stranger in her name. Whatever comes of hers can be told by the words that site.about()
        gives."""
        to, about = site.recipient(case), FORGED + site.name if forged else site.about(case)
        return (f"From: Alice <{ALICE}>\nTo: <{to}>\nSubject: {SUBJECT}, {about}\n"
                f"Date: {email.utils.formatdate()}\nMessage-ID: <{about}.{case}@example.com>\n\nHello.\n")

    def leaves(self, site, case):
        """Alice sends a message to the site. She wants to know it when all goes well with what should."""
        notify = " NOTIFY=SUCCESS,FAILURE" if case == "fine" else ""
        with Client(self.postfix.port, HERE) as client:
            replies = [client.mail(ALICE, "" if site.recipient(case).isascii() else " SMTPUTF8")]
            replies += [client.command("RCPT", f"RCPT TO:<{recipient}>{notify}") for recipient in site.recipients(case)]
            replies.append(client.data(self.letter(site, case)))
        assert replies[-1].accepted, replies

    def forge(self, site, case):
        """A stranger sends the site mail as if alice had written it."""
        with Client(25, STRANGER, server=site.address) as client:
            reply = client.send(ALICE, site.recipients(case), self.letter(site, case, forged=True))
        assert reply.accepted, reply

    def arrived(self):
        """The files of alice's mailbox, as bytes, oldest first."""
        files = sorted((self.alice.path / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        return [file.read_bytes() for file in files]

    def come_of(self, expected):
        """What arrived of what alice wrote, oldest first: for each site and case of `expected` as many messages as it
        says. Waits for all of them."""
        def found():
            for site in self.sites:
                site.go_on()
            arrived = self.arrived()
            come = {key: [content for content in arrived if key[0].is_about(key[1], content)] for key in expected}
            self.missing = [site.about(case) for (site, case), messages in come.items()
                            if len(messages) < expected[site, case]]
            return come if not self.missing else time.sleep(0.3)
        try:
            return machine.wait_for("all bounces", found, PATIENCE)
        except machine.Failed as failure:
            raise machine.Failed(f"{failure}; these are missing: {' '.join(self.missing)}") from None

    def keep_logs(self, place):
        """What the sites wrote, which is lost with their houses."""
        for site in self.sites:
            if site.house:
                with contextlib.suppress(OSError):
                    shutil.copytree(site.house.path("/var/log"), place / f"log-of-{site.name}", dirs_exist_ok=True)


@contextlib.contextmanager
def neighbours(name, sites, *how):
    internet.enter(dict.fromkeys([package for site in sites for package in site.packages] + ["postfix", *OTHERS]))
    with machine.scratch(name) as directory:
        made = Neighbours(directory, sites, *how)
        try:
            made.start()
            yield made
        except BaseException:
            made.keep = True
            raise
        finally:
            if made.keep:
                made.keep_logs(directory)
            made.stop()
        if made.keep:
            (directory / "keep").touch()
            note("the last lines of backstopd:")
            note(made.backstopd.process.tail())
