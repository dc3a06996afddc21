# SPDX-License-Identifier: BSD-2-Clause
"""Random DKIM cases: a message with one signature, made by RFC 6376 in a few lines that know nothing of our code, and
what DNS says about its key. A case has a plan: names of oddities out of ODDITIES, put on before signing, in the key
record, or after signing. The same seed makes the same plans; a plan makes a case, so a case is made smaller by leaving
oddities out of its plan."""

import base64
import hashlib
import random
import re

try:
    from nacl.signing import SigningKey
except ImportError:
    SigningKey = None  # without it there are no cases with Ed25519

NOW = 1787270400  # 2026-08-21; times in cases lie far from it, so that a peer's clock does not matter
PAST, FUTURE = 1000000000, 9999999999
DOMAIN, SELECTOR = "example.com", "sel"
KEY_NAME = f"{SELECTOR}._domainkey.{DOMAIN}"


# --- Keys ----------------------------------------------------------------------------------------------------------

def is_prime(number):
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        x = pow(base, odd, number)
        if x in (1, number - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % number
            if x == number - 1:
                break
        else:
            return False
    return True


def make_prime(source, bits, exponent):
    while True:
        number = source.getrandbits(bits) | 3 << (bits - 2) | 1
        if (number - 1) % exponent and is_prime(number):
            return number


class RsaKey:
    def __init__(self, bits, exponent=65537):
        source = random.Random(f"RSA of {bits} bits, {exponent}")
        p, q = make_prime(source, bits // 2, exponent), make_prime(source, bits - bits // 2, exponent)
        self.modulus, self.exponent = p * q, exponent
        self.p, self.q = p, q
        self.secret = pow(exponent, -1, (p - 1) * (q - 1))

    def sign(self, data, digest):
        info = {"sha256": "3031300d060960864801650304020105000420", "sha1": "3021300906052b0e03021a05000414"}[digest]
        block = bytes.fromhex(info) + hashlib.new(digest, data).digest()
        size = (self.modulus.bit_length() + 7) // 8
        padded = b"\0\1" + b"\xff" * (size - len(block) - 3) + b"\0" + block
        return self.raise_to_secret(int.from_bytes(padded, "big")).to_bytes(size, "big")

    def raise_to_secret(self, number):
        """By the Chinese remainder theorem, in a third of the time."""
        p, q = self.p, self.q
        of_p, of_q = pow(number % p, self.secret % (p - 1), p), pow(number % q, self.secret % (q - 1), q)
        return of_q + (of_p - of_q) * pow(q, -1, p) % p * q

    def public(self, bare=False):
        """SubjectPublicKeyInfo, or the bare RSAPublicKey."""
        key = der(0x30, der_number(self.modulus) + der_number(self.exponent))
        return key if bare else der(0x30, bytes.fromhex("300d06092a864886f70d0101010500") + der(3, b"\0" + key))


class EdKey:
    def __init__(self):
        self.key = SigningKey(hashlib.sha256(b"Ed25519").digest())

    def sign(self, data, digest):
        return self.key.sign(hashlib.new(digest, data).digest()).signature

    def public(self, bare=False):
        return bytes(self.key.verify_key)


def der(kind, content):
    size = bytes([len(content)]) if len(content) < 128 else \
        bytes([0x80 + (len(content).bit_length() + 7) // 8]) + len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes([kind]) + size + content


def der_number(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))


KEYS = {"1024": RsaKey(1024), "512": RsaKey(512), "1024e3": RsaKey(1024, 3)}
if SigningKey:
    KEYS["ed25519"] = EdKey()


# --- RFC 6376 section 3.4 and 3.7 ------------------------------------------------------------------------------------

def canonical_field(field, relaxed):
    if not relaxed:
        return field
    name, _, value = field.partition(":")
    return name.lower().rstrip(" \t") + ":" + re.sub(r"[ \t]+", " ", value.replace("\r\n", "")).strip(" ")


def canonical_body(body, relaxed):
    lines = body.split("\r\n")
    if relaxed:
        lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    text = "\r\n".join(lines) + "\r\n" if lines else ""
    return text if text or relaxed else "\r\n"


class Case:
    """What oddities work on."""

    def __init__(self):
        self.fields = ["From: Jo <jo@example.com>", "To: a@example.org", "Subject: a test", "Date: Fri, 21 Aug 2026 10:00:00 +0000",
                       "Message-ID: <1@example.com>"]
        self.body = "Hello\r\n"
        self.tags = [["v", "1"], ["a", "rsa-sha256"], ["c", "relaxed/relaxed"], ["d", DOMAIN], ["s", SELECTOR],
                     ["h", "from:to:subject:date"], ["bh", None], ["b", ""]]
        self.name, self.lead, self.glue, self.tail = "DKIM-Signature", " ", "; ", ""
        self.body_form = None     # by which to hash, where c= does not tell
        self.signed_by = "1024"
        self.key = [["v", "DKIM1"], ["k", "rsa"], ["p", None]]
        self.key_glue, self.key_tail = "; ", ""
        self.p_form = lambda public: public
        self.records = lambda record: [record]
        self.write_b = lambda text: text
        self.after = []           # what is done to the finished message: functions of fields and body

    def get(self, name, default=None):
        return next((value for each, value in self.tags if each == name), default)

    def set(self, name, value):
        for tag in self.tags:
            if tag[0] == name:
                tag[1] = value
                return
        self.tags.insert(1, [name, value])

    def drop(self, name):
        self.tags = [tag for tag in self.tags if tag[0] != name]

    def set_key(self, name, value):
        for tag in self.key:
            if tag[0] == name:
                tag[1] = value
                return
        self.key.insert(1, [name, value])

    def drop_key(self, name):
        self.key = [tag for tag in self.key if tag[0] != name]

    # --- signing

    def forms(self):
        head, _, body = (self.get("c") or "simple/simple").lower().partition("/")
        return head.strip() == "relaxed", (body.strip() or "simple") == "relaxed"

    def digest(self):
        return "sha1" if self.get("a", "").lower().endswith("sha1") else "sha256"

    def body_hash(self):
        body = canonical_body(self.body, self.forms()[1])
        length = (self.get("l") or "").strip()
        if length.isdigit():
            body = body[:int(length)]
        return base64.b64encode(hashlib.new(self.digest(), body.encode("latin-1")).digest()).decode()

    def signature_field(self, b):
        return self.name + ":" + self.lead + self.glue.join(
            f"{name}={b if name == 'b' else value}" for name, value in self.tags) + self.tail

    def header_to_sign(self):
        relaxed = self.forms()[0]
        left, text = list(self.fields), ""
        for name in (self.get("h") or "").split(":"):
            name = name.strip(" \t\r\n").lower()
            at = next((at for at in reversed(range(len(left))) if left[at].partition(":")[0].rstrip(" \t").lower() == name), None)
            if at is not None:
                text += canonical_field(left.pop(at), relaxed) + "\r\n"
        return text + canonical_field(self.signature_field(""), relaxed)

    def message(self):
        for tag in self.tags:
            if tag[0] == "bh" and tag[1] is None:
                tag[1] = self.body_hash()
        b = base64.b64encode(KEYS[self.signed_by].sign(self.header_to_sign().encode("latin-1"), self.digest())).decode()
        fields, body = [self.signature_field(self.write_b(b)), *self.fields], self.body
        for change in self.after:
            fields, body = change(fields, body)
        return "\r\n".join(fields) + "\r\n\r\n" + body

    def key_records(self):
        """A list of texts, or the name of a failure."""
        key = KEYS[self.signed_by]
        public = base64.b64encode(self.p_form(key.public())).decode()
        return self.records(self.key_glue.join(f"{name}={public if value is None else value}" for name, value in self.key)
                            + self.key_tail)


# --- Oddities --------------------------------------------------------------------------------------------------------

ODDITIES = {}


def odd(name, change):
    ODDITIES[name] = change


def set_tag(name, value):
    return lambda case: case.set(name, value)


def set_key_tag(name, value):
    return lambda case: case.set_key(name, value)


def attribute(name, value):
    return lambda case: setattr(case, name, value)


def add_field(field, at=None):
    return lambda case: case.fields.insert(len(case.fields) if at is None else at, field)


def replace_field(number, field):
    return lambda case: case.fields.__setitem__(number, field)


def afterwards(change):
    return lambda case: case.after.append(change)


def change_field(pattern, replacement):
    """After signing."""
    return afterwards(lambda fields, body: ([re.sub(pattern, replacement, field, count=1) for field in fields], body))


def change_body(change):
    return afterwards(lambda fields, body: (fields, change(body)))


def signed_with(kind):
    def change(case):
        case.signed_by = kind
        if kind == "ed25519":
            case.set("a", "ed25519-sha256")
            case.set_key("k", "ed25519")
    return change


def exact_length(offset):
    return lambda case: case.set("l", str(max(0, len(canonical_body(case.body, case.forms()[1])) + offset)))


# the message
for number, text in enumerate(["a\r\n  folded\r\n\tsubject", "blanks behind   ", "tabs\t\t and  blanks", "", " ", "a:colon;and=signs",
                               "caf\xc3\xa9", "caf\xe9", "x" * 990, "\r\n \r\n folded", "=?utf-8?q?a?="]):
    odd(f"subject {number}", replace_field(2, "Subject:" + text if number in (3, 4, 9) else "Subject: " + text))
odd("subject without blank", replace_field(2, "Subject:close"))
odd("subject with blank before colon", replace_field(2, "Subject : odd"))
odd("subject with tab before colon", replace_field(2, "Subject\t: odd"))
odd("subject in capitals", replace_field(2, "SUBJECT: a test"))
odd("two subjects", add_field("Subject: another"))
odd("two from", add_field("From: Eve <eve@example.org>"))
odd("two to", add_field("To: b@example.org", 0))
odd("field of another signature", add_field("DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=x; h=from; bh=; b=", 5))
for number, text in enumerate(["", "\r\n", "\r\n\r\n\r\n", "a \r\n", "a\t \r\n\r\n", " \r\n", "\t\r\n \r\n", "a  b\t\tc\r\n", " leading\r\n",
                               "no end", "a\r\n\r\n\r\nb\r\n\r\n", ".\r\n..\r\n", "caf\xe9\r\n", "x" * 5000 + "\r\n", "a\r\nb \r\n \r\n\r\n",
                               "no end but blanks  ", "- a\r\n-- b\r\nFrom me\r\n", ("line\r\n" * 3000)]):
    odd(f"body {number}", attribute("body", text))
RANDOM = []
for number in range(60):
    source = random.Random(f"text {number}")
    text = "".join(source.choice(["a", "bc ", "\t", " ", "  ", "\r\n", "\r\n\r\n", "Dear", ".", " \r\n", "=", "\xc3\xa9", "-- ", "\r\n\t"])
                   for _ in range(source.randrange(40)))
    odd(f"random body {number}", attribute("body", text + "\r\n"))
    words = "".join(source.choice(["x", "y z", " ", "\t", "  ", "\r\n ", "\r\n\t", ":", ";", "="]) for _ in range(source.randrange(14)))
    odd(f"random subject {number}", replace_field(2, "Subject:" + words + "x" + source.choice(["", " ", "\t", " \t"])))
    RANDOM += [f"random body {number}", f"random subject {number}"]

# the signature
for form in ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed", "simple", "Relaxed/Simple", "relaxed / relaxed",
             "nofws", "relaxed/", "/relaxed", "relaxed/nowsp"]:
    odd(f"c={form}", set_tag("c", form))
odd("no c=", lambda case: case.drop("c"))
if SigningKey:
    odd("signed with ed25519", signed_with("ed25519"))
odd("signed with 512 bits", signed_with("512"))
odd("signed with exponent 3", signed_with("1024e3"))
for value in ["RSA-SHA256", "rsa-sha1", "rsa-sha512", "rsa", "dsa-sha256", "rsa-sha256 ", "rsa-SHA256", "ed25519-sha256"]:
    odd(f"a={value}", set_tag("a", value))
for value in ["0.5", "2", "01", "1.0", "", "1 "]:
    odd(f"v={value}", set_tag("v", value))
for name in ["v", "a", "d", "s", "h", "bh"]:
    odd(f"no {name}=", lambda case, name=name: case.drop(name))
    odd(f"{name}= twice", lambda case, name=name: case.tags.insert(3, [name, case.get(name) or "x"]))
    odd(f"{name}= in capitals", lambda case, name=name: [tag.__setitem__(0, name.upper()) for tag in case.tags if tag[0] == name])
for value in ["EXAMPLE.com", "example.com.", "sub.example.com", "com", "exa mple.com", "", "example..com", "-example.com",
              "example.com\r\n ", "ex_ample.com"]:
    odd(f"d={value}", set_tag("d", value))
for value in ["SEL", "sel.a", "", "s_l", "sel ", "a" * 64, "sel."]:
    odd(f"s={value}", set_tag("s", value))
for value in ["@example.com", "jo@example.com", "@sub.example.com", "jo@sub.example.com", "@example.org", "@notexample.com", "jo",
              "jo=40example.com", "j=6F@example.com", "@EXAMPLE.COM", "", "jo@", "=20jo@example.com", "j o@example.com", "@",
              "a@b@example.com", "jo@.example.com", "jo=4@example.com", "jo;x@example.com", "\"jo jo\"@example.com"]:
    odd(f"i={value}", set_tag("i", value))
for value in ["from", "From:To:Subject", "from:from:to:to:subject:subject", "from : to : subject", "from:\r\n to:\r\n\tsubject",
              "to:subject:date", "from:x-none:x-none", "from:to:", ":from:to", "from::to", "from:dkim-signature", "from:subject:to:date",
              "from,to", "from to", "FROM", "sender:to", "from:x y", "from:to;", "from:subject :to", "from:message-id:message-id", "*",
              "From:\t To", "from:reply-to:sender:cc:in-reply-to"]:
    odd(f"h={value}", set_tag("h", value))
for offset in (0, -1, -3, 1, 100):
    odd(f"l= by {offset}", exact_length(offset))
for value in ["0", "", "-1", "x", "5x", "007", "9" * 30, " 7", "7 ", "+7", "0x7"]:
    odd(f"l={value}", set_tag("l", value))
for value in [str(PAST), str(FUTURE), "", "x", "-1", "0", "9" * 13, f" {PAST} ", "12.5", "+5"]:
    odd(f"t={value}", set_tag("t", value))
    odd(f"x={value}", set_tag("x", value))
odd("t= and later x=", lambda case: (case.set("t", str(PAST)), case.set("x", str(FUTURE))))
odd("t= and the same x=", lambda case: (case.set("t", str(FUTURE - 5)), case.set("x", str(FUTURE - 5))))
odd("t= and earlier x=", lambda case: (case.set("t", str(FUTURE - 5)), case.set("x", str(FUTURE - 9))))
for value in ["dns/txt", "DNS/TXT", "dns", "dns/txt:x/y", "x/y:dns/txt", "x/y", "", "dns/txt ", "dns/dsa", "dns / txt"]:
    odd(f"q={value}", set_tag("q", value))
odd("z=", set_tag("z", "From:jo@example.com|Subject:a=20test"))
for name in ["x1", "x_y", "1x", "_x", "x-y", "xyz", "r"]:
    odd(f"tag {name}", lambda case, name=name: case.tags.insert(4, [name, "something"]))
odd("tag with empty value", lambda case: case.tags.insert(4, ["zz", ""]))
odd("tag with no name", lambda case: case.tags.insert(4, ["", "x"]))
odd("tag with = in its value", lambda case: case.tags.insert(4, ["zz", "a=b=c"]))
odd("tag with 8-bit value", lambda case: case.tags.insert(4, ["zz", "caf\xe9"]))
odd("tag with UTF-8 value", lambda case: case.tags.insert(4, ["zz", "caf\xc3\xa9"]))
odd("tag with folded value", lambda case: case.tags.insert(4, ["zz", "a\r\n b"]))
odd("tag b1 before b", lambda case: case.tags.insert(0, ["b1", "aGVsbG8="]))
odd("tag bb= whose value ends in b", lambda case: case.tags.insert(0, ["bb", "b"]))
odd("tags backwards", lambda case: case.tags.reverse())
odd("b= first", lambda case: case.tags.insert(0, case.tags.pop(-1)))
for number, glue in enumerate([";", ";\r\n\t", " ; ", ";\r\n ", ";  \t", "\r\n ;", ";; ", "; \r\n  "]):
    odd(f"glue {number}", attribute("glue", glue))
for number, tail in enumerate([";", "; ", ";\r\n ", " ", ";;", "; x", "; x=", ";\r\n\t"]):
    odd(f"tail {number}", attribute("tail", tail))
for number, lead in enumerate(["", "  ", "\r\n\t", "\t", "\r\n  "]):
    odd(f"lead {number}", attribute("lead", lead))
for name in ["dkim-signature", "DKIM-SIGNATURE", "Dkim-Signature"]:
    odd(f"field called {name}", attribute("name", name))
for number, write in enumerate([lambda b: " " + b, lambda b: b + " ", lambda b: b[:70] + "\r\n\t" + b[70:], lambda b: "\r\n " + b,
                                lambda b: b + "\r\n ", lambda b: " ".join(b[at:at + 40] for at in range(0, len(b), 40)),
                                lambda b: b.rstrip("="), lambda b: b + "=", lambda b: b[:-4], lambda b: "", lambda b: b + "!",
                                lambda b: b + "AAAA", lambda b: "x" + b[1:] if b[:1] != "x" else "y" + b[1:], lambda b: "====",
                                lambda b: b.replace("+", "-").replace("/", "_")]):
    odd(f"b written {number}", attribute("write_b", write))
odd("spaces around =", lambda case: [tag.__setitem__(0, tag[0] + " ") or tag.__setitem__(1, " " + (tag[1] or ""))
                                     for tag in case.tags if tag[0] in ("v", "a", "d", "s")])
odd("fold before =", lambda case: [tag.__setitem__(0, tag[0] + "\r\n ") for tag in case.tags if tag[0] in ("d",)])
odd("bh of something else", set_tag("bh", base64.b64encode(b"x" * 32).decode()))
odd("bh too short", set_tag("bh", base64.b64encode(b"x" * 20).decode()))
odd("bh empty", set_tag("bh", ""))
odd("bh no base64", set_tag("bh", "!!!!"))
odd("bh folded", lambda case: case.set("bh", case.body_hash()[:10] + "\r\n " + case.body_hash()[10:]))
odd("bh without padding", lambda case: case.set("bh", case.body_hash().rstrip("=")))

# the key record
for name, values in {"v": ["DKIM2", "dkim1", "", " DKIM1", "DKIM1 "], "k": ["RSA", "ed25519", "dsa", "", "rsa "],
                     "h": ["sha256", "sha1", "sha1:sha256", "SHA256", "", "sha512", "sha256:x", " sha256 ", "sha1 : sha256"],
                     "s": ["email", "*", "other", "email:other", "", "other:*", "EMAIL"],
                     "t": ["y", "s", "y:s", "", "x", "s:x"], "n": ["a note", "", "a=b"], "g": ["*", "", "jo", "other"],
                     "p": ["", " ", "AAAA", "!!!!", "MIG"], "zz": ["x", ""], "x1": ["y"], "1x": ["y"]}.items():
    for value in values:
        odd(f"key {name}={value}", set_key_tag(name, value))
for name in ["v", "k", "p"]:
    odd(f"key without {name}=", lambda case, name=name: case.drop_key(name))
odd("key v= last", lambda case: case.key.append(case.key.pop(0)))
odd("key p= twice", lambda case: case.key.append(["p", "AAAA"]))
odd("key k= twice", lambda case: case.key.append(["k", "rsa"]))
odd("key P=", lambda case: case.key.__setitem__(-1, ["P", None]))
odd("key as RSAPublicKey", lambda case: setattr(case, "p_form", lambda _: KEYS[case.signed_by].public(bare=True)))
odd("key with a byte behind", attribute("p_form", lambda public: public + b"\0"))
odd("key cut short", attribute("p_form", lambda public: public[:-1]))
for number, tail in enumerate([";", "; ", ";;", " ", "; x", "; =y", "\t"]):
    odd(f"key tail {number}", attribute("key_tail", tail))
for number, glue in enumerate([";", " ; ", ";  ", ";; ", ";\t"]):
    odd(f"key glue {number}", attribute("key_glue", glue))
odd("key p= with blanks", attribute("records", lambda record: [re.sub(r"(p=.{20})(.{20})", r"\1 \2 ", record)]))
odd("key p= without padding", attribute("records", lambda record: [record.replace("==", "").replace("=AB", "")]))
odd("key with blank before", attribute("records", lambda record: [" " + record]))
odd("key and another text", attribute("records", lambda record: [record, "v=spf1 -all"]))
odd("another text and key", attribute("records", lambda record: ["hello", record]))
odd("revoked key and key", attribute("records", lambda record: ["v=DKIM1; p=", record]))
odd("key twice", attribute("records", lambda record: [record, record]))
odd("key of zero length", attribute("records", lambda record: [""]))
odd("no key", attribute("records", lambda record: []))
odd("no answer", attribute("records", lambda record: "TIMEOUT"))
odd("DNS fails", attribute("records", lambda record: "SERVFAIL"))

# what happens on the way
odd("later: text behind", change_body(lambda body: body + "Buy!\r\n"))
odd("later: blank lines behind", change_body(lambda body: body + "\r\n\r\n"))
odd("later: blanks at a line's end", change_body(lambda body: body.replace("\r\n", " \r\n")))
odd("later: blanks doubled", change_body(lambda body: body.replace(" ", "  ")))
odd("later: a letter of the body", change_body(lambda body: body.replace("e", "E", 1)))
odd("later: body gone", change_body(lambda body: ""))
odd("later: subject changed", change_field("^Subject: a", "Subject: b"))
odd("later: subject refolded", change_field("^Subject: a ", "Subject:  a\r\n\t"))
odd("later: subject renamed", change_field("^Subject:", "SUBJECT:"))
odd("later: blank before the colon", change_field("^Subject:", "Subject :"))
odd("later: from changed", change_field("^From: Jo", "From: Joe"))
odd("later: to gone", afterwards(lambda fields, body: ([field for field in fields if not field.startswith("To:")], body)))
odd("later: from on top", afterwards(lambda fields, body: (["From: Eve <eve@example.org>", *fields], body)))
odd("later: from below", afterwards(lambda fields, body: ([*fields, "From: Eve <eve@example.org>"], body)))
odd("later: subject on top", afterwards(lambda fields, body: (["Subject: won", *fields], body)))
odd("later: received on top", afterwards(lambda fields, body: (["Received: by mx.example", *fields], body)))
odd("later: fields backwards", afterwards(lambda fields, body: (fields[::-1], body)))
odd("later: signature refolded", change_field("^(DKIM-Signature:.*?;) ", "\\1\r\n\t"))
odd("later: a tag's value", change_field("s=sel", "s=SEL"))
odd("later: unsigned tag", change_field("^(DKIM-Signature:.*)$", "\\1; y=z"))


# --- Cases -----------------------------------------------------------------------------------------------------------

COMMON = ["c=simple/simple", "c=simple/relaxed", "c=relaxed/simple", "no c=", "body 4", "body 7", "glue 1", "l= by 0"]


def make(plan, piece):
    case = Case()
    for name in plan:
        ODDITIES[name](case)
    return {"plan": plan, "piece": piece, "message": case.message(), "records": case.key_records()}


def cases(seed, count):
    names = list(ODDITIES)
    for number in range(count):
        source = random.Random(f"{seed}:{number}")
        plan = [source.choice(COMMON)] if source.random() < 0.6 else []
        plan += source.sample(RANDOM, source.choice([0, 0, 1, 2]))
        if number < len(names):
            plan.append(names[(number + 17 * seed) % len(names)])
        plan += source.sample(names, source.choice([0, 1, 1, 2]) if plan else 1)
        yield make(plan, source.choice([1, 7, 100, 4096, 65536]))


def owner_names():
    """Every name at which a signature may look for its key."""
    return [KEY_NAME, "SEL._domainkey.example.com", "sel._domainkey.sub.example.com", "sel._domainkey.com",
            "sel.a._domainkey.example.com", "s_l._domainkey.example.com", "sel._domainkey.ex_ample.com"]


def shrink(case, still):
    shrunk = True
    while shrunk:
        shrunk = False
        for at in range(len(case["plan"])):
            try:
                less = make(case["plan"][:at] + case["plan"][at + 1:], case["piece"])
            except (ValueError, IndexError):
                continue
            if still(less):
                case, shrunk = less, True
                break
    return case


def text_of(case):
    message = case["message"].replace("\r\n", "<crlf>\n").replace("\t", "<tab>")
    lines = message.splitlines()
    if len(lines) > 40:
        lines[40:] = ["..."]
    return "\n".join(["with " + " + ".join(f"[{name}]" for name in case["plan"]).replace("\r\n", "<crlf>").replace("\t", "<tab>"),
                      *(line[:300] for line in lines), f"key: {case['records']}"])
