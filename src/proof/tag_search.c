/* SPDX-License-Identifier: BSD-2-Clause */
/* A state machine over single bytes; see tag_search.h. */
#include "proof/tag_search.h"

static const char prefix[] = "prvs=";
enum { PREFIX_SIZE = sizeof prefix - 1 };

void bs_tag_search_init(struct bs_tag_search *search)
{
    *search = (struct bs_tag_search){0};
}

/* What can stand in a tagged address: anything but blanks, controls and the marks that enclose addresses. */
static bool is_address_byte(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte > ' ' && byte != 0x7f && !strchr("<>()[],;:\"\\", c);
}

static void begin_again(struct bs_tag_search *search)
{
    search->length = 0;
    search->matched = 0;
}

/* The candidate is over. It counts if it has a domain and was not cut. */
static bool take_candidate(struct bs_tag_search *search, struct bs_bytes *ret_candidate)
{
    *ret_candidate = bs_bytes(search->text, search->length);
    bool complete = search->matched == PREFIX_SIZE && search->length < BS_TAG_CANDIDATE_MAX &&
                    bs_bytes_find(*ret_candidate, '@') + 1 < search->length;
    begin_again(search);
    return complete;
}

/* One byte with quoted-printable taken off; true when it ended a candidate. */
static bool push_decoded(struct bs_tag_search *search, char c, struct bs_bytes *ret_candidate)
{
    if (search->matched == PREFIX_SIZE) {
        if (!is_address_byte(c))
            return take_candidate(search, ret_candidate);
        if (search->length < BS_TAG_CANDIDATE_MAX)
            search->text[search->length++] = c;
        return false;
    }
    if (bs_ascii_lower(c) != prefix[search->matched])
        begin_again(search);
    if (bs_ascii_lower(c) == prefix[search->matched])
        search->text[search->length++] = prefix[search->matched++];
    return false;
}

/* Gives the pending bytes to the machine as they stand. Only the last of them can end a candidate. */
static bool flush_pending(struct bs_tag_search *search, struct bs_bytes *ret_candidate)
{
    bool found = false;
    size_t count = search->pending_length;
    search->pending_length = 0;
    for (size_t i = 0; i < count; i++)
        found = push_decoded(search, search->pending[i], ret_candidate) || found;
    return found;
}

/* Whether an = with what came behind it is, or may become, =3D, =CRLF or =LF. Quoted-printable writes its digits in
 * upper case, so prvs=…=3dprinter@ is not taken apart. */
static bool may_be_encoded(const struct bs_tag_search *search, char next)
{
    if (search->pending_length == 1)
        return next == '3' || next == '\r' || next == '\n';
    return search->pending[1] == '3' ? next == 'D' : search->pending[1] == '\r' && next == '\n';
}

/* One byte of the text as it came. */
static bool push_raw(struct bs_tag_search *search, char c, struct bs_bytes *ret_candidate)
{
    if (search->pending_length > 0 && may_be_encoded(search, c)) {
        search->pending[search->pending_length++] = c;
        bool equals = c == 'D';
        if (!equals && c != '\n')
            return false;
        search->pending_length = 0;
        return equals && push_decoded(search, '=', ret_candidate);
    }
    bool found = search->pending_length > 0 && flush_pending(search, ret_candidate);
    if (c != '=')
        return push_decoded(search, c, ret_candidate) || found;
    search->pending[search->pending_length++] = c;
    return found;
}

/* Bytes before the first that can begin `prvs=`. An = there cannot matter: what it encodes is no p. */
static size_t before_first(struct bs_bytes text)
{
    size_t count = 0;
    while (count < text.len && bs_ascii_lower(text.ptr[count]) != prefix[0])
        count++;
    return count;
}

bool bs_tag_search_next(struct bs_tag_search *search, struct bs_bytes *io_text, struct bs_bytes *ret_candidate)
{
    while (io_text->len > 0) {
        if (search->matched == 0 && search->pending_length == 0)
            *io_text = bs_bytes_skip(*io_text, before_first(*io_text));
        if (io_text->len == 0)
            return false;
        char c = io_text->ptr[0];
        *io_text = bs_bytes_skip(*io_text, 1);
        if (push_raw(search, c, ret_candidate))
            return true;
    }
    return false;
}

bool bs_tag_search_end(struct bs_tag_search *search, struct bs_bytes *ret_candidate)
{
    return flush_pending(search, ret_candidate) || take_candidate(search, ret_candidate);
}
