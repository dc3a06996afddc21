#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop` as its users meet it: help, misspelt commands, colour, and `backstop config` with its exit statuses."""

import contextlib
import json
import os
import pathlib
import pty
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from mta import machine
from mta.tap import Suite

suite = Suite()
GOOD = 'key 0 {{ secret-file = "{key}" }}\ndomain "example.com" {{ mode = enforce }}\n'


class World:
    def __init__(self, directory):
        self.directory = directory
        self.keep = False
        self.key = self.file("key", "secret\n", 0o640)
        self.good = self.file("good.conf", GOOD.format(key=self.key))

    def file(self, name, text, mode=0o644):
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def run(self, *arguments, **options):
        settings = {"capture_output": True, "text": True, "timeout": 30, "check": False, **options}
        return subprocess.run([machine.built("backstop"), *map(str, arguments)], **settings)


@contextlib.contextmanager
def make_world():
    with machine.scratch("cli") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


def on_a_terminal(world, arguments, environment):
    """What the command writes to a terminal."""
    ours, its = pty.openpty()
    try:
        world.run(*arguments, capture_output=False, stdout=its, stderr=its, env={**os.environ, **environment})
        os.close(its)
        return os.read(ours, 65536).decode()
    finally:
        os.close(ours)


@suite.case("without a command the usage goes to stderr with status 64, with help to stdout with status 0")
def _(world):
    bare, asked = world.run(), world.run("help")
    assert (bare.returncode, bare.stdout) == (64, "") and bare.stderr.startswith("usage: backstop COMMAND"), bare
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, bare.stderr, ""), asked
    assert world.run("--help").stdout == asked.stdout
    assert world.run("--version").stdout.startswith("backstop ")


@suite.case("a misspelt command is told the one that was meant, with status 64")
def _(world):
    for arguments, meant in (("confg", "config"), ("help confg", "config"), ("config chekc", "check")):
        run = world.run(*arguments.split())
        assert run.returncode == 64 and f'did you mean "{meant}"?' in run.stderr and not run.stdout, run
    assert "`backstop help` lists them" in world.run("frobnicate").stderr


@suite.case("every command that help names shows its usage")
def _(world):
    names = [line.split()[0] for line in world.run("help").stdout.splitlines() if line.startswith("  ")]
    assert "config" in names
    for name in names:
        run = world.run("help", name)
        assert run.returncode == 0 and "usage: backstop" in run.stdout and not run.stderr, run


@suite.case("there is colour on a terminal, unless NO_COLOR or a dumb terminal says otherwise")
def _(world):
    assert "\033[" in on_a_terminal(world, ["help"], {"TERM": "xterm", "NO_COLOR": ""})
    assert "\033[" not in on_a_terminal(world, ["help"], {"TERM": "xterm", "NO_COLOR": "1"})
    assert "\033[" not in on_a_terminal(world, ["help"], {"TERM": "dumb", "NO_COLOR": ""})
    assert "\033[" not in world.run("help", env={**os.environ, "TERM": "xterm"}).stdout


@suite.case("config check says that a good configuration is good")
def _(world):
    for arguments in ([world.good], ["-c", world.good], [f"--config={world.good}"]):
        run = world.run("config", "check", *arguments)
        assert (run.returncode, run.stderr) == (0, "") and run.stdout.startswith(f"{world.good}: good"), run
    run = world.run("config", "check", "--json", world.good)
    assert run.returncode == 0 and json.loads(run.stdout) == {"file": str(world.good), "result": "good"}, run


@suite.case("config check reads standard input where the file is -")
def _(world):
    run = world.run("config", "check", "-", input="\nfilters = many\n")
    assert run.returncode == 78 and run.stderr.startswith("backstop: /dev/stdin:2: filters: \"many\" is not"), run


@suite.case("config check names the line of an error, with status 78")
def _(world):
    bad = world.file("bad.conf", 'domain "example.com" {\n    mdoe = sign\n}\n')
    says = f'{bad}:2: unknown option "mdoe" in domain "example.com"; did you mean "mode"?'
    run = world.run("config", "check", bad)
    assert (run.returncode, run.stdout, run.stderr) == (78, "", f"backstop: {says}\n"), run
    run = world.run("config", "check", "--json", bad)
    assert run.returncode == 78 and json.loads(run.stdout) == {"file": str(bad), "result": "bad", "error": says}, run
    assert world.run("config", "show", bad).returncode == 78


@suite.case("config check reads the key files, and names the section of one that cannot be used")
def _(world):
    for key, says in ((world.directory / "none", "No such file"),
                      (world.file("open", "secret\n", 0o644), "everybody")):
        run = world.run("config", "check", world.file("keys.conf", "\n" + GOOD.format(key=key)))
        assert run.returncode == 78 and "keys.conf:2: key 0: " in run.stderr and says in run.stderr, run


@suite.case("a configuration that is not there is named, and what makes one")
def _(world):
    run = world.run("config", "check", world.directory / "none.conf")
    assert run.returncode == 78 and f"{world.directory}/none.conf: no such file" in run.stderr, run
    assert "backstop setup" in run.stderr


@suite.case("what config show prints is a configuration that shows the same")
def _(world):
    shown = world.run("config", "show", world.good).stdout
    again = world.run("config", "show", world.file("shown.conf", shown))
    assert again.returncode == 0 and again.stdout == shown and "mode = enforce" in shown, again
    data = json.loads(world.run("config", "show", "--json", world.good).stdout)
    assert data["domain"][0]["mode"] == "enforce" and data["tag-lifetime"] == 7 * 86400, data


@suite.case("what config sample prints means the defaults")
def _(world):
    sample = world.file("sample.conf", world.run("config", "sample").stdout)
    empty = world.file("empty.conf", "")
    assert world.run("config", "show", sample).stdout == world.run("config", "show", empty).stdout
    assert world.run("config", "check", sample).returncode == 0


@suite.case("an output that cannot be written is an error, with status 74")
def _(world):
    with open("/dev/full", "w", encoding="ascii") as full:
        run = world.run("config", "sample", capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert run.returncode == 74, run


@suite.case("a key that cannot be written whole leaves no file behind")
def _(world):
    key = world.directory / "half.key"
    def limit_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    for words in (["batv", "keygen"], ["dkim", "keygen", "--domain", "example.com", "--selector", "may"]):
        run = world.run(*words, key, preexec_fn=limit_files, restore_signals=False)  # SIGXFSZ stays ignored
        assert run.returncode == 73 and "No space left" in run.stderr and not run.stdout, run
        assert not key.exists(), words


@suite.case("an unknown option or one argument too many shows the usage, with status 64")
def _(world):
    for arguments in (["check", "--jsno"], ["check", world.good, world.good], []):
        run = world.run("config", *arguments)
        assert run.returncode == 64 and run.stderr and not run.stdout, run


suite.run(make_world)
