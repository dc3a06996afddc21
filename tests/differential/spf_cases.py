# SPDX-License-Identifier: BSD-2-Clause
"""Random SPF cases: a small zone and a question about it. A case is a dictionary: zone (name → type → values, or
TIMEOUT), ip, helo, from (LOCAL@DOMAIN, or nothing at all). The same seed makes the same cases."""

import copy
import random

DOMAINS = ["example.com", "a.example.com", "b.example.com", "mail.example.com", "example.net", "deep.sub.example.net",
           "_spf.example.org", "example.org", "x-1.example.org"]
HOSTS = ["mail.example.com", "mx1.example.com", "mx2.example.net", "h.example.org", "gone.example.com", "a.example.com"]
IPV4 = ["192.0.2.1", "192.0.2.2", "192.0.2.129", "198.51.100.7", "203.0.113.9"]
IPV6 = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::2", "2001:db8:ffff::9"]
LOCALS = ["joe", "strong-bad", "a.b-c+d", "x=y_z/w", "JOE", "p%q", "", "quo ted", "many.dots.in.here", "a--b-+c"]
HELOS = ["mail.example.com", "example.com", "a.example.com", "example.net", "gone.example.com", "192.0.2.1", "localhost"]
QUALIFIERS = ["", "", "+", "-", "~", "?"]
MACROS = ["%{d}", "%{d}", "%{o}", "%{l}", "%{s}", "%{h}", "%{i}", "%{ir}", "%{v}", "%{p}", "%{d2}", "%{d1}", "%{dr}", "%{d1r}",
          "%{l-}", "%{lr-}", "%{l1r-}", "%{ir}.%{v}", "%{S}", "%{L}", "%{O2}", "%{D}", "%%", "%_", "%-", "%{d3r}",
          "%{l+-_}", "%{o9}", "%{H}", "%{i1}", "%{P}"]
BAD_MACROS = ["%{x}", "%{d0}", "%{d", "%", "%{}", "%{d2R}", "%{dz}", "%(d)", "%{c}", "%{r}", "%{t}", "%{ d}", "%{s1r@}", "%{d00}", "%{r2}"]
ODD = " /:=.%{}-+~?,_0129aAmxp\t\"@;"


def octets(address):
    return ".".join(reversed(address.split(".")))


class Maker:
    def __init__(self, seed):
        self.source = random.Random(seed)

    def chance(self, probability):
        return self.source.random() < probability

    def pick(self, choices):
        return self.source.choice(choices)

    def domain_spec(self):
        source = self.source
        if self.chance(0.5):
            return self.pick(DOMAINS + HOSTS)
        parts = [self.pick(MACROS) for _ in range(source.randrange(1, 3))]
        if self.chance(0.04):
            parts.append(self.pick(BAD_MACROS))
        if self.chance(0.8):
            parts.append(self.pick(DOMAINS))
        text = ".".join(parts)
        if self.chance(0.05):
            text += self.pick([".", "..", ".c", ".123", ".-a", ".a-", ".a1", "-", "._x"])
        return text

    def prefix(self):
        if self.chance(0.65):
            return ""
        if self.chance(0.1):
            return self.pick(["/33", "//129", "/", "//", "/01", "/24/64", "///64", "/0//0x"])
        return self.pick(["/24", "/32", "/0", "/25", "/8", "//64", "//128", "//0", "/24//64", "/0//0", "/31//127"])

    def address_term(self):
        odd = self.chance(0.08)
        if self.chance(0.5):
            return "ip4:" + self.pick(["1.2.3", "192.0.2.256", "192.0.02.1", IPV4[0]] if odd else [*IPV4, "192.0.2.0", "0.0.0.0"]) + \
                self.pick(["/33", "/", "/024", "//24"] if odd else ["", "", "/24", "/32", "/0", "/25", "/1"])
        return "ip6:" + self.pick(["2001:db8::g", "1:2:3:4:5:6:7", IPV4[0], IPV6[0]] if odd else
                                  [*IPV6, "::", "::1", "::ffff:192.0.2.1"]) + \
            self.pick(["/129", "/", "//64"] if odd else ["", "", "/64", "/128", "/0", "/32", "/96"])

    def mechanism(self):
        kind = self.pick(["a", "a", "mx", "ptr", "ip", "ip", "include", "include", "exists", "exists"])
        if kind == "ip":
            return self.address_term()
        if kind in ("include", "exists"):
            return f"{kind}:{self.domain_spec()}"
        text = kind + (":" + self.domain_spec() if self.chance(0.6) else "")
        return text + (self.prefix() if kind != "ptr" or self.chance(0.03) else "")

    def modifier(self):
        kind = self.pick(["redirect="] * 4 + ["exp="] * 3 + ["x=", "Unknown-1.a_b=", "moo="])
        return kind + (self.domain_spec() if self.chance(0.97) else "")

    def terms(self):
        count = self.pick([0, 1, 1, 2, 2, 3, 4, 5])
        terms = [self.pick(QUALIFIERS) + self.mechanism() for _ in range(count)]
        if self.chance(0.04):  # many that ask DNS
            terms += [self.pick(["a:", "mx:", "include:", "exists:"]) + self.pick(DOMAINS + HOSTS)
                      for _ in range(self.source.randrange(5, 13))]
        if self.chance(0.25):
            terms.insert(self.source.randrange(len(terms) + 1), self.modifier())
        if self.chance(0.5):
            terms.append(self.pick(["-", "~", "?", "+", ""]) + self.pick(["all", "all", "ALL", "All"]))
        return terms

    def damaged(self, text):
        for _ in range(self.pick([1, 1, 2])):
            at = self.source.randrange(6, len(text) + 1)
            text = text[:at] + self.pick(["", self.pick(ODD)]) + text[at + self.pick([0, 0, 1]):]
        return text

    def record(self):
        text = " ".join([self.pick(["v=spf1"] * 9 + ["V=SPF1"]), *self.terms()])
        if self.chance(0.03):
            text = text.replace("v=spf1", self.pick(["v=spf10", "v=spf2.0/pra", " v=spf1", "v=spf1;", "v=spf1\t"]))
        if self.chance(0.05):
            text = text.replace(" ", "  ") + " "
        return self.damaged(text) if self.chance(0.05) else text

    def zone(self):
        zone = {}
        for name in DOMAINS:
            records = zone.setdefault(name, {})
            if self.chance(0.92):
                records["TXT"] = [self.record()]
            if self.chance(0.02):
                records.setdefault("TXT", []).append(self.record())
            if self.chance(0.05):
                records.setdefault("TXT", []).insert(0, self.pick(["some text", "v=DMARC1; p=none", ""]))
            if self.chance(0.3):
                self.add_hosts(records)
        for name in HOSTS:
            if name != "gone.example.com" and self.chance(0.8):
                self.add_addresses(zone.setdefault(name, {}))
        self.add_targets(zone)
        self.add_reverse(zone)
        for name in list(zone):
            if not zone[name]:
                del zone[name]
            elif self.chance(0.012):
                zone[name] = {"TIMEOUT": True}
        return zone

    def add_hosts(self, records):
        count = self.pick([1, 1, 2, 3]) if self.chance(0.93) else self.pick([9, 10, 11])
        hosts = (HOSTS + [f"m{number}.example.net" for number in range(11)])
        records["MX"] = [[10, host] for host in self.source.sample(hosts, count)]

    def add_addresses(self, records):
        if self.chance(0.85):
            records["A"] = self.source.sample(IPV4, self.pick([1, 1, 2]))
        if self.chance(0.5):
            records["AAAA"] = self.source.sample(IPV6, 1)

    def add_targets(self, zone):
        """Names that macros lead to."""
        names = [f"{address}.{domain}" for address in IPV4[:2] for domain in ("example.com", "example.org")]
        names += [f"joe.{domain}" for domain in ("example.com", "example.net")]
        names += ["com.example.example.org", "joe.example.com.example.com", "example.com.example.org", "bad.strong.example.com",
                  f"{octets(IPV4[0])}.in-addr.example.org", "unknown.example.com", "com.example.com"]
        for name in names:
            if self.chance(0.5):
                zone.setdefault(name, {})["A"] = ["127.0.0.2"]

    def add_reverse(self, zone):
        for address in IPV4[:3]:
            if self.chance(0.6):
                count = self.pick([1, 1, 2]) if self.chance(0.93) else self.pick([10, 11, 12])
                hosts = HOSTS + DOMAINS[:4]
                names = self.source.sample(hosts, min(count, len(hosts)))
                names = [f"p{number}.example.com" for number in range(count - len(names))] + names
                zone[f"{octets(address)}.in-addr.arpa"] = {"PTR": names}

    def question(self):
        ip = self.pick(IPV4) if self.chance(0.7) else self.pick(IPV6) if self.chance(0.9) else "::ffff:" + IPV4[0]
        sender = f"{self.pick(LOCALS)}@{self.pick(DOMAINS[:6])}" if self.chance(0.9) else ""
        return {"ip": ip, "helo": self.pick(HELOS), "from": sender}


    # --- explanations

    def explanation(self):
        words = []
        for _ in range(self.source.randrange(1, 5)):
            word = self.pick(MACROS + ["%{c}", "%{r}", "%{C}", "%{R}", "%{s2r@}", "%{l2-}", "%{i3r}", "%{i32}", "%{l1+}"])
            if self.chance(0.04):
                word = self.pick([each for each in BAD_MACROS if each != "%{t}"])  # %{t} is good here
            words.append(self.pick(["", "see", "http://x.example/?a=", "<", "100%%", "a,b;c"]) + word + self.pick(["", ".", "/z"]))
        return " ".join(words)

    def explained_zone(self):
        """Every domain fails with an explanation, its own or another's."""
        zone = {}
        targets = ["e1.example.com", "e2.example.org", "e3.example.net", "e4.example.com", "gone.example.com"]
        for name in DOMAINS:
            ends = [f"exp={self.pick(targets)} -all", f"-all exp=%{{o1}}.{self.pick(DOMAINS)}", f"redirect={self.pick(DOMAINS)}",
                    f"-include:{self.pick(DOMAINS)} exp={self.pick(targets)} -all"]
            zone[name] = {"TXT": [f"v=spf1 {self.pick(ends[:2] * 3 + ends)}"]}
        for name in targets[:4] + [f"com.{domain}" for domain in DOMAINS] + [f"net.{domain}" for domain in DOMAINS]:
            zone.setdefault(name, {})["TXT"] = [self.explanation() for _ in range(self.pick([1] * 9 + [2]))]
        for name in HOSTS:
            self.add_addresses(zone.setdefault(name, {}))
        self.add_reverse(zone)
        return {name: types for name, types in zone.items() if types}


def explained_cases(seed, count):
    for number in range(count):
        maker = Maker(f"{seed}:explained:{number}")
        yield {"zone": maker.explained_zone(), **maker.question(), "explain": True}


def cases(seed, count, questions=3):
    for number in range(0, count, questions):
        maker = Maker(f"{seed}:{number}")
        zone = maker.zone()
        for _ in range(min(questions, count - number)):
            yield {"zone": zone, **maker.question()}


# --- A case as text ------------------------------------------------------------------------------------------------

def escaped(text, special):
    return "".join(chr(byte) if 0x21 <= byte <= 0x7e and chr(byte) not in special else f"\\{byte:03d}"
                   for byte in text.encode("latin-1"))


def records(zone):
    """Master-file lines."""
    for name, types in zone.items():
        owner = escaped(name, '";\\$') + "."
        for kind, values in types.items():
            if kind == "TIMEOUT":
                yield f"{owner} TIMEOUT"
                continue
            for value in values:
                data = f'"{escaped(value, chr(34) + chr(92))}"' if kind == "TXT" else \
                    f"{value[0]} {value[1]}." if kind == "MX" else f"{value}." if kind == "PTR" else value
                yield f"{owner} 60 IN {kind} {data}"


def text_of(case):
    """What the patterns of verdicts.toml look at, blanks of texts as blanks."""
    lines = [f"client {case['ip']} helo {case['helo']} from <{case['from']}>"]
    return "\n".join(lines + [line.replace("\\032", " ").replace("\\009", "<tab>") for line in records(case["zone"])])


# --- Making a case smaller -----------------------------------------------------------------------------------------

def without_name(zone, name):
    return {each: types for each, types in zone.items() if each != name}


def smaller_zones(zone):
    """The zone less a name, a record, or a term of a record."""
    for name in zone:
        yield without_name(zone, name)
    for name, types in zone.items():
        for kind, values in types.items():
            if kind == "TIMEOUT":
                continue
            for at, value in enumerate(values):
                if len(values) > 1 or len(types) > 1:
                    less = copy.deepcopy(zone)
                    del less[name][kind][at]
                    if not less[name][kind]:
                        del less[name][kind]
                    yield less
                for term in range(1, len(value.split(" ")) if kind == "TXT" else 0):
                    words = value.split(" ")
                    less = copy.deepcopy(zone)
                    less[name][kind][at] = " ".join(words[:term] + words[term + 1:])
                    yield less


def shrink(case, still):
    """The smallest case reached by leaving things out one at a time while `still(case)`."""
    shrunk = True
    while shrunk:
        shrunk = False
        for zone in smaller_zones(case["zone"]):
            if still({**case, "zone": zone}):
                case = {**case, "zone": zone}
                shrunk = True
                break
    return case
