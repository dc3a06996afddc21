#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The daemon as a process: sockets of every kind, readiness, reload, a filter that dies, stopping, privileges."""

import contextlib
import fcntl
import os
import pathlib
import signal
import socket
import stat
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from daemon.milter import Mta, connect, forged_bounce, frame, header, macros, mail, rcpt
from mta import machine
from mta.backstopd import Backstopd
from mta.tap import Skip, Suite

suite = Suite()
FORGED = "<prvs=1000abcdef=user@ours.example>"
DOMAINS = {"ours.example": "mode = enforce"}


class World:
    def __init__(self, directory):
        self.directory = directory
        self.count = 0
        self.keep = False

    def folder(self):
        self.count += 1
        folder = self.directory / str(self.count)
        folder.mkdir()
        return folder

    @contextlib.contextmanager
    def daemon(self, options="", unix=False):
        daemon = Backstopd(self.folder(), dict(DOMAINS), options, unix)
        daemon.start()
        try:
            yield daemon
        finally:
            daemon.stop()


@contextlib.contextmanager
def make_world():
    with machine.scratch("lifecycle") as directory:
        world = World(directory)
        yield world
        if world.keep:
            (directory / "keep").touch()


def path_of(name):
    return name.removeprefix("unix:")


@suite.case("unix sockets have the mode that the configuration says, and go when the daemon stops")
def _(world):
    with world.daemon("socket-mode = 0600", unix=True) as daemon:
        assert stat.S_IMODE(os.stat(path_of(daemon.milter)).st_mode) == 0o600
        assert Mta(path_of(daemon.milter)).refuses_forged_bounce(FORGED)
        assert daemon.stop() == 0
        assert not os.path.exists(path_of(daemon.milter))


@suite.case("a socket file that a killed daemon left is taken over, one in use is not")
def _(world):
    with world.daemon(unix=True) as daemon:
        second = Backstopd(daemon.directory, dict(DOMAINS), unix=True)
        refused = subprocess.run([machine.built("backstopd"), "-c", second.file], capture_output=True, text=True,
                                 timeout=20, check=False)
        assert refused.returncode == 78 and "another backstopd" in refused.stderr, refused
        daemon.process.stop(signal.SIGKILL)
        assert os.path.exists(path_of(daemon.milter))
        daemon.process.output.unlink()  # it says " is ready" already
        daemon.start()
        assert Mta(path_of(daemon.milter)).refuses_forged_bounce(FORGED)


@suite.case("sockets that systemd hands over are served under their names")
def _(world):
    folder = world.folder()
    daemon = Backstopd(folder, dict(DOMAINS), unix=True)
    daemon.configure()
    sockets = {}
    for name in ("milter", "socketmap"):
        sockets[name] = socket.socket(socket.AF_UNIX)
        sockets[name].bind(str(folder / f"activated-{name}"))
        sockets[name].listen()
    hand_over = "import os,sys\nfor n,f in enumerate(map(int,sys.argv[1:3])): os.dup2(f,3+n,True)\n" \
                "os.environ.update(LISTEN_FDS='2',LISTEN_FDNAMES='milter:socketmap',LISTEN_PID=str(os.getpid()))\n" \
                "os.execv(sys.argv[3],sys.argv[3:])"
    high = [fcntl.fcntl(s, fcntl.F_DUPFD, 10) for s in sockets.values()]
    for fd in high:
        os.set_inheritable(fd, True)
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([sys.executable, "-c", hand_over, *map(str, high), machine.built("backstopd"), "-c",
                                    daemon.file], pass_fds=high, stdout=log, stderr=log)
    try:
        machine.wait_for("the daemon to be ready", lambda: b" is ready" in (folder / "log").read_bytes())
        assert Mta(folder / "activated-milter").refuses_forged_bounce(FORGED)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(folder / "activated-socketmap"))
            client.settimeout(10)
            client.sendall(b"21:backstop ours.example,")
            assert client.recv(100) == b"9:NOTFOUND ,"
        assert not os.path.exists(path_of(daemon.milter)), "the configured socket was opened as well"
    finally:
        process.terminate()
        process.wait(20)


@suite.case("systemd is told when the daemon is ready, reloads and stops")
def _(world):
    folder = world.folder()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(folder / "notify"))
        notify.settimeout(20)
        os.environ["NOTIFY_SOCKET"] = str(folder / "notify")
        try:
            daemon = Backstopd(folder, dict(DOMAINS))
            daemon.start()
            assert notify.recv(100) == b"READY=1"
            daemon.reload()
            assert notify.recv(100) == b"RELOADING=1"
            assert notify.recv(100) == b"READY=1"
            daemon.stop()
            assert notify.recv(100) == b"STOPPING=1"
        finally:
            del os.environ["NOTIFY_SOCKET"]
            daemon.stop()


@suite.case("a filter that is killed is replaced, and the log says what happened")
def _(world):
    with world.daemon() as daemon:
        before = daemon.filters()
        assert len(before) == 2
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        machine.wait_for("two new filters", lambda: len(set(daemon.filters()) - set(before)) == 2)
        assert "died of signal 9" in daemon.log()
        assert Mta(daemon.milter_port).refuses_forged_bounce(FORGED)


@suite.case("on SIGHUP an open session finishes on the old configuration, new ones get the new")
def _(world):
    with world.daemon() as daemon:
        old = Mta(daemon.milter_port)
        old.send(connect())
        assert old.ask(mail("<>")) == b"c"
        daemon.domains["ours.example"] = "mode = sign"
        assert "is in force" in daemon.reload()
        assert old.ask(rcpt(FORGED))[:4] == b"y550", "the old session changed its configuration"
        assert not Mta(daemon.milter_port).refuses_forged_bounce(FORGED)
        old.close()
        machine.wait_for("the old filters to end", lambda: len(daemon.filters()) == 2)


@suite.case("after a reload the filters log as the new configuration says")
def _(world):
    with world.daemon() as daemon:
        before = daemon.filters()
        daemon.options = "log-level = error"
        daemon.configure()
        daemon.process.popen.send_signal(signal.SIGHUP)
        machine.wait_for("new filters", lambda: len(now := daemon.filters()) == 2 and not set(now) & set(before))
        assert Mta(daemon.milter_port).refuses_forged_bounce(FORGED)
        daemon.options = ""
        assert "is in force" in daemon.reload()
        assert not daemon.decisions(), "the filters logged more than errors"
        assert Mta(daemon.milter_port).refuses_forged_bounce(FORGED)
        daemon.decided(reason="tag-forged")


def not_yet_read(connection):
    """Bytes on a unix socket that the other side has not taken."""
    return struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]


@suite.case("a peer that is slow to read gets every answer, and the session goes on")
def _(world):
    with world.daemon(unix=True) as daemon:
        slow = Mta(path_of(daemon.milter))
        slow.send(connect())
        asked = 0
        with contextlib.suppress(machine.Failed):  # until the filter reads no more, since its answers lie unread
            while True:
                slow.send(mail("<>"), rcpt(FORGED) * 20)
                asked += 21
                machine.wait_for("the filter to read on", lambda: not_yet_read(slow.socket) == 0, 1)
        for number in range(asked):
            assert slow.answer(), f"answer {number} of {asked} is missing"
        assert slow.ask(rcpt(FORGED))[:4] == b"y550"


def read_what_is_there(pipe):
    try:
        return os.read(pipe, 65536)
    except BlockingIOError:
        return b""


@suite.case("a log that nobody reads stops no session, however long the lines are")
def _(world):
    daemon = Backstopd(world.folder(), dict(DOMAINS))
    daemon.configure()
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    process = subprocess.Popen([machine.built("backstopd"), "-c", daemon.file], stdout=writer, stderr=writer)
    try:
        machine.wait_for("the daemon to be ready", lambda: b" is ready" in read_what_is_there(reader))
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        for _ in range(3):
            session = Mta(daemon.milter_port)
            session.send(connect())
            assert session.ask(mail("<>")) == b"c"
            session.send(macros(b"R", rcpt_addr=FORGED.strip("<>")))
            assert session.ask(rcpt("<" + "\x01" * 1100 + ">"))[:4] == b"y550"
        os.close(writer)
        read_what_is_there(reader)  # there is room again, but nobody who would read
        os.close(reader)
        process.terminate()
        assert process.wait(20) == 0, "nobody reading the log ended the daemon"
    finally:
        process.kill()
        process.wait()


@suite.case("a filter holds no end of the pipe that it told its readiness by")
def _(world):
    with world.daemon() as daemon:
        for pid in daemon.filters():
            held = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
            halves = [name for name in held if name.startswith("pipe:") and held.count(name) == 1]
            assert not halves, f"{halves} of {held}"


@suite.case("a broken configuration never replaces a working one")
def _(world):
    with world.daemon() as daemon:
        filters = daemon.filters()
        assert "backstop.conf:1:" in daemon.reload('domain "ours.example" { mdoe = enforce }\n')
        assert "nothing to protect" in daemon.reload("")
        key = daemon.directory / "key.1"
        key.chmod(0o644)
        assert "everybody may read this key" in daemon.reload()
        key.chmod(0o600)
        daemon.options = 'milter = { "inet:203.0.113.1:9" }'
        assert "is not used" in daemon.reload(daemon.configuration().replace(f'milter = {{ "{daemon.milter}" }}\n', ""))
        assert daemon.filters() == filters
        assert Mta(daemon.milter_port).refuses_forged_bounce(FORGED)


@suite.case("a broken file of rules never replaces working ones, and keeps the daemon from starting")
def _(world):
    rules = world.folder() / "local.rules"
    rules.write_text('rule mine\n    in subject\n    match "xyzzy"\n    says dsn-failed\n    sample "XYZZY"\n')
    with world.daemon(f'rules = {{ "{rules}" }}') as daemon:
        filters = daemon.filters()
        assert "is in force" in daemon.reload()
        filters = daemon.filters()
        rules.write_text("rule mine\n    in nowhere\n")
        news = daemon.reload()
        assert "is not used" in news and f"{rules}:2" in news, news
        assert [pid for pid in daemon.filters() if pid in filters]
        assert Mta(daemon.milter_port).refuses_forged_bounce(FORGED)
        daemon.stop()
        run = subprocess.run([machine.built("backstopd"), "-c", daemon.file], capture_output=True, text=True, timeout=20,
                             check=False)
        assert run.returncode == 78 and f"{rules}:2" in run.stderr, run


def send_whole(mta, sender, recipient, fields, body=b"text"):
    """A message; the last frame of the reply to its end."""
    mta.send(connect("127.0.0.1" if sender else "198.51.100.7"))
    for command in (mail(f"<{sender}>"), rcpt(f"<{recipient}>")):
        assert mta.ask(command) == b"c"
    mta.send(b"".join(header(name, f" {value}") for name, value in fields.items()))
    assert mta.ask(frame(b"N")) == b"c"
    assert mta.ask(frame(b"B", body)) in (b"c", b"s")
    mta.send(frame(b"E"))
    while (answer := mta.answer())[:1] not in b"aycrt":
        pass
    return answer


def answer_to(message_id):
    return {"From": "friend@elsewhere.example", "To": "user@ours.example", "Subject": "Out of office",
            "Auto-Submitted": "auto-replied", "In-Reply-To": message_id}


@suite.case("what one filter sent, every filter knows, also after a reload and after the filter's death")
def _(world):
    with world.daemon() as daemon:
        sent = {"From": "user@ours.example", "Message-ID": "<known@ours.example>"}
        assert send_whole(Mta(daemon.milter_port), "user@ours.example", "friend@elsewhere.example", sent) == b"a"

        def is_known():
            seen = len(daemon.log())
            for _ in range(8):
                reply = send_whole(Mta(daemon.milter_port), "", "user@ours.example", answer_to("<known@ours.example>"),
                                   b"I am out of the office until Monday.")
                assert reply == b"a", reply
            wanted = "reason=auto-reply-proven"
            machine.wait_for("eight lines of the log", lambda: daemon.log()[seen:].count("reason=auto-reply-") == 8)
            return daemon.log()[seen:].count(wanted) == 8

        assert is_known()
        assert "is in force" in daemon.reload()
        assert is_known()
        for pid in daemon.filters():
            os.kill(pid, signal.SIGKILL)
        machine.wait_for("new filters", lambda: len(daemon.filters()) == 2 and machine.listens(daemon.milter_port))
        assert is_known()
        daemon.options = "sent-registry = 16k"
        assert "is in force" in daemon.reload(daemon.configuration())
        assert not is_known(), "a registry of another size begins empty"
        for pid in daemon.filters():
            maps = [line.split() for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()]
            ends = [fields[0].split("-") for fields in maps if fields[1] == "rw-s"]
            assert sum(int(end, 16) - int(begin, 16) for begin, end in ends) < 4 << 20, "the registry before is still held"


@suite.case("a campaign is counted over all filters")
def _(world):
    with world.daemon("campaign-threshold = 7") as daemon:
        left = 300 - time.time() % 300  # of the window that messages are counted in (BS_CAMPAIGN_WINDOW)
        if left < 10:
            time.sleep(left)
        for _ in range(8):
            assert send_whole(Mta(daemon.milter_port), "", "user@ours.example", answer_to("")) == b"a"
        machine.wait_for("the campaign", lambda: "reason=campaign-begins" in daemon.log())
        assert daemon.log().count("decision=tag reason=auto-reply-unclear") == 7, daemon.log()
        assert daemon.log().count("decision=quarantine reason=auto-reply-unclear") == 1, daemon.log()


@suite.case("a reload opens new sockets and closes those that are no longer wanted")
def _(world):
    with world.daemon() as daemon:
        old_port, daemon.milter_port = daemon.milter_port, machine.free_port()
        daemon.milter = f"inet:127.0.0.1:{daemon.milter_port}"
        assert "is in force" in daemon.reload()
        assert Mta(daemon.milter_port).refuses_forged_bounce(FORGED)
        machine.wait_for("the old port to close", lambda: not machine.listens(old_port))


@suite.case("stopping lets a message under way finish and ends idle sessions at once")
def _(world):
    with world.daemon() as daemon:
        idle, busy = Mta(daemon.milter_port), Mta(daemon.milter_port)
        busy.send(connect())
        assert busy.ask(mail("<>")) == b"c"
        daemon.process.popen.send_signal(signal.SIGTERM)
        assert idle.is_closed()
        assert busy.ask(rcpt("<user@ours.example>")) == b"c"
        fields, end_of_header, body = forged_bounce("user@ours.example")
        busy.send(fields)
        assert busy.ask(end_of_header) == busy.ask(body) == b"c"
        assert busy.ask(b"\0\0\0\1E")[:4] == b"y550"
        assert busy.is_closed()
        assert daemon.process.popen.wait(20) == 0


@suite.case("the supervisor's death takes its filters along")
def _(world):
    with world.daemon() as daemon:
        filters = daemon.filters()
        daemon.process.popen.kill()
        machine.wait_for("the filters to end", lambda: not any(os.path.exists(f"/proc/{pid}") for pid in filters))


@suite.case("started as root, everything runs as the configured user with no other groups")
def _(world):
    if os.geteuid() != 0:
        raise Skip("needs root to start with")
    with world.daemon() as daemon:
        pass
    for folder in [daemon.directory, *daemon.directory.parents][:2]:
        folder.chmod(0o755)
    text = daemon.configuration().replace('user = ""', 'user = "nobody"')
    daemon.configuration = lambda: text
    daemon.configure()
    for key in daemon.directory.glob("key.*"):
        os.chown(key, 65534, 65534)
    process = machine.Process([machine.built("backstopd"), "-c", daemon.file], daemon.directory / "nobody.log")
    daemon.process = process
    try:
        process.wait_until("the daemon is ready", lambda: b" is ready" in process.output.read_bytes())
        for pid in [process.pid, *daemon.filters()]:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            assert "Uid:\t65534\t65534\t65534\t65534" in status, status
            assert "Groups:\t \n" in status or "Groups:\t\n" in status, status
            assert "NoNewPrivs:\t1" in status
        assert Mta(daemon.milter_port).refuses_forged_bounce(FORGED)
    finally:
        process.stop()


@suite.case("what is wrong at the start is said on stderr, with exit status 78")
def _(world):
    folder = world.folder()
    for text, says in (('user = "no-such-user-here"\n', "no-such-user-here"),
                       ('key 0 { secret-file = "/nowhere/key" }\n', "/nowhere/key: cannot read"),
                       ('nonsense\n', "backstop.conf:")):
        if "no-such-user" in text and os.geteuid() != 0:
            continue
        ports = f'milter = {{ "inet:127.0.0.1:{machine.free_port()}" }}\n' \
                f'socketmap = {{ "inet:127.0.0.1:{machine.free_port()}" }}\n'
        (folder / "backstop.conf").write_text(text + ports + 'domain "ours.example" { mode = off }\n')
        run = subprocess.run([machine.built("backstopd"), "-c", folder / "backstop.conf"], capture_output=True,
                             text=True, timeout=20, check=False)
        assert run.returncode == 78 and says in run.stderr, run


suite.run(make_world)
