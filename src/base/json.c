/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing JSON strings; see json.h. */
#include "base/json.h"

#include "base/utf8.h"

static void append_ascii(struct bs_strbuf *buf, char c)
{
    if (c == '"' || c == '\\')
        bs_strbuf_append_char(buf, '\\');
    if ((unsigned char)c < 0x20 || c == 0x7f)
        bs_strbuf_printf(buf, "\\u%04x", (unsigned)c);
    else
        bs_strbuf_append_char(buf, c);
}

void bs_json_append_string(struct bs_strbuf *buf, struct bs_bytes text)
{
    bs_strbuf_append_char(buf, '"');
    while (text.len > 0) {
        size_t length = bs_utf8_sequence(text);
        if (length == 0)
            bs_strbuf_append_cstr(buf, "\xef\xbf\xbd");
        else if (length == 1)
            append_ascii(buf, text.ptr[0]);
        else
            bs_strbuf_append(buf, bs_bytes_first(text, length));
        text = bs_bytes_skip(text, length > 0 ? length : 1);
    }
    bs_strbuf_append_char(buf, '"');
}
