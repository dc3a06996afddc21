# SPDX-License-Identifier: BSD-2-Clause
"""BATV tags, `prvs=KDDDSSSSSS=local@domain`, computed here from the format's definition."""

import hashlib
import hmac
import re
import time

LIFETIME = 7  # days
TAGGED = re.compile(r"prvs=(\d)(\d{3})([0-9a-fA-F]{6})=(.*)", re.DOTALL | re.IGNORECASE)


def today():
    return int(time.time() // 86400)


def sign(address, secret, digit=1, expires=None):
    """The tagged form of `address`; `expires` is a day counted from 1970."""
    day = (today() + LIFETIME if expires is None else expires) % 1000
    head = f"{digit}{day:03d}"
    mac = hmac.new(secret.encode(), (head + address).encode(), hashlib.sha1).hexdigest()[:6]
    return f"prvs={head}{mac}={address}"


def expired(address, secret, digit=1):
    return sign(address, secret, digit, today() - 3)


def forged(address, secret, digit=1):
    """A tag of the right form for today, with every digit of its MAC wrong."""
    right = sign(address, secret, digit)
    wrong = "".join(f"{15 - int(figure, 16):x}" for figure in right[9:15])
    return right[:9] + wrong + right[15:]
