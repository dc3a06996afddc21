# SPDX-License-Identifier: BSD-2-Clause
"""An SMTP server that takes every message and keeps it, except those to "nobody". It stands for the rest of the
world."""

import email
import email.policy
import socketserver
import threading
from dataclasses import dataclass

from .machine import HERE, wait_for


@dataclass
class Mail:
    sender: str
    recipients: list
    content: bytes
    parameters: str = ""  # of MAIL

    @property
    def message(self):
        return email.message_from_bytes(self.content, policy=email.policy.default)


class Session(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def content(self):
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    def handle(self):
        sender, recipients, parameters = None, [], ""
        self.say("220 sink.example ESMTP")
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            verb, path = line[:4].upper(), line[line.find("<") + 1:line.rfind(">")]
            if verb == "EHLO":
                self.say("250-sink.example\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8")
            elif verb == "MAIL":
                sender, recipients, parameters = path, [], line[line.rfind(">") + 1:].strip()
                self.say("250 2.1.0 ok")
            elif verb == "RCPT" and path.startswith("nobody@"):
                self.say("550 5.1.1 nobody is nobody")
            elif verb == "RCPT":
                recipients.append(path)
                self.say("250 2.1.5 ok")
            elif verb == "DATA":
                self.say("354 go on")
                self.server.mails.append(Mail(sender, recipients, self.content(), parameters))
                self.say("250 2.0.0 kept")
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 ok")


class Sink(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address=HERE, port=0):
        super().__init__((address, port), Session)
        self.mails = []
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()

    def wait_for_subject(self, subject):
        def found():
            return next((mail for mail in list(self.mails) if mail.message["Subject"] == subject), None)
        return wait_for(f'"{subject}" at the sink', found)
