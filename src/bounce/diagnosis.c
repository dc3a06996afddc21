/* SPDX-License-Identifier: BSD-2-Clause */
/* See diagnosis.h. The first digit of a status or a reply decides nothing: what is dead is dead by the reason. */
#include "bounce/diagnosis.h"

#include "bounce/text_address.h"

struct guess {
    enum bs_failure failure;
    unsigned weight; /* 0: no guess */
};

/* X.Y.Z without its first digit, in the order of Y. Weights: 60 and more where servers use the code for nothing else;
 * below 30 where they use it for all and everything; 8 for details that nobody registered, whose subject still says more
 * than a reply. */
static const struct {
    unsigned subject, detail, last; /* detail to last */
    enum bs_failure failure;
    unsigned weight;
} codes[] = {
    {1, 1, 1, BS_FAILURE_USER_UNKNOWN, 40},
    {1, 2, 2, BS_FAILURE_HOST_UNKNOWN, 40},
    {1, 3, 3, BS_FAILURE_PROTOCOL, 20},
    {1, 6, 6, BS_FAILURE_MOVED, 40},
    {1, 7, 9, BS_FAILURE_POLICY, 35},
    {1, 10, 10, BS_FAILURE_NOT_ACCEPTED, 40}, /* RFC 7505; Exchange means unknown users by it, and says so */
    {2, 1, 1, BS_FAILURE_SUSPENDED, 35},
    {2, 2, 2, BS_FAILURE_MAILBOX_FULL, 40},
    {2, 3, 3, BS_FAILURE_SIZE, 40},
    {2, 4, 4, BS_FAILURE_SYSTEM, 35},
    {3, 0, 0, BS_FAILURE_SYSTEM, 10},
    {3, 1, 1, BS_FAILURE_SYSTEM, 35},
    {3, 2, 2, BS_FAILURE_NOT_ACCEPTED, 25},
    {3, 3, 3, BS_FAILURE_PROTOCOL, 35},
    {3, 4, 4, BS_FAILURE_SIZE, 40},
    {3, 5, 5, BS_FAILURE_SYSTEM, 35},
    {3, 0, 999, BS_FAILURE_SYSTEM, 8},
    {4, 0, 3, BS_FAILURE_NETWORK, 30},
    {4, 4, 4, BS_FAILURE_HOST_UNKNOWN, 25},
    {4, 5, 5, BS_FAILURE_RATE, 30},
    {4, 6, 6, BS_FAILURE_LOOP, 40},
    {4, 7, 7, BS_FAILURE_EXPIRED, 40},
    {4, 14, 14, BS_FAILURE_LOOP, 40},      /* Exchange */
    {4, 316, 317, BS_FAILURE_NETWORK, 40}, /* Exchange Online: no connection, or none with TLS */
    {4, 0, 999, BS_FAILURE_NETWORK, 8},
    {5, 3, 3, BS_FAILURE_RATE, 35},
    {5, 1, 6, BS_FAILURE_PROTOCOL, 30},
    {6, 0, 6, BS_FAILURE_CONTENT, 30},
    {6, 7, 9, BS_FAILURE_PROTOCOL, 40}, /* RFC 6531 */
    {6, 11, 11, BS_FAILURE_PROTOCOL, 40}, /* Exchange: bare line feeds */
    {6, 0, 999, BS_FAILURE_CONTENT, 8},
    {7, 0, 1, BS_FAILURE_POLICY, 15},
    {7, 2, 3, BS_FAILURE_FILTERED, 30},
    {7, 4, 6, BS_FAILURE_PROTOCOL, 30},
    {7, 7, 7, BS_FAILURE_CONTENT, 30},
    {7, 10, 12, BS_FAILURE_PROTOCOL, 30},
    {7, 13, 13, BS_FAILURE_SUSPENDED, 40},
    {7, 15, 15, BS_FAILURE_RATE, 40},
    {7, 16, 16, BS_FAILURE_SIZE, 40},
    {7, 17, 18, BS_FAILURE_MOVED, 40}, /* RFC 7293: the mailbox or the domain has another owner now */
    {7, 20, 24, BS_FAILURE_AUTHENTICATION, 60},
    {7, 25, 25, BS_FAILURE_REPUTATION, 60},
    {7, 26, 26, BS_FAILURE_AUTHENTICATION, 60},
    {7, 27, 27, BS_FAILURE_POLICY, 40},
    {7, 28, 28, BS_FAILURE_RATE, 40},
    {7, 29, 29, BS_FAILURE_AUTHENTICATION, 60},
    {7, 30, 30, BS_FAILURE_PROTOCOL, 40},
    /* Exchange Online */
    {7, 64, 64, BS_FAILURE_POLICY, 40},
    {7, 120, 139, BS_FAILURE_FILTERED, 40},
    {7, 320, 330, BS_FAILURE_NETWORK, 40},
    {7, 500, 503, BS_FAILURE_REPUTATION, 40},
    {7, 509, 509, BS_FAILURE_AUTHENTICATION, 60},
    {7, 511, 511, BS_FAILURE_REPUTATION, 40},
    {7, 512, 514, BS_FAILURE_POLICY, 40},
    {7, 515, 515, BS_FAILURE_AUTHENTICATION, 60},
    {7, 600, 655, BS_FAILURE_REPUTATION, 40},
    {7, 700, 750, BS_FAILURE_REPUTATION, 35},
    {7, 0, 999, BS_FAILURE_POLICY, 8},
};

/* What a reply code says alone, in their order. 550 is for unknown mailboxes by RFC 5321, and for everything else in
 * practice. */
static const struct {
    unsigned code;
    enum bs_failure failure;
} replies[] = {
    {421, BS_FAILURE_SYSTEM},       {422, BS_FAILURE_MAILBOX_FULL}, {431, BS_FAILURE_SYSTEM},
    {432, BS_FAILURE_SYSTEM},       {441, BS_FAILURE_NETWORK},      {442, BS_FAILURE_NETWORK},
    {446, BS_FAILURE_LOOP},         {447, BS_FAILURE_EXPIRED},      {449, BS_FAILURE_NETWORK},
    {450, BS_FAILURE_SYSTEM},       {451, BS_FAILURE_SYSTEM},       {452, BS_FAILURE_SYSTEM},
    {454, BS_FAILURE_PROTOCOL},     {471, BS_FAILURE_POLICY},       {500, BS_FAILURE_PROTOCOL},
    {501, BS_FAILURE_PROTOCOL},     {502, BS_FAILURE_PROTOCOL},     {503, BS_FAILURE_PROTOCOL},
    {504, BS_FAILURE_PROTOCOL},     {510, BS_FAILURE_USER_UNKNOWN}, {511, BS_FAILURE_USER_UNKNOWN},
    {512, BS_FAILURE_HOST_UNKNOWN}, {521, BS_FAILURE_NOT_ACCEPTED}, {523, BS_FAILURE_SIZE},
    {525, BS_FAILURE_SUSPENDED},    {530, BS_FAILURE_POLICY},       {534, BS_FAILURE_SIZE},
    {535, BS_FAILURE_POLICY},       {541, BS_FAILURE_POLICY},       {546, BS_FAILURE_LOOP},
    {550, BS_FAILURE_USER_UNKNOWN}, {551, BS_FAILURE_USER_UNKNOWN}, {552, BS_FAILURE_MAILBOX_FULL},
    {553, BS_FAILURE_USER_UNKNOWN}, {554, BS_FAILURE_POLICY},       {555, BS_FAILURE_PROTOCOL},
    {556, BS_FAILURE_HOST_UNKNOWN}, {571, BS_FAILURE_POLICY},
};
enum { REPLY_WEIGHT = 5 };

/* Up to three digits at the beginning; how many there are, 0 for more than three. */
static size_t read_digits(struct bs_bytes text, unsigned *ret_number)
{
    size_t count = 0;
    *ret_number = 0;
    while (count < text.len && bs_ascii_is_digit(text.ptr[count])) {
        if (count == 3)
            return 0;
        *ret_number = *ret_number * 10 + (unsigned)(text.ptr[count++] - '0');
    }
    return count;
}

struct status {
    unsigned class, subject, detail; /* class 0: none */
};

/* The status that the text begins with. */
static struct status read_status(struct bs_bytes text)
{
    struct status status = {0, 0, 0}, none = {0, 0, 0};
    unsigned *const numbers[] = {&status.class, &status.subject, &status.detail};
    for (size_t i = 0; i < 3; i++) {
        size_t digits = read_digits(text, numbers[i]);
        if (digits == 0 || (i == 0 && digits > 1))
            return none;
        text = bs_bytes_skip(text, digits);
        if (i < 2 && (text.len == 0 || text.ptr[0] != '.'))
            return none;
        text = bs_bytes_skip(text, i < 2 ? 1 : 0);
    }
    if (text.len > 1 && text.ptr[0] == '.' && bs_ascii_is_digit(text.ptr[1]))
        return none; /* an address */
    return status.class == 4 || status.class == 5 ? status : none;
}

static bool is_word_character(char c)
{
    return bs_ascii_is_digit(c) || (bs_ascii_lower(c) >= 'a' && bs_ascii_lower(c) <= 'z') || c == '.' || c == '_';
}

static struct guess guess_by_status(struct status status)
{
    if (status.class == 0)
        return (struct guess){BS_FAILURE_UNKNOWN, 0};
    for (size_t i = 0; i < sizeof codes / sizeof *codes && codes[i].subject <= status.subject; i++) {
        if (codes[i].subject == status.subject && status.detail >= codes[i].detail && status.detail <= codes[i].last)
            return (struct guess){codes[i].failure, codes[i].weight};
    }
    return (struct guess){BS_FAILURE_UNKNOWN, 0};
}

/* The first status in the text that stands for itself and says something. */
static struct status find_status(struct bs_bytes text)
{
    text = bs_bytes_first(text, BS_DIAGNOSIS_CODES_MAX);
    for (size_t i = bs_text_find_class(text, 0); i < text.len; i = bs_text_find_class(text, i + 1)) {
        if (text.ptr[i] != '2' && (i == 0 || !is_word_character(text.ptr[i - 1]))) {
            struct status status = read_status(bs_bytes_skip(text, i));
            if (guess_by_status(status).weight > 0)
                return status;
        }
    }
    return (struct status){0, 0, 0};
}

/* The first number in the text that can be a reply: 4xx or 5xx at the beginning of a word, with a blank or a hyphen
 * behind it. */
static unsigned find_reply(struct bs_bytes text)
{
    text = bs_bytes_first(text, BS_DIAGNOSIS_CODES_MAX);
    for (size_t i = bs_text_find_class(text, 0); i + 3 < text.len; i = bs_text_find_class(text, i + 1)) {
        unsigned code;
        if (text.ptr[i] != '2' && (i == 0 || !is_word_character(text.ptr[i - 1])) &&
            (text.ptr[i + 3] == ' ' || text.ptr[i + 3] == '-') && read_digits(bs_bytes(text.ptr + i, 3), &code) == 3)
            return code;
    }
    return 0;
}

static struct guess guess_by_reply(unsigned code)
{
    for (size_t i = 0; i < sizeof replies / sizeof *replies && replies[i].code <= code; i++) {
        if (replies[i].code == code)
            return (struct guess){replies[i].failure, REPLY_WEIGHT};
    }
    return (struct guess){BS_FAILURE_UNKNOWN, 0};
}

static struct guess guess_by_text(struct bs_rules_scan *scan, struct bs_bytes text)
{
    const struct bs_rule *rule = bs_rules_look_for_failure(scan, text);
    if (!rule)
        return (struct guess){BS_FAILURE_UNKNOWN, 0};
    return (struct guess){(enum bs_failure)rule->concludes, rule->weight};
}

/* What DNS says under a temporary status is not the last word: whoever says so goes by it. */
static enum bs_failure settle(enum bs_failure failure, struct status status)
{
    bool by_dns = failure == BS_FAILURE_HOST_UNKNOWN || failure == BS_FAILURE_NOT_ACCEPTED;
    return by_dns && status.class == 4 ? BS_FAILURE_NETWORK : failure;
}

enum bs_failure bs_diagnose(struct bs_rules_scan *scan, struct bs_bytes status, unsigned reply_code,
                            struct bs_bytes diagnostic)
{
    struct status stated = read_status(bs_bytes_trim(status)), within = find_status(diagnostic);
    unsigned code = reply_code >= 400 && reply_code <= 599 ? reply_code : find_reply(diagnostic);
    const struct guess guesses[] = {guess_by_text(scan, diagnostic), guess_by_status(within), guess_by_status(stated),
                                    guess_by_reply(code)};
    struct guess best = {BS_FAILURE_UNKNOWN, 0};
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
        if (guesses[i].weight > best.weight)
            best = guesses[i];
    }
    return settle(best.failure, stated.class != 0 ? stated : within);
}
