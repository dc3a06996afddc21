# SPDX-License-Identifier: BSD-2-Clause
"""Random messages with what is in them: trees of parts, in any transfer encoding and charset that mail has."""

import base64
import quopri
import string
from urllib.parse import quote

CHARSETS = {
    "us-ascii": "plain text with = and . in it",
    "utf-8": "Grüße, 日本語, привет, naïve – “quoted” 😀",
    "iso-8859-1": "Grüße, déjà vu, señor, naïve",
    "windows-1252": "Grüße – “quoted” naïve €",
    "iso-8859-2": "Zażółć gęślą jaźń, příliš žluťoučký",
    "iso-8859-15": "déjà vu für 5 €",
    "koi8-r": "Сообщение не доставлено",
    "windows-1251": "Сообщение не доставлено",
    "iso-2022-jp": "メールを配信できませんでした",
    "shift_jis": "メールを配信できませんでした",
    "euc-jp": "メールを配信できませんでした",
    "gb2312": "邮件无法投递",
    "big5": "郵件無法投遞",
    "euc-kr": "메일을 전달할 수 없습니다",
}
OTHERS = ("application/pdf", "image/png", "application/octet-stream", "audio/basic")
BOUNDARY = string.ascii_letters + string.digits + "'()+_,-./:=?"


def words(chance, charset, lines):
    text = CHARSETS[charset].split(" ")
    return "\n".join(" ".join(chance.choice(text) for _ in range(chance.randrange(1, 9))) for _ in range(lines))


def encode(chance, content, line_end):
    """A transfer encoding and the content in it."""
    wide = any(byte > 126 for byte in content)
    kind = chance.choice(["8bit" if wide else "7bit", "quoted-printable", "base64"])
    if kind == "base64":
        return kind, base64.encodebytes(content).replace(b"\n", line_end).rstrip(b"\r\n")
    if kind == "quoted-printable":
        return kind, quopri.encodestring(content.replace(line_end, b"\n")).replace(b"\n", line_end)
    return kind, content


def make_name(chance):
    """A file name, and its parameters as a mailer may write them."""
    name = chance.choice(["report.pdf", "a b.txt", "größe (1).txt", "表.doc"])
    if name.isascii() and chance.random() < 0.7:
        return name, f'filename="{name}"'
    encoded = quote(name.encode(), safe="")
    if chance.random() < 0.5:
        return name, f"filename*=utf-8''{encoded}"
    at = encoded.find("%", len(encoded) // 2)
    at = at if at > 0 else len(encoded) // 2
    return name, f"filename*0*=utf-8''{encoded[:at]};\n\tfilename*1*={encoded[at:]}"


def make_leaf(chance, line_end):
    """The leaf's fields and content, and what it is: type, text, file name."""
    fields, name = [], ""
    if chance.random() < 0.25:
        name, parameters = make_name(chance)
        fields.append(f"Content-Disposition: attachment;\n\t{parameters}")
    if chance.random() < 0.25:
        kind, content, text = chance.choice(OTHERS), chance.randbytes(chance.randrange(400)), ""
        fields += [f"Content-Type: {kind}", "Content-Transfer-Encoding: base64"]
        return fields, base64.encodebytes(content).replace(b"\n", line_end), (kind, text, name)
    charset = chance.choice(list(CHARSETS))
    text = words(chance, charset, chance.randrange(6))
    encoding, content = encode(chance, text.encode(charset).replace(b"\n", line_end), line_end)
    quoted = f'"{charset}"' if chance.random() < 0.5 else charset.upper()
    fields.append(f"Content-Type: text/plain; charset={quoted}")
    if encoding != "7bit" or chance.random() < 0.5:
        fields.append(f"Content-Transfer-Encoding: {encoding}")
    return fields, content, ("text/plain", text, name)


def make_part(chance, depth, line_end):
    """A part's fields, its content and the leaves in it."""
    choice = chance.random()
    if depth == 0 or choice < 0.4:
        fields, content, leaf = make_leaf(chance, line_end)
        return fields, content, [leaf]
    if choice < 0.55:
        content, leaves, _ = make_message(chance, depth - 1, line_end)
        return ["Content-Type: message/rfc822"], content, leaves
    boundary = "".join(chance.choice(BOUNDARY) for _ in range(chance.randrange(1, 40)))
    subtype = chance.choice(["mixed", "alternative", "report; report-type=delivery-status", "related"])
    pieces, leaves = [chance.choice([b"", b"A multipart.", b"-- \n--" + boundary.encode() + b"x"])], []
    for _ in range(chance.randrange(1, 4)):
        fields, content, below = make_part(chance, depth - 1, line_end)
        leaves += below
        header = line_end.join(field.encode().replace(b"\n", line_end) for field in fields)
        pieces.append(b"--" + boundary.encode() + chance.choice([b"", b"", b" \t"]) + line_end + header +
                      line_end * (2 if header else 1) + content)
    pieces.append(b"--" + boundary.encode() + b"--" + chance.choice([b"", line_end + b"epilogue" + line_end]))
    return [f'Content-Type: multipart/{subtype};\n\tboundary="{boundary}"'], line_end.join(pieces), leaves


def encode_word(chance, charset, text):
    content = text.encode(charset)
    if chance.random() < 0.5:
        return f"=?{charset}?B?{base64.b64encode(content).decode()}?="
    return f"=?{charset}?q?{''.join(f'={byte:02X}' for byte in content)}?="


def make_subject(chance):
    text = " ".join(chance.choice(["Undelivered", "mail", "returned", "to", "sender"]) for _ in range(4))
    if chance.random() < 0.3:
        return text, text
    charset = chance.choice([name for name in CHARSETS if name != "us-ascii"])
    first, second = (words(chance, charset, 1) for _ in range(2))
    encoded = f"{encode_word(chance, charset, first)}\n {encode_word(chance, charset, second)}"
    return f"{text} {first}{second}", f"{text} {encoded}"


def make_message(chance, depth=3, line_end=None):
    """A message, the leaves that are in it, and its subject."""
    line_end = line_end or chance.choice([b"\n", b"\r\n"])
    fields, content, leaves = make_part(chance, depth, line_end)
    subject, encoded = make_subject(chance)
    fields = ["From: joe@example.com", f"Subject: {encoded}", "MIME-Version: 1.0"] + fields
    header = line_end.join(field.encode().replace(b"\n", line_end) for field in fields)
    return header + line_end * 2 + content, leaves, subject
