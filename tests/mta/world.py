# SPDX-License-Identifier: BSD-2-Clause
"""What most tests need: our Postfix with backstopd before it, a sink for the rest of the world, and a server
elsewhere that makes genuine bounces."""

import contextlib

from . import machine, tags
from .auth_server import AuthServer
from .backstopd import SECRETS, SIGNING_KEY, Backstopd
from .client import send
from .exim import Exim
from .machine import HERE
from .postfix import Postfix
from .sink import Sink
from .tap import note

DOMAINS = {
    "example.com": 'mode = enforce\nnever-sends = { "info", "webmaster" }',
    "exact.example": "mode = enforce\nfold-case = false",
    "silent.example": 'mode = enforce\nnever-sends = { "*" }',
    "observe.example": 'mode = observe\nnever-sends = { "info" }',
    "sign.example": "mode = sign",
    "off.example": "mode = off",
}
ELSEWHERE = "elsewhere.example"  # every mail to it bounces
SINK = "sink.example"            # every mail to it is kept
MAILBOXES = ["alice@example.com", "info@example.com", "alice@exact.example", "Alice.B@exact.example",
             "anyone@silent.example", "alice@observe.example", "info@observe.example", "alice@sign.example",
             "alice@off.example", "alice@unlisted.example", "btv1==0123456789==alice@example.com"]


def protected(backstopd, auth, domains):
    """Lines of main.cf: what stands between Postfix and backstop, and what makes it a server with users."""
    milter = backstopd.milter
    return {
        "smtpd_milters": milter,
        "non_smtpd_milters": milter,
        "milter_default_action": "tempfail",
        "virtual_alias_maps": f"socketmap:{backstopd.socketmap}:backstop",
        "virtual_mailbox_domains": " ".join(domains),
        "smtpd_sasl_auth_enable": "yes",
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"inet:{HERE}:{auth.port}",
    }


class World:
    """Everything. `settings` are lines of main.cf, `far` is the kind of server elsewhere, the rest is as for
    Backstopd."""

    def __init__(self, directory, domains=None, options="", settings=None, unix=False, mailboxes=MAILBOXES, far=Exim):
        domains = DOMAINS if domains is None else domains
        self.directory = directory
        self.sink, self.auth = Sink(), AuthServer()
        self.backstopd = Backstopd(directory / "backstop", domains, options, unix)
        hosted = sorted({address.split("@")[1] for address in mailboxes})
        self.postfix = Postfix(directory / "ours",
                               settings={**protected(self.backstopd, self.auth, hosted), **(settings or {})})
        self.far = far(directory / "elsewhere", ELSEWHERE, self.postfix.port)
        self.boxes = {address: self.postfix.add_mailbox(address) for address in mailboxes}
        self.postfix.routes = {SINK: self.sink.port, "." + SINK: self.sink.port, ELSEWHERE: self.far.port}
        self.keep = False

    def start(self):
        for server in (self.backstopd, self.postfix, self.far):
            server.start()

    def stop(self):
        for server in (self.far, self.postfix, self.backstopd, self.auth, self.sink):
            server.stop()

    def send(self, sender, recipients, message, **how):
        return send(self.postfix.port, sender, recipients, message, **how)

    def bounce(self, recipients, message):
        """A message with the null sender, from outside."""
        return self.send("", recipients, message)

    def sign(self, address, **how):
        return tags.sign(address, SECRETS[SIGNING_KEY], SIGNING_KEY, **how)

    def forged(self, address):
        return tags.forged(address, SECRETS[SIGNING_KEY], SIGNING_KEY)

    def expired(self, address):
        return tags.expired(address, SECRETS[SIGNING_KEY], SIGNING_KEY)


@contextlib.contextmanager
def world(name, prepare=lambda made: None, **how):
    """A world in a scratch directory, which stays where something went wrong. `prepare` may change it before it
    starts."""
    machine.need_root()
    with machine.scratch(name) as directory:
        made = World(directory, **how)
        prepare(made)
        try:
            made.start()
            yield made
        finally:
            made.stop()
        if made.keep:
            (directory / "keep").touch()
            note("the last lines of backstopd:")
            note(made.backstopd.process.tail())
