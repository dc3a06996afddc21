# SPDX-License-Identifier: BSD-2-Clause
"""A root directory for one MTA: the machine's /usr with the packages laid over it, and /etc and /var of its own. Paths
that an MTA was compiled with, accounts that its package makes and the rights of its files are there as on a machine
that has it installed. Everything lies in memory, within the mount namespace of the test."""

import os
import shutil
import socket
import stat
import subprocess
import threading
from pathlib import Path

from mta import machine

from .internet import network_of_its_own

FIRST_ACCOUNT, NEW_ACCOUNT = 2000, (None, "/", "/bin/sh")
DEVICES = {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}
OLD_ACCOUNTS = {"root": (0, "/root", "/bin/sh"), "daemon": (1, "/usr/sbin", "/usr/sbin/nologin"),
                "mail": (8, "/var/mail", "/usr/sbin/nologin"), "nobody": (65534, "/", "/usr/sbin/nologin")}


class House:
    """`accounts` are users, each with a group of its name, and `groups` further groups."""

    def __init__(self, root, hostname, address, packages, accounts=(), groups=()):
        self.root, self.hostname, self.address = root, hostname, address
        self.users = {**{name: number for name, (number, *_) in OLD_ACCOUNTS.items()},
                      **{name: FIRST_ACCOUNT + number for number, name in enumerate(accounts)}}
        self.groups = {**self.users, **{name: FIRST_ACCOUNT + 100 + number for number, name in enumerate(groups)}}
        root.mkdir(parents=True)
        self.host = network_of_its_own(hostname, address, root.parent)
        self.mount("-t", "tmpfs", "-o", "mode=755", "house", root)
        self.build([machine.package(name) for name in packages])

    @staticmethod
    def mount(*words):
        subprocess.run(["mount", *map(str, words)], check=True)

    def build(self, packages):
        for folder in ("usr", "proc", "dev", "run", "tmp", "root", ".over", ".work"):
            (self.root / folder).mkdir()
        (self.root / "tmp").chmod(0o1777)
        for folder in ("bin", "sbin", "lib", "lib64"):
            (self.root / folder).symlink_to(f"usr/{folder}")
        lower = ":".join(str(folder) for folder in [*(package / "usr" for package in packages),
                                                    machine.PACKAGES / "libraries/usr", "/usr"])
        self.mount("-t", "overlay", "-o", f"lowerdir={lower},upperdir={self.root}/.over,workdir={self.root}/.work",
                   "overlay", self.root / "usr")
        for folder in ("etc", "var"):
            (self.root / folder).mkdir()
            for package in packages:
                if (package / folder).is_dir():
                    shutil.copytree(package / folder, self.root / folder, symlinks=True, dirs_exist_ok=True)
        for name, minor in DEVICES.items():
            os.mknod(self.root / "dev" / name, 0o666 | stat.S_IFCHR, os.makedev(1, minor))
            (self.root / "dev" / name).chmod(0o666)
        self.mount("-t", "proc", "proc", self.root / "proc")
        self.furnish()

    def furnish(self):
        """The files that every MTA looks for."""
        for folder in ("var/mail", "var/log", "var/tmp", "var/spool", "var/lib"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "var/run").symlink_to("/run")
        self.write("/etc/passwd", "".join(
            f"{name}:x:{number}:{number}::{':'.join(OLD_ACCOUNTS.get(name, NEW_ACCOUNT)[1:])}\n" for name, number in self.users.items()))
        self.write("/etc/group", "".join(f"{name}:x:{number}:\n" for name, number in self.groups.items()))
        self.write("/etc/hosts", f"127.0.0.1 localhost\n{self.address} {self.hostname}\n")
        self.write("/etc/resolv.conf", (Path("/etc/resolv.conf")).read_text())
        self.write("/etc/nsswitch.conf", "hosts: files dns\n" + "".join(
            f"{name}: files\n" for name in ("passwd", "group", "services", "protocols")))
        self.write("/etc/mailname", self.hostname + "\n")
        self.write("/etc/environment", "")
        for name in ("services", "protocols"):
            if os.path.exists(f"/etc/{name}"):
                shutil.copy(f"/etc/{name}", self.root / "etc")
        self.keep_log()

    def leave(self):
        """Ends what still runs in it, and takes it away with all that it has below."""
        self.host.stop()
        subprocess.run(["umount", "--recursive", "--lazy", str(self.root)], check=True)

    def keep_log(self):
        """What syslogd does: writes what comes to /dev/log into a file."""
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.bind(str(self.path("/dev/log")))
        self.path("/dev/log").chmod(0o666)

        def write():
            with open(self.path("/var/log/syslog"), "ab", buffering=0) as file:
                while True:
                    file.write(log.recv(65536).rstrip(b"\n\0") + b"\n")
        threading.Thread(target=write, daemon=True).start()

    def path(self, name):
        return self.root / name.lstrip("/")

    def write(self, name, text, mode=0o644, owner="root", group="root"):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text)
        self.own(name, owner, group, mode)

    def own(self, name, owner="root", group="root", mode=None):
        """As chown and chmod, by the accounts of the house."""
        os.chown(self.path(name), self.users[owner], self.groups[group])
        if mode is not None:
            self.path(name).chmod(mode)

    def folder(self, name, owner="root", group="root", mode=0o755):
        self.path(name).mkdir(parents=True, exist_ok=True)
        self.own(name, owner, group, mode)

    def words(self, *command):
        return ["nsenter", "--net", "--uts", "--target", str(self.host.pid), "chroot", str(self.root), *map(str, command)]

    def environment(self):
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C"}

    def run(self, *command, given=""):
        """Runs a command in the house; what it says."""
        done = subprocess.run(self.words(*command), input=given, text=True, capture_output=True, check=False,
                              env=self.environment())
        if done.returncode:
            raise machine.Failed(f"{' '.join(map(str, command))} in {self.root}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *command):
        return machine.Process(self.words(*command), self.root / "var/log/output", self.environment())
