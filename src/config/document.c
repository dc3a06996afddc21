/* SPDX-License-Identifier: BSD-2-Clause */
/* The option table for people: the sample file, and the options' section of backstop.conf(5); see config.h. */
#include "config/config.h"

#include "config/options.h"
#include "config/values.h"

enum {
    SAMPLE_WIDTH = 78, /* columns of the sample's comments */
    ALLOWED_MAX = 256, /* bytes of what an option takes */
};

/* Writes a paragraph, broken at blanks, each line behind the prefix. */
static void print_wrapped(const char *text, const char *prefix, FILE *out)
{
    struct bs_bytes rest = bs_bytes_from_cstr(text);
    size_t width = SAMPLE_WIDTH - strlen(prefix);
    while (rest.len > 0) {
        size_t length = rest.len <= width ? rest.len : bs_bytes_find_last(bs_bytes_first(rest, width + 1), ' ');
        if (length > width && rest.len > width)
            length = bs_bytes_find(rest, ' ');
        fprintf(out, "%s%.*s\n", prefix, (int)length, rest.ptr);
        rest = bs_bytes_skip(rest, length < rest.len ? length + 1 : length);
    }
}

/* What a number may be, as a sentence; nothing for texts, whose meaning says it. */
static void print_allowed(const struct bs_option *option, const char *before, const char *behind, FILE *out)
{
    struct bs_strbuf allowed;
    bs_strbuf_init(&allowed, ALLOWED_MAX);
    bs_value_append_allowed(option, &allowed);
    if (allowed.len > 0)
        fprintf(out, "%s%c%s.%s", before, allowed.ptr[0] - 'a' + 'A', allowed.ptr + 1, behind);
    bs_strbuf_free(&allowed);
}

static void sample_option(const struct bs_option *option, FILE *out)
{
    bool inside = option->section != BS_SECTION_TOP;
    const char *prefix = inside ? "#    # " : "# ";
    print_wrapped(option->meaning, prefix, out);
    print_allowed(option, prefix, "\n", out);
    if (option->example && option->default_value)
        fprintf(out, "%sExample: %s = %s\n", prefix, option->name, option->example);
    fprintf(out, "%s%s = %s\n", inside ? "#    " : "#", option->name,
            option->default_value ? option->default_value : option->example);
}

static void sample_heading(const char *heading, FILE *out)
{
    fprintf(out, "\n# ==== %s ====\n", heading);
}

static void sample_section(enum bs_option_section section, FILE *out)
{
    struct bs_option_list options = bs_options();
    bool first = true;
    for (size_t i = 0; i < options.count; i++) {
        const struct bs_option *option = &options.rows[i];
        if (option->section != section)
            continue;
        if (option->heading)
            sample_heading(option->heading, out);
        if (first && section != BS_SECTION_TOP) {
            fputc('\n', out);
            print_wrapped(bs_section(section)->meaning, "# ", out);
            fprintf(out, "#%s %s {\n", bs_section(section)->name, bs_section(section)->example);
        } else {
            fputs(section == BS_SECTION_TOP ? "\n" : "#\n", out);
        }
        sample_option(option, out);
        first = false;
    }
    fputs(section == BS_SECTION_TOP ? "" : "#}\n", out);
}

void bs_config_sample(FILE *out)
{
    fputs("# Configuration of backstop; see backstop.conf(5).\n"
          "#\n"
          "# Every option stands here with what holds without it. To change one, take the # before it off.\n"
          "# `backstop config check` says whether the file is good; reload backstopd to use it.\n",
          out);
    for (enum bs_option_section section = BS_SECTION_TOP; section < BS_SECTION_COUNT; section++)
        sample_section(section, out);
}

/* Writes text for scdoc: what it would read as markup escaped, what stands between backquotes bold. */
static void print_scdoc(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '`') {
            fputc('*', out);
            continue;
        }
        if (strchr("\\*_#", *text))
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void manual_choices(const struct bs_option *option, FILE *out)
{
    for (const char *const *choice = option->choices; *choice; choice++)
        fprintf(out, "%s*%s*", choice == option->choices ? "" : "|", *choice);
}

static void manual_placeholder(const struct bs_option *option, FILE *out)
{
    static const char *const placeholders[BS_OPTION_TYPE_COUNT] = {
        [BS_OPTION_BOOL] = "*true*|*false*",
        [BS_OPTION_INTEGER] = "_number_",
        [BS_OPTION_SIZE] = "_size_",
        [BS_OPTION_DURATION] = "_time_",
        [BS_OPTION_PERMISSIONS] = "_permissions_",
        [BS_OPTION_ACCOUNT] = "_name_",
        [BS_OPTION_PATH] = "_path_",
        [BS_OPTION_MAP_NAME] = "_name_",
        [BS_OPTION_SOCKETS] = "{ _socket_, ... }",
        [BS_OPTION_NETWORKS] = "{ _network_, ... }",
        [BS_OPTION_RECIPIENTS] = "{ _recipient_, ... }",
        [BS_OPTION_LOCAL_PARTS] = "{ _local-part_, ... }",
        [BS_OPTION_OPTIONAL_PATH] = "_path_",
        [BS_OPTION_HOST] = "_domain_",
        [BS_OPTION_DOMAINS] = "{ _domain_, ... }",
        [BS_OPTION_DNS_SERVERS] = "{ _resolver_, ... }",
        [BS_OPTION_PATHS] = "{ _path_, ... }",
    };
    if (option->type == BS_OPTION_CHOICE)
        manual_choices(option, out);
    else
        fputs(placeholders[option->type], out);
}

static void manual_option(const struct bs_option *option, FILE *out)
{
    fprintf(out, "*%s* = ", option->name);
    manual_placeholder(option, out);
    fputs("\n\t", out);
    print_scdoc(option->meaning, out);
    if (option->type != BS_OPTION_CHOICE && option->type != BS_OPTION_BOOL)
        print_allowed(option, " ", "", out);
    fputs(option->default_value ? " Default: *" : " There is no default; it must be given", out);
    print_scdoc(option->default_value ? option->default_value : "", out);
    fputs(option->default_value ? "*.\n\n" : ".\n\n", out);
}

static void manual_section(const struct bs_section *section, FILE *out)
{
    fprintf(out, "*%s* _%s_ *{* _option_ = _value_ ... *}*\n\t", section->name, section->title);
    print_scdoc(section->meaning, out);
    fputs("\n\n", out);
}

void bs_config_manual(FILE *out)
{
    struct bs_option_list options = bs_options();
    for (size_t i = 0; i < options.count; i++) {
        const struct bs_option *option = &options.rows[i];
        if (option->heading)
            fprintf(out, "## %s\n\n", option->heading);
        if (option->section != BS_SECTION_TOP && option->heading)
            manual_section(bs_section(option->section), out);
        manual_option(option, out);
    }
}
