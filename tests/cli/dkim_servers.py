#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop dkim check` and `rotate` over the network: each authoritative server is asked itself.

The servers here have authority for their zones and do not recurse (AA, never RA), as real ones do; they sit on addresses of
the loopback network at one port, and a resolver, which is asked through --dns-server, knows their addresses."""

import contextlib
import json
import pathlib
import socket
import struct
import subprocess
import sys
import threading

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from mta import machine
from mta.tap import Skip, Suite
from resolver.name_server import AA, NOERROR, NXDOMAIN, QR, RD, REFUSED, TYPES, Question, wire_name

suite = Suite()


class Authority:
    """A server for some zones over UDP. `silent` and `refuses` say what it does instead of answering."""

    def __init__(self, address, port, *zones):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, port))
        self.port, self.zones = self.socket.getsockname()[1], zones
        self.records, self.asked, self.silent, self.refuses = [], [], False, False
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            packet, peer = self.socket.recvfrom(65535)
            question = Question(packet)
            self.asked.append((question.name, question.type))
            if not self.silent:
                self.socket.sendto(self.answer(question), peer)

    def answer(self, question):
        zones = [zone for zone in self.zones if f".{question.name}".endswith(f".{zone}")]
        if self.refuses or not zones:
            return question.reply(REFUSED, flags=0)
        named = [record for record in self.records if record[0] == question.name]
        found = [record for record in named if TYPES[record[1]] == question.type or record[1] == "CNAME"]
        if found:
            return question.reply(records=found, flags=AA)
        data = wire_name("ns." + zones[0]) + wire_name("h." + zones[0]) + struct.pack(">IIIII", 1, 2, 3, 4, 60)
        soa = wire_name(zones[0]) + struct.pack(">HHIH", 6, 1, 60, len(data)) + data
        code = NOERROR if named else NXDOMAIN
        return question.id + struct.pack(">HHHHH", QR | RD | AA | code, 1, 0, 1, 0) + question.section + soa


class World:
    """example.com on two servers, example.net on a third."""

    def __init__(self, directory):
        self.directory, self.keep, self.cases = directory, False, 0
        try:
            self.first = Authority("127.0.0.1", 0, "example.com")
            self.second = Authority("127.0.0.2", self.first.port, "example.com")
            self.other = Authority("127.0.0.3", self.first.port, "example.net")
            self.resolver = Authority("127.0.0.4", 0, "com", "net")
        except OSError as error:
            raise Skip(f"no servers on 127.0.0.1 to 127.0.0.4: {error}") from error
        self.resolver.records = [
            ("example.com", "NS", "ns1.example.com"), ("example.com", "NS", "ns2.example.com"),
            ("ns1.example.com", "A", "127.0.0.1"), ("ns2.example.com", "A", "127.0.0.2"),
            ("example.net", "NS", "ns.example.net"), ("ns.example.net", "A", "127.0.0.3")]
        self.known = len(self.resolver.records)

    def begin(self):
        """A directory without keys, and zones without records."""
        self.cases += 1
        self.keys = self.directory / str(self.cases)
        del self.resolver.records[self.known:]
        for server in (self.first, self.second, self.other):
            server.records, server.asked, server.silent, server.refuses = [], [], False, False

    def run(self, command, *arguments):
        return subprocess.run([machine.built("backstop"), "dkim", command, "--directory", self.keys, "--dns-server",
                               f"127.0.0.4:{self.resolver.port}", "--port", str(self.first.port), *arguments],
                              capture_output=True, text=True, timeout=60, check=False)

    def rotate(self):
        return self.run("rotate", "example.com")

    def make(self):
        """Makes a key; its record as a server here has it."""
        line = [line for line in self.rotate().stdout.splitlines() if " IN TXT " in line][0]
        return (line.split(". ")[0], "TXT", "".join(line.split('"')[1::2]))


@contextlib.contextmanager
def make_world():
    with machine.scratch("servers") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


@suite.case("a key signs when the second server shows it, too, and each was asked for it")
def _(world):
    world.begin()
    record = world.make()
    world.first.records.append(record)
    run = world.rotate()
    assert run.returncode == 1 and run.stdout.startswith(f"waiting {record[0]}: ns2.example.com: there is no rec"), run
    world.second.records.append(record)
    run = world.rotate()
    assert run.returncode == 1 and run.stdout.startswith(f"started {record[0]}: visible on all 2 name servers"), run
    for server in (world.first, world.second):
        assert set(server.asked) == {(record[0], TYPES["TXT"])}, server.asked
    assert world.run("check").returncode == 0, world.run("check")


@suite.case("a server that is silent, or refuses, leaves it open, and the key does not sign")
def _(world):
    world.begin()
    record = world.make()
    world.first.records.append(record)
    world.second.records.append(record)
    for silent, refuses in ((True, False), (False, True)):
        world.second.silent, world.second.refuses = silent, refuses
        run = world.rotate()
        assert run.returncode == 3 and run.stdout.startswith(f"unknown {record[0]}: ns2.example.com: DNS gave"), run
    world.second.refuses = False
    assert world.rotate().stdout.startswith("started ")


@suite.case("an alias is looked for on the servers of the zone that it leads to")
def _(world):
    world.begin()
    record = world.make()
    alias = (record[0], "CNAME", "key.example.net")
    for server in (world.first, world.second, world.resolver):
        server.records.append(alias)
    assert world.rotate().stdout.startswith(f"waiting {record[0]}: ns.example.net: there is no record"), world.rotate()
    world.other.records.append(("key.example.net", "TXT", record[2]))
    run = world.rotate()
    assert run.stdout.startswith(f"started {record[0]}: visible on all 1 name servers of example.net"), run
    assert not world.first.asked, world.first.asked


@suite.case("more keys than a round has questions are all looked at; a silent server is asked for one round of them")
def _(world):
    world.begin()
    for number in range(70):
        run = subprocess.run(
            [machine.built("backstop"), "dkim", "keygen", "--domain", "example.com", "--type", "ed25519", "--selector",
             f"k{number}", "--directory", world.keys], capture_output=True, text=True, check=True)
        line = run.stdout.splitlines()[-1]
        record = (line.split(". ")[0], "TXT", line.split('"')[1])
        world.first.records.append(record)
        world.second.records.append(record)
    run = world.run("check", "--json")
    data = json.loads(run.stdout)
    assert run.returncode == 0 and len(data["keys"]) == 70, run
    assert {key["result"] for key in data["keys"]} == {"visible"}, data
    world.second.asked, world.second.silent = [], True
    run = world.run("check", "--json")
    assert run.returncode == 3 and {key["result"] for key in json.loads(run.stdout)["keys"]} == {"unknown"}, run
    assert len(set(world.second.asked)) == 8, world.second.asked


suite.run(make_world)
