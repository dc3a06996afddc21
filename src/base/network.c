/* SPDX-License-Identifier: BSD-2-Clause */
/* IP addresses and networks; see network.h. */
#include "base/network.h"

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

enum { MAPPED_BITS = 8 * sizeof mapped_prefix };

struct bs_ip bs_ip_from_bytes(struct bs_bytes bytes)
{
    struct bs_ip ip = {0};
    if (bytes.len == 16 && memcmp(bytes.ptr, mapped_prefix, sizeof mapped_prefix) == 0)
        bytes = bs_bytes_skip(bytes, sizeof mapped_prefix);
    if (bytes.len != 4 && bytes.len != 16)
        return ip;
    ip.family = bytes.len == 4 ? 4 : 6;
    memcpy(ip.address, bytes.ptr, bytes.len);
    return ip;
}

/* Reads an address as it is written, mapped or not. */
static bool read_address(struct bs_bytes text, struct bs_bytes *ret_bytes, uint8_t space[16])
{
    char cstr[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof cstr || bs_bytes_find(text, '\0') < text.len)
        return false;
    memcpy(cstr, text.ptr, text.len);
    cstr[text.len] = '\0';
    bool is_ipv4 = inet_pton(AF_INET, cstr, space) == 1;
    *ret_bytes = bs_bytes(space, is_ipv4 ? 4 : 16);
    return is_ipv4 || inet_pton(AF_INET6, cstr, space) == 1;
}

bool bs_ip_parse(struct bs_bytes text, struct bs_ip *ret_ip)
{
    uint8_t space[16];
    struct bs_bytes bytes;
    if (!read_address(text, &bytes, space))
        return false;
    *ret_ip = bs_ip_from_bytes(bytes);
    return true;
}

/* Reads a number up to `max` without leading zeros. */
static bool read_bits(struct bs_bytes text, size_t max, unsigned *ret_bits)
{
    unsigned bits = 0;
    if (text.len == 0 || text.len > 3 || (text.len > 1 && text.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!bs_ascii_is_digit(text.ptr[i]))
            return false;
        bits = bits * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *ret_bits = bits;
    return bits <= max;
}

/* The network of `bits` leading bits of the address; the mapped ones of 96 bits and more are IPv4 networks. */
static struct bs_network make_network(struct bs_bytes address, unsigned bits)
{
    struct bs_network network = {.family = address.len == 4 ? 4 : 6, .bits = bits};
    struct bs_ip ip = bs_ip_from_bytes(address);
    if (network.family == 6 && ip.family == 4 && bits >= MAPPED_BITS) {
        network.family = 4;
        network.bits = bits - MAPPED_BITS;
        address = bs_bytes_skip(address, sizeof mapped_prefix);
    }
    memcpy(network.address, address.ptr, address.len);
    return network;
}

bool bs_network_parse(struct bs_bytes text, struct bs_network *ret_network)
{
    uint8_t space[16];
    struct bs_bytes address;
    size_t slash = bs_bytes_find(text, '/');
    if (!read_address(bs_bytes_first(text, slash), &address, space))
        return false;
    unsigned bits = (unsigned)(8 * address.len);
    if (slash < text.len && !read_bits(bs_bytes_skip(text, slash + 1), 8 * address.len, &bits))
        return false;
    *ret_network = make_network(address, bits);
    return true;
}

struct bs_network bs_network_masked(struct bs_network network)
{
    unsigned whole = network.bits / 8;
    for (unsigned i = whole; i < sizeof network.address; i++) {
        unsigned kept = i == whole ? network.bits % 8 : 0;
        network.address[i] &= (uint8_t)(0xff00u >> kept);
    }
    return network;
}

bool bs_network_has_host_bits(const struct bs_network *network)
{
    struct bs_network masked = bs_network_masked(*network);
    return memcmp(masked.address, network->address, sizeof masked.address) != 0;
}

bool bs_network_contains(const struct bs_network *network, const struct bs_ip *ip)
{
    struct bs_ip plain = *ip;
    if (ip->family == 6)
        plain = bs_ip_from_bytes(bs_bytes(ip->address, sizeof ip->address));
    if (plain.family != network->family)
        return false;
    unsigned whole = network->bits / 8;
    unsigned mask = (0xff00u >> network->bits % 8) & 0xff;
    if (memcmp(plain.address, network->address, whole) != 0)
        return false;
    return mask == 0 || ((plain.address[whole] ^ network->address[whole]) & mask) == 0;
}

void bs_ip_format(const struct bs_ip *ip, char ret_text[BS_NETWORK_TEXT])
{
    ret_text[0] = '\0';
    inet_ntop(ip->family == 4 ? AF_INET : AF_INET6, ip->address, ret_text, BS_NETWORK_TEXT);
}

void bs_network_format(const struct bs_network *network, char ret_text[BS_NETWORK_TEXT])
{
    char address[INET6_ADDRSTRLEN] = "";
    inet_ntop(network->family == 4 ? AF_INET : AF_INET6, network->address, address, sizeof address);
    snprintf(ret_text, BS_NETWORK_TEXT, "%s/%u", address, network->bits);
}

enum { PORT_DIGITS = 5 };

static bool parse_port(struct bs_bytes text, uint16_t *ret_port)
{
    unsigned port = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!bs_ascii_is_digit(text.ptr[i]) || text.len > PORT_DIGITS)
            return false;
        port = port * 10 + (unsigned)(text.ptr[i] - '0');
    }
    *ret_port = (uint16_t)port;
    return port >= 1 && port <= UINT16_MAX;
}

bool bs_ip_port_parse(struct bs_bytes text, struct bs_ip *ret_ip, uint16_t *io_port)
{
    bool bracketed = text.len > 0 && text.ptr[0] == '[';
    if (!bracketed && bs_ip_parse(text, ret_ip))
        return true;
    size_t end = bs_bytes_find(text, bracketed ? ']' : ':');
    struct bs_bytes address = bs_bytes_skip(bs_bytes_first(text, end), bracketed), port = bs_bytes_skip(text, end);
    if (bracketed && port.len > 0)
        port = bs_bytes_skip(port, 1);
    if (!bs_ip_parse(address, ret_ip))
        return false;
    if (port.len == 0)
        return bracketed && end < text.len;
    return port.ptr[0] == ':' && parse_port(bs_bytes_skip(port, 1), io_port);
}
