# SPDX-License-Identifier: BSD-2-Clause
"""A name server that misbehaves as it is told to: over UDP and TCP, each question in a thread of its own.

    with NameServer({"drop.example": Silent(), "ok.example": Records(("A", "192.0.2.1"))}) as server: server.port

What a name does, its subdomains do, too. Names that it does not know do not exist."""

import socket
import socketserver
import struct
import threading
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}
QR, AA, TC, RD, RA = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def wire_name(text):
    labels = [label.encode("latin-1") for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def wire_data(kind, value):
    if kind == "A":
        return socket.inet_pton(socket.AF_INET, value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    if kind == "MX":
        return struct.pack(">H", 10) + wire_name(value)
    if kind == "TXT":
        value = value.encode("latin-1")
        return b"".join(bytes([len(value[i:i + 255])]) + value[i:i + 255] for i in range(0, len(value), 255))
    return wire_name(value)


class Question:
    """What was asked, and the packet that asks it."""

    def __init__(self, packet):
        self.id, at, labels = packet[:2], 12, []
        while packet[at]:
            labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1").lower())
            at += 1 + packet[at]
        self.name = ".".join(labels)
        self.type = struct.unpack(">H", packet[at + 1:at + 3])[0]
        self.section = packet[12:at + 5]

    def reply(self, code=NOERROR, records=(), flags=RA | AA):
        """A response; records are (owner, type, value)."""
        body = b"".join(wire_name(owner) + struct.pack(">HHIH", TYPES[kind], 1, 300, len(wire_data(kind, value))) +
                        wire_data(kind, value) for owner, kind, value in records)
        return (self.id + struct.pack(">HHHHH", QR | RD | flags | code, 1, len(records), 0, 0) + self.section + body)


class Records:
    """Answers with those records of the name that are asked for; a CNAME whatever is asked for."""

    def __init__(self, *records):
        self.records = records

    def __call__(self, question, tcp):
        return question.reply(records=[(question.name, kind, value) for kind, value in self.records
                                       if kind == "CNAME" or TYPES[kind] == question.type])


class Silent:
    def __call__(self, question, tcp):
        return None


class Code:
    """Answers with a code and nothing else."""

    def __init__(self, code, flags=RA | AA):
        self.code, self.flags = code, flags

    def __call__(self, question, tcp):
        return question.reply(self.code, flags=self.flags)


class Referral:
    """Knows nothing but other servers, as one does that was never told of the domain."""

    def __call__(self, question, tcp):
        data = wire_name("ns.elsewhere.example")
        packet = question.reply(flags=0)
        return (packet[:8] + b"\0\1" + packet[10:] + wire_name(question.name) +
                struct.pack(">HHIH", TYPES["NS"], 1, 300, len(data)) + data)


class Late:
    """Answers as `then` does, so many seconds after it was first asked: as a forwarder does that has to ask others."""

    def __init__(self, seconds, then):
        self.seconds, self.then, self.first = seconds, then, {}

    def __call__(self, question, tcp):
        first = self.first.setdefault((question.name, question.type), time.monotonic())
        time.sleep(max(0, first + self.seconds - time.monotonic()))
        return self.then(question, tcp)


class OverTcp:
    """Says over UDP that the answer is cut."""

    def __init__(self, then):
        self.then = then

    def __call__(self, question, tcp):
        return self.then(question, tcp) if tcp else question.reply(flags=RA | AA | TC)


class Chain:
    """nI.chain.example is a CNAME of nI+1, and so on; the last has a text. One CNAME an answer, or all at once."""

    def __init__(self, links, at_once=False):
        self.links, self.at_once = links, at_once

    def __call__(self, question, tcp):
        label, domain = question.name.split(".", 1)
        number, records = int(label[1:]), []
        while number < self.links and (self.at_once or not records):
            records.append((f"n{number}.{domain}", "CNAME", f"n{number + 1}.{domain}"))
            number += 1
        if number == self.links:
            records.append((f"n{number}.{domain}", "TXT", "the end"))
        return question.reply(records=records)


class Bytes:
    """Answers with bytes that `make` makes of a good answer."""

    def __init__(self, make):
        self.make = make

    def __call__(self, question, tcp):
        return self.make(Records(("TXT", "v=spf1 -all"))(question, tcp))


class NameServer:
    def __init__(self, names, port=0, address="127.0.0.1"):
        self.names, self.asked = names, []
        outer = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self):
                answer = outer.answer(self.request[0], False)
                if answer is not None:
                    self.request[1].sendto(answer, self.client_address)

        class Tcp(socketserver.StreamRequestHandler):
            def handle(self):
                while len(size := self.rfile.read(2)) == 2:
                    answer = outer.answer(self.rfile.read(struct.unpack(">H", size)[0]), True)
                    if answer is None:
                        return
                    self.wfile.write(struct.pack(">H", len(answer)) + answer)

        for family in (socketserver.ThreadingUDPServer, socketserver.ThreadingTCPServer):
            family.allow_reuse_address = family.daemon_threads = True
            family.block_on_close = False
            family.request_queue_size = 64
        self.tcp = socketserver.ThreadingTCPServer((address, port), Tcp)
        self.port = self.tcp.server_address[1]
        self.udp = socketserver.ThreadingUDPServer((address, self.port), Udp)
        self.udp.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)

    def answer(self, packet, tcp):
        question = Question(packet)
        self.asked.append((question.name, question.type, tcp))
        labels = question.name.split(".")
        for i in range(len(labels)):
            does = self.names.get(".".join(labels[i:]))
            if does:
                return does(question, tcp)
        return question.reply(NXDOMAIN)

    def __enter__(self):
        for server in (self.udp, self.tcp):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in (self.udp, self.tcp):
            server.shutdown()
            server.server_close()
