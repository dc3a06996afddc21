# SPDX-License-Identifier: BSD-2-Clause
"""A network of the test's own, which begins empty: port 25 of any address is free, and names are what our name server
says."""

import os
import subprocess
import sys

from mta import machine
from mta.nsd import Zone
from mta.tap import Skip

APART = "BACKSTOP_APART"  # set in the environment once we are
OURS = "10.25.0.1"        # the address of our server in the world
HOP = "10.25.0.2"         # of the next hop of all sites
NAMES = "10.25.0.3"       # of the name server
STRANGER = "10.25.0.4"    # of one who sends mail as us
SITES = "10.25.0.1{}"     # of the sites, each in a network of its own on the same wire

# What a machine must allow to its root before there can be any of this.
PROBE = """ip link add name probe type veth peer name other && mount -t tmpfs probe /mnt && cd /mnt &&
mkdir over work usr && mount -t overlay -o lowerdir=/usr,upperdir=over,workdir=work probe usr"""
NAMESPACES = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]


def enter(packages):
    """Starts this program anew in namespaces of its own, with its packages unpacked; returns only there."""
    machine.need_root()
    if APART not in os.environ:
        for package in packages:
            if not machine.package(package).is_dir():
                raise Skip(f"the package {package} is not unpacked")
        probe = subprocess.run([*NAMESPACES, "/bin/sh", "-c", PROBE], capture_output=True, text=True, check=False)
        if probe.returncode:
            raise Skip(f"no small internet can be made here: {' '.join(probe.stderr.split())}")
        os.environ[APART] = "1"
        os.execvp(NAMESPACES[0], [*NAMESPACES, sys.executable, *sys.argv])
    command("ip", "link", "set", "lo", "up")
    # Without an address of its own a bridge takes that of one of its ports, another one whenever a port comes.
    command("ip", "link", "add", "name", "wire", "address", "02:00:00:00:00:01", "type", "bridge")
    command("ip", "link", "set", "wire", "up")
    for address in (OURS, HOP, NAMES, STRANGER):
        command("ip", "address", "add", f"{address}/24", "dev", "wire")


def command(*words):
    subprocess.run([str(word) for word in words], check=True)


def network_of_its_own(hostname, address, directory):
    """A machine on the wire, without programs: its process, in whose namespaces they can be started."""
    host = machine.Process(["unshare", "--net", "--uts", "/bin/sh", "-c", 'hostname "$0" && exec sleep infinity',
                            hostname], directory / "machine")
    namespaces = f"/proc/{host.pid}/ns/uts"
    host.wait_until("it is apart", lambda: os.readlink(namespaces) != os.readlink("/proc/self/ns/uts"))
    port = f"to-{address.rsplit('.')[-1]}"
    command("ip", "link", "add", "name", port, "type", "veth", "peer", "name", "world", "netns", host.pid)
    command("ip", "link", "set", port, "master", "wire", "up")
    there = ["nsenter", "--net", "--target", host.pid]
    command(*there, "ip", "address", "add", f"{address}/24", "dev", "world")
    for link in ("lo", "world"):
        command(*there, "ip", "link", "set", link, "up")
    return host


def ask_here(directory):
    """Every program that asks DNS asks our name server."""
    file = directory / "resolv.conf"
    file.write_text(f"nameserver {NAMES}\noptions timeout:2 attempts:1\n")
    command("mount", "--bind", file, "/etc/resolv.conf")


def reverse(sites):
    """The zone that gives addresses their names."""
    names = {OURS: "mail.example.com", HOP: "hop.example", **{site.address: site.hostname for site in sites}}
    return Zone("in-addr.arpa", "".join(f"{'.'.join(reversed(address.split('.')))}.in-addr.arpa. 60 IN PTR {name}.\n"
                                        for address, name in names.items()))


def records(sites):
    """What the zone "example" says of the sites: each has a domain with a mail server, and mail for below next. goes on
    to the next hop."""
    lines = [f"hop.example. 60 IN A {HOP}"]
    for site in sites:
        lines += [f"{site.domain}. 60 IN MX 10 {site.hostname}.", f"{site.hostname}. 60 IN A {site.address}",
                  f'{site.domain}. 60 IN TXT "v=spf1 ip4:{site.address} -all"',
                  f"next.{site.domain}. 60 IN MX 10 hop.example."]
    return "\n".join(lines) + "\n"
