# SPDX-License-Identifier: BSD-2-Clause
"""A bounce that a person sends on, quotes or asks about is that person's mail, whatever it was before. Each automatic message of
messages/ is sent on here in the ways that mail programs have, and none of them may be called automatic."""
import csv
import email
import email.policy
import json
import os
import subprocess
import tempfile
from email.message import EmailMessage
from pathlib import Path

MESSAGES = Path(__file__).resolve().parent / "messages"
PROGRAM = Path(os.environ.get("BACKSTOP_BUILD", "build")) / "src" / "cli" / "backstop"
ORDINARY = {"none", "list"}


def automatic():
    """Name, bytes and parsed message of each that is automatic."""
    with open(MESSAGES / "labels.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["kind"] not in ORDINARY:
                whole = (MESSAGES / row["file"]).read_bytes().lstrip()
                yield row["file"].removesuffix(".eml"), whole, email.message_from_bytes(whole, policy=email.policy.default)


def text_of(message):
    for part in message.walk():
        if part.get_content_type() == "text/plain" and not part.is_attachment():
            charset = part.get_content_charset() or "utf-8"
            return (part.get_payload(decode=True) or b"").decode(charset, "replace").replace("\r\n", "\n")
    return ""


def letter(subject, text, *fields):
    new = EmailMessage()
    new["Return-Path"] = "<bob@example.net>"
    new["From"] = "Bob Example <bob@example.net>"
    new["To"] = "anna@example.org"
    new["Subject"] = " ".join(subject.split())
    new["Date"] = "Mon, 2 Mar 2026 10:00:00 +0100"
    new["Message-ID"] = "<letter@example.net>"
    for name, value in fields:
        new[name] = value
    new.set_content(text)
    return new


def inline(_, old, subject, text):
    head = f"-------- Forwarded Message --------\nSubject: {subject}\nFrom: {old['From']}\nTo: bob@example.net\n\n"
    return letter(f"Fwd: {subject}", f"Hello Anna,\n\nwhat does this mean?\n\nBob\n\n{head}{text}", ("User-Agent", "Mozilla Thunderbird"))


def webmail(_, old, subject, text):
    head = f"---------- Forwarded message ---------\nFrom: {old['From']}\nDate: Mon, 2 Mar 2026\nSubject: {subject}\nTo: bob@example.net\n\n"
    return letter(f"Fwd: {subject}", head + text)


def answer(_, old, subject, text):
    quoted = "".join(f"> {line}\n" for line in text.splitlines())
    return letter(f"Re: {subject}", f"On Mon, 2 Mar 2026 at 09:00, {old['From']} wrote:\n{quoted}\nWho is this?\n",
                  ("In-Reply-To", "<old@example.net>"), ("User-Agent", "Mozilla Thunderbird"))


def pasted(_, __, ___, text):
    return letter("A question about our mail", f"Hello Anna,\n\nI got this text today, what shall I do?\n\n{text}\n\nBob\n",
                  ("X-Mailer", "Microsoft Outlook 16.0"))


def attached(whole, _, subject, __):
    """The message itself, byte for byte, as an attachment."""
    boundary = b"a boundary of ours"
    new = letter(f"Fwd: {subject}", "See the attachment, please.\n", ("User-Agent", "Mozilla Thunderbird"))
    head, _, body = new.as_bytes().partition(b"\n\n")
    fields = [line for line in head.split(b"\n") if not line.lower().startswith((b"content-", b"mime-"))]
    return b"\n".join(fields + [b"MIME-Version: 1.0", b'Content-Type: multipart/mixed; boundary="' + boundary + b'"', b"",
                                b"--" + boundary, b"", body, b"--" + boundary, b"Content-Type: message/rfc822", b"", whole,
                                b"--" + boundary + b"--", b""])


WAYS = [inline, webmail, answer, pasted, attached]


def write(folder):
    for name, whole, old in automatic():
        subject, text = str(old["Subject"] or "(no subject)"), text_of(old)
        for way in WAYS:
            new = way(whole, old, subject, text)
            data = new if isinstance(new, bytes) else new.as_bytes()
            (Path(folder) / f"{way.__name__}--{name}.eml").write_bytes(data)


def main():
    with tempfile.TemporaryDirectory() as folder:
        write(folder)
        run = subprocess.run([PROGRAM, "classify", "--json", folder], capture_output=True, check=False)
    found = [json.loads(line) for line in run.stdout.decode().splitlines()]
    print(f"1..{len(WAYS)}")
    for number, way in enumerate(WAYS, 1):
        mine = [reading for reading in found if Path(reading["file"]).name.startswith(way.__name__ + "--")]
        wrong = [reading for reading in mine if reading["kind"] not in ORDINARY]
        print(f"{'not ' if wrong or len(mine) < 100 else ''}ok {number} - {len(mine)} messages that a person sends on: {way.__name__}")
        for reading in wrong:
            print(f"# {Path(reading['file']).stem} is called {reading['kind']} by {reading['sign']}")


main()
