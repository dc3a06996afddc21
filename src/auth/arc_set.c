/* SPDX-License-Identifier: BSD-2-Clause */
/* The ARC sets of a header; see arc_set.h. */
#include "auth/arc_set.h"

enum part { PART_RESULTS, PART_MESSAGE, PART_SEAL, PARTS };

static const struct bs_bytes part_names[PARTS] = {
    BS_LITERAL("ARC-Authentication-Results"), BS_LITERAL("ARC-Message-Signature"), BS_LITERAL("ARC-Seal")};

/* A header that is being read. */
struct reader {
    struct bs_arc_sets *out;
    struct bs_arena *arena;
    bool out_of_memory;
};

static enum part part_of(const struct bs_header_field *field)
{
    enum part part = 0;
    while (part < PARTS && !bs_header_field_is(field, part_names[part]))
        part++;
    return part;
}

static size_t count_sets(const struct bs_header *header)
{
    size_t counts[PARTS + 1] = {0}, most = 0;
    for (size_t i = 0; i < header->count; i++)
        counts[part_of(&header->fields[i])]++;
    for (int part = 0; part < PARTS; part++)
        most = counts[part] > most ? counts[part] : most;
    return most;
}

/* Notes why the chain fails; the first reason stays. NULL is the arena's limit. */
static void fail(struct reader *reader, const char *reason)
{
    if (!reason)
        reader->out_of_memory = true;
    if (!reader->out->reason)
        reader->out->reason = reason;
}

static bool is_white(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Skips one comment (RFC 5322 section 3.2.2), in which others may lie; all of the text where it does not end. */
static struct bs_bytes skip_comment(struct bs_bytes text)
{
    size_t depth = 0;
    do {
        char c = text.ptr[0];
        depth += c == '(';
        depth -= c == ')';
        text = bs_bytes_skip(text, c == '\\' && text.len > 1 ? 2 : 1);
    } while (depth > 0 && text.len > 0);
    return text;
}

/* Skips white space and comments. */
static struct bs_bytes skip_cfws(struct bs_bytes text)
{
    while (text.len > 0 && (is_white(text.ptr[0]) || text.ptr[0] == '('))
        text = text.ptr[0] == '(' ? skip_comment(text) : bs_bytes_skip(text, 1);
    return text;
}

/* Takes a character that white space and comments may surround. */
static bool take(struct bs_bytes *io_text, char c)
{
    struct bs_bytes text = skip_cfws(*io_text);
    bool there = text.len > 0 && text.ptr[0] == c;
    *io_text = there ? skip_cfws(bs_bytes_skip(text, 1)) : text;
    return there;
}

unsigned bs_arc_results_read(struct bs_bytes body, struct bs_bytes *ret_results)
{
    size_t digits = 0;
    *ret_results = bs_bytes(NULL, 0);
    if (!take(&body, 'i') || !take(&body, '='))
        return 0;
    while (digits < body.len && bs_ascii_is_digit(body.ptr[digits]))
        digits++;
    unsigned instance = bs_arc_instance_read(bs_bytes_first(body, digits));
    body = bs_bytes_skip(body, digits);
    if (!take(&body, ';'))
        return 0;
    *ret_results = bs_bytes_trim(body);
    return instance;
}

/* The set of an instance, or NULL where none so high can be part of a chain without gaps. */
static struct bs_arc_set *set_of(struct reader *reader, unsigned instance)
{
    struct bs_arc_sets *out = reader->out;
    out->highest = instance > out->highest ? instance : out->highest;
    return instance <= out->count ? &out->items[instance - 1] : NULL;
}

static void report_twice(struct reader *reader, unsigned instance, enum part part)
{
    fail(reader, bs_arena_printf(reader->arena, "i=%u has more than one %s (RFC 8617 section 5.2 step 3A)", instance,
                                 part_names[part].ptr));
}

static void read_results(struct reader *reader, const struct bs_header_field *field)
{
    struct bs_bytes results;
    unsigned instance = bs_arc_results_read(field->body, &results);
    if (field->raw.len > BS_ARC_RESULTS_SIZE_MAX)
        fail(reader, "an ARC-Authentication-Results is too long");
    else if (field->flags & (BS_FIELD_NUL | BS_FIELD_BARE_CR | BS_FIELD_BAD_FOLD | BS_FIELD_CONTROL))
        fail(reader, "an ARC-Authentication-Results holds control characters");
    else if (instance == 0)
        fail(reader, "an ARC-Authentication-Results does not begin with an instance (RFC 8617 section 4.1.1)");
    struct bs_arc_set *set = instance > 0 ? set_of(reader, instance) : NULL;
    if (set && set->results_field)
        report_twice(reader, instance, PART_RESULTS);
    if (set && !set->results_field) {
        set->results_field = field;
        set->results = results;
    }
}

static void read_signature(struct reader *reader, const struct bs_header_field *field, enum part part)
{
    struct bs_dkim_signature signature;
    enum bs_dkim_kind kind = part == PART_SEAL ? BS_ARC_SEAL_FIELD : BS_ARC_MESSAGE_FIELD;
    if (!bs_dkim_signature_read_as(kind, field, false, reader->arena, &signature)) {
        reader->out_of_memory = true;
        return;
    }
    if (signature.instance == 0) {
        fail(reader, bs_arena_printf(reader->arena, "an %s has no instance: %s", part_names[part].ptr,
                                     signature.reason));
        return;
    }
    struct bs_arc_set *set = set_of(reader, signature.instance);
    struct bs_dkim_signature *place = !set ? NULL : part == PART_SEAL ? &set->seal : &set->message;
    if (place && place->field)
        report_twice(reader, signature.instance, part);
    else if (place)
        *place = signature;
}

static void read_field(struct reader *reader, const struct bs_header_field *field)
{
    enum part part = part_of(field);
    if (part == PART_RESULTS)
        read_results(reader, field);
    else if (part != PARTS)
        read_signature(reader, field, part);
}

/* Step 3A and 3B of section 5.2: all three fields of all sets. */
static void check_whole(struct reader *reader, unsigned instance)
{
    const struct bs_arc_set *set = &reader->out->items[instance - 1];
    const bool there[PARTS] = {set->results_field != NULL, set->message.field != NULL, set->seal.field != NULL};
    if (!there[PART_RESULTS] && !there[PART_MESSAGE] && !there[PART_SEAL]) {
        fail(reader, bs_arena_printf(reader->arena, "there is no i=%u (RFC 8617 section 5.2 step 3B)", instance));
        return;
    }
    for (int part = 0; part < PARTS; part++) {
        if (!there[part])
            fail(reader, bs_arena_printf(reader->arena, "i=%u has no %s (RFC 8617 section 5.2 step 3A)", instance,
                                         part_names[part].ptr));
    }
}

/* Step 3C: the first seal found no chain, each further one a good one. A seal that cannot be read fails here, too. */
static void check_chain(struct reader *reader, unsigned instance)
{
    const struct bs_dkim_signature *seal = &reader->out->items[instance - 1].seal;
    struct bs_bytes expected = instance == 1 ? BS_LITERAL("none") : BS_LITERAL("pass");
    if (seal->chain.len > 0 && !bs_bytes_equal_nocase(seal->chain, expected))
        fail(reader, bs_arena_printf(reader->arena, "i=%u has cv=%.*s, not cv=%s (RFC 8617 section 5.2 step 3C)",
                                     instance, BS_BYTES_ARG(seal->chain), expected.ptr));
    else if (seal->field && seal->code != BS_DKIM_PASS)
        fail(reader, bs_arena_printf(reader->arena, "i=%u ARC-Seal: %s", instance, seal->reason));
}

static void check_structure(struct reader *reader)
{
    struct bs_arc_sets *out = reader->out;
    const struct bs_arc_set *last = out->highest <= out->count ? &out->items[out->highest - 1] : NULL;
    out->ended = last && bs_bytes_equal_nocase(last->seal.chain, BS_LITERAL("fail"));
    if (out->ended)
        fail(reader, bs_arena_printf(reader->arena, "the last sealer, i=%u, found the chain broken: cv=fail "
                                     "(RFC 8617 section 5.2 step 2)", out->highest));
    for (unsigned instance = 1; instance <= out->count; instance++) {
        check_whole(reader, instance);
        check_chain(reader, instance);
    }
}

bool bs_arc_sets_read(const struct bs_header *header, struct bs_arena *arena, struct bs_arc_sets *ret_sets)
{
    struct reader reader = {.out = ret_sets, .arena = arena};
    *ret_sets = (struct bs_arc_sets){.count = count_sets(header)};
    if (ret_sets->count == 0)
        return true;
    if (ret_sets->count > BS_ARC_INSTANCE_MAX) {
        *ret_sets = (struct bs_arc_sets){
            .highest = BS_ARC_INSTANCE_MAX,
            .reason = "there are more than 50 sets (RFC 8617 section 5.2 step 1)",
        };
        return true;
    }
    if (header->flags & BS_HEADER_INCOMPLETE)
        fail(&reader, "the header is larger than what is judged");
    ret_sets->items = bs_arena_take(arena, ret_sets->count * sizeof *ret_sets->items);
    if (!ret_sets->items)
        return false;
    for (size_t i = 0; i < header->count && !reader.out_of_memory; i++)
        read_field(&reader, &header->fields[i]);
    if (ret_sets->highest > 0)
        check_structure(&reader);
    if (ret_sets->count > BS_ARC_SETS_TRIED_MAX)
        fail(&reader, bs_arena_printf(arena, "the chain has %zu sets; no more than %d are tried", ret_sets->count,
                                      BS_ARC_SETS_TRIED_MAX));
    return !reader.out_of_memory;
}

void bs_arc_put_sets(struct bs_dkim_sink *sink, const struct bs_arc_set *sets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bs_dkim_put_field(sink, sets[i].results_field, true);
        bs_dkim_put_field(sink, sets[i].message.field, true);
        bs_dkim_put_field(sink, sets[i].seal.field, true);
    }
}
