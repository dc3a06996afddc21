#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Where the log goes: to syslog and to the journal, by sockets that stand in their places in a mount namespace of the
test's own, and what happens when nobody reads there."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from daemon.milter import Mta, connect, mail, rcpt
from mta import machine
from mta.backstopd import Backstopd
from mta.tap import Skip, Suite

suite = Suite()
FORGED = "<prvs=1000abcdef=user@ours.example>"
LINE = "decision=refuse reason=tag-forged queue-id=- client=198.51.100.7 from=<> to=" + FORGED
# Covers the top folder of $1 (/dev or /run) with an empty one that only this process and its children see, makes $1 a
# symbolic link to $2 there, and runs the rest.
IN_NAMESPACE = 'place=$1 target=$2; shift 2; mount -t tmpfs none "$(echo "$place" | cut -d/ -f1-2)" && ' \
               'mkdir -p "${place%/*}" && ln -s "$target" "$place" && exec "$@"'


class World:
    def __init__(self, directory):
        self.directory, self.keep, self.count = directory, False, 0

    @contextlib.contextmanager
    def daemon(self, log, place):
        """backstopd with its log going to a datagram socket of ours at `place`; both are given."""
        self.count += 1
        folder = self.directory / str(self.count)
        daemon = Backstopd(folder, {"ours.example": "mode = enforce"})
        text = daemon.configuration().replace("log = stderr", f"log = {log}").replace("filters = 2", "filters = 1")
        daemon.configuration = lambda: text
        daemon.configure()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as reader:
            reader.bind(str(folder / "log"))
            reader.settimeout(20)
            process = machine.Process(["unshare", "--mount", "/bin/sh", "-c", IN_NAMESPACE, "sh", place, folder / "log",
                                       machine.built("backstopd"), "-c", daemon.file], folder / "output")
            try:
                machine.wait_for("the milter's port", lambda: machine.listens(daemon.milter_port))
                yield daemon, reader
            finally:
                process.stop()


@contextlib.contextmanager
def make_world():
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        raise Skip("needs a mount namespace, which only root may make")
    with machine.scratch("logging") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


def next_with(reader, word):
    while True:
        datagram = reader.recv(65536).decode()
        if word in datagram:
            return datagram


@suite.case("syslog gets a line for each decision, with facility mail and the daemon's name")
def _(world):
    with world.daemon("syslog", "/dev/log") as (daemon, reader):
        assert Mta(daemon.milter_port).refuses_forged_bounce(FORGED)
        line = next_with(reader, "decision=")
        assert re.fullmatch(r"<22>[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d backstop\[\d+\]: " + re.escape(LINE), line), line


@suite.case("the journal gets it with priority and identifier")
def _(world):
    with world.daemon("journal", "/run/systemd/journal/socket") as (daemon, reader):
        assert Mta(daemon.milter_port).refuses_forged_bounce(FORGED)
        fields = dict(line.split("=", 1) for line in next_with(reader, "decision=").splitlines())
        assert fields["MESSAGE"] == LINE and fields["PRIORITY"] == "6", fields
        assert fields["SYSLOG_IDENTIFIER"] == "backstop", fields


@suite.case("a log that nobody reads stops nothing, and what was lost is counted")
def _(world):
    with world.daemon("syslog", "/dev/log") as (daemon, reader):
        mta = Mta(daemon.milter_port)
        assert mta.ask(connect(), mail("<>")) == b"c"
        for _ in range(3000):
            assert mta.ask(rcpt(FORGED)).startswith(b"y550")
        with contextlib.suppress(BlockingIOError):
            reader.setblocking(False)
            while True:
                reader.recv(65536)
        reader.settimeout(20)
        assert mta.ask(rcpt(FORGED)).startswith(b"y550")
        lost = next_with(reader, "log lines were dropped")
        assert int(re.search(r"(\d+) log lines", lost)[1]) > 100, lost


suite.run(make_world)
