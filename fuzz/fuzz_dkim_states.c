/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of states of DKIM keys: whatever it is, reading ends, and what is written of it is read as the same. */
#include "fuzz.h"

#include "config/dkim_states.h"

enum { FILES = 3, KEYS_MEMORY = 8 << 20 };

/* A directory with the files k1 to k3, as it is before states are read. */
static void open_directory(struct bs_dkim_keys *keys, struct bs_bytes states)
{
    *keys = (struct bs_dkim_keys){.directory = "keys", .states_path = "keys/states", .states_text = states};
    bs_arena_init(&keys->arena, KEYS_MEMORY);
    keys->items = bs_arena_take(&keys->arena, BS_DKIM_KEYS_MAX * sizeof *keys->items);
    for (size_t i = 0; keys->items && i < FILES; i++) {
        struct bs_dkim_stored_key *key = &keys->items[keys->count++];
        key->name = bs_bytes_from_cstr(bs_arena_printf(&keys->arena, "k%zu._domainkey.example.com", i + 1));
        if (!bs_dkim_key_split(key->name, &key->selector, &key->domain))
            abort();
    }
}

static void check_again(const struct bs_dkim_keys *keys, struct bs_bytes text)
{
    struct bs_dkim_keys again;
    struct bs_error error;
    open_directory(&again, text);
    if (!bs_dkim_states_parse(&again, &error) || again.count != keys->count)
        abort();
    for (size_t i = 0; i < keys->count; i++) {
        const struct bs_dkim_stored_key *key = bs_dkim_keys_find(&again, keys->items[i].name);
        if (!key || key->state != keys->items[i].state || key->listed != keys->items[i].listed)
            abort();
    }
    bs_arena_reset(&again.arena);
}

static void begin(void *state)
{
    (void)state;
}

static size_t take(void *state, struct bs_bytes input, bool last, struct bs_strbuf *log)
{
    struct bs_dkim_keys keys;
    struct bs_error error;
    struct bs_strbuf text;
    (void)state;
    if (!last)
        return 0;
    open_directory(&keys, input);
    if (!bs_dkim_states_parse(&keys, &error)) {
        bs_strbuf_append_cstr(log, error.text);
    } else {
        bs_strbuf_init(&text, 2 * input.len + 4096);
        bs_dkim_states_append(&keys, &text);
        if (!text.failed)
            check_again(&keys, bs_strbuf_bytes(&text));
        bs_strbuf_append(log, bs_strbuf_bytes(&text));
        bs_strbuf_free(&text);
    }
    bs_arena_reset(&keys.arena);
    return input.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct feed feed = {begin, take, NULL};
    return fuzz_every_way(&feed, data, size);
}
