/* SPDX-License-Identifier: BSD-2-Clause */
/* See repeated_recipients.h. They are sorted, so that many of them take no time that grows by their square. */
#include "bounce/repeated_recipients.h"

#include "bounce/text_address.h"

#include <stdlib.h>

/* Without regard to case; a beginning comes before the whole. */
static int compare_texts(struct bs_bytes one, struct bs_bytes other)
{
    for (size_t i = 0; i < one.len && i < other.len; i++) {
        int order = bs_ascii_lower(one.ptr[i]) - bs_ascii_lower(other.ptr[i]);
        if (order != 0)
            return order;
    }
    return (one.len > other.len) - (one.len < other.len);
}

/* By address and original address, one that is not told first; then as they came. */
static int compare(const void *left, const void *right)
{
    const struct bs_reported_recipient *one = *(struct bs_reported_recipient *const *)left;
    const struct bs_reported_recipient *other = *(struct bs_reported_recipient *const *)right;
    int order = compare_texts(one->address, other->address);
    order = order != 0 ? order : compare_texts(one->original, other->original);
    return order != 0 ? order : (one > other) - (one < other);
}

static bool is_same(const struct bs_reported_recipient *one, const struct bs_reported_recipient *other)
{
    return one->address.len > 0 && bs_bytes_equal_nocase(one->address, other->address) &&
           (one->original.len == 0 || other->original.len == 0 || bs_bytes_equal_nocase(one->original, other->original));
}

static unsigned gravity(enum bs_kind kind)
{
    return kind == BS_KIND_DSN_FAILED ? 2 : kind == BS_KIND_DSN_DELAYED ? 1 : 0;
}

/* How much is said of why. */
static unsigned explicitness(const struct bs_reported_recipient *recipient)
{
    return (bs_text_status_is_vague(recipient->status) ? 0u : 2u) + (recipient->diagnostic.len > 0 ? 1u : 0u);
}

static bool counts_more(const struct bs_reported_recipient *one, const struct bs_reported_recipient *other)
{
    if (one->kind != other->kind)
        return gravity(one->kind) > gravity(other->kind);
    return explicitness(one) > explicitness(other);
}

/* Whether what `other` says of why holds for `one`, too: it tells of the same, or of the delay before a failure that says
 * nothing of its own. */
static bool explains(const struct bs_reported_recipient *other, const struct bs_reported_recipient *one)
{
    return one->kind == other->kind || (other->kind == BS_KIND_DSN_DELAYED && bs_text_status_is_vague(one->status));
}

/* What `other` says and `one` does not. A status belongs to what became of the recipient. */
static void add_what_is_missing(struct bs_reported_recipient *one, const struct bs_reported_recipient *other)
{
    if (one->original.len == 0)
        one->original = other->original;
    if (one->diagnostic.len == 0 && explains(other, one)) {
        one->diagnostic = other->diagnostic;
        one->reply_code = one->reply_code != 0 ? one->reply_code : other->reply_code;
    }
    if (one->kind != other->kind)
        return;
    if (one->status.len == 0 || (bs_text_status_is_vague(one->status) && !bs_text_status_is_vague(other->status)))
        one->status = other->status;
    if (one->comment.len == 0)
        one->comment = other->comment;
}

/* Puts both where the first of them is; the other is empty then. Returns the first. */
static struct bs_reported_recipient *unite(struct bs_reported_recipient *one, struct bs_reported_recipient *other)
{
    struct bs_reported_recipient *first = one < other ? one : other, *second = one < other ? other : one;
    struct bs_reported_recipient united = counts_more(second, first) ? *second : *first;
    add_what_is_missing(&united, counts_more(second, first) ? first : second);
    *first = united;
    *second = (struct bs_reported_recipient){.kind = BS_KIND_NONE};
    return first;
}

static void drop_empty(struct bs_reading *reading)
{
    size_t kept = 0;
    for (size_t i = 0; i < reading->recipient_count; i++) {
        if (reading->recipients[i].kind != BS_KIND_NONE)
            reading->recipients[kept++] = reading->recipients[i];
    }
    reading->recipient_count = kept;
}

bool bs_reading_unite_recipients(struct bs_reading *reading, struct bs_arena *arena)
{
    size_t count = reading->recipient_count;
    if (count < 2)
        return true;
    struct bs_reported_recipient **sorted = bs_arena_take_unset(arena, count * sizeof *sorted);
    if (!sorted)
        return false;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &reading->recipients[i];
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 1; i < count; i++) {
        if (is_same(sorted[i - 1], sorted[i]))
            sorted[i] = unite(sorted[i - 1], sorted[i]);
    }
    drop_empty(reading);
    return true;
}
