/* SPDX-License-Identifier: BSD-2-Clause */
/* From text to configuration; see parse.h. The syntax of words and strings is in reader.h, that of values in
 * values.h; here is how they stand together:
 *
 *     option = value            option = { value, value }            key 0 { option = value }
 */
#include "config/parse.h"

#include "config/duplicate.h"
#include "config/nearest.h"
#include "config/options.h"
#include "config/reader.h"
#include "config/values.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DESCRIPTION_MAX = 100, /* bytes of ` in domain "example.com"`, its title cut as in any error */
    DESCRIPTION_IN = 4,    /* bytes of ` in ` */
    FIRST_CAPACITY = 16,
};

struct parser {
    struct bs_reader reader;
    struct bs_token token; /* the one that was read last */
    struct bs_config *config;
    struct bs_error *error;

    struct bs_named_line *items; /* of the list that is being read */
    size_t item_count, item_capacity;
    size_t domain_capacity;

    struct bs_config_key key_defaults;
    struct bs_config_domain domain_defaults;
    struct bs_config_policy policy_defaults;
};

/* The section, or top level, that options are being read into. */
struct place {
    enum bs_option_section section;
    void *base; /* what the options' offsets count from */
    char description[DESCRIPTION_MAX]; /* ` in domain "example.com"`; empty for the top level */
    int lines[BS_OPTIONS_MAX];         /* where each row of the table was set; 0: not yet */
};

static struct place make_place(enum bs_option_section section, void *base, struct bs_bytes title)
{
    struct place place = {.section = section, .base = base};
    if (section != BS_SECTION_TOP)
        snprintf(place.description, sizeof place.description, " in %s %s", bs_section(section)->name,
                 bs_quote(title).text);
    return place;
}

static bool advance(struct parser *parser)
{
    return bs_reader_next(&parser->reader, &parser->token, parser->error);
}

/* Fails at the token that was read last. */
#define FAIL(parser, ...) bs_reader_fail(&(parser)->reader, (parser)->token.line, (parser)->error, __VA_ARGS__)

static bool out_of_memory(struct parser *parser)
{
    return FAIL(parser, "out of memory: a configuration may take %d MB", BS_CONFIG_MEMORY_MAX / (1024 * 1024));
}

/* Reads on to a token of the kind. */
static bool expect(struct parser *parser, enum bs_token_kind kind, const char *what, const char *behind)
{
    if (!advance(parser))
        return false;
    if (parser->token.kind == kind)
        return true;
    return FAIL(parser, "expected %s behind %s, found %s", what, behind, bs_token_describe(&parser->token).text);
}

static bool fail_value(struct parser *parser, const struct place *place, const struct bs_option *option,
                       const struct bs_error *problem)
{
    return FAIL(parser, "%s%s: %s %s", option->name, place->description, bs_quote(parser->token.text).text,
                problem->text);
}

static bool store_number(struct parser *parser, const struct place *place, const struct bs_option *option)
{
    int64_t number;
    struct bs_error problem;
    char *member = (char *)place->base + option->offset;
    if (!bs_value_read_number(option, parser->token.text, &number, &problem))
        return fail_value(parser, place, option, &problem);
    if (bs_option_storage(option) == BS_STORAGE_BOOL)
        *(bool *)(void *)member = number != 0;
    else
        *(int64_t *)(void *)member = number;
    return true;
}

/* Checks the text of the token and copies it. */
static bool keep_text(struct parser *parser, const struct place *place, const struct bs_option *option,
                      const char **ret_text)
{
    struct bs_error problem;
    if (!bs_value_check_text(option, parser->token.text, &problem))
        return fail_value(parser, place, option, &problem);
    *ret_text = bs_arena_copy(&parser->config->arena, parser->token.text).ptr;
    return *ret_text || out_of_memory(parser);
}

/* Makes room for one more; false without memory. */
static bool grow(void **array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t larger = *capacity > 0 ? *capacity * 2 : FIRST_CAPACITY;
    void *grown = reallocarray(*array, larger, size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = larger;
    return true;
}

static bool add_item(struct parser *parser, const struct place *place, const struct bs_option *option)
{
    size_t limit = option->type == BS_OPTION_SOCKETS ? BS_CONFIG_LISTENERS_MAX : BS_CONFIG_LIST_MAX;
    const char *text;
    void *items = parser->items;
    if (parser->item_count == limit)
        return FAIL(parser, "%s%s: more than %zu in the list", option->name, place->description, limit);
    if (!keep_text(parser, place, option, &text))
        return false;
    if (!grow(&items, parser->item_count, &parser->item_capacity, sizeof *parser->items))
        return out_of_memory(parser);
    parser->items = items;
    parser->items[parser->item_count++] = (struct bs_named_line){text, parser->token.line};
    return true;
}

/* Moves the items that were read into the configuration. */
static bool store_items(struct parser *parser, const struct place *place, const struct bs_option *option)
{
    struct bs_config_list *list = (void *)((char *)place->base + option->offset);
    struct bs_named_line first, second;
    *list = (struct bs_config_list){0};
    if (parser->item_count == 0)
        return true;
    list->items = bs_arena_take(&parser->config->arena, parser->item_count * sizeof *list->items);
    if (!list->items)
        return out_of_memory(parser);
    for (size_t i = 0; i < parser->item_count; i++)
        list->items[i] = parser->items[i].name;
    list->count = parser->item_count;
    if (!bs_duplicate_find(parser->items, parser->item_count, option->type != BS_OPTION_SOCKETS, &first, &second))
        return true;
    return bs_reader_fail(&parser->reader, second.line, parser->error,
                          "%s%s: %s stands in the list already, on line %d", option->name, place->description,
                          bs_quote(bs_bytes_from_cstr(second.name)).text, first.line);
}

/* Reads the items behind an opening brace, and the closing one. */
static bool read_items(struct parser *parser, const struct place *place, const struct bs_option *option)
{
    while (true) {
        if (!advance(parser))
            return false;
        if (parser->token.kind == BS_TOKEN_CLOSE)
            return true;
        if (parser->token.kind != BS_TOKEN_TEXT)
            return FAIL(parser, "%s%s: expected a value or } in the list, found %s", option->name, place->description,
                        bs_token_describe(&parser->token).text);
        if (!add_item(parser, place, option) || !advance(parser))
            return false;
        if (parser->token.kind == BS_TOKEN_CLOSE)
            return true;
        if (parser->token.kind != BS_TOKEN_COMMA)
            return FAIL(parser, "%s%s: expected , or } in the list, found %s", option->name, place->description,
                        bs_token_describe(&parser->token).text);
    }
}

static bool read_list(struct parser *parser, const struct place *place, const struct bs_option *option)
{
    bool braced = parser->token.kind == BS_TOKEN_OPEN;
    parser->item_count = 0;
    if (!(braced ? read_items(parser, place, option) : add_item(parser, place, option)))
        return false;
    return store_items(parser, place, option);
}

static bool read_value(struct parser *parser, const struct place *place, const struct bs_option *option)
{
    enum bs_option_storage storage = bs_option_storage(option);
    if (!advance(parser))
        return false;
    if (parser->token.kind == BS_TOKEN_OPEN && storage != BS_STORAGE_LIST)
        return FAIL(parser, "%s%s takes one value, not a list", option->name, place->description);
    if (parser->token.kind != BS_TOKEN_TEXT && parser->token.kind != BS_TOKEN_OPEN)
        return FAIL(parser, "expected a value for %s%s, found %s", option->name, place->description,
                    bs_token_describe(&parser->token).text);
    if (storage == BS_STORAGE_LIST)
        return read_list(parser, place, option);
    if (storage == BS_STORAGE_TEXT)
        return keep_text(parser, place, option, (const char **)(void *)((char *)place->base + option->offset));
    return store_number(parser, place, option);
}

/* Where an option that is unknown here would be known, or "". */
static const char *other_place(enum bs_option_section here, struct bs_bytes name)
{
    static const char *const hints[BS_SECTION_COUNT] = {
        "; it stands outside of sections",
        "; it stands in a key section",
        "; it stands in a domain section",
        "; it stands in a policy section",
    };
    for (enum bs_option_section section = BS_SECTION_TOP; section < BS_SECTION_COUNT; section++) {
        if (section != here && bs_option_find(section, name))
            return hints[section];
    }
    return "";
}

static bool fail_unknown(struct parser *parser, const struct place *place)
{
    struct bs_bytes name = parser->token.text;
    struct bs_nearest nearest = bs_nearest_init(name);
    struct bs_option_list options = bs_options();
    const char *hint = other_place(place->section, name);
    for (size_t i = 0; i < options.count; i++) {
        if (options.rows[i].section == place->section)
            bs_nearest_offer(&nearest, options.rows[i].name);
    }
    for (enum bs_option_section section = BS_SECTION_KEY; section < BS_SECTION_COUNT; section++) {
        if (place->section == BS_SECTION_TOP)
            bs_nearest_offer(&nearest, bs_section(section)->name);
        else if (bs_bytes_equal(name, bs_bytes_from_cstr(bs_section(section)->name)))
            hint = "; a section cannot stand in another: is a } missing?";
    }
    bool suggest = hint[0] == '\0' && nearest.name;
    return FAIL(parser, "unknown option %s%s%s%s%s%s", bs_quote(name).text, place->description, hint,
                suggest ? "; did you mean \"" : "", suggest ? nearest.name : "", suggest ? "\"?" : "");
}

/* Reads an option whose name is the token that was read last. */
static bool read_option(struct parser *parser, struct place *place)
{
    const struct bs_option *option = bs_option_find(place->section, parser->token.text);
    if (!option)
        return fail_unknown(parser, place);
    int *line = &place->lines[option - bs_options().rows];
    if (*line != 0)
        return FAIL(parser, "%s%s is set already, on line %d", option->name, place->description, *line);
    *line = parser->token.line;
    return expect(parser, BS_TOKEN_EQUALS, "=", option->name) && read_value(parser, place, option);
}

/* Reads the defaults of the section's options. */
static bool fill_defaults(struct parser *parser, enum bs_option_section section, void *base)
{
    struct bs_option_list options = bs_options();
    struct place place = make_place(BS_SECTION_TOP, base, bs_bytes(NULL, 0));
    for (size_t i = 0; i < options.count; i++) {
        const struct bs_option *option = &options.rows[i];
        if (option->section != section || !option->default_value)
            continue;
        bs_reader_init(&parser->reader, bs_bytes_from_cstr(option->default_value), "default");
        if (!read_value(parser, &place, option))
            return false;
    }
    return true;
}

static bool check_required(struct parser *parser, const struct place *place, int line)
{
    struct bs_option_list options = bs_options();
    for (size_t i = 0; i < options.count; i++) {
        if (options.rows[i].section == place->section && !options.rows[i].default_value && place->lines[i] == 0)
            return bs_reader_fail(&parser->reader, line, parser->error, "%s is missing%s", options.rows[i].name,
                                  place->description);
    }
    return true;
}

/* Reads a section's braces and what stands between them; its title was read last. */
static bool read_body(struct parser *parser, struct place *place)
{
    int line = parser->token.line;
    if (!expect(parser, BS_TOKEN_OPEN, "{", place->description + DESCRIPTION_IN))
        return false;
    while (true) {
        if (!advance(parser))
            return false;
        if (parser->token.kind == BS_TOKEN_CLOSE)
            return check_required(parser, place, line);
        if (parser->token.kind == BS_TOKEN_END)
            return bs_reader_fail(&parser->reader, line, parser->error, "%s has no closing }",
                                  place->description + DESCRIPTION_IN);
        if (parser->token.kind != BS_TOKEN_TEXT)
            return FAIL(parser, "expected an option or }%s, found %s", place->description,
                        bs_token_describe(&parser->token).text);
        if (!read_option(parser, place))
            return false;
    }
}

/* The section of the digit, or NULL. */
static const struct bs_config_key *find_key(const struct bs_config *config, int64_t digit)
{
    for (size_t i = 0; i < config->key_count; i++) {
        if (config->keys[i].digit == digit)
            return &config->keys[i];
    }
    return NULL;
}

static bool read_key(struct parser *parser)
{
    struct bs_config *config = parser->config;
    if (!expect(parser, BS_TOKEN_TEXT, "a digit", "key"))
        return false;
    struct bs_bytes title = parser->token.text;
    if (title.len != 1 || !bs_ascii_is_digit(title.ptr[0]))
        return FAIL(parser, "key %s: a key is called by a digit from 0 to 9", bs_quote(title).text);
    int64_t digit = title.ptr[0] - '0';
    const struct bs_config_key *same = find_key(config, digit);
    if (same)
        return FAIL(parser, "key %s has a section already, on line %d", bs_quote(title).text, same->line);
    struct bs_config_key *key = &config->keys[config->key_count++];
    *key = parser->key_defaults;
    key->digit = digit;
    key->line = parser->token.line;
    struct place place = make_place(BS_SECTION_KEY, key, title);
    return read_body(parser, &place);
}

static bool read_domain(struct parser *parser)
{
    struct bs_config *config = parser->config;
    struct bs_error problem;
    void *domains = config->domains;
    if (!expect(parser, BS_TOKEN_TEXT, "a name", "domain"))
        return false;
    struct bs_bytes title = parser->token.text;
    if (!bs_value_check_domain(title, &problem))
        return FAIL(parser, "domain %s %s", bs_quote(title).text, problem.text);
    if (config->domain_count == BS_CONFIG_DOMAINS_MAX)
        return FAIL(parser, "more than %d domains", BS_CONFIG_DOMAINS_MAX);
    if (!grow(&domains, config->domain_count, &parser->domain_capacity, sizeof *config->domains))
        return out_of_memory(parser);
    config->domains = domains;
    struct bs_config_domain *domain = &config->domains[config->domain_count++];
    *domain = parser->domain_defaults;
    domain->name = bs_arena_copy(&config->arena, title).ptr;
    domain->line = parser->token.line;
    struct place place = make_place(BS_SECTION_DOMAIN, domain, title);
    return domain->name ? read_body(parser, &place) : out_of_memory(parser);
}

/* The section of the name, or NULL. */
static const struct bs_config_policy *find_policy(const struct bs_config *config, struct bs_bytes name)
{
    for (size_t i = 0; i < config->policy_count; i++) {
        if (bs_bytes_equal_nocase(bs_bytes_from_cstr(config->policies[i].name), name))
            return &config->policies[i];
    }
    return NULL;
}

static bool read_policy(struct parser *parser)
{
    struct bs_config *config = parser->config;
    struct bs_error problem;
    if (!expect(parser, BS_TOKEN_TEXT, "a name", "policy"))
        return false;
    struct bs_bytes title = parser->token.text;
    if (!bs_value_check_name(title, &problem))
        return FAIL(parser, "policy %s %s", bs_quote(title).text, problem.text);
    const struct bs_config_policy *same = find_policy(config, title);
    if (same)
        return FAIL(parser, "policy %s has a section already, on line %d", bs_quote(title).text, same->line);
    if (config->policy_count == BS_CONFIG_POLICIES_MAX)
        return FAIL(parser, "more than %d policies", BS_CONFIG_POLICIES_MAX);
    struct bs_bytes name = bs_arena_copy(&config->arena, title);
    if (!name.ptr)
        return out_of_memory(parser);
    struct bs_config_policy *policy = &config->policies[config->policy_count++];
    *policy = parser->policy_defaults;
    policy->name = name.ptr;
    policy->line = parser->token.line;
    struct place place = make_place(BS_SECTION_POLICY, policy, title);
    return read_body(parser, &place);
}

static bool read_top(struct parser *parser)
{
    struct place top = make_place(BS_SECTION_TOP, parser->config, bs_bytes(NULL, 0));
    while (true) {
        if (!advance(parser))
            return false;
        if (parser->token.kind == BS_TOKEN_END)
            return true;
        bool good;
        if (parser->token.kind != BS_TOKEN_TEXT)
            return FAIL(parser, "expected an option, found %s", bs_token_describe(&parser->token).text);
        if (bs_bytes_equal(parser->token.text, BS_LITERAL("key")))
            good = read_key(parser);
        else if (bs_bytes_equal(parser->token.text, BS_LITERAL("domain")))
            good = read_domain(parser);
        else if (bs_bytes_equal(parser->token.text, BS_LITERAL("policy")))
            good = read_policy(parser);
        else
            good = read_option(parser, &top);
        if (!good)
            return false;
    }
}

/* Moves the domains from memory that grew into the arena, whether or not they are complete. */
static bool settle_domains(struct parser *parser)
{
    struct bs_config *config = parser->config;
    struct bs_config_domain *grown = config->domains;
    size_t size = config->domain_count * sizeof *grown;
    config->domains = grown ? bs_arena_take(&config->arena, size) : NULL;
    if (config->domains)
        memcpy(config->domains, grown, size);
    else
        config->domain_count = 0;
    free(grown);
    return config->domains || !grown || out_of_memory(parser);
}

bool bs_config_fill(struct bs_bytes text, const char *name, struct bs_config *config, struct bs_error *ret_error)
{
    struct parser parser = {.config = config, .error = ret_error};
    bool good = fill_defaults(&parser, BS_SECTION_TOP, config) &&
                fill_defaults(&parser, BS_SECTION_KEY, &parser.key_defaults) &&
                fill_defaults(&parser, BS_SECTION_DOMAIN, &parser.domain_defaults) &&
                fill_defaults(&parser, BS_SECTION_POLICY, &parser.policy_defaults);
    bs_reader_init(&parser.reader, text, name);
    good = good && read_top(&parser);
    good = settle_domains(&parser) && good;
    free(parser.items);
    return good;
}
