#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""`backstop setup` on a real Postfix: from a proposal to tagged mail and refused bounces, and back. The cases are one
story and build on one another."""

import difflib
import json
import os
import re
import shutil
import struct
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from setup_world import ALICE, SINK, USER, setup_world

from mta import bounces
from mta.machine import HERE
from mta.tap import Skip, Suite

suite = Suite()
before = {}  # what main.cf was


def added_lines(text):
    return [line[1:] for line in text.splitlines() if line.startswith("+") and not line.startswith("+++")]


@suite.case("without --write it shows what it would do, and writes nothing")
def _(world):
    before["main.cf"] = world.postfix.main_cf_file.read_text()
    files = world.files()
    done = world.setup()
    assert done.returncode == 1 and not done.stderr, done
    assert world.files() == files and not world.config.parent.exists()
    milter, socketmap = world.sockets
    item = f"{{ {milter}, default_action=tempfail }}"
    for line in (f"smtpd_milters = {item},", f"non_smtpd_milters = {item}",
                 f"virtual_alias_maps = socketmap:{socketmap}:backstop, texthash:{world.postfix.directory}/etc/aliases",
                 'domain "example.com" {', 'domain "example.net" {', "    mode = sign", f'networks = {{ "{HERE}/32" }}'):
        assert line in added_lines(done.stdout), f"{line}\n{done.stdout}"
    folder = world.config.parent / "dkim"
    for hint in ("# authentication = monitor", "# sender-check = monitor", f'# dkim-keys = "{folder}"',
                 f"# For this one make keys first: backstop dkim rotate --dual -c {world.config} example.com"):
        assert hint in added_lines(done.stdout), done.stdout
    assert "--write" in done.stdout
    assert not re.search(r"[0-9a-f]{64}", done.stdout), "the secret is shown"


@suite.case("as JSON it says the same")
def _(world):
    done = world.setup("--json")
    said = json.loads(done.stdout)
    assert done.returncode == 1 and said["written"] is False and said["postfix"]["version"].startswith("3."), said
    assert [(change["file"], change["action"]) for change in said["changes"]] == [
        (str(world.config), "create"), (str(world.key), "create"), (str(world.postfix.main_cf_file), "change")], said
    assert "table-unlisted" in [note["id"] for note in said["notes"]], said


@suite.case("a milter that does what backstop can do, too, is told of")
def _(world):
    world.postfix.edit("inet:127.0.0.1:1,", "inet:127.0.0.1:1, local:opendkim/opendkim.sock")
    done = world.setup()
    assert "local:opendkim/opendkim.sock, which looks like OpenDKIM" in done.stdout, done
    world.postfix.write("main.cf", [before["main.cf"]])


@suite.case("--reload without --write, a domain that is none, and unknown words are refused")
def _(world):
    files = world.files()
    for words, status in ((["--reload"], 64), (["--domain", "no domain"], 78), (["now"], 64), (["--wirte"], 64)):
        done = world.setup(*words)
        assert done.returncode == status and done.stderr, (words, done)
    assert world.files() == files


@suite.case("a Postfix that answers nonsense, or does not answer, is told of, and nothing is written")
def _(world):
    files = world.files()
    program = world.directory / "postconf"
    for script, said in (("echo 'postconf: fatal: main.cf is odd' >&2; exit 1", "main.cf is odd"),
                         ("kill -9 $$", "signal 9"), ("yes", "more than")):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        done = world.setup("--write", "--postconf", program)
        assert done.returncode == 78 and said in done.stderr, done
    done = world.setup("--write", "--postconf", world.directory / "absent")
    assert done.returncode == 78 and "no such program" in done.stderr, done
    assert world.files() == files


@suite.case("where Postfix does not show what was written, main.cf is put back")
def _(world):
    program = world.directory / "postconf"
    real = world.postfix.package / "usr/sbin/postconf"
    program.write_text("#!/bin/sh\n"
                       f"grep -q socketmap: {world.postfix.main_cf_file} && {{ echo odd >&2; exit 1; }}\n"
                       f'exec {real} "$@"\n')
    done = world.setup("--write", "--postconf", program)
    assert done.returncode == 73 and "is again as it was" in done.stderr, done
    assert world.postfix.main_cf_file.read_text() == before["main.cf"]
    for file in world.config.parent.iterdir():
        file.unlink()
    world.config.parent.rmdir()


@suite.case("with --write, main.cf gets its lines and keeps all others; there is a configuration, a key, and a copy")
def _(world):
    done = world.setup("--write")
    assert done.returncode == 0 and not done.stderr, done
    changes = list(difflib.ndiff(before["main.cf"].splitlines(), world.postfix.main_cf_file.read_text().splitlines()))
    milter, socketmap = world.sockets
    item = f"{{ {milter}, default_action=tempfail }}"
    assert [line for line in changes if line[0] in "+-"] == [
        "- smtpd_milters =", f"+ smtpd_milters = {item},",
        f"- virtual_alias_maps = texthash:{world.postfix.directory}/etc/aliases",
        f"+ virtual_alias_maps = socketmap:{socketmap}:backstop, texthash:{world.postfix.directory}/etc/aliases",
        "+ ", "+ # Added by `backstop setup`; `backstop setup --remove` takes it out again.",
        f"+ non_smtpd_milters = {item}"], "\n".join(changes)
    assert world.postfix.postconf("smtpd_milters") == f"{item}, inet:127.0.0.1:1,"
    [copy] = world.config.parent.glob("main.cf.*")
    assert copy.read_text() == before["main.cf"] and str(copy) in done.stdout
    assert world.backstop("config", "check", world.config).returncode == 0
    info = world.key.stat()
    assert (info.st_mode & 0o7777, info.st_uid, world.key.group()) == (0o640, 0, USER), info
    assert re.fullmatch(r"[0-9a-f]{64}\n", world.key.read_text())


@suite.case("Postfix is not reloaded before backstopd answers")
def _(world):
    done = world.setup("--write", "--reload")
    assert done.returncode == 69 and "Postfix was not reloaded" in done.stderr, done


@suite.case("run again, it finds nothing to do and writes nothing")
def _(world):
    files = world.files()
    for words in ([], ["--write"], ["--json", "--write"]):
        done = world.setup(*words)
        assert done.returncode == 0 and not done.stderr, done
        assert "Nothing to do" in done.stdout or json.loads(done.stdout)["changes"] == [], done
        assert world.files() == files


@suite.case("backstopd runs on what was written, and --reload makes Postfix use it")
def _(world):
    world.start_daemon()
    done = world.setup("--write", "--reload")
    assert done.returncode == 0 and "reloaded Postfix" in done.stdout, done


@suite.case("the next steps that the configuration shows can be taken as they stand")
def _(world):
    config, folder = world.config.read_text(), world.config.parent / "dkim"
    made = world.backstop("dkim", "rotate", "--dual", "-c", world.config, "example.com", "--dns", "/dev/null")
    assert made.returncode == 1 and made.stdout.count(" IN TXT ") == 2, made
    assert {path.group() for path in (folder, *folder.iterdir())} == {USER}, list(folder.iterdir())
    world.config.write_text(re.sub(r"(?m)^# (authentication|sender-check|dkim-keys) = ", r"\1 = ", config))
    checked = world.backstop("config", "check", "-c", world.config)
    shown = world.backstop("config", "show", "-c", world.config)
    assert checked.returncode == 0 and f'dkim-keys = "{folder}"' in shown.stdout, (checked, shown)
    world.config.write_text(config)
    shutil.rmtree(folder)


@suite.case("mail leaves with a tag, from the network and from programs of the machine")
def _(world):
    assert world.send(ALICE, "x@" + SINK, bounces.ordinary("by network"), address=HERE).accepted
    assert world.sink.wait_for_subject("by network").sender == world.sign(ALICE)
    world.postfix.submit(ALICE, ["x@" + SINK], bounces.ordinary("by a program"))
    assert world.sink.wait_for_subject("by a program").sender == world.sign(ALICE)


@suite.case("the genuine bounce is delivered with the tag taken off, and a forged tag is refused")
def _(world):
    assert world.send("", world.sign(ALICE), bounces.report(ALICE, subject="it came back")).accepted
    world.box.wait_for_subject("it came back")
    reply = world.send("", world.forged(ALICE), bounces.report(ALICE))
    assert (reply.step, reply.code) == ("RCPT", 550), reply


@suite.case("aliases and a user's own mail work as before")
def _(world):
    assert world.send("someone@world.example", "sales@example.com", bounces.ordinary("an order")).accepted
    world.box.wait_for_subject("an order")


@suite.case("with enforce in the place of sign, a bounce without a tag is refused")
def _(world):
    world.config.write_text(world.config.read_text().replace("mode = sign", "mode = enforce"))
    world.reload_daemon()
    reply = world.send("", ALICE, bounces.report(ALICE))
    assert (reply.step, reply.code) == (".", 550) and "Bounce refused" in reply.text, reply


@suite.case("a domain that Postfix has since learned gets a section, and what is there stays as it is")
def _(world):
    world.postfix.edit("example.com example.net", "example.com example.net new.example")
    before["main.cf"] = before["main.cf"].replace("example.com example.net", "example.com example.net new.example")
    config, main_cf = world.config.read_text(), world.postfix.main_cf_file.read_text()
    assert world.setup("--write", "--domain", "hidden.example").returncode == 0
    added = world.config.read_text().removeprefix(config)
    assert added != world.config.read_text()
    assert re.findall(r'^domain "(.*)"', added, re.MULTILINE) == ["new.example", "hidden.example"], added
    assert world.postfix.main_cf_file.read_text() == main_cf
    assert world.setup("--domain", "hidden.example").returncode == 0


@suite.case("a broken configuration stops it before anything is written")
def _(world):
    config = world.config.read_text()
    world.config.write_text(config + "mdoe = sign\n")
    world.postfix.edit("milter_default_action", "non_smtpd_milters =\nmilter_default_action")
    files = world.files()
    done = world.setup("--write")
    assert done.returncode == 78 and "mdoe" in done.stderr, done
    assert world.files() == files
    world.config.write_text(config)
    world.postfix.edit("non_smtpd_milters =\nmilter_default_action", "milter_default_action")


@suite.case("a key that is lost is made anew, and one that is there is never overwritten")
def _(world):
    secret = world.key.read_bytes()
    moved = world.key.rename(world.key.with_suffix(".away"))
    assert world.setup("--write").returncode == 0
    assert world.key.read_bytes() != secret
    moved.replace(world.key)
    assert world.setup("--write").returncode == 0
    assert world.key.read_bytes() == secret


@suite.case("where the configuration moves to other sockets, main.cf follows")
def _(world):
    config, main_cf = world.config.read_text(), world.postfix.main_cf_file.read_text()
    port = world.sockets[1].rsplit(":", 1)[1]
    world.config.write_text(config.replace(f":{port}", ":9"))
    done = world.setup("--write")
    assert done.returncode == 0, done
    assert world.postfix.main_cf_file.read_text() == main_cf.replace(f":{port}:backstop", ":9:backstop")
    world.config.write_text(config)
    assert world.setup("--write").returncode == 0
    assert world.postfix.main_cf_file.read_text() == main_cf


@suite.case("--remove shows what it would take out, and writes nothing without --write")
def _(world):
    files = world.files()
    done = world.setup("--remove")
    assert done.returncode == 1 and "-non_smtpd_milters" in done.stdout, done
    assert world.files() == files


@suite.case("--remove --write leaves main.cf byte for byte as it was, and the configuration and the key alone")
def _(world):
    own = {path: content for path, content in world.files().items() if path in (str(world.config), str(world.key))}
    done = world.setup("--remove", "--write", "--reload")
    assert done.returncode == 0 and "reloaded Postfix" in done.stdout, done
    assert world.postfix.main_cf_file.read_text() == before["main.cf"]
    assert {path: world.files()[path] for path in own} == own and len(own) == 2
    world.stop_daemon()
    assert world.send(ALICE, "x@" + SINK, bounces.ordinary("without backstop"), address=HERE).accepted
    assert world.sink.wait_for_subject("without backstop").sender == ALICE
    done = world.setup("--remove", "--write", "--reload")
    assert done.returncode == 0 and "Nothing to take out" in done.stdout, done
    assert "reloaded" not in done.stdout, done


@suite.case("what others wrote in between stays when ours is taken out")
def _(world):
    assert world.setup("--write").returncode == 0
    world.postfix.edit("    inet:127.0.0.1:1,\n", "    inet:127.0.0.1:1,\n    inet:127.0.0.1:2\n")
    world.postfix.edit(" }\n", " }, inet:127.0.0.1:3\n")  # behind ours in non_smtpd_milters
    assert world.setup("--remove", "--write").returncode == 0
    expected = before["main.cf"].replace("    inet:127.0.0.1:1,\n", "    inet:127.0.0.1:1,\n    inet:127.0.0.1:2\n")
    assert world.postfix.main_cf_file.read_text() == expected + "non_smtpd_milters = inet:127.0.0.1:3\n"
    world.postfix.write("main.cf", [before["main.cf"]])


@suite.case("a main.cf that is a symbolic link stays one, with its owner and permissions")
def _(world):
    link, target = world.postfix.main_cf_file, world.directory / "managed.cf"
    link.rename(target)
    link.symlink_to(target)
    target.chmod(0o640)
    os.chown(target, 0, 8)
    assert world.setup("--write").returncode == 0
    assert link.is_symlink() and "socketmap" in target.read_text()
    assert (target.stat().st_mode & 0o7777, target.stat().st_gid) == (0o640, 8)
    assert world.setup("--remove", "--write").returncode == 0
    assert link.is_symlink() and target.read_text() == before["main.cf"]
    target.chmod(0o644)
    target.replace(link)


@suite.case("access control lists stay, and give the file's group no more than it had")
def _(world):
    name, main_cf = "system.posix_acl_access", world.postfix.main_cf_file
    # user::rw- user:8:rw- group::r-- mask::rw- other::r--
    entries = ((1, 6, 2**32 - 1), (2, 6, 8), (4, 4, 2**32 - 1), (16, 6, 2**32 - 1), (32, 4, 2**32 - 1))
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(main_cf, name, acl)
    except OSError as error:
        raise Skip("this file system has no access control lists") from error
    for words in (["--write"], ["--remove", "--write"]):
        assert world.setup(*words).returncode == 0
        assert os.getxattr(main_cf, name) == acl and main_cf.stat().st_mode & 0o7777 == 0o664
    assert main_cf.read_text() == before["main.cf"]
    os.removexattr(main_cf, name)
    main_cf.chmod(0o644)


@suite.case("a copy of the same second does not stop it, and is not overwritten")
def _(world):
    now = time.time()
    stamps = [time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now + second)) for second in range(60)]
    copies = [world.config.parent / f"main.cf.{stamp}" for stamp in stamps]
    for copy in copies:
        copy.write_text("an older copy")
    done = world.setup("--write")
    assert done.returncode == 0 and re.search(r"main\.cf\.[0-9TZ]+-2$", done.stdout, re.MULTILINE), done
    assert all(copy.read_text() == "an older copy" for copy in copies)
    for copy in copies:
        copy.unlink()
    assert world.setup("--remove", "--write").returncode == 0


@suite.case("a Postfix whose domains are all in tables: it says so, and takes them from --domain")
def _(world):
    config = world.config.rename(world.config.with_suffix(".away"))
    domains = "virtual_mailbox_domains = example.com example.net new.example\n"
    world.postfix.edit(domains, f"virtual_mailbox_domains = texthash:{world.postfix.directory}/etc/mailboxes\n")
    done = world.setup("--write")
    assert done.returncode == 78 and "--domain" in done.stderr and not world.config.exists(), done
    done = world.setup("--domain", "example.com")
    assert done.returncode == 1 and 'domain "example.com" {' in added_lines(done.stdout), done
    assert "etc/mailboxes; the domains in it" in done.stdout, done
    world.postfix.write("main.cf", [before["main.cf"]])
    config.rename(world.config)


@suite.case("without a Postfix it says where it looked, and what Sendmail needs")
def _(world):
    if any((Path(place) / "postconf").exists() for place in ("/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/bin", "/bin")):
        raise Skip("this machine has a Postfix of its own")
    absent = world.directory / "other/backstop.conf"
    done = world.backstop("setup", "-c", absent, PATH="/nowhere")
    assert done.returncode == 69 and "no postconf in PATH" in done.stderr, done
    assert "INPUT_MAIL_FILTER(`backstop'" in done.stdout and not absent.parent.exists(), done
    done = world.backstop("setup", "-c", absent, "--domain", "example.com", "--milter", "odd", PATH="/nowhere")
    assert done.returncode == 78 and '"odd" is no socket address' in done.stderr and not done.stdout, done
    done = world.backstop("setup", "-c", absent, "--domain", "example.com", "--user", USER, "--write", PATH="/nowhere")
    assert done.returncode == 0 and "INPUT_MAIL_FILTER(`backstop'" in done.stdout, done
    assert world.backstop("config", "check", absent).returncode == 0
    done = world.backstop("setup", "-c", absent, "--remove", "--write", PATH="/nowhere")
    assert done.returncode == 0 and "no Postfix" in done.stdout, done


if __name__ == "__main__":
    suite.run(lambda: setup_world("setup"))
