/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes DNS packets (RFC 1035 section 4.1), good ones and bad ones. For unit tests, fuzz targets and benchmarks. */
#ifndef BS_TESTS_DNS_PACKET_H
#define BS_TESTS_DNS_PACKET_H

#include "ask/ask.h"

#include <stdlib.h>

enum { DNS_RESPONSE = 0x8180, DNS_TRUNCATED = 0x0200, DNS_SERVFAIL = 2, DNS_NXDOMAIN = 3, DNS_HEADER = 12 };

struct dns_packet {
    unsigned char bytes[70000];
    size_t len;
};

static inline void dns_put(struct dns_packet *packet, const void *bytes, size_t size)
{
    if (sizeof packet->bytes - packet->len < size)
        abort();
    memcpy(packet->bytes + packet->len, bytes, size);
    packet->len += size;
}

static inline void dns_put16(struct dns_packet *packet, unsigned number)
{
    unsigned char bytes[] = {(unsigned char)(number >> 8), (unsigned char)number};
    dns_put(packet, bytes, sizeof bytes);
}

/* A name from text without its final dot. */
static inline void dns_put_name(struct dns_packet *packet, const char *name)
{
    while (*name) {
        size_t length = strcspn(name, ".");
        unsigned char size = (unsigned char)length;
        dns_put(packet, &size, 1);
        dns_put(packet, name, length);
        name += length + (name[length] == '.');
    }
    dns_put(packet, "", 1);
}

/* A response without records to the question. */
static inline void dns_begin(struct dns_packet *packet, unsigned flags, const char *name, enum bs_dns_type type)
{
    packet->len = 0;
    dns_put16(packet, 0);
    dns_put16(packet, flags);
    dns_put16(packet, 1);
    for (int i = 0; i < 3; i++)
        dns_put16(packet, 0);
    dns_put_name(packet, name);
    dns_put16(packet, (unsigned)type);
    dns_put16(packet, 1);
}

/* Begins a record of the answer section; returns where its data begins. */
static inline size_t dns_open(struct dns_packet *packet, const char *owner, unsigned type)
{
    unsigned count = 1u + ((unsigned)packet->bytes[6] << 8 | packet->bytes[7]);
    packet->bytes[6] = (unsigned char)(count >> 8);
    packet->bytes[7] = (unsigned char)count;
    dns_put_name(packet, owner);
    dns_put16(packet, type);
    dns_put16(packet, 1);
    dns_put16(packet, 0);
    dns_put16(packet, 300);
    dns_put16(packet, 0);
    return packet->len;
}

/* Ends the record whose data begins there. */
static inline void dns_close(struct dns_packet *packet, size_t data)
{
    size_t size = packet->len - data;
    packet->bytes[data - 2] = (unsigned char)(size >> 8);
    packet->bytes[data - 1] = (unsigned char)size;
}

static inline void dns_add(struct dns_packet *packet, const char *owner, unsigned type, const void *bytes, size_t size)
{
    size_t data = dns_open(packet, owner, type);
    dns_put(packet, bytes, size);
    dns_close(packet, data);
}

/* A record whose data is a name. */
static inline void dns_add_name(struct dns_packet *packet, const char *owner, unsigned type, const char *name)
{
    size_t data = dns_open(packet, owner, type);
    if (type == BS_DNS_MX)
        dns_put16(packet, 10);
    dns_put_name(packet, name);
    dns_close(packet, data);
}

/* A TXT record with the text in strings of at most 255 bytes. */
static inline void dns_add_text(struct dns_packet *packet, const char *owner, struct bs_bytes text)
{
    size_t data = dns_open(packet, owner, BS_DNS_TXT);
    do {
        struct bs_bytes string = bs_bytes_first(text, 255);
        unsigned char size = (unsigned char)string.len;
        dns_put(packet, &size, 1);
        dns_put(packet, string.ptr, string.len);
        text = bs_bytes_skip(text, string.len);
    } while (text.len > 0);
    dns_close(packet, data);
}

#endif
