/* SPDX-License-Identifier: BSD-2-Clause */
/* The text of HTML as mail has it. */
#include "message/html_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *html;
    const char *text;
} cases[] = {
    {"", ""},
    {"  \n ", ""},
    {"plain", "plain\n"},
    {"a\n  b\t\tc", "a b c\n"},
    {"<p>one<p>two</p>three", "one\ntwo\nthree\n"},
    {"a<br>b<BR/>c<br />d", "a\nb\nc\nd\n"},
    {"<div><div>a</div></div>b", "a\nb\n"},
    {"<b>a</b><i>b</i> <u>c</u>", "ab c\n"},
    {"<table><tr><td>a</td><td>b</td></tr><tr><th>c</table>", "a b\nc\n"},
    {"<blockquote>a</blockquote>b", "a\nb\n"},
    {"<pre>a\n b\n</pre>c\nd", "a\nb\nc d\n"},
    {"<head><title>t</title><style>p {a: b}</style></head>x<script>if (a < b) c()</script>y", "x\ny\n"},
    {"a<!-- <p>b -->c<!-- d", "ac\n"},
    {"<!DOCTYPE html><?xml?>a", "a\n"},
    {"<a title=\"x > y\">a</a>", "a\n"},
    {"<a title='x > y'>a</a>", "a\n"},
    {"<a title=\"never closed>a</a>", "a\n"},
    {"jane <jane@example.com> is not <3 & 4 < 5", "jane is not <3 & 4 < 5\n"},
    {"&lt;jane@example.com&gt; &amp;amp; &quot;&apos;", "<jane@example.com> &amp; \"'\n"},
    {"a&nbsp;b&#160;c&#32;d", "a b c d\n"},
    {"&uuml;&#252;&#xFC;&#XfC;", "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\n"},
    {"&#128512;&euro;", "\xf0\x9f\x98\x80\xe2\x82\xac\n"},
    {"&#xD800;&#1114112;&#9999999;", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n"},
    {"&bogus; &; &# &#; &#x; &lt", "&bogus; &; &# &#; &#x; &lt\n"},
    {"a<", "a<\n"},
    {"a</", "a</\n"},
    {"a<b", "a\n"},
};

static void tags_come_off_and_blocks_begin_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bs_strbuf out;
        size_t size = strlen(cases[i].html);
        char *exact = malloc(size + (size == 0));
        assert_non_null(exact);
        memcpy(exact, cases[i].html, size);
        bs_strbuf_init(&out, 1000);
        assert_true(bs_html_text_append(&out, bs_bytes(exact, size)));
        if (strcmp(bs_strbuf_cstr(&out), cases[i].text) != 0)
            fail_msg("%s is %s", cases[i].html, bs_strbuf_cstr(&out));
        bs_strbuf_free(&out);
        free(exact);
    }
}

static void text_past_the_room_is_left_out_and_told(void **state)
{
    struct bs_strbuf out;
    (void)state;
    bs_strbuf_init(&out, 7);
    assert_true(bs_html_text_append(&out, BS_LITERAL("one two")));
    bs_strbuf_free(&out);
    assert_false(bs_html_text_append(&out, BS_LITERAL("one <b>two</b>s")));
    assert_string_equal(bs_strbuf_cstr(&out), "one two");
    bs_strbuf_free(&out);
}

/* `before`, n times x or a blank, `behind`. */
static void check_at(const char *before, size_t count, char filling, const char *behind, const char *text)
{
    struct bs_strbuf html, out;
    bs_strbuf_init(&html, 1000);
    bs_strbuf_init(&out, 1000);
    bs_strbuf_append_cstr(&html, before);
    for (size_t i = 0; i < count; i++)
        bs_strbuf_append_char(&html, filling);
    bs_strbuf_append_cstr(&html, behind);
    assert_true(bs_html_text_append(&out, bs_strbuf_bytes(&html)));
    const char *told = bs_strbuf_cstr(&out);
    told += filling == 'x' ? strspn(told, "x") : 0;
    if (strcmp(told, text) != 0)
        fail_msg("%s is %s", bs_strbuf_cstr(&html), told);
    bs_strbuf_free(&html);
    bs_strbuf_free(&out);
}

static void it_does_not_matter_where_in_a_stride_anything_stands(void **state)
{
    (void)state;
    for (size_t i = 1; i < 40; i++) {
        check_at("", i, 'x', " a  b\tc\nd e f g h i j k l m n o", " a b c d e f g h i j k l m n o\n");
        check_at("", i, 'x', "<p>a\x01 b\xc3\xbc &amp; c and what comes behind", "\na\x01 b\xc3\xbc & c and what comes behind\n");
        check_at("a", i, ' ', "b and what comes behind it", "a b and what comes behind it\n");
        check_at("<a title='", i, ' ', ">' x=\">\" y>b and what comes behind it", "b and what comes behind it\n");
        check_at("<a title='", i, '=', " never closed>b and what comes behind it", "b and what comes behind it\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_come_off_and_blocks_begin_lines),
        cmocka_unit_test(text_past_the_room_is_left_out_and_told),
        cmocka_unit_test(it_does_not_matter_where_in_a_stride_anything_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
