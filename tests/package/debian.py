# SPDX-License-Identifier: BSD-2-Clause
"""A Debian 12 of the test's own: made once by debootstrap, copied, and booted by systemd-nspawn with a network that
holds nothing but the machine and this test. The test stands for the world outside.

    MACHINE is the booted machine's address, WORLD is ours; Machine.run() runs a command inside it.
"""

import ctypes
import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
from pathlib import Path

from mta.machine import CHECKOUT, Failed, Process, wait_for
from mta.tap import Skip, note

PLACE = CHECKOUT / "build-package"
RELEASE = "bookworm"
MACHINE, WORLD = "192.0.2.1", "192.0.2.2"  # RFC 5737: of no real network
HOSTNAME, DOMAIN = "mail.example.com", "example.com"
USER = "alice"

CLONE_NEWNET = 0x40000000
APT = ["apt-get", "-qq", "-y", "-o", "APT::Sandbox::User=root", "--no-install-recommends"]
POSTFIX_ANSWERS = f"""\
postfix postfix/main_mailer_type select Internet Site
postfix postfix/mailname string {DOMAIN}
"""

# What lives on while any system runs, whoever was installed: caches, logs, queues, lists of what is installed.
MOVING = ("proc", "sys", "dev", "run", "tmp", "root", "var/cache", "var/log", "var/mail", "var/tmp",
          "var/lib/apt", "var/lib/dpkg", "var/lib/systemd", "var/lib/postfix", "var/lib/private", "etc/ld.so.cache",
          "etc/resolv.conf", "etc/.pwd.lock", "etc/.updated", "var/.updated")
QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "maildrop", "pid", "private",
          "public", "saved", "trace")


def alone():
    """One at a time in a checkout: an open file that holds the lock."""
    PLACE.mkdir(exist_ok=True)
    lock = open(PLACE / "lock", "w", encoding="ascii")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def need_a_machine():
    """Skips where no machine can be booted at all."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    if release.get("VERSION_CODENAME") != RELEASE:
        raise Skip(f"the package is built for Debian {RELEASE}, and this is another system")
    for program in ("debootstrap", "systemd-nspawn", "ip", "dpkg-buildpackage", "lintian"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin"):
            raise Skip(f"{program} is not installed")
    probe = subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "ip", "link", "set", "lo", "up"],
                           capture_output=True, check=False)
    if probe.returncode != 0:
        raise Skip("this machine gives no namespaces with a network of their own, so no other can be booted in it")


def command(*words, **options):
    """Runs a command of this machine; says what it printed where it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, words))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def archives():
    """The archives that this machine's apt has Debian 12 from, as lines of sources.list; the main one first."""
    targets = command("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT) $(ORIGIN)",
                      "Created-By: Packages")
    lines = {" ".join(words[:2]): f"deb {words[0]} {words[1]} main"
             for words in map(str.split, targets.splitlines())
             if len(words) == 4 and words[1].startswith(RELEASE) and words[2] == "main" and words[3] == "Debian"}
    main = next((name for name in lines if name.endswith(f" {RELEASE}")), None)
    if not main:
        raise Skip(f"apt knows no archive of Debian {RELEASE} here")
    return [lines.pop(main), *lines.values()]


def in_directory(root, *words):
    """Runs a command in a system that is not booted, with this machine's network."""
    proxies = [f"--setenv={name}={os.environ[name]}" for name in ("http_proxy", "https_proxy") if name in os.environ]
    return command("systemd-nspawn", "--quiet", "--directory", root, "--register=no", *keep_unit(), "--pipe",
                   f"--machine=backstop-{os.getpid()}", "--resolv-conf=replace-host", "--hostname=mail", "--setenv=DEBIAN_FRONTEND=noninteractive", *proxies, *words)


def keep_unit():
    """Where there is no systemd, nothing could give nspawn a unit of its own."""
    return [] if Path("/run/systemd/system").is_dir() else ["--keep-unit"]


def make_image(image):
    """Debian's smallest system with systemd and a stock Postfix, as an administrator would find it."""
    sources = archives()
    unfinished = image.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    note(f"making a Debian {RELEASE} in {image}")
    try:
        command("debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv", RELEASE, unfinished,
                sources[0].split()[1])
    except Failed as failure:
        raise Skip(f"no Debian {RELEASE} could be fetched: {str(failure).splitlines()[-1]}") from failure
    (unfinished / "etc/apt/sources.list").write_text("\n".join(sources) + "\n")
    (unfinished / "etc/hostname").write_text("mail\n")
    (unfinished / "etc/hosts").write_text(f"127.0.0.1 localhost\n{MACHINE} {HOSTNAME} mail\n")
    (unfinished / "root/answers").write_text(POSTFIX_ANSWERS)
    in_directory(unfinished, "sh", "-c", "apt-get -qq update && apt-get -qq -y upgrade && "
                 f"debconf-set-selections /root/answers && {' '.join(APT)} install postfix && "
                 f"useradd --create-home {USER} && apt-get clean")
    unfinished.rename(image)


def enter_own_network():
    """From here on this process, and what it starts, is alone in a network: the world outside of the machine."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise Failed(f"unshare: {os.strerror(ctypes.get_errno())}")
    command("ip", "link", "set", "lo", "up")


class Machine:
    """A copy of the image with the package beside it, booted."""

    def __init__(self, package):
        image = PLACE / f"debian-{RELEASE}"
        if not image.exists():
            make_image(image)
        self.root = PLACE / "machine"
        self.process = None
        shutil.rmtree(self.root, ignore_errors=True)
        command("cp", "-a", "--reflink=auto", image, self.root)
        shutil.copy(package, self.root / "root/backstop.deb")
        in_directory(self.root, *APT, "--download-only", "install", "/root/backstop.deb")

    def boot(self):
        enter_own_network()
        self.process = Process(["systemd-nspawn", "--directory", self.root, "--boot", "--private-network",
                                "--register=no", *keep_unit(), "--resolv-conf=off", "--console=pipe",
                                f"--machine=backstop-{os.getpid()}", "--hostname=mail"], PLACE / "machine.log")
        try:
            self.process.wait_until("the machine's first process", self.leader)
            self.process.wait_until("the machine to be up", lambda: self.state() in ("running", "degraded"))
        except Failed as failure:  # nothing of ours is in it yet
            raise Skip(f"no machine can be booted in this one: {' '.join(str(failure).split())}") from failure
        self.connect()

    def leader(self):
        """The machine's first process, as this machine counts processes."""
        try:
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            return next((child for child in children if Path(f"/proc/{child}/comm").read_text() == "systemd\n"), None)
        except OSError:
            return None

    def state(self):
        return self.run("systemctl", "is-system-running", check=False).stdout.strip()

    def connect(self):
        """A wire between the machine and us, and nothing else."""
        inside = ["nsenter", "--net", "--target", self.leader()]
        command("ip", "link", "add", "machine", "type", "veth", "peer", "name", "world", "netns", self.leader())
        command("ip", "address", "add", f"{WORLD}/24", "dev", "machine")
        command("ip", "link", "set", "machine", "up")
        command(*inside, "ip", "address", "add", f"{MACHINE}/24", "dev", "world")
        command(*inside, "ip", "link", "set", "world", "up")

    def enter(self, *words):
        """The command line that runs a command in the machine."""
        return ["nsenter", "--all", "--target", self.leader(), "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *words]

    def run(self, *words, check=True, given=None):
        done = subprocess.run(self.enter(*words), input=given, stdin=None if given else subprocess.DEVNULL, text=True,
                              capture_output=True, check=False)
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(words)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def apt(self, *words):
        """apt-get, with what was downloaded before the machine was cut off."""
        return self.run(*APT, *words)

    def journal(self, *words):
        return self.run("journalctl", "--no-pager", "--quiet", "--output=cat", *words).stdout

    def read(self, path):
        return (self.root / path.lstrip("/")).read_text(errors="replace")

    def listing(self):
        """Every file that should stay as it is: what it is, whose, and what it holds."""
        return {path: describe(self.root / path) for path in sorted(walk(self.root))}

    def stop(self):
        if self.process:
            self.process.stop()
        shutil.rmtree(self.root, ignore_errors=True)


def walk(root):
    for folder, folders, files in os.walk(root):
        below = Path(folder).relative_to(root)
        folders[:] = [name for name in folders if not is_moving(below / name)]
        yield from (str(below / name) for name in folders + files if not is_moving(below / name))


def is_moving(path):
    queues = [f"var/spool/postfix/{name}" for name in QUEUES]
    return str(path) in MOVING or str(path) in queues or (path.parent == Path("etc") and path.name.endswith("-"))


def describe(path):
    info = path.lstat()
    what = f"{stat.filemode(info.st_mode)} {info.st_uid}:{info.st_gid}"
    if path.is_symlink():
        return f"{what} -> {os.readlink(path)}"
    if path.is_file():
        return f"{what} {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
    return what


def wait_for_mail(what, condition):
    """Mail passes through a queue, whose manager may have to look again."""
    return wait_for(what, condition, 60)
