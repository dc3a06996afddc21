# SPDX-License-Identifier: BSD-2-Clause
"""The next hop of all sites: an SMTP server that refuses mail for reasons that its recipients' local parts name, in words
that servers use, and takes the rest."""

from mta.sink import Mail, Session, Sink

# What each local part gets to RCPT, and to the message itself.
RCPT = {
    "unknown": "550 5.1.1 <{}>: Recipient address rejected: User unknown in virtual mailbox table",
    "jörg": "550 5.1.1 <{}>: Recipient address rejected: User unknown in virtual mailbox table",
    "plain": "550 5.1.1 <{}>: Recipient address rejected: User unknown in virtual mailbox table",
    "full": "552 5.2.2 <{}>: user is over quota",
    "listed": "550 5.7.1 Service unavailable; Client host [{client}] blocked using bl.example",
    "moved": "551 5.1.6 The user has moved; please try <{}.new>",
    "held": "550 5.2.1 <{}>: this mailbox is disabled and takes no mail",
    "relay": "554 5.7.1 <{}>: Relay access denied",
    "hops": "554 5.4.6 Too many hops, mail loop suspected",
    "dmarc": "550 5.7.26 Unauthenticated mail from this domain is not accepted due to its DMARC policy",
    "busy": "450 4.3.2 System busy, try again later",
}
DATA = {
    "spam": "554 5.7.1 Message rejected as spam by content filtering",
    "virus": "554 5.7.0 Message refused: it contains the virus Eicar-Test-Signature",
    "large": "552 5.3.4 Message size exceeds fixed maximum message size",
}


class HopSession(Session):
    def handle(self):
        self.say("220 hop.example ESMTP")
        sender, recipients = "", []
        while line := self.rfile.readline().decode("utf-8", "replace").strip():
            verb, path = line[:4].upper(), line[line.find("<") + 1:line.find(">")]
            local = path.split("@")[0]
            if verb == "EHLO":
                self.say("250-hop.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES")
            elif verb == "MAIL":
                sender, recipients = path, []
                self.say("250 2.1.0 ok")
            elif verb == "RCPT" and local in RCPT:
                self.say(RCPT[local].format(path, client=self.client_address[0]))
            elif verb == "RCPT":
                recipients.append(path)
                self.say("250 2.1.5 ok")
            elif verb == "DATA" and not recipients:
                self.say("554 5.5.1 no valid recipients")
            elif verb == "DATA":
                self.say("354 go on")
                self.take(sender, recipients)
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 ok")

    def take(self, sender, recipients):
        content = self.content()
        refusal = next((DATA[local] for local in (path.split("@")[0] for path in recipients) if local in DATA), None)
        if not refusal:
            self.server.mails.append(Mail(sender, recipients, content))
        self.say(refusal or "250 2.0.0 kept")


class Hop(Sink):
    def __init__(self, address):
        super().__init__(address, 25)
        self.RequestHandlerClass = HopSession

    def handle_error(self, request, client_address):
        """A site that keeps a connection without a word loses it."""
