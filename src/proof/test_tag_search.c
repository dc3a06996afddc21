/* SPDX-License-Identifier: BSD-2-Clause */
/* Tagged addresses in returned text, cut in every way. */
#include "proof/tag_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct search_case {
    const char *text;
    const char *found; /* the candidates, each with a | behind it */
};

static const struct search_case cases[] = {
    {"Return-Path: <prvs=0693afc14e=userx@test.ex>\r\n", "prvs=0693afc14e=userx@test.ex|"},
    {"X-Postfix-Sender: rfc822; prvs=0693afc14e=userx@test.ex\n", "prvs=0693afc14e=userx@test.ex|"},
    {"<prvs=3D0693afc14e=3Duserx@test.ex>", "prvs=0693afc14e=userx@test.ex|"},
    {"<prvs=3D0693afc14e=3Dus=\r\nerx@tes=\nt.ex>", "prvs=0693afc14e=userx@test.ex|"},
    {"PRVS=0693afc14e=userx@test.ex", "prvs=0693afc14e=userx@test.ex|"},
    {"prprvs=a@b pprvs=c@d", "prvs=a@b|prvs=c@d|"},
    {"prvs=a@b,prvs=c@d;", "prvs=a@b|prvs=c@d|"},
    {"prvs=0693afc14e=3dprinter@test.ex", "prvs=0693afc14e=3dprinter@test.ex|"},
    {"prvs=user=3", ""},
    {"prvs=a@b=", "prvs=a@b=|"},
    {"prvs=a@b=\r", "prvs=a@b=|"},
    {"prvs=a@b=3", "prvs=a@b=3|"},
    {"no tag here, prvs in passing = nothing", ""},
    {"prvs=nodomain@ prvs=nodomain", ""},
    {"prvs", ""},
    {"", ""},
};

static void collect(struct bs_tag_search *search, struct bs_bytes text, char *found, size_t size)
{
    struct bs_bytes candidate;
    while (bs_tag_search_next(search, &text, &candidate))
        snprintf(found + strlen(found), size - strlen(found), "%.*s|", BS_BYTES_ARG(candidate));
}

/* Gives the text in two pieces, the first of `cut` bytes. */
static void check_cut(const struct search_case *c, size_t cut)
{
    struct bs_tag_search search;
    struct bs_bytes text = bs_bytes_from_cstr(c->text), candidate;
    char found[2048] = "";
    bs_tag_search_init(&search);
    collect(&search, bs_bytes_first(text, cut), found, sizeof found);
    collect(&search, bs_bytes_skip(text, cut), found, sizeof found);
    if (bs_tag_search_end(&search, &candidate))
        snprintf(found + strlen(found), sizeof found - strlen(found), "%.*s|", BS_BYTES_ARG(candidate));
    if (strcmp(found, c->found) != 0)
        fail_msg("\"%s\" cut at %zu gave \"%s\"", c->text, cut, found);
}

static void a_text_cut_anywhere_gives_the_same_candidates(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t cut = 0; cut <= strlen(cases[i].text); cut++)
            check_cut(&cases[i], cut);
    }
}

static bool candidate_of_length_is_found(size_t length)
{
    struct bs_tag_search search;
    char text[BS_TAG_CANDIDATE_MAX + 8];
    memset(text, 'a', sizeof text);
    memcpy(text, "prvs=", 5);
    memcpy(text + length - 2, "@b>", 3);
    struct bs_bytes input = bs_bytes(text, length + 1), candidate;
    bs_tag_search_init(&search);
    return bs_tag_search_next(&search, &input, &candidate) && candidate.len == length;
}

static void a_candidate_is_found_up_to_its_limit(void **state)
{
    (void)state;
    assert_true(candidate_of_length_is_found(BS_TAG_CANDIDATE_MAX - 1));
    assert_false(candidate_of_length_is_found(BS_TAG_CANDIDATE_MAX));
    assert_false(candidate_of_length_is_found(BS_TAG_CANDIDATE_MAX + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_cut_anywhere_gives_the_same_candidates),
        cmocka_unit_test(a_candidate_is_found_up_to_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
