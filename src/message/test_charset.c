/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts of any charset as UTF-8. */
#include "message/charset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define UNKNOWN "\xef\xbf\xbd"

static const struct {
    const char *charset;
    const char *text;
    const char *utf8;
} cases[] = {
    {"", "plain", "plain"},
    {"utf-8", "j\xc3\xa4ne", "j\xc3\xa4ne"},
    {"UTF8", "\xe4", UNKNOWN},
    {"utf-8", "\xed\xa0\x80", UNKNOWN UNKNOWN UNKNOWN},
    {"", "\xc3\xa4", "\xc3\xa4"},
    {"us-ascii", "\xe4\x80", "\xc3\xa4\xe2\x82\xac"},
    {"x-unknown", "\x81", UNKNOWN},
    {"iso-8859-1", "\xc3\xa4\x93", "\xc3\x83\xc2\xa4\xe2\x80\x9c"},
    {"Windows-1252", "\x80", "\xe2\x82\xac"},
    {"iso-8859-15", "\xa4", "\xe2\x82\xac"},
    {"windows-1251", "\xcf", "\xd0\x9f"},
    {"gb2312", "\xd3\xca\x81\x30\x81\x30", "\xe9\x82\xae\xc2\x80"},
    {"big5", "\xb6\x6c", "\xe9\x83\xb5"},
    {"ks_c_5601-1987", "\xb8\xde", "\xeb\xa9\x94"},
    {"shift_jis", "\x83\x81\x87\x40", "\xe3\x83\xa1\xe2\x91\xa0"},
    {"shift_jis", "\x87\x9e\x83\x81\x87" "0", UNKNOWN "\xe3\x83\xa1" UNKNOWN "0"},
    {"koi8-r", "\xf0", "\xd0\x9f"},
    {"euc-jp", "\xa5\xe1", "\xe3\x83\xa1"},
    {"iso-2022-jp", "a\x1b$B%a\x1b(Bb", "a\xe3\x83\xa1" "b"},
    {"iso-2022-jp", "\x1b$B\xff\x1b(Bb", UNKNOWN "b"},
    {"iso-2022-jp", "\x1b$B%", UNKNOWN},
    {"iso-2022-jp", "\x1b$B-!-j-~%a\x1b(B", "\xe2\x91\xa0\xe3\x88\xb1" UNKNOWN "\xe3\x83\xa1"},
    {"iso-2022-jp", "\x1b(I1 _`\x1b(B1", "\xef\xbd\xb1 \xef\xbe\x9f" UNKNOWN "1"},
    {"iso-2022-jp", "\x1b$B|b}~\x1b(J~\\", "\xe9\xab\x99" UNKNOWN "~\\"},
    {"iso-2022-jp", "\x1b$@%a\n%a\x1b(H.", "\xe3\x83\xa1\n\xe3\x83\xa1."},
    {"iso-2022-jp", "\xb1\x83\x81", "\xef\xbd\xb1\xe3\x83\xa1"},
    {"iso-2022-jp", "\x1b$B%\x1b(B%a", UNKNOWN "%a"},
    {"iso-2022-jp", "\x1b$B!!?~\x1b(Ba\x1b", "\xe3\x80\x80\xe8\xa3\xbe" "a" UNKNOWN},
    {"iso-2022-jp-2", "\x1b$(D0!\x1b$AVP\x1b$(C0!\x1b$B%a", "\xe4\xb8\x82\xe4\xb8\xad\xea\xb0\x80\xe3\x83\xa1"},
    {"CP50221", "\x1b(I1\x1b(B", "\xef\xbd\xb1"},
    {"euc-jp", "\xad\xa1\x8e\xb1\x8f\xb0\xa1", "\xe2\x91\xa0\xef\xbd\xb1\xe4\xb8\x82"},
    {"utf-7", "a+AOQ-b", "a\xc3\xa4" "b"},
    {"unicode-1-1-utf-7", "+AOQ-", "\xc3\xa4"},
    {"../../etc/passwd", "\xe4", "\xc3\xa4"},
    {"koi8-r//TRANSLIT", "\xe4", "\xc3\xa4"},
};

static void text_of_any_charset_becomes_utf_8(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_strbuf out;
        struct bs_bytes charset = bs_bytes_from_cstr(cases[i].charset), text = bs_bytes_from_cstr(cases[i].text);
        bs_strbuf_init(&out, 1000);
        assert_true(bs_charset_append(&out, charset, text));
        if (strcmp(bs_strbuf_cstr(&out), cases[i].utf8) != 0)
            fail_msg("case %zu, %s: %s", i, cases[i].charset, bs_strbuf_cstr(&out));
        assert_int_equal(bs_charset_is_utf8(charset, text), strcmp(cases[i].text, cases[i].utf8) == 0);
        bs_strbuf_free(&out);
    }
}

static void characters_are_whole_where_the_room_ends(void **state)
{
    static const char *const charsets[] = {"utf-8", "iso-8859-1", "iso-8859-2", "shift_jis"};
    (void)state;
    for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
        for (size_t room = 0; room < 12; room++) {
            struct bs_strbuf out;
            bs_strbuf_init(&out, room);
            bool whole = bs_charset_append(&out, bs_bytes_from_cstr(charsets[i]), BS_LITERAL("a\xc3\xa4z"));
            struct bs_bytes got = bs_strbuf_bytes(&out);
            assert_in_range(got.len, 0, room);
            assert_int_equal(whole, got.len > 0 && got.ptr[got.len - 1] == 'z');
            assert_true(bs_charset_is_utf8(BS_LITERAL("utf-8"), got));
            bs_strbuf_free(&out);
        }
    }
}

static void converters_are_kept_and_let_go(void **state)
{
    (void)state;
    struct bs_charset_keep *keep = bs_charset_keep_new();
    assert_non_null(keep);
    bs_charset_keep_free(keep);
    bs_charset_keep_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_any_charset_becomes_utf_8),
        cmocka_unit_test(characters_are_whole_where_the_room_ends),
        cmocka_unit_test(converters_are_kept_and_let_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
