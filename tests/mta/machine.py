# SPDX-License-Identifier: BSD-2-Clause
"""The machine that the tests run on: where things are, free ports, waiting with a limit, processes that end with
us."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .tap import Skip, note

CHECKOUT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("BACKSTOP_BUILD", CHECKOUT / "build")).resolve()
PACKAGES = Path(os.environ.get("BACKSTOP_PACKAGES", CHECKOUT / ".state-packages")).resolve()

HERE = "127.0.0.1"       # the address of everything that listens, and of clients in the local network
STRANGER = "127.0.0.77"  # the address that mail from outside comes from

PATIENCE = 30            # seconds until something awaited counts as not coming


class Failed(Exception):
    """Something that the tests need did not come about."""


def wait_for(what, condition, seconds=PATIENCE):
    """Calls `condition` until it gives something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


def free_port():
    """A port that nothing listens on. It lies below those that the kernel gives to outgoing connections, so that none
    of these takes it before the server that it is meant for does."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(12000, 32000)
        with socket.socket() as probe:
            with contextlib.suppress(OSError):
                probe.bind((HERE, port))
                return port
    raise Failed("no free port between 12000 and 32000")


def listens(port):
    try:
        socket.create_connection((HERE, port), 1).close()
        return True
    except OSError:
        return False


def need_root():
    """Mail servers start as root. Without it: once more through sudo where that asks nothing, else a skip by name."""
    if os.geteuid() == 0:
        return
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        os.execvp("sudo", ["sudo", "-n", f"BACKSTOP_BUILD={BUILD}", f"BACKSTOP_PACKAGES={PACKAGES}",
                           sys.executable, *sys.argv])
    raise Skip("mail servers start as root: run this as root, or where sudo asks for no password")


def package(name):
    """The folder that the Debian package `name` is unpacked in."""
    unpack = subprocess.run([CHECKOUT / "scripts/packages", "unpack", PACKAGES],
                            capture_output=True, text=True, check=False)
    if unpack.returncode != 0:
        raise Skip("the mail servers could not be unpacked: " + " ".join(unpack.stderr.split()))
    return PACKAGES / name


def libraries():
    """Folders of the shared libraries that were unpacked because the machine has none."""
    return [str(folder) for folder in sorted((PACKAGES / "libraries").glob("**/*-linux-gnu*"))]


def built(name):
    """The path of a program of ours."""
    for folder in ("src/daemon", "src/cli", "tests/mta"):
        if (BUILD / folder / name).is_file():
            return BUILD / folder / name
    raise Failed(f"{name} is not built in {BUILD}: run ninja there, or name the build directory in BACKSTOP_BUILD")


@contextlib.contextmanager
def scratch(name):
    """A directory that every account may enter, removed at the end unless its `keep` file was made."""
    path = Path(tempfile.mkdtemp(prefix=f"backstop-{name}."))
    path.chmod(0o755)
    try:
        yield path
    except Skip:
        shutil.rmtree(path)
        raise
    except BaseException:
        note(f"what was going on is kept in {path}")
        raise
    if (path / "keep").exists():
        note(f"what was going on is kept in {path}")
    else:
        shutil.rmtree(path)


class Process:
    """A program that runs until stop(); its output goes into a file."""

    def __init__(self, command, output, env=None, cwd=None):
        self.command, self.output = [str(word) for word in command], Path(output)
        with open(self.output, "ab") as out:
            self.popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd,
                                          env=env, start_new_session=True)
        self.pid = self.popen.pid
        # Stops it where we are killed before we can: our end of the pipe closes with us.
        self.guard = subprocess.Popen(["/bin/sh", "-c", 'read -r _ || kill -- "-$0"', str(self.pid)],
                                      stdin=subprocess.PIPE, start_new_session=True)

    def running(self):
        return self.popen.poll() is None

    def wait_until(self, what, condition):
        """Waits as wait_for does, but ends at once where the program has ended."""
        def ready():
            if not self.running():
                raise Failed(f"{self.command[0]} ended with status {self.popen.returncode} before {what}:\n"
                             + self.tail())
            return condition()
        return wait_for(what, ready)

    def tail(self, lines=20):
        return "\n".join(self.output.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, how=signal.SIGTERM):
        if self.running():
            self.popen.send_signal(how)
            try:
                self.popen.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait(PATIENCE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # those of its children that have not noticed yet
        if self.guard.poll() is None:
            self.guard.communicate(b"\n")
        return self.popen.returncode
