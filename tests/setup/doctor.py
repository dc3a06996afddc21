#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop doctor` beside a real Postfix and a real backstopd: nothing is found while all is well; then one thing at a
time is broken, found with its repair, and mended again."""

import contextlib
import grp
import os
import pwd
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from setup_world import ALICE, USER, setup_world

from mta import bounces, machine
from mta.postfix import OWNER
from mta.sink import Sink
from mta.tap import Suite

suite = Suite()
CLEAN, WARNINGS, SERIOUS, UNKNOWN = range(4)
AT_FIRST = {}  # what the files were when all was well


def heal(world):
    """Puts the files back as they were when all was well."""
    for path, content in AT_FIRST.items():
        path.write_bytes(content)
        os.utime(path, (time.time() - 60, time.time() - 60))


def expect(world, status, wanted, repair, *words):
    """Exactly these findings, each with a repair; the first with this one."""
    found_status, found = world.doctor(*words)
    wanted = wanted.split()
    assert sorted(found) == sorted(wanted), found
    assert found_status == status, (found_status, found)
    assert all(finding["repair"] for finding in found.values()), found
    assert repair in found[wanted[0]]["repair"], found[wanted[0]]
    return found[wanted[0]]["problem"]


@contextlib.contextmanager
def broken(world):
    """What is done in here is undone at the end, and all is well again."""
    try:
        yield
    finally:
        heal(world)
    status, found = world.doctor()
    assert (status, found) == (CLEAN, {}), found


@suite.case("on a machine that was just set up it finds nothing")
def _(world):
    done = world.backstop("doctor", "-c", world.config)
    assert done.returncode == CLEAN and "Nothing is wrong. Checked: configuration, keys, clock, backstopd, Postfix" \
        in done.stdout and not done.stderr, done
    assert world.doctor() == (CLEAN, {})


@suite.case("it changes nothing, and delivers nothing")
def _(world):
    files = world.files()
    world.doctor()
    assert world.files() == files and not world.postfix.queued() and not world.box.messages()


@suite.case("backstopd is down: it says so, and what Postfix does meanwhile is true")
def _(world):
    world.stop_daemon()
    problem = expect(world, SERIOUS, "daemon-down", "systemctl start backstop")
    assert all(name in problem for name in world.sockets) and "deferred meanwhile" in problem, problem
    reply = world.send("someone@world.example", ALICE, "Subject: deferred\n\n")
    assert reply.code in (450, 451), reply
    assert world.doctor("--no-probe") == (CLEAN, {})
    world.start_daemon()
    assert world.doctor() == (CLEAN, {})


@suite.case("the configuration has an error: its line is named")
def _(world):
    with broken(world):
        world.config.write_text(world.config.read_text() + "mdoe = sign\n")
        lines = world.config.read_text().count("\n")
        problem = expect(world, SERIOUS, "config-bad", "backstop config check")
        assert f"{world.config}:{lines}:" in problem, problem


@suite.case("there is no configuration: setup makes one")
def _(world):
    done = world.backstop("doctor", "-c", world.directory / "absent.conf")
    assert done.returncode == SERIOUS and "repair: backstop setup" in done.stdout, done


@suite.case("everybody may read the key")
def _(world):
    with broken(world):
        world.key.chmod(0o644)
        expect(world, SERIOUS, "key-bad", f"chmod 0640 {world.key}", "--no-probe")
        world.key.chmod(0o640)


@suite.case("backstopd's user cannot read the key")
def _(world):
    with broken(world):
        os.chown(world.key, 0, 0)
        problem = expect(world, SERIOUS, "key-unreadable", f"chown root:{grp.getgrnam(USER).gr_gid} {world.key}")
        assert f'"{USER}"' in problem, problem
        os.chown(world.key, 0, grp.getgrnam(USER).gr_gid)


@suite.case("the key is gone")
def _(world):
    with broken(world):
        away = world.key.rename(world.key.with_suffix(".away"))
        expect(world, SERIOUS, "key-bad", "backstop setup --write")
        away.rename(world.key)


@suite.case("the key is short enough to be guessed, and another than the daemon's")
def _(world):
    with broken(world):
        world.key.write_text("secret\n")
        expect(world, SERIOUS, "key-short stale-daemon", "backstop batv keygen")


@suite.case("the clock is behind the key's date")
def _(world):
    with broken(world):
        os.utime(world.key, (time.time() + 5 * 86400, time.time() + 5 * 86400))
        expect(world, SERIOUS, "clock-behind", "timedatectl")


@suite.case("the user that backstopd is to become does not exist")
def _(world):
    with broken(world):
        world.config.write_text(world.config.read_text().replace(f'user = "{USER}"', 'user = "nosuchuser"'))
        expect(world, SERIOUS, "user-missing", "useradd --system")


@suite.case("backstopd runs with another key than the file holds, until it is reloaded")
def _(world):
    with broken(world):
        world.key.write_text("f" * 64 + "\n")
        problem = expect(world, SERIOUS, "stale-daemon", "systemctl reload backstop")
        assert "the tag that mail from example.com gets is not signed by a key of the file" in problem, problem
        world.reload_daemon()
        assert world.doctor() == (CLEAN, {})
        heal(world)
        world.reload_daemon()


@suite.case("backstopd runs with another mode than the file says, until it is reloaded")
def _(world):
    with broken(world):
        world.config.write_text(world.config.read_text().replace("mode = sign", "mode = enforce"))
        problem = expect(world, SERIOUS, "stale-daemon", "systemctl reload backstop")
        assert "a bounce to a forged tag of example.com is not refused" in problem, problem
        world.reload_daemon()
        assert world.doctor() == (CLEAN, {})
        heal(world)
        world.reload_daemon()


@suite.case("another program has the milter's port")
def _(world):
    with broken(world):
        sink = Sink()
        world.config.write_text(world.config.read_text().replace(world.sockets[0], f"inet:127.0.0.1:{sink.port}"))
        world.postfix.edit(world.sockets[0], f"inet:127.0.0.1:{sink.port}")
        expect(world, SERIOUS, "probe-failed", "ss -lxntp")
        sink.stop()


@suite.case("a filter may open fewer files than it lets sessions in")
def _(world):
    world.stop_daemon()
    world.start_daemon("prlimit", "--nofile=512:512", "--")
    problem = expect(world, WARNINGS, "open-files", "LimitNOFILE= to 10064")
    assert "512" in problem, problem
    world.stop_daemon()
    world.start_daemon()


FAULTS = (
    # what is wrong, what it is changed from and to in main.cf, findings, status, a part of the first's repair
    ("smtpd_milters does not name backstop", "smtpd_milters = {milter},\n", "smtpd_milters =\n", "smtpd-milter-missing",
     SERIOUS, "backstop setup --write"),
    ("non_smtpd_milters does not name backstop", "non_smtpd_milters = {milter}\n", "", "local-milter-missing", WARNINGS,
     "backstop setup --write"),
    ("virtual_alias_maps does not name backstop", "{map}, ", "", "map-missing", SERIOUS, "backstop setup --write"),
    ("virtual_alias_maps asks for a map of another name", ":backstop,", ":another,", "map-name", SERIOUS,
     "backstop setup --write"),
    ("virtual_alias_maps leads to another port", "{map},", "socketmap:inet:127.0.0.1:9:backstop,", "map-elsewhere", SERIOUS,
     "backstop setup --write"),
    ("mail passes while backstopd is down", "smtpd_milters = {milter},", "smtpd_milters = {socket},", "default-action",
     WARNINGS, "default_action=tempfail"),
    ("Postfix speaks too old a protocol", "milter_default_action", "milter_protocol = 4\nmilter_default_action", "protocol",
     SERIOUS, "milter_protocol = 6"),
    ("refusals become deferrals", "milter_default_action", "soft_bounce = yes\nmilter_default_action", "soft-bounce",
     WARNINGS, "soft_bounce = no"),
    ("milters are switched off", "milter_default_action",
     "receive_override_options = no_milters\nmilter_default_action", "no-milters", SERIOUS, "take no_milters out"),
    ("a canonical map takes the tag off the sender", "milter_default_action",
     "sender_canonical_maps = regexp:{etc}/strip\nmilter_default_action", "canonical", SERIOUS, "begin with prvs="),
    ("our own map takes the tag off the sender", "milter_default_action",
     "canonical_maps = {map}\nmilter_default_action", "canonical", SERIOUS, "begin with prvs="),
    ("a map before ours catches every address", "virtual_alias_maps = ", "virtual_alias_maps = regexp:{etc}/catch ",
     "map-shadowed", SERIOUS, "put ours first"),
    ("a domain of Postfix's is not in the configuration", "example.com example.net", "example.com example.net new.example",
     "domain-unlisted", WARNINGS, 'domain "new.example" {{ mode = off }}'),
    ("a network of Postfix's is not in the configuration", "mynetworks = 127.0.0.1/32", "mynetworks = 127.0.0.1/32 192.0.2.0/24",
     "network-unlisted", WARNINGS, '"192.0.2.0/24"'),
)


def register(what, old, new, findings, status, repair):
    @suite.case(what)
    def _(world):
        values = {"milter": f"{{ {world.sockets[0]}, default_action=tempfail }}", "socket": world.sockets[0],
                  "map": f"socketmap:{world.sockets[1]}:backstop", "etc": world.postfix.configuration}
        world.postfix.write("strip", ["/^prvs=[^=]*=(.*)$/ $1\n"])
        world.postfix.write("catch", ["/@example\\.com$/ alice@example.com\n"])
        with broken(world):
            world.postfix.edit(old.format(**values), new.format(**values))
            expect(world, status, findings, repair.format(**values))


for fault in FAULTS:
    register(*fault)


@suite.case("the submission service has milters of its own, without backstop")
def _(world):
    with broken(world):
        master = world.postfix.configuration / "master.cf"
        world.postfix.write("master.cf", [master.read_text(), "submission inet n - n - - smtpd\n  -o smtpd_milters=\n"
                                          "127.0.0.1:10025 inet n - n - - smtpd\n  -o smtpd_milters=\n"])
        expect(world, WARNINGS, "service-override", "postconf -PX submission/inet/smtpd_milters")


@suite.case("the repair of a service without milters is right")
def _(world):
    with broken(world):
        master = world.postfix.configuration / "master.cf"
        world.postfix.write("master.cf", [master.read_text(), "submission inet n - n - - smtpd\n  -o smtpd_milters=\n"])
        _, found = world.doctor()
        world.postfix.run(*found["service-override"]["repair"].split(",")[0].split())
        assert world.doctor() == (CLEAN, {})


def use_unix_sockets(world, directory):
    """backstopd on unix sockets below a directory that its user may write to."""
    directory.mkdir(exist_ok=True)
    os.chown(directory, pwd.getpwnam(USER).pw_uid, grp.getgrnam(OWNER).gr_gid)
    directory.chmod(0o750)
    world.stop_daemon()
    text = world.config.read_text()
    for socket, name in zip(world.sockets, ("milter", "map")):
        text = text.replace(socket, f"unix:{directory}/{name}")
    world.config.write_text(text)
    world.daemon = machine.Process([machine.built("backstopd"), "-c", world.config], world.directory / "backstopd.log")
    world.daemon.wait_until("unix sockets", lambda: (directory / "map").exists())


@contextlib.contextmanager
def unix_sockets(world, place, group):
    """All put together over unix sockets. setup cannot know the old milter for ours: it was on no default address."""
    with broken(world):
        try:
            world.config.write_text(f'socket-group = "{group}"\n' + world.config.read_text())
            use_unix_sockets(world, place)
            assert world.setup("--write").returncode == 0
            problem = expect(world, SERIOUS, "other-milter-down", "take the item out of smtpd_milters",
                             "--postfix-config", world.postfix.configuration) if group == OWNER else world.sockets[0]
            assert world.sockets[0] in problem, problem
            world.postfix.edit(f", {{ {world.sockets[0]}, default_action=tempfail }}", "")
            yield
        finally:
            world.stop_daemon()
            heal(world)
            world.start_daemon()


@suite.case("unix sockets below the queue directory, open to Postfix's group: nothing is wrong")
def _(world):
    with unix_sockets(world, world.postfix.queue / "backstop", OWNER):
        assert "unix:backstop/milter" in world.postfix.postconf("smtpd_milters")
        assert world.doctor() == (CLEAN, {})


@suite.case("unix sockets that Postfix's user may not open")
def _(world):
    with unix_sockets(world, world.postfix.queue / "backstop", USER):
        problem = expect(world, SERIOUS, "socket-denied", f'socket-group = "{OWNER}"')
        assert f'"{OWNER}"' in problem, problem


@suite.case("unix sockets that a chrooted smtpd does not see")
def _(world):
    with unix_sockets(world, world.directory / "sockets", OWNER):
        assert world.doctor() == (CLEAN, {})
        master = world.postfix.configuration / "master.cf"
        world.postfix.write("master.cf", [master.read_text().replace("inet  n - n - - smtpd", "inet  n - y - - smtpd")])
        problem = expect(world, SERIOUS, "chroot", "unix:backstop/milter")
        assert f"{world.postfix.queue}{world.directory}/sockets/milter" in problem, problem


@suite.case("what cannot be found out is told as unknown, unless it is left out")
def _(world):
    assert expect(world, UNKNOWN, "postfix-unknown", "--no-postfix", "--postconf", world.directory / "absent")
    assert world.doctor("--no-postfix") == (CLEAN, {})
    assert expect(world, UNKNOWN, "postfix-unknown", "--no-postfix", "--postfix-config", world.directory)


@suite.case("a recipient_delimiter of = does no harm, and nothing is said of it")
def _(world):
    with broken(world):
        world.postfix.edit("recipient_delimiter = +", "recipient_delimiter = =")
        world.reload_postfix()
        assert world.send("", world.sign(ALICE), bounces.report(ALICE, subject="with another delimiter")).accepted
        world.box.wait_for_subject("with another delimiter")
        assert world.doctor() == (CLEAN, {})


@suite.case("words that it does not know are refused")
def _(world):
    for words in (["--porbe"], ["now"]):
        done = world.backstop("doctor", *words)
        assert done.returncode == 64 and done.stderr, done


@contextlib.contextmanager
def healthy_world():
    with setup_world("doctor") as world:
        assert world.setup("--write").returncode == 0
        world.start_daemon()
        world.reload_postfix()
        for path in (world.config, world.key, world.postfix.main_cf_file, world.postfix.configuration / "master.cf"):
            AT_FIRST[path] = path.read_bytes()
        heal(world)
        yield world


if __name__ == "__main__":
    suite.run(healthy_world)
