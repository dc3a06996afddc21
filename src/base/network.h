/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IP addresses and networks: read from text, written as text, compared. IPv4 in dotted decimal, IPv6 as RFC 4291
 * section 2.2 has it; networks as ADDRESS/BITS (RFC 4632, RFC 4291 section 2.3), and a bare address is a network
 * of one. An IPv4-mapped IPv6 address (::ffff:192.0.2.1, RFC 4291 section 2.5.5.2) is the IPv4 address that it
 * holds, wherever it comes from; so ::/0 contains no IPv4 address. Names are not resolved and zones
 * (fe80::1%eth0) are not read.
 */
#ifndef BS_BASE_NETWORK_H
#define BS_BASE_NETWORK_H

#include "base/bytes.h"

#include <stdint.h>

enum { BS_NETWORK_TEXT = 64 }; /* bytes that hold any address or network as text, with its NUL */

struct bs_ip {
    uint8_t family;      /* 4 or 6; anything else is no address and in no network */
    uint8_t address[16]; /* most significant byte first; IPv4 has the first 4, the rest are 0 */
};

struct bs_network {
    uint8_t family;      /* 4 or 6 */
    uint8_t address[16]; /* as in bs_ip, as it was written: host bits are kept */
    unsigned bits;       /* how many leading bits count: 0 to 32, or 0 to 128 */
};

/* The address that 4 or 16 bytes in network order are; family 0 for any other length. */
struct bs_ip bs_ip_from_bytes(struct bs_bytes bytes);

/* False for anything but one address. */
bool bs_ip_parse(struct bs_bytes text, struct bs_ip *ret_ip);

/* Writes the address, IPv6 as RFC 5952 has it, at most BS_NETWORK_TEXT bytes. */
void bs_ip_format(const struct bs_ip *ip, char ret_text[BS_NETWORK_TEXT]);

/* Reads ADDRESS, IPv4:PORT or [ADDRESS]:PORT, also [ADDRESS] alone; `io_port` stays as it is where none is written. False
 * for anything else, and for a port that is not 1 to 65535 in at most five digits. */
bool bs_ip_port_parse(struct bs_bytes text, struct bs_ip *ret_ip, uint16_t *io_port);

/* Reads ADDRESS or ADDRESS/BITS. Host bits may be set; see bs_network_has_host_bits. */
bool bs_network_parse(struct bs_bytes text, struct bs_network *ret_network);

/* Whether a bit of the address beyond the prefix is set, as in 192.0.2.1/24. */
bool bs_network_has_host_bits(const struct bs_network *network);

/* The network with its host bits cleared: 192.0.2.0/24 for 192.0.2.1/24. */
struct bs_network bs_network_masked(struct bs_network network);

/* Whether the address lies in the network. Host bits of the network do not matter. */
bool bs_network_contains(const struct bs_network *network, const struct bs_ip *ip);

/* Writes ADDRESS/BITS, IPv6 as RFC 5952 has it, at most BS_NETWORK_TEXT bytes. */
void bs_network_format(const struct bs_network *network, char ret_text[BS_NETWORK_TEXT]);

#endif
