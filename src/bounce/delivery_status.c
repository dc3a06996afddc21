/* SPDX-License-Identifier: BSD-2-Clause */
/* See delivery_status.h. */
#include "bounce/delivery_status.h"

#include "bounce/text_address.h"
#include "message/field_blocks.h"

enum {
    FIRST_RECIPIENTS = 4,
    DIAGNOSTIC_CODES = 1000, /* bytes of a diagnostic that are searched for codes */
};

struct bs_reported_recipient *bs_reading_add_recipient(struct bs_reading *reading, struct bs_arena *arena)
{
    size_t count = reading->recipient_count;
    if (count == BS_REPORTED_RECIPIENTS_MAX) {
        reading->limit = reading->limit ? reading->limit : "BS_REPORTED_RECIPIENTS_MAX";
        return NULL;
    }
    /* Room is taken for 4, 8, 16 … recipients: when the count is a power of two from 4 on, it is full. */
    if (count == 0 || (count >= FIRST_RECIPIENTS && (count & (count - 1)) == 0)) {
        size_t room = count == 0 ? FIRST_RECIPIENTS : 2 * count;
        struct bs_reported_recipient *grown = bs_arena_take(arena, room * sizeof *grown);
        if (!grown)
            return NULL;
        if (count > 0)
            memcpy(grown, reading->recipients, count * sizeof *grown);
        reading->recipients = grown;
    }
    reading->recipient_count++;
    return memset(&reading->recipients[count], 0, sizeof reading->recipients[count]);
}

/* The fields of one recipient. */
struct group {
    struct bs_bytes final;
    struct bs_bytes original;
    struct bs_bytes actual;
    struct bs_bytes action;
    struct bs_bytes status;
    struct bs_bytes diagnostic;
};

static const struct slot {
    struct bs_bytes name;
    size_t offset;
} slots[] = {
    {{"Action", 6}, offsetof(struct group, action)},
    {{"Status", 6}, offsetof(struct group, status)},
    {{"Final-Recipient", 15}, offsetof(struct group, final)},
    {{"Diagnostic-Code", 15}, offsetof(struct group, diagnostic)},
    {{"Original-Recipient", 18}, offsetof(struct group, original)},
    {{"X-Actual-Recipient", 18}, offsetof(struct group, actual)},
};

static void take_field(struct group *group, const struct bs_block_field *field)
{
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++) {
        if (!bs_bytes_equal_nocase(slots[i].name, field->name))
            continue;
        struct bs_bytes *value = (struct bs_bytes *)(void *)((char *)group + slots[i].offset);
        if (value->len == 0)
            *value = field->value;
        return;
    }
}

/* What the first word of Action means; what no word tells, the status does. NONE: neither tells. */
static enum bs_kind action_kind(struct bs_bytes action, struct bs_bytes status)
{
    static const struct {
        const char *word;
        enum bs_kind kind;
    } words[] = {
        {"fail", BS_KIND_DSN_FAILED},     {"delay", BS_KIND_DSN_DELAYED},   {"deliver", BS_KIND_DSN_SUCCESS},
        {"relay", BS_KIND_DSN_SUCCESS},   {"expand", BS_KIND_DSN_SUCCESS},  {"error", BS_KIND_DSN_FAILED},
        {"expire", BS_KIND_DSN_FAILED},   {"reject", BS_KIND_DSN_FAILED},   {"bounce", BS_KIND_DSN_FAILED},
        {"defer", BS_KIND_DSN_DELAYED},   {"temp", BS_KIND_DSN_DELAYED},    {"undeliver", BS_KIND_DSN_FAILED},
        {"return", BS_KIND_DSN_FAILED},   {"success", BS_KIND_DSN_SUCCESS}, {"discard", BS_KIND_DSN_FAILED},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (bs_bytes_starts_nocase(action, bs_bytes_from_cstr(words[i].word)))
            return words[i].kind;
    }
    if (status.len == 0)
        return BS_KIND_NONE;
    return status.ptr[0] == '2' ? BS_KIND_DSN_SUCCESS : status.ptr[0] == '4' ? BS_KIND_DSN_DELAYED : BS_KIND_DSN_FAILED;
}

/* Such as `rfc822; <jane@example.com>`. Empty for a value that holds none. */
static bool read_address(struct bs_bytes value, struct bs_arena *arena, struct bs_bytes *ret_address)
{
    *ret_address = bs_bytes(NULL, 0);
    if (value.len == 0)
        return true;
    struct bs_typed_value typed = bs_typed_value_split(value);
    struct bs_bytes address = bs_typed_value_address(&typed, arena);
    if (!address.ptr)
        return false;
    address = bs_bytes_trim(address);
    size_t route = address.len > 0 && address.ptr[0] == '@' ? bs_bytes_find(address, ':') : address.len;
    if (route < address.len) /* RFC 5321 appendix C */
        address = bs_bytes_skip(address, route + 1);
    while (address.len > 0 && strchr("<>\"' ,;", address.ptr[address.len - 1]) && address.ptr[address.len - 1] != '\0')
        address.len--;
    *ret_address = address;
    return true;
}

static bool has_at(struct bs_bytes address)
{
    return bs_bytes_find(address, '@') < address.len;
}

/* The final recipient, unless that is a name that only the reporting host knows and another field has an address. */
static bool choose_address(const struct group *group, struct bs_arena *arena, struct bs_reported_recipient *recipient)
{
    struct bs_bytes final, original, actual;
    if (!read_address(group->final, arena, &final) || !read_address(group->original, arena, &original) ||
        !read_address(group->actual, arena, &actual))
        return false;
    recipient->original = has_at(original) ? original : bs_bytes(NULL, 0);
    recipient->address = has_at(final) ? final : has_at(original) ? original : has_at(actual) ? actual : final;
    return true;
}

static bool end_group(const struct group *group, struct bs_arena *arena, struct bs_reading *reading)
{
    struct bs_bytes status = bs_text_status(group->status);
    enum bs_kind kind = action_kind(group->action, status);
    if (kind == BS_KIND_NONE && group->final.len > 0 && group->diagnostic.len > 0)
        kind = BS_KIND_DSN_FAILED;
    if (kind == BS_KIND_NONE || (group->final.len == 0 && group->original.len == 0 && group->actual.len == 0 &&
                                 (group->action.len == 0 || group->status.len == 0)))
        return true;
    struct bs_reported_recipient *recipient = bs_reading_add_recipient(reading, arena);
    if (!recipient)
        return reading->limit != NULL;
    recipient->kind = kind;
    recipient->status = status;
    recipient->comment = bs_bytes_skip(group->status, bs_bytes_find(group->status, '('));
    struct bs_typed_value diagnostic = bs_typed_value_split(group->diagnostic);
    bool typed = diagnostic.type.len > 0 && diagnostic.type.len < 20 &&
                 bs_bytes_find(diagnostic.type, ' ') == diagnostic.type.len;
    recipient->diagnostic = typed ? diagnostic.value : group->diagnostic;
    recipient->reply_code = bs_text_reply_code(bs_bytes_first(recipient->diagnostic, DIAGNOSTIC_CODES));
    struct bs_bytes exact = bs_text_status(bs_bytes_first(recipient->diagnostic, DIAGNOSTIC_CODES));
    if (exact.len > 0 && bs_text_status_is_vague(status))
        recipient->status = exact;
    return choose_address(group, arena, recipient);
}

static bool read_message_fields(const struct bs_field_block *block, struct bs_arena *arena, struct bs_reading *reading)
{
    struct bs_bytes mta = bs_field_block_value(block, "Reporting-MTA");
    if (mta.len > 0 && reading->reporting_mta.len == 0)
        reading->reporting_mta = bs_typed_value_split(mta).value;
    struct bs_bytes id = bs_field_block_value(block, "Original-Envelope-Id");
    if (id.len == 0 || reading->envelope_id.len > 0)
        return true;
    reading->envelope_id = bs_xtext_decode(id, arena);
    return reading->envelope_id.ptr != NULL;
}

/* Whether the block is about another recipient than the group that came before: one that has the fields that the
 * group has. */
static bool begins_recipient(const struct group *group, const struct bs_field_block *block)
{
    if (group->final.len == 0 && group->original.len == 0)
        return false;
    if (group->final.len > 0 && bs_field_block_value(block, "Final-Recipient").len > 0)
        return true;
    if (group->original.len > 0 && bs_field_block_value(block, "Original-Recipient").len > 0)
        return true;
    return group->action.len > 0 && bs_field_block_value(block, "Action").len > 0;
}

/* Whether the field names another recipient than the group has: some writers put no empty line between recipients. */
static bool names_another(const struct group *group, const struct bs_block_field *field)
{
    static const struct bs_bytes final = {"Final-Recipient", 15}, original = {"Original-Recipient", 18};
    struct bs_bytes known = bs_bytes_equal_nocase(field->name, final)      ? group->final
                            : bs_bytes_equal_nocase(field->name, original) ? group->original
                                                                           : bs_bytes(NULL, 0);
    return known.len > 0 && field->value.len > 0 && !bs_bytes_equal_nocase(known, field->value);
}

bool bs_delivery_status_read(struct bs_bytes text, struct bs_arena *arena, struct bs_reading *reading, bool *ret_found)
{
    struct bs_field_blocks blocks;
    size_t before = reading->recipient_count;
    *ret_found = false;
    if (!bs_field_blocks_read(text, arena, &blocks))
        return false;
    if (blocks.limit && !reading->limit)
        reading->limit = blocks.limit;
    struct group group = {0};
    for (size_t i = 0; i < blocks.count; i++) {
        const struct bs_field_block *block = &blocks.items[i];
        if (!read_message_fields(block, arena, reading))
            return false;
        if (begins_recipient(&group, block)) {
            if (!end_group(&group, arena, reading))
                return false;
            group = (struct group){0};
        }
        for (size_t j = 0; j < block->count; j++) {
            if (names_another(&group, &block->fields[j])) {
                if (!end_group(&group, arena, reading))
                    return false;
                group = (struct group){0};
            }
            take_field(&group, &block->fields[j]);
        }
    }
    if (!end_group(&group, arena, reading))
        return false;
    *ret_found = reading->recipient_count > before || (reading->reporting_mta.len > 0 && blocks.count > 1);
    return true;
}
