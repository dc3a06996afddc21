/* SPDX-License-Identifier: BSD-2-Clause */
/* See diagnosis.h. The first digit of a status or a reply decides nothing: what is dead is dead by the reason. */
#include "bounce/diagnosis.h"

#include "bounce/text_address.h"

struct guess {
    enum bs_failure failure;
    unsigned weight; /* 0: no guess */
};

/* The detail of a status and what it says. */
struct code {
    unsigned first, last;
    enum bs_failure failure;
    unsigned weight;
};

/* X.Y.Z without its first digit: a list for each subject Y, of which the first that has the detail Z counts; a weight of 0
 * ends it. Weights: 60 and more where servers use the code for nothing else; below 30 where they use it for all and
 * everything; 8 for details that nobody registered, whose subject still says more than a reply. */
#define CODES(...) (const struct code[]){__VA_ARGS__, {0, 0, BS_FAILURE_UNKNOWN, 0}}
enum { SUBJECTS = 8 };
static const struct code *const codes[SUBJECTS] = {
    [1] = CODES(
        {1, 1, BS_FAILURE_USER_UNKNOWN, 40},
        {2, 2, BS_FAILURE_HOST_UNKNOWN, 40},
        {3, 3, BS_FAILURE_PROTOCOL, 20},
        {6, 6, BS_FAILURE_MOVED, 40},
        {7, 9, BS_FAILURE_POLICY, 35},
        {10, 10, BS_FAILURE_NOT_ACCEPTED, 40}), /* RFC 7505; Exchange means unknown users by it, and says so */
    [2] = CODES(
        {1, 1, BS_FAILURE_SUSPENDED, 35},
        {2, 2, BS_FAILURE_MAILBOX_FULL, 40},
        {3, 3, BS_FAILURE_SIZE, 40},
        {4, 4, BS_FAILURE_SYSTEM, 35}),
    [3] = CODES(
        {0, 0, BS_FAILURE_SYSTEM, 10},
        {1, 1, BS_FAILURE_SYSTEM, 35},
        {2, 2, BS_FAILURE_NOT_ACCEPTED, 25},
        {3, 3, BS_FAILURE_PROTOCOL, 35},
        {4, 4, BS_FAILURE_SIZE, 40},
        {5, 5, BS_FAILURE_SYSTEM, 35},
        {0, 999, BS_FAILURE_SYSTEM, 8}),
    [4] = CODES(
        {0, 3, BS_FAILURE_NETWORK, 30},
        {4, 4, BS_FAILURE_HOST_UNKNOWN, 25},
        {5, 5, BS_FAILURE_RATE, 30},
        {6, 6, BS_FAILURE_LOOP, 40},
        {7, 7, BS_FAILURE_EXPIRED, 40},
        {14, 14, BS_FAILURE_LOOP, 40}, /* Exchange */
        {316, 317, BS_FAILURE_NETWORK, 40}, /* Exchange Online: no connection, or none with TLS */
        {0, 999, BS_FAILURE_NETWORK, 8}),
    [5] = CODES(
        {3, 3, BS_FAILURE_RATE, 35},
        {1, 6, BS_FAILURE_PROTOCOL, 30}),
    [6] = CODES(
        {0, 6, BS_FAILURE_CONTENT, 30},
        {7, 9, BS_FAILURE_PROTOCOL, 40}, /* RFC 6531 */
        {11, 11, BS_FAILURE_PROTOCOL, 40}, /* Exchange: bare line feeds */
        {0, 999, BS_FAILURE_CONTENT, 8}),
    [7] = CODES(
        {0, 1, BS_FAILURE_POLICY, 15},
        {2, 3, BS_FAILURE_FILTERED, 30},
        {4, 6, BS_FAILURE_PROTOCOL, 30},
        {7, 7, BS_FAILURE_CONTENT, 30},
        {10, 12, BS_FAILURE_PROTOCOL, 30},
        {13, 13, BS_FAILURE_SUSPENDED, 40},
        {15, 15, BS_FAILURE_RATE, 40},
        {16, 16, BS_FAILURE_SIZE, 40},
        {17, 18, BS_FAILURE_MOVED, 40}, /* RFC 7293: the mailbox or the domain has another owner now */
        {20, 24, BS_FAILURE_AUTHENTICATION, 60},
        {25, 25, BS_FAILURE_REPUTATION, 60},
        {26, 26, BS_FAILURE_AUTHENTICATION, 60},
        {27, 27, BS_FAILURE_POLICY, 40},
        {28, 28, BS_FAILURE_RATE, 40},
        {29, 29, BS_FAILURE_AUTHENTICATION, 60},
        {30, 30, BS_FAILURE_PROTOCOL, 40},
        /* Exchange Online */
        {64, 64, BS_FAILURE_POLICY, 40},
        {120, 139, BS_FAILURE_FILTERED, 40},
        {320, 330, BS_FAILURE_NETWORK, 40},
        {500, 503, BS_FAILURE_REPUTATION, 40},
        {509, 509, BS_FAILURE_AUTHENTICATION, 60},
        {511, 511, BS_FAILURE_REPUTATION, 40},
        {512, 514, BS_FAILURE_POLICY, 40},
        {515, 515, BS_FAILURE_AUTHENTICATION, 60},
        {600, 655, BS_FAILURE_REPUTATION, 40},
        {700, 750, BS_FAILURE_REPUTATION, 35},
        {0, 999, BS_FAILURE_POLICY, 8}),
};

/* What a reply code says alone. 550 is for unknown mailboxes by RFC 5321, and for everything else in practice. */
enum { REPLY_FIRST = 400, REPLIES = 200, REPLY_WEIGHT = 5 };
#define REPLY(code) [(code) - REPLY_FIRST]
static const enum bs_failure replies[REPLIES] = {
    REPLY(421) = BS_FAILURE_SYSTEM,       REPLY(422) = BS_FAILURE_MAILBOX_FULL,
    REPLY(431) = BS_FAILURE_SYSTEM,       REPLY(432) = BS_FAILURE_SYSTEM,
    REPLY(441) = BS_FAILURE_NETWORK,      REPLY(442) = BS_FAILURE_NETWORK,
    REPLY(446) = BS_FAILURE_LOOP,         REPLY(447) = BS_FAILURE_EXPIRED,
    REPLY(449) = BS_FAILURE_NETWORK,      REPLY(450) = BS_FAILURE_SYSTEM,
    REPLY(451) = BS_FAILURE_SYSTEM,       REPLY(452) = BS_FAILURE_SYSTEM,
    REPLY(454) = BS_FAILURE_PROTOCOL,     REPLY(471) = BS_FAILURE_POLICY,
    REPLY(500) = BS_FAILURE_PROTOCOL,     REPLY(501) = BS_FAILURE_PROTOCOL,
    REPLY(502) = BS_FAILURE_PROTOCOL,     REPLY(503) = BS_FAILURE_PROTOCOL,
    REPLY(504) = BS_FAILURE_PROTOCOL,     REPLY(510) = BS_FAILURE_USER_UNKNOWN,
    REPLY(511) = BS_FAILURE_USER_UNKNOWN, REPLY(512) = BS_FAILURE_HOST_UNKNOWN,
    REPLY(521) = BS_FAILURE_NOT_ACCEPTED, REPLY(523) = BS_FAILURE_SIZE,
    REPLY(525) = BS_FAILURE_SUSPENDED,    REPLY(530) = BS_FAILURE_POLICY,
    REPLY(534) = BS_FAILURE_SIZE,         REPLY(535) = BS_FAILURE_POLICY,
    REPLY(541) = BS_FAILURE_POLICY,       REPLY(546) = BS_FAILURE_LOOP,
    REPLY(550) = BS_FAILURE_USER_UNKNOWN, REPLY(551) = BS_FAILURE_USER_UNKNOWN,
    REPLY(552) = BS_FAILURE_MAILBOX_FULL, REPLY(553) = BS_FAILURE_USER_UNKNOWN,
    REPLY(554) = BS_FAILURE_POLICY,       REPLY(555) = BS_FAILURE_PROTOCOL,
    REPLY(556) = BS_FAILURE_HOST_UNKNOWN, REPLY(571) = BS_FAILURE_POLICY,
};

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
    const struct code *code = status.class != 0 && status.subject < SUBJECTS ? codes[status.subject] : NULL;
    while (code && code->weight > 0 && (status.detail < code->first || status.detail > code->last))
        code++;
    return code ? (struct guess){code->failure, code->weight} : (struct guess){BS_FAILURE_UNKNOWN, 0};
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
    bool known = code >= REPLY_FIRST && code < REPLY_FIRST + REPLIES;
    enum bs_failure failure = known ? replies[code - REPLY_FIRST] : BS_FAILURE_UNKNOWN;
    return (struct guess){failure, failure == BS_FAILURE_UNKNOWN ? 0 : REPLY_WEIGHT};
}

/* Rules that weigh less than this say only what a reply is about that otherwise means an unknown mailbox. */
enum { FAINT_WEIGHT = 8 };

static struct guess guess_by_text(struct bs_rules_scan *scan, struct bs_bytes text, struct guess by_reply)
{
    const struct bs_rule *rule = bs_rules_look_for_failure(scan, text);
    if (!rule || (rule->weight < FAINT_WEIGHT && by_reply.failure != BS_FAILURE_USER_UNKNOWN))
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
    const struct guess by_reply = guess_by_reply(code);
    const struct guess guesses[] = {guess_by_text(scan, diagnostic, by_reply), guess_by_status(within),
                                    guess_by_status(stated), by_reply};
    struct guess best = {BS_FAILURE_UNKNOWN, 0};
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
        if (guesses[i].weight > best.weight)
            best = guesses[i];
    }
    return settle(best.failure, stated.class != 0 ? stated : within);
}
