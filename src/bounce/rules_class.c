/* SPDX-License-Identifier: BSD-2-Clause */
/* See rules_class.h. */
#include "bounce/rules_class.h"

#include "bounce/rules_flatten.h"

/* The bytes from 0 to 63 by their bits, and those from 64 to 127. */
#define BIT(c)      (UINT64_C(1) << ((c)&63))
#define DIGITS      (UINT64_C(0x3ff) << '0')
#define LETTERS     (UINT64_C(0x3ffffff) << ('a' & 63))
#define CAPITALS    (UINT64_C(0x3ffffff) << ('A' & 63))
#define WHITE       (UINT64_C(0x1f) << '\t' | BIT(' '))
#define PRINTED     (UINT64_C(0xfffffffe) << 32)
#define HIGH        (~UINT64_C(0))
#define DELETE      BIT(0x7f)
#define INDENTATION BIT(BS_RULES_INDENT)

const struct bs_rules_class bs_rules_class_word = {{DIGITS, LETTERS | CAPITALS | BIT('_'), 0, 0}};
const struct bs_rules_class bs_rules_class_blank = {{BIT(' '), 0, 0, 0}};
const struct bs_rules_class bs_rules_class_run = {{BIT(' ') | BIT('\n') | INDENTATION, 0, 0, 0}};
const struct bs_rules_class bs_rules_class_any = {{~(BIT('\n') | INDENTATION), HIGH, HIGH, HIGH}};
const struct bs_rules_class bs_rules_class_flat_any = {{~BIT('\n'), HIGH, HIGH, HIGH}};

static const struct bs_rules_class digits = {{DIGITS, 0, 0, 0}};
static const struct bs_rules_class white = {{WHITE, 0, 0, 0}};

void bs_rules_class_add(struct bs_rules_class *class, unsigned char byte)
{
    class->bits[byte >> 6] |= BIT(byte);
}

void bs_rules_class_negate(struct bs_rules_class *class)
{
    for (size_t i = 0; i < 4; i++)
        class->bits[i] = ~class->bits[i];
}

bool bs_rules_class_is_empty(const struct bs_rules_class *class)
{
    return (class->bits[0] | class->bits[1] | class->bits[2] | class->bits[3]) == 0;
}

static void add_class(struct bs_rules_class *class, struct bs_rules_class more, bool negated)
{
    if (negated)
        bs_rules_class_negate(&more);
    for (size_t i = 0; i < 4; i++)
        class->bits[i] |= more.bits[i];
}

bool bs_rules_class_named(char letter, struct bs_rules_class *class)
{
    static const struct {
        char letter;
        const struct bs_rules_class *class;
    } names[] = {{'w', &bs_rules_class_word}, {'d', &digits}, {'s', &white}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (bs_ascii_lower(letter) != names[i].letter)
            continue;
        add_class(class, *names[i].class, letter != names[i].letter);
        return true;
    }
    return false;
}

bool bs_rules_class_posix(struct bs_bytes name, struct bs_rules_class *class)
{
    static const struct {
        struct bs_bytes name;
        struct bs_rules_class class;
    } names[] = {
        {{"alnum", 5}, {{DIGITS, LETTERS, 0, 0}}},
        {{"alpha", 5}, {{0, LETTERS, 0, 0}}},
        {{"ascii", 5}, {{HIGH, HIGH, 0, 0}}},
        {{"blank", 5}, {{BIT(' ') | BIT('\t'), 0, 0, 0}}},
        {{"cntrl", 5}, {{UINT64_C(0xffffffff), DELETE, 0, 0}}},
        {{"digit", 5}, {{DIGITS, 0, 0, 0}}},
        {{"graph", 5}, {{PRINTED, ~DELETE, 0, 0}}},
        {{"lower", 5}, {{0, LETTERS, 0, 0}}},
        {{"print", 5}, {{PRINTED | BIT(' '), ~DELETE, 0, 0}}},
        {{"punct", 5}, {{PRINTED & ~DIGITS, ~(DELETE | LETTERS | CAPITALS), 0, 0}}},
        {{"space", 5}, {{WHITE, 0, 0, 0}}},
        {{"upper", 5}, {{0, LETTERS, 0, 0}}},
        {{"word", 4}, {{DIGITS, LETTERS | BIT('_'), 0, 0}}},
        {{"xdigit", 6}, {{DIGITS, UINT64_C(0x3f) << ('a' & 63), 0, 0}}},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!bs_bytes_equal(name, names[i].name))
            continue;
        add_class(class, names[i].class, false);
        return true;
    }
    return false;
}
