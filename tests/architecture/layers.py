#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Checks the sources against the rules of ARCHITECTURE.md: `layers.py ROOT`, a TAP point for each rule.

What may include what, which library and which system call belongs to which layer, names, lengths, licence lines.
It reads text, line by line with comments and strings blanked; it does not parse C.
"""

import pathlib
import re
import sys

# A folder of src/ and the folders that it may include beside itself. A layer that is not here may not exist.
JUDGING = ["base", "crypto", "message", "ask", "auth", "bounce", "proof"]
FINDING = ["base", "message", "ask", "auth", "bounce"]
LAYERS = {
    "base": [],
    "crypto": ["base"],
    "message": ["base"],
    "ask": ["base"],
    "auth": ["base", "crypto", "message", "ask"],
    "bounce": ["base", "message"],
    "proof": ["base", "crypto", "message", "ask", "auth", "bounce"],
    "policy": JUDGING,
    "wire": ["base"],
    "audit": FINDING,
    "report": FINDING,
    "config": ["base"],
    "store": ["base", "ask"],
    "resolver": ["base", "ask"],
    "engine": JUDGING + ["policy", "wire", "audit", "report", "config", "store", "resolver"],
    "daemon": None,  # everything
    "cli": None,
}

# A library's headers and the layers that may use it; a header of no library in this list belongs to libc.
LIBRARIES = {
    "openssl/": ["crypto"],
    "libpsl.h": ["auth"],
    "iconv.h": ["message"],
    "event2/": ["daemon", "resolver", "cli"],
    "systemd/": ["daemon", "cli"],
    "unbound.h": ["resolver"],
    "unbound-event.h": ["resolver"],
    "seccomp.h": ["daemon"],
    "uthash.h": LAYERS,
    "cmocka.h": [],  # tests only
}

# These compute: no sockets, no files, no clock, no environment, no log, nothing global. Their tests may.
PURE = ["base", "crypto", "message", "ask", "auth", "bounce", "proof", "policy", "wire", "engine"]
PURE_HEADERS = """assert.h ctype.h errno.h inttypes.h limits.h stdalign.h stdarg.h stdbool.h stddef.h stdint.h stdio.h
    stdlib.h string.h strings.h arpa/inet.h netinet/in.h""".split()
IMPURE_CALLS = """fopen fdopen freopen popen system printf vprintf fprintf vfprintf puts putchar perror
    time clock clock_gettime gettimeofday localtime localtime_r mktime setlocale getenv secure_getenv setenv
    exit _exit quick_exit abort atexit syslog socket rand srand random strtok
    gethostbyname getaddrinfo pthread_create fork""".split()

FUNCTION_LINES_MAX = 70
FORBIDDEN_NAME = re.compile(r"(?:^|[_-])(?:utils?|misc|common|helpers?)(?:[_.-]|$)")
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
TEST_SUPPORT = "../../tests/support/"  # what unit tests share, seen from src/LAYER/
IMPURE_CALL = re.compile(r"(?<![\w.>])(" + "|".join(IMPURE_CALLS) + r")\s*\(")
TYPEDEF = re.compile(r"\btypedef\b")
GLOBAL = re.compile(r"(?!(?:struct|enum|union) \w+;)(?!.*\b(?:const|typedef|extern|_Static_assert)\b)"
                    r"(?:static\s+)?(?:_Thread_local\s+)?(?:(?:struct|enum|union|unsigned|signed)\s+)?"
                    r"[A-Za-z_]\w*[\s*]+\w+(?:\[[^]]*\])*\s*(?:=|;)")
BLANKED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)

RULES = ["each layer includes only what lies below it", "each library is used in its own layer",
         "what judges does no I/O, reads no clock and keeps no global", "no file is named for nothing",
         f"no function is longer than {FUNCTION_LINES_MAX} lines", "each source names its licence",
         "no typedef"]
LAYERING, LIBRARY, PURITY, NAMES, LENGTH, LICENCE, NO_TYPEDEF = range(len(RULES))


class Source:
    """A file, and its code: the text with comments and literals blanked, line by line as it was."""

    def __init__(self, root, path):
        self.path = path.relative_to(root)
        self.text = path.read_text(errors="replace")
        self.lines = self.text.splitlines()
        self.code = BLANKED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), self.text).splitlines()
        self.layer = self.path.parts[1] if self.path.parts[0] == "src" and len(self.path.parts) > 2 else None
        self.is_test = self.path.name.startswith("test_")

    def at(self, number, what):
        return f"{self.path}:{number}: {what}"

    def includes(self):
        for number, line in enumerate(self.lines, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match[1] == '"', match[2]


def library_of(header):
    return next((name for name in LIBRARIES if header.startswith(name)), None)


def check_own_include(source, number, header):
    target = header.split("/")[0] if "/" in header else None
    if source.is_test and header.startswith(TEST_SUPPORT):
        return []
    if target not in LAYERS:
        return [source.at(number, f'"{header}" names no layer')]
    allowed = LAYERS[source.layer]
    if target == source.layer or allowed is None or target in allowed:
        return []
    return [source.at(number, f"{source.layer} may not include {target}")]


def check_layering(source):
    if source.layer not in LAYERS:
        return [f"{source.path}: no such layer"]
    return [finding for number, own, header in source.includes() if own
            for finding in check_own_include(source, number, header)]


def check_libraries(source):
    findings = []
    for number, own, header in source.includes():
        library = None if own else library_of(header)
        if library and source.layer not in LIBRARIES[library] and not (source.is_test and library == "cmocka.h"):
            findings.append(source.at(number, f"<{header}> has no place in {source.layer}"))
    return findings


def check_purity(source):
    if source.layer not in PURE or source.is_test:
        return []
    findings = [source.at(number, f"<{header}> in a layer that only computes")
                for number, own, header in source.includes()
                if not own and not library_of(header) and header not in PURE_HEADERS]
    for number, line in enumerate(source.code, 1):
        findings += [source.at(number, f"calls {call}()") for call in IMPURE_CALL.findall(line)]
        if source.path.suffix == ".c" and GLOBAL.match(line):
            findings.append(source.at(number, "a variable outside of functions"))
    return findings


def check_lengths(source):
    findings = []
    begin = None
    for number, line in enumerate(source.code, 1):
        if line.startswith("{"):
            begin = number
        elif line.startswith("}") and begin:
            if number - begin + 1 > FUNCTION_LINES_MAX:
                findings.append(source.at(begin, f"{number - begin + 1} lines in one function"))
            begin = None
    return findings


def check_licence(source):
    first = source.lines[1:2] if source.text.startswith("#!") else source.lines[:1]
    if first and "SPDX-License-Identifier: BSD-2-Clause" in first[0]:
        return []
    return [f"{source.path}: its first line (the second after #!) is no SPDX-License-Identifier: BSD-2-Clause"]


def check_typedefs(source):
    return [source.at(number, line.strip()) for number, line in enumerate(source.code, 1) if TYPEDEF.search(line)]


def check_c(source):
    findings = [[] for _ in RULES]
    if source.path.parts[0] == "src":
        findings[LAYERING] = check_layering(source)
        if not findings[LAYERING] or source.layer in LAYERS:
            findings[LIBRARY] = check_libraries(source)
            findings[PURITY] = check_purity(source)
    findings[LENGTH] = check_lengths(source)
    findings[LICENCE] = check_licence(source)
    findings[NO_TYPEDEF] = check_typedefs(source)
    return findings


def files_below(root):
    """The files of the source tree, without build directories and what the tests leave behind."""
    for folder in ("src", "include", "fuzz", "bench", "tests", "scripts", "tools", "packaging", "rules"):
        for path in sorted((root / folder).rglob("*")):
            hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(root).parts)
            if path.is_file() and not path.is_symlink() and not hidden:
                yield path


def is_script(path):
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def check_tree(root):
    findings = [[] for _ in RULES]
    count = 0
    for path in files_below(root):
        relative = path.relative_to(root)
        findings[NAMES] += [f"{relative}: say what it is for" for part in [relative.name]
                            if FORBIDDEN_NAME.search(part)]
        if path.suffix in (".c", ".h"):
            count += 1
            for rule, found in enumerate(check_c(Source(root, path))):
                findings[rule] += found
        elif path.suffix in (".py", ".sh") or is_script(path):
            findings[LICENCE] += check_licence(Source(root, path))
    return count, findings


def main(root):
    count, findings = check_tree(root)
    print(f"1..{len(RULES) + 1}")
    print(f"{'ok' if count else 'not ok'} 1 - there are sources ({count})")
    for number, (rule, found) in enumerate(zip(RULES, findings), 2):
        print(f"{'not ok' if found else 'ok'} {number} - {rule}")
        for line in found:
            print(f"# {line}")
    return 1 if any(findings) or not count else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
