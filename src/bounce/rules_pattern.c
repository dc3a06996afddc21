/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_pattern.h. A recursive descent; what cannot be read is refused, nothing is guessed. */
#include "bounce/rules_pattern.h"

#include "base/utf8.h"
#include "bounce/rules_class.h"
#include "bounce/rules_flatten.h"
#include "bounce/rules_fold.h"

struct parser {
    struct bs_bytes rest;
    struct bs_arena *arena;
    unsigned depth;
    bool flat;
    bool full; /* the arena is */
    const char *wrong;
};

static struct bs_rules_node *parse_choice(struct parser *parser);

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char peek(const struct parser *parser)
{
    return parser->rest.len > 0 ? parser->rest.ptr[0] : '\0';
}

static void skip(struct parser *parser, size_t count)
{
    parser->rest = bs_bytes_skip(parser->rest, count);
}

static bool is_over(const struct parser *parser)
{
    return parser->wrong || parser->full || parser->rest.len == 0;
}

static struct bs_rules_node *refuse(struct parser *parser, const char *wrong)
{
    if (!parser->wrong && !parser->full)
        parser->wrong = wrong;
    return NULL;
}

static struct bs_rules_node *make(struct parser *parser, enum bs_rules_node_type type)
{
    struct bs_rules_node *node = bs_arena_take(parser->arena, sizeof *node);
    if (node)
        node->type = type;
    else
        parser->full = true;
    return node;
}

/* Puts a child behind the others; either may be missing, where the parser has failed. */
static void add(struct bs_rules_node *parent, struct bs_rules_node *child)
{
    if (!parent || !child)
        return;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

static struct bs_rules_node *make_pair(struct parser *parser, enum bs_rules_node_type type,
                                       struct bs_rules_node *one, struct bs_rules_node *other)
{
    struct bs_rules_node *node = make(parser, type);
    add(node, one);
    add(node, other);
    return node;
}

static struct bs_rules_node *make_class(struct parser *parser, const struct bs_rules_class *class)
{
    struct bs_rules_node *node = make(parser, BS_NODE_CLASS);
    if (node)
        node->class = *class;
    return node;
}

static struct bs_rules_node *make_byte(struct parser *parser, char c)
{
    struct bs_rules_class class = {{0}};
    bs_rules_class_add(&class, (unsigned char)bs_ascii_lower(c));
    return make_class(parser, &class);
}

static struct bs_rules_node *make_assertion(struct parser *parser,
                                            enum bs_rules_assertion assertion)
{
    struct bs_rules_node *node = make(parser, BS_NODE_ASSERTION);
    if (node)
        node->assertion = assertion;
    return node;
}

static struct bs_rules_node *make_repeat(struct parser *parser, struct bs_rules_node *child,
                                         unsigned least, unsigned most)
{
    struct bs_rules_node *node = make(parser, BS_NODE_REPEAT);
    add(node, child);
    if (node) {
        node->least = least;
        node->most = most;
    }
    return node;
}

/* Any white space that there is in a text as rules see it. */
static struct bs_rules_node *make_space(struct parser *parser)
{
    return make_class(parser, parser->flat ? &bs_rules_class_blank : &bs_rules_class_run);
}

/* A run of blanks is white space of any kind and length. */
static struct bs_rules_node *parse_blanks(struct parser *parser)
{
    while (is_blank(peek(parser)))
        skip(parser, 1);
    return make_space(parser);
}

/* Reads a number at the beginning of `text`, any past BS_RULES_REPEAT_MAX as one; how many digits
 * it has. */
static size_t read_number(struct bs_bytes text, unsigned *ret_number)
{
    size_t count = 0;
    *ret_number = 0;
    for (; count < text.len && bs_ascii_is_digit(text.ptr[count]); count++) {
        *ret_number = *ret_number * 10 + (unsigned)(text.ptr[count] - '0');
        if (*ret_number > BS_RULES_REPEAT_MAX)
            *ret_number = BS_RULES_REPEAT_MAX + 1;
    }
    return count;
}

/* {m}, {m,} or {m,n}; a brace that begins none of them stands for itself. */
static bool take_braces(struct parser *parser, unsigned *ret_least, unsigned *ret_most)
{
    struct bs_bytes rest = bs_bytes_skip(parser->rest, 1);
    size_t digits = read_number(rest, ret_least);
    if (digits == 0)
        return false;
    rest = bs_bytes_skip(rest, digits);
    *ret_most = *ret_least;
    if (rest.len > 0 && rest.ptr[0] == ',') {
        rest = bs_bytes_skip(rest, 1);
        digits = read_number(rest, ret_most);
        rest = bs_bytes_skip(rest, digits);
    }
    if (rest.len == 0 || rest.ptr[0] != '}')
        return false;
    if (*ret_least > BS_RULES_REPEAT_MAX ||
        (digits > 0 && (*ret_most > BS_RULES_REPEAT_MAX || *ret_least > *ret_most)))
        refuse(parser,
               "a {m,n} repeats more often than BS_RULES_REPEAT_MAX (500), or its m is past its n");
    *ret_most = digits > 0 ? *ret_most : BS_RULES_UNBOUNDED;
    parser->rest = bs_bytes_skip(rest, 1);
    return true;
}

static bool take_quantifier(struct parser *parser, unsigned *ret_least, unsigned *ret_most)
{
    char c = peek(parser);
    if (c == '{') {
        if (!take_braces(parser, ret_least, ret_most))
            return false;
    } else if (c == '*' || c == '+' || c == '?') {
        *ret_least = c == '+' ? 1 : 0;
        *ret_most = c == '?' ? 1 : BS_RULES_UNBOUNDED;
        skip(parser, 1);
    } else {
        return false;
    }
    if (peek(parser) == '?') /* takes as little as it can, as all do here */
        skip(parser, 1);
    return true;
}

/* Takes blanks, or \s. False without them. */
static bool take_space(struct parser *parser)
{
    struct bs_bytes rest = parser->rest;
    size_t count = 0;
    while (count < rest.len && is_blank(rest.ptr[count]))
        count++;
    if (count == 0 && rest.len > 1 && rest.ptr[0] == '\\' && rest.ptr[1] == 's')
        count = 2;
    skip(parser, count);
    return count > 0;
}

/* ^: an indented line begins behind the BS_RULES_INDENT that ends the one before, so what is said
 * of white space behind the ^ is read here, too. */
static struct bs_rules_node *parse_line_begin(struct parser *parser)
{
    unsigned least = 1, most = 1;
    skip(parser, 1);
    struct bs_rules_node *begin = make_assertion(parser, BS_RULES_LINE_BEGIN);
    if (parser->flat || !take_space(parser))
        return begin;
    take_quantifier(parser, &least, &most);
    if (most == 0)
        return begin;
    struct bs_rules_node *space =
        least == 0 ? make_repeat(parser, make_space(parser), 0, 1) : make_byte(parser, ' ');
    struct bs_rules_node *line = make_pair(parser, BS_NODE_SEQUENCE, begin, space);
    return make_pair(parser, BS_NODE_CHOICE, line, make_byte(parser, BS_RULES_INDENT));
}

/* $, at the end of a pattern or an alternative: the next line may be indented. */
static struct bs_rules_node *parse_line_end(struct parser *parser)
{
    skip(parser, 1);
    bool last = parser->rest.len == 0 || peek(parser) == ')' || peek(parser) == '|';
    struct bs_rules_node *end = make_assertion(parser, BS_RULES_LINE_END);
    if (!last || parser->flat)
        return end;
    return make_pair(parser, BS_NODE_CHOICE, end, make_byte(parser, BS_RULES_INDENT));
}

/* The two digits of \xHH, -1 without them. */
static int read_hex(struct bs_bytes text)
{
    static const char digits[] = "0123456789abcdef";
    int value = 0;
    for (size_t i = 0; i < 2; i++) {
        const char *digit =
            i < text.len && text.ptr[i] ? strchr(digits, bs_ascii_lower(text.ptr[i])) : NULL;
        if (!digit)
            return -1;
        value = value * 16 + (int)(digit - digits);
    }
    return value;
}

/* Adds what the escape behind a backslash stands for to the class. */
static void take_escape(struct parser *parser, struct bs_rules_class *class)
{
    static const char controls[] = "tnvfrea", meant[] = "\t\n\v\f\r\x1b\a";
    char c = parser->rest.len > 1 ? parser->rest.ptr[1] : '\0';
    const char *control = c ? strchr(controls, c) : NULL;
    bool letter = bs_rules_class_has(&bs_rules_class_word, (unsigned char)c) && c != '_';
    int byte = c == 'x' ? read_hex(bs_bytes_skip(parser->rest, 2)) : 0;
    if (c == '\0' || (unsigned char)c >= 0x80)
        refuse(parser, "a backslash has no ASCII character behind it");
    else if (bs_rules_class_named(c, class))
        skip(parser, 2);
    else if (c == 'x' && byte >= 0) {
        bs_rules_class_add(class, (unsigned char)bs_ascii_lower((char)byte));
        skip(parser, 4);
    } else if (c == 'Q' || c == 'E')
        refuse(
            parser,
            "there is no \\Q...\\E; write a backslash before each sign that is meant as it stands");
    else if (letter && !control)
        refuse(parser,
               "a backslash stands before a letter or digit with which it means nothing here");
    else {
        bs_rules_class_add(class, (unsigned char)(control ? meant[control - controls] : c));
        skip(parser, 2);
    }
}

static struct bs_rules_node *parse_escape(struct parser *parser)
{
    static const char letters[] = "bBA";
    static const enum bs_rules_assertion assertions[] = {BS_RULES_WORD_EDGE, BS_RULES_NO_WORD_EDGE,
                                                         BS_RULES_TEXT_BEGIN};
    char c = parser->rest.len > 1 ? parser->rest.ptr[1] : '\0';
    const char *letter = c ? strchr(letters, c) : NULL;
    struct bs_rules_class class = {{0}};
    if (letter) {
        skip(parser, 2);
        return make_assertion(parser, assertions[letter - letters]);
    }
    take_escape(parser, &class);
    if (c == 'n' && !parser->flat)
        bs_rules_class_add(&class, BS_RULES_INDENT);
    if (c == 't') /* of which a text has none that rules see */
        bs_rules_class_add(&class, ' ');
    return make_class(parser, &class);
}

/* A character past ASCII. */
static struct bs_rules_node *parse_wide(struct parser *parser)
{
    size_t length = bs_utf8_sequence(parser->rest);
    struct bs_rules_node *node = make(parser, BS_NODE_SEQUENCE);
    for (size_t i = 0; i < length; i++)
        add(node, make_byte(parser, parser->rest.ptr[i]));
    skip(parser, length);
    return node;
}

/* [:name:] */
static void take_posix_class(struct parser *parser, struct bs_rules_class *class)
{
    struct bs_bytes rest = bs_bytes_skip(parser->rest, 2);
    size_t end = bs_bytes_find(rest, ']');
    if (end == rest.len)
        refuse(parser, "a [...] does not end");
    else if (end == 0 || rest.ptr[end - 1] != ':' ||
             !bs_rules_class_posix(bs_bytes_first(rest, end - 1), class))
        refuse(parser, "there is no [:...:] of this name");
    else
        skip(parser, 2 + end + 1);
}

/* A character of a [...] that stands for itself, and may begin a range. */
static void take_range(struct parser *parser, struct bs_rules_class *class)
{
    struct bs_bytes rest = parser->rest;
    unsigned char least = (unsigned char)rest.ptr[0], most = least;
    size_t length = 1;
    if (rest.len > 2 && rest.ptr[1] == '-' && rest.ptr[2] != ']') {
        most = (unsigned char)rest.ptr[2];
        length = 3;
    }
    if (most >= 0x80 || (length == 3 && most == '\\'))
        refuse(parser, "an end of a range in [...] is past ASCII or has a backslash; name each "
                       "character that is meant");
    else if (most < least)
        refuse(parser, "a range in [...] ends before it begins");
    for (unsigned byte = least; byte <= most && !parser->wrong; byte++)
        bs_rules_class_add(class, (unsigned char)bs_ascii_lower((char)byte));
    skip(parser, length);
}

/* What the next item of a [...] stands for: bytes for the class, or a character past ASCII for the
 * choice. */
static void take_class_item(struct parser *parser, struct bs_rules_class *class,
                            struct bs_rules_node *wide)
{
    struct bs_bytes rest = parser->rest;
    size_t apostrophe = bs_rules_apostrophe(rest);
    bool begins_range = apostrophe > 0 || (unsigned char)rest.ptr[0] >= 0x80 ||
                        (rest.ptr[0] == '\\' && rest.len > 1 && !strchr("wdsWDS", rest.ptr[1]));
    if (apostrophe > 0) {
        bs_rules_class_add(class, '\'');
        skip(parser, apostrophe);
    } else if ((unsigned char)rest.ptr[0] >= 0x80) {
        add(wide, parse_wide(parser));
    } else if (rest.ptr[0] == '\\') {
        take_escape(parser, class);
    } else if (rest.ptr[0] == '[' && rest.len > 1 && rest.ptr[1] == ':') {
        take_posix_class(parser, class);
    } else {
        take_range(parser, class);
        return;
    }
    if (begins_range && parser->rest.len > 1 && peek(parser) == '-' && parser->rest.ptr[1] != ']')
        refuse(parser, "an end of a range in [...] is past ASCII or has a backslash; name each "
                       "character that is meant");
}

/* [...]: the characters past ASCII in it are alternatives beside it. */
static struct bs_rules_node *parse_class(struct parser *parser)
{
    struct bs_rules_class class = {{0}};
    struct bs_rules_node *wide = make(parser, BS_NODE_CHOICE);
    bool negated = parser->rest.len > 1 && parser->rest.ptr[1] == '^';
    skip(parser, negated ? 2 : 1);
    for (bool first = true; !is_over(parser) && (first || peek(parser) != ']'); first = false)
        take_class_item(parser, &class, wide);
    if (is_over(parser))
        return refuse(parser, "a [...] does not end");
    if (negated && wide->first)
        return refuse(parser, "there is a character past ASCII in [^...], which knows bytes only");
    skip(parser, 1);
    if (bs_rules_class_has(&class, '\n')) /* what may be a line end may be an indented one's, too */
        bs_rules_class_add(&class, BS_RULES_INDENT);
    if (negated)
        bs_rules_class_negate(&class);
    if (!wide->first)
        return make_class(parser, &class);
    if (!bs_rules_class_is_empty(&class))
        add(wide, make_class(parser, &class));
    return wide;
}

static struct bs_rules_node *parse_group(struct parser *parser)
{
    struct bs_bytes rest = parser->rest;
    bool marked = rest.len > 1 && rest.ptr[1] == '?';
    if (marked && (rest.len < 3 || rest.ptr[2] != ':'))
        return refuse(parser, "there are no groups but (...) and (?:...)");
    if (parser->depth == BS_RULES_NESTING_MAX)
        return refuse(parser, "more groups stand within groups than BS_RULES_NESTING_MAX (30)");
    skip(parser, marked ? 3 : 1);
    parser->depth++;
    struct bs_rules_node *node = parse_choice(parser);
    parser->depth--;
    if (peek(parser) != ')')
        return refuse(parser, "a ( has no )");
    skip(parser, 1);
    return node;
}

static struct bs_rules_node *parse_literal(struct parser *parser)
{
    size_t apostrophe = bs_rules_apostrophe(parser->rest);
    char c = apostrophe > 0 ? '\'' : peek(parser);
    if (apostrophe == 0 && (unsigned char)c >= 0x80)
        return parse_wide(parser);
    skip(parser, apostrophe > 0 ? apostrophe : 1);
    return make_byte(parser, c);
}

static struct bs_rules_node *parse_any(struct parser *parser)
{
    skip(parser, 1);
    return make_class(parser, parser->flat ? &bs_rules_class_flat_any : &bs_rules_class_any);
}

/* What a quantifier may stand behind. */
static struct bs_rules_node *parse_atom(struct parser *parser)
{
    switch (peek(parser)) {
    case ' ':
    case '\t':
        return parse_blanks(parser);
    case '\\':
        return parse_escape(parser);
    case '[':
        return parse_class(parser);
    case '(':
        return parse_group(parser);
    case '^':
        return parse_line_begin(parser);
    case '$':
        return parse_line_end(parser);
    case '.':
        return parse_any(parser);
    case '*':
    case '+':
    case '?':
        return refuse(parser, "before a *, + or ? there is nothing to repeat");
    default:
        return parse_literal(parser);
    }
}

static struct bs_rules_node *parse_repeated(struct parser *parser)
{
    bool blank = is_blank(peek(parser));
    unsigned least, most;
    struct bs_rules_node *atom = parse_atom(parser);
    if (is_over(parser) || !take_quantifier(parser, &least, &most))
        return atom;
    if (blank) { /* a run of white space is one byte */
        least = least > 1 ? 1 : least;
        most = most > 1 ? 1 : most;
    }
    return make_repeat(parser, atom, least, most);
}

static struct bs_rules_node *parse_sequence(struct parser *parser)
{
    struct bs_rules_node *node = make(parser, BS_NODE_SEQUENCE);
    while (!is_over(parser) && peek(parser) != '|' && peek(parser) != ')')
        add(node, parse_repeated(parser));
    return node;
}

static struct bs_rules_node *parse_choice(struct parser *parser)
{
    struct bs_rules_node *sequence = parse_sequence(parser);
    if (peek(parser) != '|')
        return sequence;
    struct bs_rules_node *choice = make(parser, BS_NODE_CHOICE);
    add(choice, sequence);
    while (!is_over(parser) && peek(parser) == '|') {
        skip(parser, 1);
        add(choice, parse_sequence(parser));
    }
    return choice;
}

/* Reads the pattern as its letters and blanks past ASCII are in a text. */
static struct bs_rules_node *parse_folded(struct parser *parser)
{
    char *folded = bs_arena_take(parser->arena, parser->rest.len);
    parser->full = !folded;
    if (!folded)
        return NULL;
    bs_rules_fold(parser->rest, folded);
    parser->rest.ptr = folded;
    return parse_choice(parser);
}

const struct bs_rules_node *bs_rules_pattern(struct bs_bytes pattern, bool flat,
                                             struct bs_arena *arena, const char **ret_wrong)
{
    struct parser parser = {.rest = pattern, .arena = arena, .flat = flat};
    struct bs_rules_node *node = NULL;
    if (pattern.len == 0)
        refuse(&parser, "the pattern is empty");
    else if (pattern.len > BS_RULES_PATTERN_MAX)
        refuse(&parser,
               "the pattern is longer than BS_RULES_PATTERN_MAX (1000 bytes); make two of it");
    else if (!bs_utf8_is_valid(pattern))
        refuse(&parser, "the pattern is not UTF-8");
    else
        node = parse_folded(&parser);
    if (node && !is_over(&parser))
        refuse(&parser, "a ) has no (");
    *ret_wrong = parser.wrong;
    return parser.wrong || parser.full ? NULL : node;
}
