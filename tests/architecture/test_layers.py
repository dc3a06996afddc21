#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests layers.py: each case is a small tree of sources, and what the checker must say of it."""

import pathlib
import subprocess
import sys
import tempfile

LICENCE = "/* SPDX-License-Identifier: BSD-2-Clause */\n"
LONG = "static int f(void)\n{\n" + "    x();\n" * 68 + "}\n"

# sentence; path; text below the licence line; the finding, or None where all is well
CASES = [
    ("a lower layer may be included", "src/wire/a.c", '#include "base/bytes.h"\n#include <string.h>\n', None),
    ("a file of the same layer may be included", "src/wire/a.c", '#include "wire/a.h"\n', None),
    ("a higher layer may not be included", "src/base/a.c", '#include "crypto/hmac.h"\n',
     "src/base/a.c:2: base may not include crypto"),
    ("nor by a test", "src/base/test_a.c", '#include "crypto/hmac.h"\n', "base may not include crypto"),
    ("nor a sideways one", "src/wire/a.h", '#  include "message/address.h"\n', "wire may not include message"),
    ("an include without its layer is found", "src/base/a.c", '#include "bytes.h"\n', '"bytes.h" names no layer'),
    ("a layer that nobody drew is found", "src/tools/a.c", "", "src/tools/a.c: no such layer"),
    ("a file beside the layers is found", "src/a.c", "", "src/a.c: no such layer"),
    ("the daemon may include everything", "src/daemon/a.c", '#include "engine/gate.h"\n#include "cli/a.h"\n', None),
    ("OpenSSL belongs to crypto", "src/crypto/a.c", "#include <openssl/evp.h>\n", None),
    ("and to nobody else", "src/daemon/a.c", "#include <openssl/evp.h>\n", "<openssl/evp.h> has no place in daemon"),
    ("libevent does not belong to the engine", "src/engine/a.c", "#include <event2/event.h>\n",
     "<event2/event.h> has no place in engine"),
    ("a test may use cmocka", "src/base/test_a.c", "#include <cmocka.h>\n", None),
    ("nothing else may", "src/base/a.c", "#include <cmocka.h>\n", "<cmocka.h> has no place in base"),
    ("sockets are not for a layer that judges", "src/wire/a.c", "#include <sys/socket.h>\n",
     "<sys/socket.h> in a layer that only computes"),
    ("the daemon has sockets", "src/daemon/a.c", "#include <sys/socket.h>\n", None),
    ("the clock is not for a layer that judges", "src/proof/a.c", "int f(void)\n{\n    return time(NULL);\n}\n",
     "src/proof/a.c:4: calls time()"),
    ("the environment is not either", "src/engine/a.c", 'int x = !getenv("HOME");\n', "calls getenv()"),
    ("nor is printing", "src/base/a.c", "void f(void)\n{\n    fprintf(stderr, x);\n}\n", "calls fprintf()"),
    ("a function pointer of that name is no call", "src/base/a.c", "void f(void)\n{\n    s->time(1), s.time(2);\n}\n",
     None),
    ("nor is a comment, a text or a longer name", "src/base/a.c",
     '/* time(1)\n * time(2) */\nconst char *f(void)\n{\n    return "time(0)"; // time(3)\n    snprintf(0), my_time(4);\n}\n',
     None),
    ("a test may read files", "src/wire/test_a.c", "int f(void)\n{\n    fopen();\n}\n", None),
    ("a global is found", "src/policy/a.c", "static int count;\n", "src/policy/a.c:2: a variable outside of functions"),
    ("a global structure is found", "src/policy/a.c", "struct bs_thing things[3] = {0};\n", "outside of functions"),
    ("a table of constants is none", "src/policy/a.c", "static const int table[] = {1};\nenum { MAX = 3 };\n", None),
    ("nor are prototypes and structures", "src/policy/a.c",
     "static int f(void);\nstruct bs_thing;\nstruct bs_other {\n    int x;\n};\n", None),
    ("a file called util is found", "src/base/util.c", "", "src/base/util.c: say what it is for"),
    ("so is one with helpers in its name", "tests/scenarios/smtp_helpers.py", "", "say what it is for"),
    ("a longer word is none of these", "src/base/commonwealth.c", "", None),
    ("70 lines are a function", "src/base/a.c", LONG, None),
    ("71 are too many", "src/base/a.c", LONG.replace("    x();\n", "    x();\n    x();\n", 1),
     "src/base/a.c:3: 71 lines in one function"),
    ("a typedef is found", "src/base/a.h", "typedef struct thing thing;\n", "src/base/a.h:2: typedef struct thing thing;"),
    ("the word in a comment is none", "src/base/a.h", "/* no typedef here */\n", None),
]

UNLICENSED = [
    ("a C file without a licence is found", "src/base/a.c", "int x(void);\n", "src/base/a.c: its first line"),
    ("so is a script", "scripts/thing", "#!/bin/sh\ntrue\n", "scripts/thing: its first line"),
    ("a script has it in the second line", "scripts/thing", "#!/bin/sh\n# SPDX-License-Identifier: BSD-2-Clause\n", None),
    ("a file of data needs none", "tests/scenarios/a.txt", "anything\n", None),
]

CHECKER = pathlib.Path(__file__).with_name("layers.py")


def check(folder, number, case):
    """Plays one case in a tree that has nothing else but a faultless file."""
    sentence, path, text, expected = case
    root = pathlib.Path(folder) / str(number)
    for name, content in (("src/base/faultless.c", LICENCE), (path, text)):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    done = subprocess.run([sys.executable, CHECKER, root], capture_output=True, text=True)
    output = done.stdout + done.stderr
    if expected is None:
        good = done.returncode == 0 and "not ok" not in output
    else:
        good = done.returncode == 1 and output.count("not ok") == 1 and expected in output
    print(f"{'ok' if good else 'not ok'} {number} - {sentence}")
    if not good:
        print("".join(f"# {line}\n" for line in output.splitlines()), end="")


def main():
    licensed = [(sentence, path, (LICENCE if path.endswith((".c", ".h")) else "# " + LICENCE) + text, expected)
                for sentence, path, text, expected in CASES]
    cases = licensed + UNLICENSED
    print(f"1..{len(cases)}")
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases, 1):
            check(folder, number, case)


main()
