#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""libspf2 as a peer: see ../README.md for what comes in and what goes out."""

import ctypes
import json
import os
import sys

RESULTS = ["invalid", "neutral", "pass", "fail", "softfail", "none", "temperror", "permerror"]
TYPES = {"A": 1, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SPF": 99}
TRY_AGAIN = 2

try:
    library = ctypes.CDLL("libspf2.so.2")
except OSError:
    print("absent: install libspf2-2", flush=True)
    sys.exit(0)

library.SPF_strerror.restype = ctypes.c_char_p
for name in ("SPF_dns_zone_new", "SPF_server_new_dns", "SPF_request_new"):
    getattr(library, name).restype = ctypes.c_void_p


def pointer(value):
    return ctypes.c_void_p(value)


def make_zone(zone):
    dns = library.SPF_dns_zone_new(None, b"zone", 0)
    for name, records in zone.items():
        owner = name.encode("latin-1")
        for kind, values in records.items():
            if kind == "TIMEOUT":
                for number in TYPES.values():
                    library.SPF_dns_zone_add_str(pointer(dns), owner, number, TRY_AGAIN, None)
                continue
            for value in values:
                text = value[1] if kind == "MX" else value
                library.SPF_dns_zone_add_str(pointer(dns), owner, TYPES[kind], 0, text.encode("latin-1"))
    return dns


def judge(case):
    server = library.SPF_server_new_dns(pointer(make_zone(case["zone"])), 0)
    library.SPF_server_set_rec_dom(pointer(server), b"unknown")
    request = library.SPF_request_new(pointer(server))
    response = ctypes.c_void_p()
    if ":" in case["ip"]:
        library.SPF_request_set_ipv6_str(pointer(request), case["ip"].encode())
    else:
        library.SPF_request_set_ipv4_str(pointer(request), case["ip"].encode())
    library.SPF_request_set_helo_dom(pointer(request), case["helo"].encode())
    if case["from"]:
        library.SPF_request_set_env_from(pointer(request), case["from"].encode())
    text = library.SPF_strerror(library.SPF_request_query_mailfrom(pointer(request), ctypes.byref(response)))
    result = f"{RESULTS[library.SPF_response_result(response)]} {text.decode()}"
    library.SPF_response_free(response)
    library.SPF_request_free(pointer(request))
    library.SPF_server_free(pointer(server))
    return result


os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # it complains about records
print("ready", flush=True)
for line in sys.stdin:
    print(judge(json.loads(line)), flush=True)
