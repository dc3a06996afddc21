/* SPDX-License-Identifier: BSD-2-Clause */
/* A folder of sent mail as a registry; see sent_folder.h. */
#include "cli/sent_folder.h"

#include "base/hex.h"
#include "message/date.h"
#include "message/mailbox_list.h"
#include "message/parts.h"
#include "proof/sent_name.h"

#include <errno.h>
#include <stdlib.h>

enum { TABLE_FIRST = 1 << 10 };

/* A name is kept as its first 64 bits, which are of a digest; 0 is none. */
struct bs_sent_folder_entry {
    uint64_t name;
    int64_t at;
};

struct reading {
    struct bs_sent_folder *folder;
    struct bs_arena arena;
    char *piece;
    void (*trouble)(void *context, const char *path, const char *why);
    void *context;
    bool failed;
};

void bs_sent_folder_init(struct bs_sent_folder *folder)
{
    *folder = (struct bs_sent_folder){.oldest = INT64_MAX, .nameless = INT64_MIN};
    bs_arena_init(&folder->arena, BS_SENT_FOLDER_MEMORY);
}

void bs_sent_folder_free(struct bs_sent_folder *folder)
{
    free(folder->entries);
    bs_arena_reset(&folder->arena);
    bs_sent_folder_init(folder);
}

/* --- The table ---------------------------------------------------------------------------------------------- */

static uint64_t shorten(struct bs_bytes name)
{
    unsigned char bytes[sizeof(uint64_t)];
    uint64_t number;
    if (name.len != BS_SENT_NAME_SIZE || !bs_hex_decode(bs_bytes_first(name, 2 * sizeof bytes), bytes, sizeof bytes))
        return 0;
    memcpy(&number, bytes, sizeof number);
    return number != 0 ? number : 1;
}

/* The entry of the name, or the free one where it would be. The table has a free one. */
static struct bs_sent_folder_entry *find(const struct bs_sent_folder *folder, uint64_t name)
{
    size_t place = (size_t)name & (folder->capacity - 1);
    while (folder->entries[place].name != 0 && folder->entries[place].name != name)
        place = (place + 1) & (folder->capacity - 1);
    return &folder->entries[place];
}

static bool grow(struct bs_sent_folder *folder)
{
    struct bs_sent_folder larger = {.capacity = folder->capacity ? 2 * folder->capacity : TABLE_FIRST};
    if (larger.capacity / 2 > BS_SENT_FOLDER_NAMES_MAX)
        return false;
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (!larger.entries)
        return false;
    for (size_t i = 0; i < folder->capacity; i++) {
        if (folder->entries[i].name != 0)
            *find(&larger, folder->entries[i].name) = folder->entries[i];
    }
    free(folder->entries);
    folder->entries = larger.entries;
    folder->capacity = larger.capacity;
    return true;
}

static bool put(struct bs_sent_folder *folder, struct bs_bytes name, int64_t at)
{
    uint64_t number = shorten(name);
    if (2 * (folder->used + 1) > folder->capacity && !grow(folder))
        return false;
    struct bs_sent_folder_entry *entry = find(folder, number);
    folder->used += entry->name == 0;
    *entry = (struct bs_sent_folder_entry){.name = number, .at = at};
    return true;
}

/* --- Messages ----------------------------------------------------------------------------------------------- */

static void note_address(struct bs_sent_folder *folder, const struct bs_address *address)
{
    for (size_t i = 0; i < folder->address_count; i++) {
        if (bs_address_same(&folder->addresses[i], address))
            return;
    }
    if (folder->address_count == BS_SENT_FOLDER_ADDRESSES_MAX)
        return;
    struct bs_address copy = {
        .local = bs_arena_copy(&folder->arena, address->local),
        .domain = bs_arena_copy(&folder->arena, address->domain),
    };
    if (copy.local.ptr && copy.domain.ptr)
        folder->addresses[folder->address_count++] = copy;
}

static bool put_sender(struct reading *reading, struct bs_bytes id, const struct bs_address *sender, int64_t at)
{
    char name[BS_SENT_NAME_SIZE + 1];
    return !bs_sent_name(id, sender, &reading->arena, name) || put(reading->folder, bs_bytes_from_cstr(name), at);
}

/* The names that a message is asked for by: without sender, and with each address of From. False without memory. */
static bool add_message(struct reading *reading, const struct bs_header *header)
{
    struct bs_address authors[BS_FROM_ADDRESSES_MAX];
    const struct bs_header_field *id_field = bs_header_find(header, "Message-ID");
    const struct bs_header_field *from = bs_header_find(header, "From");
    const struct bs_header_field *date = bs_header_find(header, "Date");
    struct bs_bytes id = id_field ? bs_message_id_of(id_field->body) : (struct bs_bytes){NULL, 0};
    int64_t at = 0;
    bool dated = date && bs_date_parse(date->body, &at);
    if (dated && at < reading->folder->oldest)
        reading->folder->oldest = at;
    if (dated && id.len == 0 && at > reading->folder->nameless)
        reading->folder->nameless = at;
    size_t count = from ? bs_from_addresses(from->body, &reading->arena, authors) : 0;
    for (size_t i = 0; i < count; i++)
        note_address(reading->folder, &authors[i]);
    if (id.len == 0)
        return true;
    reading->folder->messages++;
    bool kept = put_sender(reading, id, NULL, at);
    for (size_t i = 0; kept && i < count; i++)
        kept = put_sender(reading, id, &authors[i], at);
    return kept;
}

static bool read_mail(void *context, const struct bs_mail *mail)
{
    struct reading *reading = context;
    struct bs_header header;
    bs_arena_reset(&reading->arena);
    bs_header_init(&header, &reading->arena);
    if (!bs_mail_read_header(mail, reading->piece, &header))
        reading->trouble(reading->context, mail->path, strerror(errno));
    reading->failed = !add_message(reading, &header);
    bs_mail_release(mail);
    return !reading->failed;
}

static void report(void *context, const char *path, const char *why)
{
    struct reading *reading = context;
    reading->trouble(reading->context, path, why);
}

bool bs_sent_folder_read(struct bs_sent_folder *folder, const char *path,
                         void (*trouble)(void *context, const char *path, const char *why), void *context)
{
    struct reading reading = {
        .folder = folder, .trouble = trouble, .context = context, .piece = malloc(BS_MAIL_PIECE)};
    const struct bs_mail_visitor visitor = {&reading, read_mail, report};
    bs_arena_init(&reading.arena, BS_SENT_FOLDER_MEMORY);
    if (reading.piece)
        bs_mail_visit(path, &visitor);
    reading.failed = reading.failed || !reading.piece;
    bs_arena_reset(&reading.arena);
    free(reading.piece);
    return !reading.failed;
}

/* --- Questions ---------------------------------------------------------------------------------------------- */

int64_t bs_sent_folder_since(const struct bs_sent_folder *folder)
{
    return folder->nameless < folder->oldest ? folder->oldest : folder->nameless + 1;
}

struct bs_sent_answer bs_sent_folder_answer(const struct bs_sent_folder *folder, struct bs_bytes name)
{
    const struct bs_sent_folder_entry *entry = folder->capacity > 0 ? find(folder, shorten(name)) : NULL;
    if (entry && entry->name != 0)
        return (struct bs_sent_answer){.status = BS_SENT_KNOWN, .at = entry->at};
    return (struct bs_sent_answer){.status = BS_SENT_UNKNOWN, .since = bs_sent_folder_since(folder)};
}

bool bs_sent_folder_has(const struct bs_sent_folder *folder, struct bs_bytes message_id, struct bs_arena *arena)
{
    char name[BS_SENT_NAME_SIZE + 1];
    struct bs_bytes id = bs_message_id_of(message_id);
    return bs_sent_name(id, NULL, arena, name) &&
           bs_sent_folder_answer(folder, bs_bytes_from_cstr(name)).status == BS_SENT_KNOWN;
}
