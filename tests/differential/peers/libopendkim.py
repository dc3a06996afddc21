#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""OpenDKIM's library as a peer: see ../README.md for what comes in and what goes out."""

import ctypes
import json
import sys

CONTINUE, TRY_AGAIN, NOT_FOUND = 0, 2, 3  # DKIM_CBSTAT_…
PASSED, BODY_HASH_MATCHES = 4, 0          # DKIM_SIGFLAG_PASSED, DKIM_SIGBH_MATCH

try:
    library = ctypes.CDLL("libopendkim.so.11")
except OSError:
    print("absent: install opendkim-tools", flush=True)
    sys.exit(0)

POINTER = ctypes.c_void_p
LOOKUP = ctypes.CFUNCTYPE(ctypes.c_int, POINTER, POINTER, POINTER, ctypes.c_size_t)
for name, result in {"dkim_init": POINTER, "dkim_verify": POINTER, "dkim_sig_getselector": ctypes.c_char_p,
                     "dkim_sig_getdomain": ctypes.c_char_p, "dkim_sig_geterrorstr": ctypes.c_char_p}.items():
    getattr(library, name).restype = result
case = None


def look_up(dkim, signature, buffer, size):
    records = case["records"]
    name = library.dkim_sig_getselector(POINTER(signature)) + b"._domainkey." + library.dkim_sig_getdomain(POINTER(signature))
    if name.decode("ascii", "replace").lower() not in case["names"] or not records:
        return NOT_FOUND
    if isinstance(records, str):
        return TRY_AGAIN
    text = records[0].encode("latin-1")[:size - 1] + b"\0"
    ctypes.memmove(buffer, text, len(text))
    return CONTINUE


def verify(handle):
    header, _, body = case["message"].encode("latin-1").partition(b"\r\n\r\n")
    fields = header.replace(b"\r\n ", b"\0 ").replace(b"\r\n\t", b"\0\t").split(b"\r\n")
    for field in (each.replace(b"\0", b"\r\n") for each in fields):
        status = library.dkim_header(handle, field, ctypes.c_size_t(len(field)))
        if status:
            return f"fail the header: {status}"
    status = library.dkim_eoh(handle)
    if status not in (0, 2):
        return f"fail the end of the header: {status}"
    for at in range(0, len(body), case["piece"]):
        part = body[at:at + case["piece"]]
        library.dkim_body(handle, part, ctypes.c_size_t(len(part)))
    status = library.dkim_eom(handle, None)
    count, signatures = ctypes.c_int(), ctypes.POINTER(POINTER)()
    if library.dkim_getsiglist(handle, ctypes.byref(signatures), ctypes.byref(count)) or count.value == 0:
        return f"fail no signatures, {status}"
    first = POINTER(signatures[0])
    good = library.dkim_sig_getflags(first) & PASSED and library.dkim_sig_getbh(first) == BODY_HASH_MATCHES
    error = library.dkim_sig_geterrorstr(library.dkim_sig_geterror(first)) or b""
    return f"{'pass' if good else 'fail'} {error.decode()}"


def judge():
    if not isinstance(case["records"], str) and len(case["records"]) > 1:
        return "skip its own resolver would refuse several records"
    status = ctypes.c_int()
    handle = POINTER(library.dkim_verify(POINTER(context), b"id", None, ctypes.byref(status)))
    try:
        return verify(handle)
    finally:
        library.dkim_free(handle)


context = library.dkim_init(None, None)
callback = LOOKUP(look_up)
library.dkim_set_key_lookup(POINTER(context), callback)
print("ready", flush=True)
for line in sys.stdin:
    case = json.loads(line)
    print(judge(), flush=True)
