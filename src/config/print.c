/* SPDX-License-Identifier: BSD-2-Clause */
/* Printing the configuration in force, in the file's syntax and as JSON; see config.h. */
#include "config/config.h"

#include "base/json.h"
#include "config/options.h"
#include "config/values.h"

#include <inttypes.h>

enum {
    VALUE_MAX = 64,               /* bytes of a number with its unit, or a choice */
    ITEMS_PER_LINE = 3,           /* a longer list has a line for each item */
    JSON_TEXT_MAX = 6 * 4096 + 2, /* a text of which every byte is escaped */
};

static void print_number(const struct bs_option *option, int64_t number, FILE *out)
{
    struct bs_strbuf buf;
    bs_strbuf_init(&buf, VALUE_MAX);
    bs_value_append_number(option, number, &buf);
    fputs(bs_strbuf_cstr(&buf), out);
    bs_strbuf_free(&buf);
}

static void print_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_list(const struct bs_config_list *list, const char *indent, FILE *out)
{
    bool lines = list->count > ITEMS_PER_LINE;
    fputs("{", out);
    for (size_t i = 0; i < list->count; i++) {
        fprintf(out, lines ? "\n%s    " : " ", indent);
        print_quoted(list->items[i], out);
        if (lines || i + 1 < list->count)
            fputc(',', out);
    }
    if (lines)
        fprintf(out, "\n%s", indent);
    fputs(list->count > 0 && !lines ? " }" : "}", out);
}

static int64_t member_number(const struct bs_option *option, const void *member)
{
    return bs_option_storage(option) == BS_STORAGE_BOOL ? *(const bool *)member : *(const int64_t *)member;
}

static void show_option(const struct bs_option *option, const void *base, const char *indent, FILE *out)
{
    const void *member = (const char *)base + option->offset;
    fprintf(out, "%s%s = ", indent, option->name);
    switch (bs_option_storage(option)) {
    case BS_STORAGE_TEXT:
        print_quoted(*(const char *const *)member, out);
        break;
    case BS_STORAGE_LIST:
        print_list(member, indent, out);
        break;
    default:
        print_number(option, member_number(option, member), out);
    }
    fputc('\n', out);
}

static void show_section(enum bs_option_section section, const void *base, const char *indent, FILE *out)
{
    struct bs_option_list options = bs_options();
    for (size_t i = 0; i < options.count; i++) {
        if (options.rows[i].section != section)
            continue;
        if (section == BS_SECTION_TOP && i > 0 && options.rows[i].heading)
            fputc('\n', out);
        show_option(&options.rows[i], base, indent, out);
    }
}

static void show_keys(const struct bs_config *config, FILE *out)
{
    for (size_t i = 0; i < config->key_count; i++) {
        fprintf(out, "\nkey %" PRId64 " {\n", config->keys[i].digit);
        show_section(BS_SECTION_KEY, &config->keys[i], "    ", out);
        fputs("}\n", out);
    }
}

static void show_domains(const struct bs_config *config, FILE *out)
{
    for (size_t i = 0; i < config->domain_count; i++) {
        fputs("\ndomain ", out);
        print_quoted(config->domains[i].name, out);
        fputs(" {\n", out);
        show_section(BS_SECTION_DOMAIN, &config->domains[i], "    ", out);
        fputs("}\n", out);
    }
}

static void show_policies(const struct bs_config *config, FILE *out)
{
    for (size_t i = 0; i < config->policy_count; i++) {
        fputs("\npolicy ", out);
        print_quoted(config->policies[i].name, out);
        fputs(" {\n", out);
        show_section(BS_SECTION_POLICY, &config->policies[i], "    ", out);
        fputs("}\n", out);
    }
}

void bs_config_show(const struct bs_config *config, FILE *out)
{
    show_section(BS_SECTION_TOP, config, "", out);
    show_keys(config, out);
    show_domains(config, out);
    show_policies(config, out);
}

static void print_json_text(const char *text, FILE *out)
{
    struct bs_strbuf buf;
    bs_strbuf_init(&buf, JSON_TEXT_MAX);
    bs_json_append_string(&buf, bs_bytes_from_cstr(text));
    fputs(bs_strbuf_cstr(&buf), out);
    bs_strbuf_free(&buf);
}

static void print_json_list(const struct bs_config_list *list, FILE *out)
{
    fputc('[', out);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? ", " : "", out);
        print_json_text(list->items[i], out);
    }
    fputc(']', out);
}

/* Bools and numbers as such, sizes in bytes and durations in seconds; permissions and choices as in the file. */
static void print_json_number(const struct bs_option *option, int64_t number, FILE *out)
{
    bool quoted = option->type == BS_OPTION_PERMISSIONS || option->type == BS_OPTION_CHOICE;
    if (!quoted && option->type != BS_OPTION_BOOL) {
        fprintf(out, "%" PRId64, number);
        return;
    }
    fputs(quoted ? "\"" : "", out);
    print_number(option, number, out);
    fputs(quoted ? "\"" : "", out);
}

static void print_json_options(enum bs_option_section section, const void *base, const char *separator, FILE *out)
{
    struct bs_option_list options = bs_options();
    for (size_t i = 0; i < options.count; i++) {
        const struct bs_option *option = &options.rows[i];
        const void *member = (const char *)base + option->offset;
        if (option->section != section)
            continue;
        fprintf(out, "%s\"%s\": ", separator, option->name);
        if (bs_option_storage(option) == BS_STORAGE_TEXT)
            print_json_text(*(const char *const *)member, out);
        else if (bs_option_storage(option) == BS_STORAGE_LIST)
            print_json_list(member, out);
        else
            print_json_number(option, member_number(option, member), out);
    }
}

static void print_json_keys(const struct bs_config *config, FILE *out)
{
    for (size_t i = 0; i < config->key_count; i++) {
        fprintf(out, "%s\n    {\"digit\": %" PRId64, i > 0 ? "," : "", config->keys[i].digit);
        print_json_options(BS_SECTION_KEY, &config->keys[i], ", ", out);
        fprintf(out, ", \"line\": %d}", config->keys[i].line);
    }
}

static void print_json_domains(const struct bs_config *config, FILE *out)
{
    for (size_t i = 0; i < config->domain_count; i++) {
        fprintf(out, "%s\n    {\"name\": ", i > 0 ? "," : "");
        print_json_text(config->domains[i].name, out);
        print_json_options(BS_SECTION_DOMAIN, &config->domains[i], ", ", out);
        fprintf(out, ", \"line\": %d}", config->domains[i].line);
    }
}

static void print_json_policies(const struct bs_config *config, FILE *out)
{
    for (size_t i = 0; i < config->policy_count; i++) {
        fprintf(out, "%s\n    {\"name\": ", i > 0 ? "," : "");
        print_json_text(config->policies[i].name, out);
        print_json_options(BS_SECTION_POLICY, &config->policies[i], ", ", out);
        fprintf(out, ", \"line\": %d}", config->policies[i].line);
    }
}

void bs_config_show_json(const struct bs_config *config, FILE *out)
{
    fputs("{\n  \"file\": ", out);
    print_json_text(config->file, out);
    print_json_options(BS_SECTION_TOP, config, ",\n  ", out);
    fputs(",\n  \"key\": [", out);
    print_json_keys(config, out);
    fputs("\n  ],\n  \"domain\": [", out);
    print_json_domains(config, out);
    fputs("\n  ],\n  \"policy\": [", out);
    print_json_policies(config, out);
    fputs("\n  ]\n}\n", out);
}
