# SPDX-License-Identifier: BSD-2-Clause
"""A real name server, NSD, with zones of the test's, some signed by ldns-signzone; from Debian's packages, unpacked and
not installed."""

import contextlib
import os
import signal
import socket
import struct
import subprocess

from . import machine
from .tap import Skip

CONFIGURATION = """\
server:
{addresses}    server-count: 1
    rrl-ratelimit: 0
    username: ""
    chroot: ""
    zonesdir: "{directory}"
    database: ""
    pidfile: "{directory}/nsd.pid"
    xfrdfile: "{directory}/xfrd.state"
    zonelistfile: "{directory}/zone.list"
    logfile: "{directory}/nsd.log"
remote-control:
    control-enable: no
"""
# The root servers that resolvers know; b has two, since it moved.
ROOT_SERVERS = """198.41.0.4 199.9.14.201 170.247.170.2 192.33.4.12 199.7.91.13 192.203.230.10 192.5.5.241 192.112.36.4
    198.97.190.53 192.36.148.17 192.58.128.30 193.0.14.129 199.7.83.42 202.12.27.33""".split()
SOA, TXT = 6, 16
START = """\
$ORIGIN {name}.
@ 300 IN SOA ns.example. root.example. {version} 3600 600 86400 {negative}
@ 300 IN NS ns.example.
_version 0 IN TXT "version {version}"
"""


class Zone:
    """Records in master-file syntax, or a function that gives them once the zones before this one are signed. `tamper`
    changes the text of the signed zone behind the signer's back; `negative` is for how many seconds it may be remembered
    that there is no record. The root zone's name is empty."""

    def __init__(self, name, records, signed=False, tamper=lambda text: text, negative=300):
        self.name, self.records, self.signed, self.tamper, self.negative = name, records, signed, tamper, negative
        self.version = 1


def environment():
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(machine.libraries())}


def ldns(directory, tool, *arguments):
    done = subprocess.run([machine.package("ldnsutils") / "usr/bin" / tool, *arguments], cwd=directory, check=False,
                          env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise machine.Failed(f"{tool}: {done.stderr}")
    return done.stdout.strip()


def write_zone(directory, zone):
    """Writes the zone's file, signed where it is to be; returns the public key's record, or nothing."""
    path = directory / f"{zone.name}.zone"
    path.write_text(START.format(**vars(zone)) + (zone.records() if callable(zone.records) else zone.records))
    if not zone.signed:
        return ""
    key = ldns(directory, "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone.name or ".")
    ldns(directory, "ldns-signzone", path.name, key)
    path.write_text(zone.tamper((directory / f"{zone.name}.zone.signed").read_text()))
    zone.ds = (directory / f"{key}.ds").read_text()
    return (directory / f"{key}.key").read_text()


def ask(port, name, kind):
    """The packet that answers the question; nothing where none comes at once."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.2)
        udp.connect((machine.HERE, port))
        with contextlib.suppress(OSError):
            udp.send(b"\0\1\1\0\0\1\0\0\0\0\0\0" + labels + struct.pack(">BHH", 0, kind, 1))
            return udp.recv(65535)
    return b""


class Nsd:
    """Serves the zones. `port` is where, `keys` the path of a file with the keys of those that are signed; these also have
    their `ds`, for the zone above. In the network of `internet` it serves as all root servers; `world` is
    an address that it serves at, too, on the port that name servers have."""

    def __init__(self, directory, zones, network=None, world=None):
        directory.mkdir()
        self.directory, self.log = directory, directory / "nsd.log"
        self.port, self.keys = 53 if network or world else machine.free_port(), directory / "keys"
        self.keys.write_text("".join(write_zone(directory, zone) for zone in zones))
        configuration = directory / "nsd.conf"
        addresses = "".join(f"    ip-address: {address}@{self.port}\n"
                            for address in (ROOT_SERVERS if network else [machine.HERE, *filter(None, [world])]))
        configuration.write_text(CONFIGURATION.format(addresses=addresses, directory=directory) + "".join(
            f'zone:\n    name: "{zone.name or "."}"\n    zonefile: "{zone.name}.zone"\n' for zone in zones))
        nsd = machine.package("nsd") / "usr/sbin/nsd"
        self.process = machine.Process([*(network or ()), nsd, "-d", "-c", configuration], directory / "output",
                                       env=environment())
        self.process.wait_until("it answers", lambda: self.has_started() if network else ask(self.port, ".", SOA))

    def has_started(self):
        return self.log.exists() and "nsd started" in self.log.read_text()

    def change(self, zone):
        """Serves the zone as it now is; what was asked before may be in caches."""
        zone.version += 1
        write_zone(self.directory, zone)
        self.process.popen.send_signal(signal.SIGHUP)
        machine.wait_for(f"the name server to read {zone.name}",
                         lambda: f"version {zone.version}".encode() in ask(self.port, f"_version.{zone.name}", TXT))

    def pause(self):
        """Answers nothing until go_on()."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    def stop(self):
        self.process.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


@contextlib.contextmanager
def internet(directory, addresses):
    """A network that has nothing but the root servers' addresses and those given; gives the words before a command that
    run it there."""
    if os.geteuid() != 0:
        raise Skip("a network of its own takes root")
    holder = machine.Process(["unshare", "--net", "sleep", "infinity"], directory / "internet")
    try:
        ours = os.readlink("/proc/self/ns/net")
        holder.wait_until("it is apart", lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != ours)
        there = ["nsenter", "--net", "--target", str(holder.pid)]
        subprocess.run([*there, "ip", "link", "set", "lo", "up"], check=True)
        for address in (*ROOT_SERVERS, *addresses):
            subprocess.run([*there, "ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
        yield there
    finally:
        holder.stop()
