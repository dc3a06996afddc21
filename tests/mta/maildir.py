# SPDX-License-Identifier: BSD-2-Clause
"""A Maildir, read: new messages in the order of their arrival."""

import email
import email.policy
from pathlib import Path

from .machine import wait_for


class Maildir:
    def __init__(self, path):
        self.path = Path(path)

    def messages(self):
        files = sorted((self.path / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]

    def with_subject(self, subject):
        return [message for message in self.messages() if message["Subject"] == subject]

    def wait_for(self, what, wanted):
        """The first message that `wanted` accepts."""
        return wait_for(what, lambda: next(filter(wanted, self.messages()), None))

    def wait_for_subject(self, subject):
        return self.wait_for(f'"{subject}" in {self.path}', lambda message: message["Subject"] == subject)
