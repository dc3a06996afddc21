/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading SPF records; see spf_record.h. */
#include "auth/spf_record.h"

#include "auth/spf_macro.h"

#define VERSION BS_LITERAL("v=spf1")

enum domain_use { DOMAIN_NEVER, DOMAIN_MAYBE, DOMAIN_MUST };

struct mechanism {
    const char *name;
    enum domain_use domain; /* whether `:domain-spec` follows */
    bool has_cidr;
};

static const struct mechanism mechanisms[] = {
    [BS_SPF_ALL] = {"all", DOMAIN_NEVER, false}, [BS_SPF_INCLUDE] = {"include", DOMAIN_MUST, false},
    [BS_SPF_A] = {"a", DOMAIN_MAYBE, true},      [BS_SPF_MX] = {"mx", DOMAIN_MAYBE, true},
    [BS_SPF_PTR] = {"ptr", DOMAIN_MAYBE, false}, [BS_SPF_IP4] = {"ip4", DOMAIN_NEVER, false},
    [BS_SPF_IP6] = {"ip6", DOMAIN_NEVER, false}, [BS_SPF_EXISTS] = {"exists", DOMAIN_MUST, false},
};

bool bs_spf_is_record(struct bs_bytes text)
{
    return bs_bytes_starts_nocase(text, VERSION) && (text.len == VERSION.len || text.ptr[VERSION.len] == ' ');
}

static bool is_alpha(char c)
{
    char low = bs_ascii_lower(c);
    return low >= 'a' && low <= 'z';
}

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ): its length, 0 for none. */
static size_t name_length(struct bs_bytes term)
{
    size_t length = 0;
    if (term.len == 0 || !is_alpha(term.ptr[0]))
        return 0;
    while (length < term.len && (is_alpha(term.ptr[length]) || bs_ascii_is_digit(term.ptr[length]) ||
                                 term.ptr[length] == '-' || term.ptr[length] == '_' || term.ptr[length] == '.'))
        length++;
    return length;
}

/* NULL where the modifier is good, else the problem. */
static const char *read_modifier(struct bs_bytes name, struct bs_bytes value, struct bs_spf_record *record)
{
    bool redirect = bs_bytes_equal_nocase(name, BS_LITERAL("redirect"));
    if (!redirect && !bs_bytes_equal_nocase(name, BS_LITERAL("exp")))
        return bs_spf_macro_check(value, BS_SPF_TEXT_MODIFIER, NULL) ? NULL : "has a malformed macro (section 7.1)";
    struct bs_bytes *place = redirect ? &record->redirect : &record->exp;
    if (place->ptr)
        return "is there twice (section 6)";
    if (!bs_spf_domain_spec_check(value))
        return "names no domain (section 7.1)";
    *place = value;
    return NULL;
}

static const char *read_network(struct bs_bytes value, struct bs_spf_directive *directive)
{
    bool has_colon = bs_bytes_find(value, ':') < value.len;
    if (has_colon != (directive->mechanism == BS_SPF_IP6) || !bs_network_parse(value, &directive->network))
        return directive->mechanism == BS_SPF_IP6 ? "has no IPv6 network (section 5.6)"
                                                  : "has no IPv4 network (section 5.6)";
    return NULL;
}

/* Takes `/BITS` off the end, where there is one: 1 to 3 digits without a leading zero. */
static bool take_bits(struct bs_bytes *io_text, struct bs_bytes slashes, uint8_t *io_bits)
{
    size_t digits = 0;
    unsigned bits = 0;
    unsigned max = *io_bits;
    while (digits < io_text->len && bs_ascii_is_digit(io_text->ptr[io_text->len - 1 - digits]))
        digits++;
    struct bs_bytes before = bs_bytes_first(*io_text, io_text->len - digits);
    struct bs_bytes number = bs_bytes_skip(*io_text, before.len);
    if (digits == 0 || before.len < slashes.len ||
        !bs_bytes_equal(bs_bytes_skip(before, before.len - slashes.len), slashes))
        return true;
    if (digits > 3 || (digits > 1 && number.ptr[0] == '0'))
        return false;
    for (size_t i = 0; i < digits; i++)
        bits = bits * 10 + (unsigned)(number.ptr[i] - '0');
    io_text->len = before.len - slashes.len;
    *io_bits = (uint8_t)bits;
    return bits <= max;
}

/* What follows the mechanism's name: [ ":" domain-spec ] [ dual-cidr-length ]. */
static const char *read_rest(struct bs_bytes rest, struct bs_spf_directive *directive)
{
    const struct mechanism *mechanism = &mechanisms[directive->mechanism];
    directive->bits4 = 32;
    directive->bits6 = 128;
    if (mechanism->has_cidr && (!take_bits(&rest, BS_LITERAL("//"), &directive->bits6) ||
                                !take_bits(&rest, BS_LITERAL("/"), &directive->bits4)))
        return "has a malformed prefix length (section 5.3)";
    bool has_domain = rest.len > 0 && rest.ptr[0] == ':' && mechanism->domain != DOMAIN_NEVER;
    if (!has_domain)
        return rest.len > 0                        ? "goes on with what has no meaning there (section 5)"
               : mechanism->domain == DOMAIN_MUST ? "lacks its domain (section 5)"
                                                   : NULL;
    directive->domain_spec = bs_bytes_skip(rest, 1);
    return bs_spf_domain_spec_check(directive->domain_spec) ? NULL : "names no domain (section 7.1)";
}

/* Takes `+`, `-`, `~` or `?` off the front. */
static enum bs_spf_status take_qualifier(struct bs_bytes *io_term)
{
    static const char signs[] = "+-~?";
    static const enum bs_spf_status meanings[] = {BS_SPF_PASS, BS_SPF_FAIL, BS_SPF_SOFTFAIL, BS_SPF_NEUTRAL};
    const char *sign = io_term->len > 0 ? memchr(signs, io_term->ptr[0], sizeof signs - 1) : NULL;
    if (!sign)
        return BS_SPF_PASS;
    *io_term = bs_bytes_skip(*io_term, 1);
    return meanings[sign - signs];
}

static const char *read_directive(struct bs_bytes term, struct bs_spf_directive *directive)
{
    directive->text = term;
    directive->status = take_qualifier(&term);
    size_t length = 0;
    while (length < term.len && (is_alpha(term.ptr[length]) || bs_ascii_is_digit(term.ptr[length])))
        length++;
    struct bs_bytes name = bs_bytes_first(term, length);
    size_t kind = 0;
    while (kind < sizeof mechanisms / sizeof *mechanisms &&
           !bs_bytes_equal_nocase(name, bs_bytes_from_cstr(mechanisms[kind].name)))
        kind++;
    if (kind == sizeof mechanisms / sizeof *mechanisms)
        return "is no mechanism and no modifier (section 4.6.1)";
    directive->mechanism = (enum bs_spf_mechanism)kind;
    struct bs_bytes rest = bs_bytes_skip(term, length);
    if (kind != BS_SPF_IP4 && kind != BS_SPF_IP6)
        return read_rest(rest, directive);
    return rest.len > 0 && rest.ptr[0] == ':' ? read_network(bs_bytes_skip(rest, 1), directive)
                                               : "lacks its network (section 5.6)";
}

static const char *read_term(struct bs_bytes term, struct bs_spf_record *record)
{
    size_t length = name_length(term);
    if (length > 0 && length < term.len && term.ptr[length] == '=')
        return read_modifier(bs_bytes_first(term, length), bs_bytes_skip(term, length + 1), record);
    return read_directive(term, &record->directives[record->count++]);
}

static size_t count_terms(struct bs_bytes text)
{
    size_t terms = 0;
    for (size_t i = 1; i < text.len; i++)
        terms += text.ptr[i] != ' ' && text.ptr[i - 1] == ' ';
    return terms;
}

enum bs_spf_parse bs_spf_record_parse(struct bs_bytes text, size_t terms_max, struct bs_arena *arena,
                                      struct bs_spf_record *ret_record, struct bs_bytes *ret_term,
                                      const char **ret_problem)
{
    *ret_record = (struct bs_spf_record){.terms = count_terms(text)};
    *ret_term = VERSION;
    *ret_problem = "is followed by more terms than are judged";
    if (ret_record->terms > terms_max)
        return BS_SPF_SYNTAX_ERROR;
    ret_record->directives = bs_arena_take(arena, ret_record->terms * sizeof *ret_record->directives);
    if (!ret_record->directives)
        return BS_SPF_NO_MEMORY;
    for (text = bs_bytes_skip(text, VERSION.len); text.len > 0;) {
        size_t length = bs_bytes_find(text, ' ');
        *ret_term = bs_bytes_first(text, length);
        *ret_problem = length > 0 ? read_term(*ret_term, ret_record) : NULL;
        if (*ret_problem)
            return BS_SPF_SYNTAX_ERROR;
        text = bs_bytes_skip(text, length < text.len ? length + 1 : length);
    }
    return BS_SPF_PARSED;
}
