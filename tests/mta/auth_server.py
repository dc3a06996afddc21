# SPDX-License-Identifier: BSD-2-Clause
"""The server's side of Dovecot's authentication protocol, as far as Postfix's SMTP server needs it for AUTH PLAIN:
any user whose password is "password" gets in. It makes SMTP AUTH real with no SASL library and no account."""

import base64
import os
import socketserver
import threading

from .machine import HERE


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\n"
                         + f"SPID\t{os.getpid()}\nCUID\t1\nCOOKIE\t{os.urandom(16).hex()}\nDONE\n".encode())
        while line := self.rfile.readline():
            fields = line.decode().rstrip("\n").split("\t")
            if fields[0] == "AUTH":
                self.wfile.write(self.judge(fields[1], fields[2:]).encode())

    @staticmethod
    def judge(request, parameters):
        response = next((field[5:] for field in parameters if field.startswith("resp=")), "")
        _, user, password = base64.b64decode(response).decode().split("\0")
        return f"OK\t{request}\tuser={user}\n" if password == "password" else f"FAIL\t{request}\tuser={user}\n"


class AuthServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        super().__init__((HERE, 0), Session)
        self.port = self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()
