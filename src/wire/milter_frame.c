/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames of the milter protocol, taken apart and put together; see milter_frame.h. */
#include "wire/milter_frame.h"

#include <arpa/inet.h>

enum bs_milter_progress bs_milter_frame_peek(struct bs_bytes input, size_t max_frame,
                                             struct bs_milter_frame *ret_frame, size_t *ret_size,
                                             uint32_t *ret_length)
{
    struct bs_bytes rest = input;
    uint32_t length;
    if (!bs_milter_take_u32(&rest, &length)) {
        *ret_size = BS_MILTER_LENGTH_SIZE;
        return BS_MILTER_MORE;
    }
    *ret_length = length;
    if (length == 0 || length > max_frame)
        return BS_MILTER_BAD;
    *ret_size = BS_MILTER_LENGTH_SIZE + (size_t)length;
    if (rest.len < length)
        return BS_MILTER_MORE;
    ret_frame->code = (unsigned char)rest.ptr[0];
    ret_frame->data = bs_bytes(rest.ptr + 1, length - 1);
    return BS_MILTER_EVENT;
}

bool bs_milter_take_u16(struct bs_bytes *io_data, uint16_t *ret_value)
{
    uint16_t value;
    if (io_data->len < sizeof value)
        return false;
    memcpy(&value, io_data->ptr, sizeof value);
    *ret_value = ntohs(value);
    *io_data = bs_bytes_skip(*io_data, sizeof value);
    return true;
}

bool bs_milter_take_u32(struct bs_bytes *io_data, uint32_t *ret_value)
{
    uint32_t value;
    if (io_data->len < sizeof value)
        return false;
    memcpy(&value, io_data->ptr, sizeof value);
    *ret_value = ntohl(value);
    *io_data = bs_bytes_skip(*io_data, sizeof value);
    return true;
}

bool bs_milter_take_text(struct bs_bytes *io_data, struct bs_bytes *ret_text)
{
    const char *end = io_data->len > 0 ? memchr(io_data->ptr, '\0', io_data->len) : NULL;
    if (!end)
        return false;
    *ret_text = bs_bytes(io_data->ptr, (size_t)(end - io_data->ptr));
    *io_data = bs_bytes_skip(*io_data, ret_text->len + 1);
    return true;
}

bool bs_milter_take_options(struct bs_bytes *io_data, struct bs_milter_options *ret_options)
{
    return bs_milter_take_u32(io_data, &ret_options->version) &&
           bs_milter_take_u32(io_data, &ret_options->actions) && bs_milter_take_u32(io_data, &ret_options->steps);
}

size_t bs_milter_frame_begin(struct bs_strbuf *out, unsigned code)
{
    size_t start = out->len;
    const char head[BS_MILTER_LENGTH_SIZE + 1] = {0, 0, 0, 0, (char)code};
    bs_strbuf_append(out, bs_bytes(head, sizeof head));
    return start;
}

void bs_milter_frame_end(struct bs_strbuf *out, size_t start)
{
    size_t length = out->len - start - BS_MILTER_LENGTH_SIZE;
    if (!out->failed && length <= UINT32_MAX) {
        uint32_t wire = htonl((uint32_t)length);
        memcpy(out->ptr + start, &wire, sizeof wire);
        return;
    }
    out->failed = true;
    out->len = start;
    if (out->ptr)
        out->ptr[start] = '\0';
}

void bs_milter_frame_empty(struct bs_strbuf *out, unsigned code)
{
    bs_milter_frame_end(out, bs_milter_frame_begin(out, code));
}

void bs_milter_put_u16(struct bs_strbuf *out, uint16_t value)
{
    uint16_t wire = htons(value);
    bs_strbuf_append(out, bs_bytes(&wire, sizeof wire));
}

void bs_milter_put_u32(struct bs_strbuf *out, uint32_t value)
{
    uint32_t wire = htonl(value);
    bs_strbuf_append(out, bs_bytes(&wire, sizeof wire));
}

void bs_milter_put_options(struct bs_strbuf *out, const struct bs_milter_options *options)
{
    bs_milter_put_u32(out, options->version);
    bs_milter_put_u32(out, options->actions);
    bs_milter_put_u32(out, options->steps);
}

void bs_milter_put_text(struct bs_strbuf *out, struct bs_bytes text)
{
    size_t start = out->len;
    bs_strbuf_append(out, bs_bytes_first(text, bs_bytes_find(text, '\0')));
    for (size_t i = start; i < out->len; i++) {
        if (out->ptr[i] == '\r' || out->ptr[i] == '\n')
            out->ptr[i] = ' ';
    }
    bs_strbuf_append_char(out, '\0');
}
