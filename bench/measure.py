# SPDX-License-Identifier: BSD-2-Clause
"""What the measurements of bench/ have in common: building, filters as processes and what they use of the machine, the
load generator, targets."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
STARTED = time.monotonic()
PATIENCE = 20          # seconds until something awaited counts as not coming
STEP_LIMIT = 90        # seconds that one load may take
CALM_BUDGET = 60       # seconds, in all, that are waited for a calm machine


class Failed(Exception):
    """The measurement cannot go on."""


def progress(text):
    print(f"[{time.monotonic() - STARTED:4.0f} s] {text}", file=sys.stderr, flush=True)


def quiet(*command):
    """Runs a command; shows what it says only where it fails."""
    done = subprocess.run([str(word) for word in command], cwd=CHECKOUT, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise Failed(f"{command[0]} failed:\n{done.stdout[-3000:]}")


def build(directory):
    if not all(Path("/usr/include", header).exists() for header in ("libmilter/mfapi.h", "spf2/spf.h")):
        quiet(CHECKOUT / "scripts/packages", "install")
        if (directory / "build.ninja").exists():
            quiet("meson", "setup", "--wipe", directory)  # it remembers what was missing
    if not (directory / "build.ninja").exists():
        quiet("meson", "setup", directory, "-Dbuildtype=release", "-Dbench=true", "-Dtests=disabled",
              "-Dwerror=false")
    quiet("ninja", "-C", directory, "bench-programs")


def free_port():
    """Below the ports that the kernel gives to outgoing connections, so that none of these takes it."""
    while True:
        port = random.SystemRandom().randrange(12000, 32000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def listens(port):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    return False


def children(parent):
    """Pids of all processes below `parent`, and its own."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [parent]
    for pid in found:
        found += [child for child, its_parent in parents.items() if its_parent == pid]
    return found


class Machine:
    """How busy it is, from /proc/stat. Waiting until it is calm takes CALM_BUDGET seconds of the whole run at most."""

    def __init__(self):
        self.budget = CALM_BUDGET

    @staticmethod
    def times():
        """Seconds so far that all processors were busy, that the hypervisor kept from them, and that there were."""
        fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        idle, stolen = fields[3] + fields[4], fields[7]
        return (sum(fields) - idle - stolen) / TICKS, stolen / TICKS, sum(fields) / TICKS

    def wait_until_calm(self):
        end = time.monotonic() + self.budget
        busy = 1
        while busy > 0.1 and time.monotonic() < end:
            before = self.times()
            time.sleep(0.4)
            after = self.times()
            busy = (after[0] - before[0]) / max(after[2] - before[2], 0.01)
        self.budget = max(0, end - time.monotonic())


class Program:
    """A program under measurement, or one that those need: `name` for the tables, what answers to expect of it where
    it is a filter, and how it is started."""

    def __init__(self, name, expect, command, port, directory, env=None, patience=PATIENCE,
                 settle=0.3):
        self.name, self.expect, self.port = name, expect, port
        self.output = directory / f"{name.replace(' ', '-')}.log"
        with open(self.output, "wb") as out:
            self.popen = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=out, env=env, start_new_session=True)
        end = time.monotonic() + patience
        while not listens(port):
            if self.popen.poll() is not None or time.monotonic() > end:
                raise Failed(f"{name} does not listen:\n{self.output.read_text()[-2000:]}")
            time.sleep(0.05)
        time.sleep(settle)
        self.pids = children(self.popen.pid)

    def cpu(self):
        """Seconds of processor time so far, of all its processes."""
        if children(self.popen.pid) != self.pids:
            raise Failed(f"a process of {self.name} ended:\n{self.output.read_text()[-2000:]}")
        # What clock_getcpuclockid(3) gives: user and system time of all threads, those that ended included.
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in self.pids)

    def memory(self):
        """Bytes of all its processes: proportional share and resident, as two numbers."""
        def kilobytes(pid, name):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            return next(int(line.split()[1]) for line in lines if line.startswith(name))
        return [1024 * sum(kilobytes(pid, name) for pid in self.pids) for name in ("Pss:", "Rss:")]

    def stop(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(PATIENCE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


class Bench:
    def __init__(self, build_directory, quick, name="bench-run"):
        self.build, self.quick = build_directory, quick
        self.directory = build_directory / name
        self.key = self.directory / "batv.0.key"
        self.programs, self.good, self.machine = [], True, Machine()

    def prepare(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.key.write_text("a secret that guards nothing\n")
        self.key.chmod(0o600)

    def start(self, name, expect, command, port, **options):
        program = Program(name, expect, command, port, self.directory, **options)
        self.programs.append(program)
        return program

    def start_backstopd(self, name, level, more="", expect="gate"):
        port = free_port()
        configuration = self.directory / f"{port}.conf"
        configuration.write_text(f"""\
user = ""
log = stderr
log-level = {level}
milter = {{ "inet:127.0.0.1:{port}" }}
socketmap = {{ "inet:127.0.0.1:{free_port()}" }}
key 0 {{ secret-file = "{self.key}" }}
domain "ours.example" {{ mode = enforce }}
{more}""")
        return self.start(name, expect, [self.build / "src/daemon/backstopd", "-c", configuration], port)

    def start_floor(self, name, expect, *options):
        port = free_port()
        return self.start(name, expect,
                          [self.build / "bench/bench-floor-libevent", *options, f"inet:127.0.0.1:{port}"], port)

    def start_libmilter(self):
        port = free_port()
        return self.start("libmilter", "nothing",
                          [self.build / "bench/bench-floor-libmilter", f"inet:{port}@127.0.0.1"], port)

    def stop_all(self):
        for program in self.programs:
            program.stop()
        self.programs.clear()

    def load_command(self, program, **options):
        words = [self.build / "bench/bench-load", "--connect", f"inet:127.0.0.1:{program.port}", "--expect",
                 program.expect, "--key", self.key, "--time-limit", STEP_LIMIT]
        for name, value in options.items():
            words += [f"--{name.replace('_', '-')}", value]
        return [str(word) for word in words]

    def load(self, program, **options):
        """Runs a load; returns its report, with the filter's processor time for each message in microseconds, and
        the shares of the machine's time that other work and the hypervisor took."""
        self.machine.wait_until_calm()
        machine, before = self.machine.times(), program.cpu()
        done = subprocess.run(self.load_command(program, **options), capture_output=True, text=True, check=False,
                              timeout=STEP_LIMIT + PATIENCE)
        if done.returncode not in (0, 1):
            raise Failed(done.stderr)
        report = json.loads(done.stdout)
        used = program.cpu() - before
        busy, stolen, available = (after - before for after, before in zip(self.machine.times(), machine))
        report["cpu"] = used / max(report["messages"], 1) * 1e6
        report["others"] = max(0, busy - used - report["generator-cpu-seconds"]) / available
        report["stolen"] = stolen / available
        if not report["good"]:
            self.good = False
            progress(f"{program.name}: WRONG: {report['first-fault'] or 'out of time'}, see {self.directory}")
        return report

    @contextlib.contextmanager
    def idle_sessions(self, program, count):
        """Holds so many sessions."""
        with subprocess.Popen(self.load_command(program, idle=count), stdout=subprocess.PIPE, text=True) as holder:
            if holder.stdout.readline() != "idle\n":
                raise Failed(f"{count} idle sessions did not come about")
            try:
                yield
            finally:
                holder.send_signal(signal.SIGTERM)
                report = json.loads(holder.stdout.read())
                if report["broken-sessions"]:
                    self.good = False
                    progress(f"{report['broken-sessions']} idle sessions were ended by {program.name}")


def spread(values):
    return f"{statistics.median(values):6.2f} ({min(values):.2f} to {max(values):.2f})"


def check(bench, what, value, limit, unit, sure=True):
    """Says whether a target was met. One that was missed while other work disturbed is neither met nor missed."""
    bench.good = bench.good and (value <= limit or not sure)
    verdict = "met" if value <= limit else "MISSED" if sure else "unsure"
    print(f"{verdict:7} {what}: {value:.2f} {unit}, at most {limit} {unit}")
