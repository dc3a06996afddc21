# SPDX-License-Identifier: BSD-2-Clause
"""SMTP as a sender speaks it. The address that a client connects from decides what the server takes it for: HERE is
the local network, STRANGER is the world."""

import smtplib
from dataclasses import dataclass

from .machine import HERE, PATIENCE, STRANGER


@dataclass
class Reply:
    """What the server said last, and to what: "MAIL", "RCPT", "DATA", or "." for the message itself."""
    step: str
    code: int
    text: str

    @property
    def accepted(self):
        return self.step == "." and self.code == 250

    def __str__(self):
        return f"{self.step}: {self.code} {self.text}"


class Client:
    """One SMTP session."""

    def __init__(self, port, address=STRANGER, helo="client.example", server=HERE):
        self.smtp = smtplib.SMTP(server, port, helo, PATIENCE, (address, 0))
        self.smtp.command_encoding = "utf-8"
        self.smtp.ehlo()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.smtp.close()

    def login(self, user):
        self.smtp.login(user, "password")

    def command(self, step, text):
        code, reply = self.smtp.docmd(text)
        return Reply(step, code, reply.decode(errors="replace").replace("\n", " "))

    def mail(self, sender, parameters=""):
        return self.command("MAIL", f"MAIL FROM:<{sender}>{parameters}")

    def rcpt(self, recipient):
        return self.command("RCPT", f"RCPT TO:<{recipient}>")

    def data(self, message):
        """The whole message, text or bytes, after MAIL and RCPT."""
        begun = self.command("DATA", "DATA")
        if begun.code != 354:
            return begun
        content = message if isinstance(message, bytes) else message.encode()
        lines = content.replace(b"\r\n", b"\n").split(b"\n")
        stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
        self.smtp.sock.sendall(stuffed + b"\r\n.\r\n")
        code, reply = self.smtp.getreply()
        return Reply(".", code, reply.decode(errors="replace").replace("\n", " "))

    def send(self, sender, recipients, message):
        """One message; the reply is the first refusal, or the last word on the message."""
        replies = [self.mail(sender)]
        for recipient in [recipients] if isinstance(recipients, str) else recipients:
            if replies[-1].code == 250:
                replies.append(self.rcpt(recipient))
        if replies[-1].code == 250:
            replies.append(self.data(message))
        if not replies[-1].accepted and replies[-1].code < 500:
            self.smtp.rset()
        return replies[-1]


def send(port, sender, recipients, message, address=STRANGER, login=None):
    """One message in a session of its own; `login` is a user to authenticate as."""
    with Client(port, address) as client:
        if login:
            client.login(login)
        return client.send(sender, recipients, message)
