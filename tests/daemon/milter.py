# SPDX-License-Identifier: BSD-2-Clause
"""An MTA's side of the milter protocol, bare enough to break every rule of it."""

import socket
import struct

NO_MAIL_REPLY = 0x4000
ACTIONS, STEPS = 0x1FF, 0x1FFFFF & ~NO_MAIL_REPLY  # it waits for the reply to MAIL, so that tests see where they are


def frame(command, data=b""):
    return struct.pack("!I", len(data) + 1) + command + data


def offer(version=6, actions=ACTIONS, steps=STEPS):
    return frame(b"O", struct.pack("!III", version, actions, steps))


def macros(step, **values):
    pairs = b"".join(f"{{{name}}}".encode() + b"\0" + value.encode() + b"\0" for name, value in values.items())
    return frame(b"D", step + pairs)


def connect(address="198.51.100.7", port=40000):
    return frame(b"C", b"client.example\0" + b"4" + struct.pack("!H", port) + address.encode() + b"\0")


def mail(path):
    return frame(b"M", path.encode() + b"\0")


def rcpt(path):
    return frame(b"R", path.encode() + b"\0")


def header(name, value):
    return frame(b"L", name.encode() + b"\0" + value.encode() + b"\0")


def forged_bounce(recipient):
    """A bounce of what the recipient never sent, from its header to the end of its body."""
    text = f"""--b
Content-Type: message/delivery-status

Reporting-MTA: dns; elsewhere.example

Final-Recipient: rfc822; gone@elsewhere.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Received: from spam.example by elsewhere.example; Mon, 02 Nov 2026 09:00:03 +0000
From: <{recipient}>
Message-ID: <1@spam.example>

--b--
"""
    return (header("From", " MAILER-DAEMON@elsewhere.example") +
            header("Content-Type", " multipart/report; report-type=delivery-status; boundary=b"),
            frame(b"N"), frame(b"B", text.replace("\n", "\r\n").encode()))


def steps_agreed(where, steps):
    """What the filter makes of an offer of these steps."""
    mta = Mta(where, negotiate=False)
    return struct.unpack("!I", mta.ask(offer(steps=steps))[9:13])[0]


class Mta:
    """A connection with the filter. `where` is a port of loopback or the path of a unix socket."""

    def __init__(self, where, seconds=20, negotiate=True):
        if isinstance(where, int):
            self.socket = socket.create_connection(("127.0.0.1", where), seconds)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(seconds)
            self.socket.connect(str(where))
        self.kept = b""
        if negotiate:
            self.send(offer())
            assert self.answer()[:1] == b"O", "no negotiation"

    def send(self, *frames):
        self.socket.sendall(b"".join(frames))

    def answer(self):
        """The next frame, command byte first; None when the filter has closed the connection."""
        while True:
            if len(self.kept) >= 4:
                length = struct.unpack("!I", self.kept[:4])[0]
                if len(self.kept) >= 4 + length:
                    answer, self.kept = self.kept[4:4 + length], self.kept[4 + length:]
                    return answer
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.kept += data

    def ask(self, *frames):
        self.send(*frames)
        return self.answer()

    def is_closed(self):
        return self.answer() is None

    def close(self):
        self.socket.close()

    def refuses_forged_bounce(self, recipient):
        """One whole message: what a good session is for."""
        self.send(connect())
        assert self.ask(mail("<>")) == b"c"
        return self.ask(rcpt(recipient))[:4] == b"y550"
