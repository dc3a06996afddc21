# SPDX-License-Identifier: BSD-2-Clause
"""Mail to authenticate, and the DNS that tells how: for bench/auth.

The same seed gives the same messages but for their keys and signatures. They average 14 kB (3 to 92 kB), have 20 to 30
header fields and a plain text body, and come from one host, HOST at ADDRESS:

  signed     by the author's domain with an RSA-2048 key, from a host that its SPF record allows: everything passes.
             A quarter of them has an author in a subdomain, so that DMARC's record must be searched for above it.
  unsigned   from a host that the SPF record allows: SPF and DMARC pass
  altered    signed, then changed in the body on the way, from a host that SPF forbids: everything fails
  forged     the same, but changed in a header field that was signed: the signature itself does not verify

Messages are files with LF ends; their first field, Return-Path, is the envelope's sender.
"""

import random
import subprocess
from dataclasses import dataclass

ADDRESS, HOST = "192.0.2.25", "mta.elsewhere.example"
OURS = "ours.example"
DOMAINS = 40
FORGED_DOMAINS = 8      # further ones, whose SPF record does not allow ADDRESS
SELECTOR = "bench2026"
SHARES = {"signed": 78, "unsigned": 12, "altered": 5, "forged": 5}
SIZES = [(30, 3000), (30, 6000), (25, 14000), (10, 32000), (5, 92000)]  # 14 kB on average
VERDICTS = {
    "signed": {"spf": "pass", "dkim": "pass", "dmarc": "pass"},
    "unsigned": {"spf": "pass", "dkim": "none", "dmarc": "pass"},
    "altered": {"spf": "fail", "dkim": "fail", "dmarc": "fail"},
    "forged": {"spf": "fail", "dkim": "fail", "dmarc": "fail"},
}
WORDS = ("after about mail we the of delivery tomorrow report and server meeting in question number with again between "
         "garden paper evening bridge window letter").split()
OTHER_FIELDS = ("X-Mailer X-Originating-IP Thread-Topic Thread-Index Accept-Language X-Report-Abuse Feedback-ID "
                "X-Campaign X-Entity-Ref-ID X-Priority X-Auto-Category X-Batch X-List-Info").split()


@dataclass
class Message:
    kind: str
    domain: str
    text: str
    size: int = 0    # bytes in SMTP, without Return-Path


def words(chance, length):
    """Words with blanks between them, of about this length."""
    chosen, size = [], 0
    while size < length:
        chosen.append(chance.choice(WORDS))
        size += len(chosen[-1]) + 1
    return " ".join(chosen)


def received(chance, domain):
    relay = chance.randrange(1, 250)
    return (f"Received: from relay{relay}.{domain} (relay{relay}.{domain} [198.51.100.{relay}])\n"
            f"\tby mx{chance.randrange(9)}.{domain} (Postfix) with ESMTPS id {chance.randrange(1 << 44):011X}\n"
            f"\tfor <user@{OURS}>; Sat, 21 Nov 2026 09:{chance.randrange(60):02}:{chance.randrange(60):02} "
            "+0000 (UTC)\n")


def header(chance, author_domain, domain):
    """20 to 30 fields, with the signature that may be added."""
    number, count = chance.randrange(1000000), chance.randrange(20, 31)
    fields = [received(chance, domain) for _ in range(4)]
    fields += [f"From: Somebody <somebody{number % 16}@{author_domain}>\n", f"To: <user@{OURS}>\n",
               f"Subject: {words(chance, 30 + chance.randrange(30))}\n",
               f"Date: Sat, 21 Nov 2026 09:10:{number % 60:02} +0000\n", f"Message-ID: <{number}.1@{author_domain}>\n",
               f"In-Reply-To: <{number}.2@{OURS}>\n", f"References: <{number}.0@{OURS}>\n\t<{number}.2@{OURS}>\n",
               f"Reply-To: Somebody <somebody{number % 16}@{author_domain}>\n", "User-Agent: Made up\n",
               "MIME-Version: 1.0\n", "Content-Type: text/plain; charset=utf-8\n", "Content-Transfer-Encoding: 7bit\n"]
    fields += [f"{name}: {words(chance, 20 + chance.randrange(40))}\n" for name in OTHER_FIELDS[:count - 17]]
    return "".join(fields)


def sizes(chance, count):
    """So many sizes in the shares of SIZES, shuffled."""
    shares = [size for share, size in SIZES for _ in range(share)]
    found = [shares[index % len(shares)] for index in range(0, count * 37, 37)]
    chance.shuffle(found)
    return found


def write_message(chance, kind, number, size):
    forged = VERDICTS[kind]["spf"] == "fail"
    domain = f"forged{number % FORGED_DOMAINS}.example" if forged else f"d{number % DOMAINS}.example"
    author = f"news.{domain}" if kind == "signed" and number % 4 == 0 else domain
    top = header(chance, author, domain)
    body = "".join(words(chance, 60) + "\n" for _ in range(max(1, (size - len(top) - 900) // 64)))
    return Message(kind, domain, top + "\n" + body)


def run(*command, text=None):
    return subprocess.run([str(word) for word in command], input=text, capture_output=True, text=True,
                          check=True).stdout


def make_keys(program, folder):
    """A key for each domain; returns the lines of its DNS records."""
    records = []
    for domain in [f"d{number}.example" for number in range(DOMAINS)] + \
                  [f"forged{number}.example" for number in range(FORGED_DOMAINS)]:
        records.append(run(program, "dkim", "keygen", "--domain", domain, "--selector", SELECTOR,
                           folder / f"{domain}.pem"))
    return records


def sign(program, folder, message):
    """Puts the signature on top, and alters what is to be altered after it."""
    signed = run(program, "dkim", "sign", "--key", folder / f"{message.domain}.pem", "--domain", message.domain,
                 "--selector", SELECTOR, "-", text=message.text).replace("\r\n", "\n")
    if message.kind == "altered":
        signed += "One more line.\n"
    if message.kind == "forged":
        signed = signed.replace("\nSubject: ", "\nSubject: not ", 1)
    message.text = signed


def spf_records(number, domain):
    """Three ways to say that ADDRESS may send, as they are found in the wild."""
    if number % 3 == 0:
        return [f'{domain}. 3600 IN TXT "v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/28 ip4:192.0.2.16/28 -all"']
    if number % 3 == 1:
        return [f'{domain}. 3600 IN TXT "v=spf1 a mx include:_spf.provider.example ~all"']
    return [f'{domain}. 3600 IN TXT "v=spf1 include:_spf.campaigns.example include:_spf.provider.example -all"']


def zone(key_records):
    """Everything in one zone, the root, so that what is not in it does not exist."""
    lines = ["$TTL 3600", ". IN SOA ns.example. hostmaster.example. 1 3600 600 86400 600", ". IN NS ns.example.",
             "ns.example. IN A 127.0.0.1", f"{HOST}. IN A {ADDRESS}", f"{OURS}. IN A 198.51.100.1",
             f"{'.'.join(reversed(ADDRESS.split('.')))}.in-addr.arpa. IN PTR {HOST}.",
             '_spf.provider.example. IN TXT "v=spf1 ip4:203.0.113.0/25 ip4:198.51.100.128/25 ip4:192.0.2.0/26 ~all"',
             '_spf.campaigns.example. IN TXT "v=spf1 ip4:203.0.113.128/25 ip6:2001:db8:77::/48 ~all"']
    for number in range(DOMAINS):
        domain = f"d{number}.example"
        policy = ("none", "quarantine", "reject")[number % 3]
        lines += spf_records(number, domain)
        lines += [f"{domain}. IN A 198.51.100.{number + 1}", f"{domain}. IN MX 10 mx.{domain}.",
                  f"mx.{domain}. IN A 198.51.100.{number + 101}", f"news.{domain}. IN A 198.51.100.{number + 1}",
                  f"news.{domain}. IN MX 10 mx.{domain}.",
                  f'_dmarc.{domain}. IN TXT "v=DMARC1; p={policy}; rua=mailto:dmarc@{domain}; adkim=r; aspf=r"']
    for number in range(FORGED_DOMAINS):
        domain = f"forged{number}.example"
        lines += [f"{domain}. IN A 203.0.113.{number + 1}", f"{domain}. IN MX 10 mx.{domain}.",
                  f"mx.{domain}. IN A 203.0.113.{number + 101}",
                  f'{domain}. IN TXT "v=spf1 mx ip4:203.0.113.0/24 -all"',
                  f'_dmarc.{domain}. IN TXT "v=DMARC1; p=reject; rua=mailto:dmarc@{domain}"']
    return "\n".join(lines + key_records) + "\n"


def make(program, folder, count, seed=1):
    """Writes `count` messages into folder/mail and the zone into folder/root.zone; `program` is the command backstop.
    Returns the messages in the order of their files' names."""
    chance = random.Random(seed)
    (folder / "mail").mkdir(parents=True)
    (folder / "keys").mkdir()
    (folder / "root.zone").write_text(zone(make_keys(program, folder / "keys")))
    kinds = [kind for kind, share in SHARES.items() for _ in range(count * share // 100)]
    kinds += ["signed"] * (count - len(kinds))
    chance.shuffle(kinds)
    messages = [write_message(chance, kind, number, size)
                for number, (kind, size) in enumerate(zip(kinds, sizes(chance, count)))]
    for number, message in enumerate(messages):
        if message.kind != "unsigned":
            sign(program, folder / "keys", message)
        message.size = len(message.text) + message.text.count("\n")
        sender = f"bounces+{number}@{message.domain}"
        (folder / "mail" / f"{number:05}.eml").write_text(f"Return-Path: <{sender}>\n{message.text}")
    return messages
