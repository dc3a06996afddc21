# SPDX-License-Identifier: BSD-2-Clause
"""Test cases written as sentences; results printed in the Test Anything Protocol.

    suite = Suite()

    @suite.case("a forged tag is refused")
    def _(world):
        assert ...

    suite.run(make_world)      # make_world() is a context manager that gives what each case gets
"""

import sys
import traceback


class Skip(Exception):
    """Raised where a case, or a whole suite, cannot be run here; its text says why."""


def note(text):
    """Prints a comment, a line of TAP each."""
    for line in str(text).splitlines():
        print("#", line)


class Suite:
    def __init__(self):
        self.cases = []

    def case(self, sentence):
        def register(function):
            self.cases.append((sentence, function))
            return function
        return register

    def run(self, make_world):
        """Runs all cases in one world and ends the process: 0 where none failed. Words of the command line select
        the cases whose sentences hold them."""
        sys.stdout.reconfigure(line_buffering=True)
        chosen = [case for case in self.cases if all(word in case[0] for word in sys.argv[1:])]
        try:
            with make_world() as world:
                print(f"1..{len(chosen)}")
                results = [run_case(number, *case, world) for number, case in enumerate(chosen, 1)]
                world.keep = not all(results)
        except Skip as reason:
            print(f"1..0 # SKIP {reason}")
            sys.exit(0)
        sys.exit(0 if all(results) else 1)


def run_case(number, sentence, function, world):
    try:
        function(world)
    except Skip as reason:
        print(f"ok {number} - {sentence} # SKIP {reason}")
    except Exception as failure:  # whatever went wrong, the other cases still say what works
        print(f"not ok {number} - {sentence}")
        note(failure if isinstance(failure, AssertionError) and str(failure) else "")
        note("".join(traceback.format_tb(failure.__traceback__, limit=-4)))
        note(repr(failure))
        return False
    else:
        print(f"ok {number} - {sentence}")
    return True
