# SPDX-License-Identifier: BSD-2-Clause
"""A program that answers a line for each line that it is sent: our own `judge`, or a peer."""

import contextlib
import subprocess


class Ended(Exception):
    """The program died over what it was asked."""


class Driver:
    def __init__(self, command):
        self.command = [str(word) for word in command]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        encoding="utf-8", errors="surrogateescape", bufsize=1 << 20)

    def ask(self, *lines):
        """The answers to the lines, in their order."""
        if not self.process:
            self.start()
        try:
            self.process.stdin.write("".join(line + "\n" for line in lines))
            self.process.stdin.flush()
            answers = [self.process.stdout.readline() for _ in lines]
        except BrokenPipeError:
            answers = [""]
        if not all(answer.endswith("\n") for answer in answers):
            self.stop()
            raise Ended(f"{self.command[0]} died")
        return [answer[:-1] for answer in answers]

    def stop(self):
        if self.process:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
        self.process = None


def zone_line(records):
    """Master-file lines as the one line that `judge` reads."""
    return "zone\t" + "".join(record + "\x1e" for record in records)
