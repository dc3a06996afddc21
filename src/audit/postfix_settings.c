/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading what postconf prints; see postfix_settings.h. */
#include "audit/postfix_settings.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_separator(char c)
{
    return is_blank(c) || c == ',';
}

/* Takes the next line that is not empty off the text. */
static bool next_line(struct bs_bytes *io_text, struct bs_bytes *ret_line)
{
    while (io_text->len > 0) {
        size_t end = bs_bytes_find(*io_text, '\n');
        *ret_line = bs_bytes_trim(bs_bytes_first(*io_text, end));
        *io_text = bs_bytes_skip(*io_text, end < io_text->len ? end + 1 : end);
        if (ret_line->len > 0)
            return true;
    }
    return false;
}

/* Splits at the first `=`, without the blanks around it. */
static bool split_at_equals(struct bs_bytes text, struct bs_bytes *ret_name, struct bs_bytes *ret_value)
{
    size_t equals = bs_bytes_find(text, '=');
    if (equals == text.len)
        return false;
    *ret_name = bs_bytes_trim(bs_bytes_first(text, equals));
    *ret_value = bs_bytes_trim(bs_bytes_skip(text, equals + 1));
    return ret_name->len > 0;
}

static struct bs_bytes next_word(struct bs_bytes *io_line)
{
    size_t start = 0;
    while (start < io_line->len && is_blank(io_line->ptr[start]))
        start++;
    size_t end = start;
    while (end < io_line->len && !is_blank(io_line->ptr[end]))
        end++;
    struct bs_bytes word = bs_bytes_first(bs_bytes_skip(*io_line, start), end - start);
    *io_line = bs_bytes_skip(*io_line, end);
    return word;
}

static struct bs_postfix_parameter *find_parameter(const struct bs_postfix *postfix, struct bs_bytes name)
{
    for (size_t i = 0; i < postfix->parameter_count; i++) {
        if (bs_bytes_equal(postfix->parameters[i].name, name))
            return (struct bs_postfix_parameter *)&postfix->parameters[i];
    }
    return NULL;
}

static struct bs_postfix_parameter *add_parameter(struct bs_postfix *postfix, struct bs_bytes name)
{
    struct bs_postfix_parameter *found = find_parameter(postfix, name);
    if (found)
        return found;
    if (postfix->parameter_count == BS_POSTFIX_PARAMETERS_MAX) {
        postfix->incomplete = true;
        return NULL;
    }
    found = &postfix->parameters[postfix->parameter_count++];
    found->name = name;
    return found;
}

static void read_parameters(struct bs_postfix *postfix, struct bs_bytes text, bool expanded)
{
    struct bs_bytes line, name, value;
    while (next_line(&text, &line)) {
        struct bs_postfix_parameter *parameter =
            split_at_equals(line, &name, &value) ? add_parameter(postfix, name) : NULL;
        if (parameter)
            *(expanded ? &parameter->expanded : &parameter->written) = value;
    }
}

/* What `-` in the column for chroot stands for (master(5), COMPATIBILITY_README). */
static bool chroot_is_default(const struct bs_postfix *postfix)
{
    struct bs_bytes level = bs_postfix_value(postfix, "compatibility_level");
    return !bs_postfix_is_at_least(postfix, 3, 0) || level.len == 0 || bs_bytes_equal(level, BS_LITERAL("0"));
}

/* `name type private unprivileged chroot wakeup maxproc program …` */
static void read_services(struct bs_postfix *postfix, struct bs_bytes text)
{
    struct bs_bytes line;
    bool chroot_default = chroot_is_default(postfix);
    while (next_line(&text, &line)) {
        struct bs_bytes words[8];
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            words[i] = next_word(&line);
        if (words[7].len == 0)
            continue;
        if (postfix->service_count == BS_POSTFIX_SERVICES_MAX) {
            postfix->incomplete = true;
            return;
        }
        char chroot = words[4].ptr[0];
        postfix->services[postfix->service_count++] = (struct bs_postfix_service){
            .name = words[0], .type = words[1], .program = words[7],
            .chrooted = chroot == '-' ? chroot_default : chroot == 'y'};
    }
}

/* `service/type/name = value` */
static void read_overrides(struct bs_postfix *postfix, struct bs_bytes text)
{
    struct bs_bytes line, name, value;
    while (next_line(&text, &line)) {
        if (!split_at_equals(line, &name, &value))
            continue;
        size_t slash = bs_bytes_find_last(name, '/');
        if (slash == name.len)
            continue;
        if (postfix->override_count == BS_POSTFIX_OVERRIDES_MAX) {
            postfix->incomplete = true;
            return;
        }
        postfix->overrides[postfix->override_count++] = (struct bs_postfix_override){
            .service = bs_bytes_first(name, slash), .name = bs_bytes_skip(name, slash + 1), .value = value};
    }
}

void bs_postfix_parse(const struct bs_postfix_texts *texts, struct bs_postfix *ret_postfix)
{
    memset(ret_postfix, 0, sizeof *ret_postfix);
    read_parameters(ret_postfix, texts->written, false);
    read_parameters(ret_postfix, texts->expanded, true);
    read_services(ret_postfix, texts->services);
    read_overrides(ret_postfix, texts->overrides);
}

struct bs_bytes bs_postfix_value(const struct bs_postfix *postfix, const char *name)
{
    const struct bs_postfix_parameter *parameter = find_parameter(postfix, bs_bytes_from_cstr(name));
    return parameter ? parameter->expanded : bs_bytes(NULL, 0);
}

struct bs_bytes bs_postfix_written(const struct bs_postfix *postfix, const char *name)
{
    const struct bs_postfix_parameter *parameter = find_parameter(postfix, bs_bytes_from_cstr(name));
    return parameter ? parameter->written : bs_bytes(NULL, 0);
}

void bs_postfix_assume(struct bs_postfix *postfix, const char *name, struct bs_bytes value)
{
    struct bs_postfix_parameter *parameter = add_parameter(postfix, bs_bytes_from_cstr(name));
    if (parameter)
        parameter->expanded = value;
}

const struct bs_postfix_override *bs_postfix_override(const struct bs_postfix *postfix,
                                                      const struct bs_postfix_service *service, const char *name)
{
    for (size_t i = 0; i < postfix->override_count; i++) {
        const struct bs_postfix_override *override = &postfix->overrides[i];
        size_t length = service->name.len;
        if (override->service.len == length + 1 + service->type.len &&
            bs_bytes_equal(bs_bytes_first(override->service, length), service->name) &&
            override->service.ptr[length] == '/' &&
            bs_bytes_equal(bs_bytes_skip(override->service, length + 1), service->type) &&
            bs_bytes_equal(override->name, bs_bytes_from_cstr(name)))
            return override;
    }
    return NULL;
}

/* Takes a number, and one character behind it, off the text. */
static unsigned next_number(struct bs_bytes *io_text)
{
    unsigned number = 0;
    size_t i = 0;
    while (i < io_text->len && bs_ascii_is_digit(io_text->ptr[i]) && number < 100000)
        number = number * 10 + (unsigned)(io_text->ptr[i++] - '0');
    *io_text = bs_bytes_skip(*io_text, i < io_text->len ? i + 1 : i);
    return number;
}

bool bs_postfix_is_at_least(const struct bs_postfix *postfix, unsigned major, unsigned minor)
{
    struct bs_bytes version = bs_postfix_value(postfix, "mail_version");
    unsigned have = next_number(&version);
    return have != major ? have > major : next_number(&version) >= minor;
}

/* The length of what begins with an opening brace, up to the one that closes it. */
static size_t braced_length(struct bs_bytes text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '{')
            depth++;
        if (text.ptr[i] == '}' && --depth == 0)
            return i + 1;
    }
    return text.len;
}

bool bs_postfix_list_next(struct bs_bytes *io_list, struct bs_bytes *ret_item)
{
    size_t start = 0, length = 0;
    while (start < io_list->len && is_separator(io_list->ptr[start]))
        start++;
    struct bs_bytes rest = bs_bytes_skip(*io_list, start);
    if (rest.len > 0 && rest.ptr[0] == '{')
        length = braced_length(rest);
    else
        while (length < rest.len && !is_separator(rest.ptr[length]))
            length++;
    *ret_item = bs_bytes_first(rest, length);
    *io_list = bs_bytes_skip(rest, length);
    return length > 0;
}

/* Without one pair of braces around it, if there is one. */
static struct bs_bytes unbrace(struct bs_bytes text)
{
    if (text.len < 2 || text.ptr[0] != '{' || text.ptr[text.len - 1] != '}')
        return text;
    return bs_bytes_trim(bs_bytes(text.ptr + 1, text.len - 2));
}

bool bs_postfix_milter_parse(struct bs_bytes item, struct bs_postfix_milter *ret_milter)
{
    struct bs_bytes address, setting, name, value;
    struct bs_bytes rest = unbrace(item);
    *ret_milter = (struct bs_postfix_milter){0};
    if (!bs_postfix_list_next(&rest, &address) || !bs_mta_socket_parse(address, &ret_milter->socket))
        return false;
    while (bs_postfix_list_next(&rest, &setting)) {
        if (!split_at_equals(unbrace(setting), &name, &value))
            continue;
        if (bs_bytes_equal_nocase(name, BS_LITERAL("default_action")))
            ret_milter->default_action = value;
        else if (bs_bytes_equal_nocase(name, BS_LITERAL("protocol")))
            ret_milter->protocol = value;
    }
    return true;
}

bool bs_postfix_socketmap_parse(struct bs_bytes item, struct bs_postfix_socketmap *ret_map)
{
    if (bs_bytes_starts_nocase(item, BS_LITERAL("proxy:")))
        item = bs_bytes_skip(item, 6);
    if (!bs_bytes_starts_nocase(item, BS_LITERAL("socketmap:")))
        return false;
    item = bs_bytes_skip(item, 10);
    size_t colon = bs_bytes_find_last(item, ':');
    if (colon == item.len)
        return false;
    ret_map->name = bs_bytes_skip(item, colon + 1);
    return bs_mta_socket_parse(bs_bytes_first(item, colon), &ret_map->socket);
}

const char *bs_postfix_path(const struct bs_postfix *postfix, struct bs_bytes path, bool chrooted,
                            struct bs_arena *arena)
{
    struct bs_bytes queue = bs_postfix_value(postfix, "queue_directory");
    bool absolute = path.len > 0 && path.ptr[0] == '/';
    if (absolute && !chrooted)
        return bs_arena_printf(arena, "%.*s", BS_BYTES_ARG(path));
    return bs_arena_printf(arena, absolute ? "%.*s%.*s" : "%.*s/%.*s", BS_BYTES_ARG(queue), BS_BYTES_ARG(path));
}
