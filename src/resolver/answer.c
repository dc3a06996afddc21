/* SPDX-License-Identifier: BSD-2-Clause */
/* The answer section of a packet; see answer.h. */
#include "resolver/answer.h"

#include "base/hex.h"

#include <stdint.h>
#include <stdio.h>

enum {
    HEADER_SIZE = 12,
    FLAG_RESPONSE = 0x8000,
    FLAG_TRUNCATED = 0x0200,
    CODE_MASK = 0x000f,
    CODE_NXDOMAIN = 3,
    CLASS_IN = 1,
    WIRE_NAME_MAX = 255,
    SOA_NUMBERS = 5,
    TLSA_NUMBERS = 3,
};

/* A name as packets have it, without compression, in lower case. */
struct wire_name {
    unsigned char bytes[WIRE_NAME_MAX];
    size_t len;
};

struct reader {
    const unsigned char *bytes;
    size_t size;
    size_t at;
};

struct record {
    struct wire_name owner;
    unsigned type, class;
    uint32_t ttl;
    size_t data, data_end; /* where its RDATA lies */
};

static bool take_number(struct reader *reader, unsigned bytes, uint32_t *ret_number)
{
    *ret_number = 0;
    if (reader->size - reader->at < bytes)
        return false;
    while (bytes-- > 0)
        *ret_number = *ret_number << 8 | reader->bytes[reader->at++];
    return true;
}

static bool take_number16(struct reader *reader, unsigned *ret_number)
{
    uint32_t number;
    bool there = take_number(reader, 2, &number);
    *ret_number = (unsigned)number;
    return there;
}

static bool skip(struct reader *reader, size_t count)
{
    if (reader->size - reader->at < count)
        return false;
    reader->at += count;
    return true;
}

/* Adds the label at `at`, its length byte included. */
static bool add_label(const struct reader *reader, size_t at, struct wire_name *name)
{
    size_t length = 1 + (size_t)reader->bytes[at];
    if (reader->size - at < length || WIRE_NAME_MAX - name->len < length)
        return false;
    name->bytes[name->len++] = reader->bytes[at];
    for (size_t i = 1; i < length; i++)
        name->bytes[name->len++] = (unsigned char)bs_ascii_lower((char)reader->bytes[at + i]);
    return true;
}

/* Reads a name. A pointer must lead to before where the name, or the piece that the last pointer led to, began; so
 * there is no way round in circles. */
static bool take_name(struct reader *reader, struct wire_name *ret_name)
{
    size_t at = reader->at, before = at;
    bool jumped = false;
    ret_name->len = 0;
    while (at < reader->size) {
        unsigned length = reader->bytes[at];
        if (length >= 0xc0) {
            if (reader->size - at < 2)
                return false;
            if (!jumped)
                reader->at = at + 2;
            jumped = true;
            at = (length & 0x3fu) << 8 | reader->bytes[at + 1];
            if (at >= before)
                return false;
            before = at;
        } else if (length > BS_DNS_LABEL_MAX || !add_label(reader, at, ret_name)) {
            return false;
        } else {
            at += 1 + length;
            if (length == 0) {
                if (!jumped)
                    reader->at = at;
                return true;
            }
        }
    }
    return false;
}

/* The name of a question, which bs_dns_name_is_valid lets pass. */
static void name_from_text(struct bs_bytes text, struct wire_name *ret_name)
{
    size_t mark = 0;
    ret_name->len = 1;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '.') {
            ret_name->bytes[ret_name->len++] = (unsigned char)bs_ascii_lower(text.ptr[i]);
            continue;
        }
        ret_name->bytes[mark] = (unsigned char)(ret_name->len - mark - 1);
        mark = ret_name->len++;
    }
    ret_name->bytes[mark] = (unsigned char)(ret_name->len - mark - 1);
    ret_name->bytes[ret_name->len++] = 0;
}

static bool is_same_name(const struct wire_name *a, const struct wire_name *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* Room for `size` bytes of data; NULL where there is none, which no packet brings about. */
static char *take_room(struct bs_packet_answer *answer, size_t size)
{
    if (sizeof answer->data - answer->used < size)
        return NULL;
    char *room = answer->data + answer->used;
    answer->used += size;
    return room;
}

/* The name as text without its final dot; false where text cannot have it. */
static bool name_to_text(const struct wire_name *name, char ret_text[WIRE_NAME_MAX], size_t *ret_length)
{
    size_t length = 0;
    for (size_t at = 0; name->bytes[at] != 0; at += 1 + (size_t)name->bytes[at]) {
        if (length > 0)
            ret_text[length++] = '.';
        const unsigned char *label = name->bytes + at + 1;
        if (memchr(label, '.', name->bytes[at]) || memchr(label, '\0', name->bytes[at]))
            return false;
        memcpy(ret_text + length, label, name->bytes[at]);
        length += name->bytes[at];
    }
    *ret_length = length;
    return true;
}

/* What became of a record. */
enum outcome { KEPT, LEFT_OUT, BROKEN };

static enum outcome keep(struct bs_packet_answer *answer, const void *bytes, size_t size, unsigned preference)
{
    char *room = take_room(answer, size);
    if (!room)
        return BROKEN;
    if (size > 0)
        memcpy(room, bytes, size);
    struct bs_dns_record *record = &answer->records[answer->answer.count++];
    record->preference = (uint16_t)preference;
    record->data = bs_bytes(room, size);
    return KEPT;
}

/* Data that ends in a name: PTR, NS, CNAME, and MX with its preference. */
static enum outcome keep_name(struct reader *data, bool has_preference, struct bs_packet_answer *answer)
{
    char text[WIRE_NAME_MAX];
    struct wire_name name;
    unsigned preference = 0;
    size_t length;
    if (has_preference && !take_number16(data, &preference))
        return BROKEN;
    if (!take_name(data, &name) || data->at != data->size)
        return BROKEN;
    return name_to_text(&name, text, &length) ? keep(answer, text, length, preference) : LEFT_OUT;
}

/* The strings of a TXT record joined (RFC 7208 section 3.3, RFC 6376 section 3.6.2.2). */
static enum outcome keep_text(struct reader *data, struct bs_packet_answer *answer)
{
    size_t length = 0;
    char *text = take_room(answer, data->size - data->at);
    if (!text || data->at == data->size)
        return BROKEN;
    while (data->at < data->size) {
        size_t string = data->bytes[data->at++];
        if (data->size - data->at < string)
            return BROKEN;
        memcpy(text + length, data->bytes + data->at, string);
        data->at += string;
        length += string;
    }
    answer->records[answer->answer.count++] = (struct bs_dns_record){.data = bs_bytes(text, length)};
    return KEPT;
}

/* `mname. rname. serial refresh retry expire minimum` */
static enum outcome keep_soa(struct reader *data, struct bs_packet_answer *answer)
{
    char names[2][WIRE_NAME_MAX], text[2 * WIRE_NAME_MAX + SOA_NUMBERS * 11 + 4];
    size_t lengths[2];
    uint32_t numbers[SOA_NUMBERS];
    bool has_text = true;
    for (int i = 0; i < 2; i++) {
        struct wire_name name;
        if (!take_name(data, &name))
            return BROKEN;
        has_text = name_to_text(&name, names[i], &lengths[i]) && has_text;
    }
    for (int i = 0; i < SOA_NUMBERS; i++) {
        if (!take_number(data, 4, &numbers[i]))
            return BROKEN;
    }
    if (data->at != data->size)
        return BROKEN;
    if (!has_text)
        return LEFT_OUT;
    int length = snprintf(text, sizeof text, "%.*s. %.*s. %u %u %u %u %u", (int)lengths[0], names[0], (int)lengths[1],
                          names[1], numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    return keep(answer, text, (size_t)length, 0);
}

/* `usage selector matching hex` (RFC 6698 section 2.2) */
static enum outcome keep_tlsa(struct reader *data, struct bs_packet_answer *answer)
{
    if (data->size - data->at < TLSA_NUMBERS)
        return BROKEN;
    const unsigned char *bytes = data->bytes + data->at;
    size_t size = data->size - data->at - TLSA_NUMBERS;
    size_t room = TLSA_NUMBERS * 4 + 2 * size + 1;
    char *text = take_room(answer, room);
    if (!text)
        return BROKEN;
    size_t length = (size_t)snprintf(text, room, "%u %u %u ", bytes[0], bytes[1], bytes[2]);
    bs_hex_encode(bs_bytes(bytes + TLSA_NUMBERS, size), text + length);
    answer->records[answer->answer.count++] = (struct bs_dns_record){.data = bs_bytes(text, length + 2 * size)};
    return KEPT;
}

static enum outcome keep_address(struct reader *data, size_t size, struct bs_packet_answer *answer)
{
    return data->size - data->at == size ? keep(answer, data->bytes + data->at, size, 0) : BROKEN;
}

static enum outcome keep_record(struct reader *data, enum bs_dns_type type, struct bs_packet_answer *answer)
{
    switch (type) {
    case BS_DNS_A:
        return keep_address(data, 4, answer);
    case BS_DNS_AAAA:
        return keep_address(data, 16, answer);
    case BS_DNS_TXT:
        return keep_text(data, answer);
    case BS_DNS_MX:
        return keep_name(data, true, answer);
    case BS_DNS_SOA:
        return keep_soa(data, answer);
    case BS_DNS_TLSA:
        return keep_tlsa(data, answer);
    case BS_DNS_NS:
    case BS_DNS_CNAME:
    case BS_DNS_PTR:
    case BS_ASK_SENT:
        break;
    }
    return keep_name(data, false, answer);
}

static bool take_record(struct reader *reader, struct record *ret_record)
{
    unsigned length;
    if (!take_name(reader, &ret_record->owner) || !take_number16(reader, &ret_record->type) ||
        !take_number16(reader, &ret_record->class) || !take_number(reader, 4, &ret_record->ttl) ||
        !take_number16(reader, &length))
        return false;
    ret_record->data = reader->at;
    if (!skip(reader, length))
        return false;
    ret_record->data_end = reader->at;
    return true;
}

/* Where reading is: the question, and the name that CNAMEs have led to so far. */
struct search {
    struct reader reader; /* at the answer section */
    size_t authority;     /* where the authority section begins, once the answers were gone through */
    unsigned records;     /* in the answer section */
    unsigned authorities; /* in the authority section */
    enum bs_dns_type type;
    struct wire_name name;
    unsigned aliases; /* CNAMEs followed */
    uint32_t ttl;     /* the least of the records used */
};

static void note_ttl(struct search *search, const struct record *record)
{
    if (record->ttl < search->ttl)
        search->ttl = record->ttl;
}

/* Takes what a record has to do with the question; false where the packet is broken or there are too many CNAMEs. */
static bool use_record(struct search *search, const struct record *record, struct bs_packet_answer *answer)
{
    struct reader data = {search->reader.bytes, record->data_end, record->data};
    if (record->class != CLASS_IN || !is_same_name(&record->owner, &search->name))
        return true;
    if (record->type == (unsigned)search->type || record->type == BS_DNS_CNAME)
        note_ttl(search, record);
    if (record->type == (unsigned)search->type)
        return answer->answer.count == BS_DNS_RECORDS_MAX || keep_record(&data, search->type, answer) != BROKEN;
    if (record->type != BS_DNS_CNAME)
        return true;
    return ++search->aliases <= BS_PACKET_CNAMES_MAX && take_name(&data, &search->name) && data.at == data.size;
}

/* Goes through the records once. */
static bool pass(struct search *search, struct bs_packet_answer *answer)
{
    struct reader reader = search->reader;
    for (unsigned i = 0; i < search->records; i++) {
        struct record record;
        if (!take_record(&reader, &record) || !use_record(search, &record, answer))
            return false;
    }
    search->authority = reader.at;
    return true;
}

/* Goes through the records as long as CNAMEs lead on, since they may come in any order. */
static bool find_records(struct search *search, struct bs_packet_answer *answer)
{
    unsigned aliases;
    do {
        aliases = search->aliases;
        if (!pass(search, answer))
            return false;
    } while (search->aliases > aliases && answer->answer.count == 0);
    return true;
}

/*
 * What a packet without records says, by its authority section (RFC 2308 section 2): how long that holds, from the SOA;
 * and whether it names other servers instead of answering, NS without SOA. Forwarders that were never told of a domain
 * do so. False for that, and for a broken section.
 */
static bool read_authority(struct search *search)
{
    struct reader reader = search->reader;
    bool names_servers = false;
    reader.at = search->authority;
    for (unsigned i = 0; i < search->authorities; i++) {
        struct record record;
        bool broken = !take_record(&reader, &record);
        if (!broken && record.type == BS_DNS_SOA) {
            note_ttl(search, &record);
            return true;
        }
        names_servers = names_servers || broken || record.type == BS_DNS_NS;
        if (broken)
            break;
    }
    search->ttl = 0;
    return !names_servers;
}

/* Reads the header and skips the questions. */
static bool begin(struct search *search, unsigned *ret_code)
{
    struct reader *reader = &search->reader;
    unsigned id, flags, questions, additional;
    struct wire_name name;
    if (!take_number16(reader, &id) || !take_number16(reader, &flags) || !take_number16(reader, &questions) ||
        !take_number16(reader, &search->records) || !take_number16(reader, &search->authorities) ||
        !take_number16(reader, &additional))
        return false;
    *ret_code = flags & CODE_MASK;
    if (!(flags & FLAG_RESPONSE) || (flags & FLAG_TRUNCATED) || (*ret_code != 0 && *ret_code != CODE_NXDOMAIN))
        return false;
    for (; questions > 0; questions--) {
        if (!take_name(reader, &name) || !skip(reader, 4))
            return false;
    }
    return true;
}

static enum bs_dns_status read_status(struct search *search, struct bs_packet_answer *answer)
{
    unsigned code;
    if (!begin(search, &code) || !find_records(search, answer))
        return BS_DNS_SERVFAIL;
    if (code != CODE_NXDOMAIN && answer->answer.count > 0)
        return BS_DNS_FOUND;
    bool answers = read_authority(search);
    return code == CODE_NXDOMAIN ? BS_DNS_NXDOMAIN : answers ? BS_DNS_NODATA : BS_DNS_SERVFAIL;
}

void bs_packet_read(struct bs_bytes packet, struct bs_bytes name, enum bs_dns_type type,
                    struct bs_packet_answer *ret_answer)
{
    struct bs_dns_answer *answer = &ret_answer->answer;
    struct search search = {
        .reader = {(const unsigned char *)packet.ptr, packet.len, 0}, .type = type, .ttl = UINT32_MAX};
    ret_answer->used = 0;
    *answer = (struct bs_dns_answer){.status = BS_DNS_SERVFAIL, .records = ret_answer->records};
    name_from_text(name, &search.name);
    if (packet.len <= BS_PACKET_MAX)
        answer->status = read_status(&search, ret_answer);
    if (answer->status != BS_DNS_FOUND)
        answer->count = 0;
    ret_answer->ttl = bs_dns_failed(answer) ? 0 : search.ttl;
}
