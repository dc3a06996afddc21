/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing backstop.conf; see setup_config.h. */
#include "cli/setup_config.h"

static const char head[] =
    "# Configuration of backstop, made by `backstop setup`; see backstop.conf(5). `backstop config sample` shows\n"
    "# every option. Every host that receives mail for the domains below needs these domains and the same key.\n";

static const char before_domains[] =
    "\n# sign: tag what leaves, refuse nothing yet. When the bounces of untagged mail have come back, after twelve\n"
    "# days or so, write enforce, and reload backstop.\n";

static const char next_steps[] =
    "\n# Next: authenticate what comes in, and sign what goes out. Take the # off a line and reload backstop: nothing is\n"
    "# refused by them, and the log says what would be. authentication.md in backstop's documentation goes on from there.\n"
    "# authentication = monitor\n"
    "# sender-check = monitor\n";

static void append_section(struct bs_bytes name, struct bs_strbuf *out)
{
    bs_strbuf_printf(out, "domain \"%.*s\" {\n    mode = sign\n}\n", BS_BYTES_ARG(name));
}

/* Where the domain comes from, once for those that stand together. */
static void append_source(const char *parameter, struct bs_strbuf *out)
{
    bs_strbuf_printf(out, "\n# from %s%s\n", parameter,
                     strcmp(parameter, "relay_domains") == 0
                         ? "; only those whose mail leaves, and whose bounces come back, through here"
                         : "");
}

static void append_domains(const struct bs_postfix_domain *domains, size_t count, struct bs_strbuf *out)
{
    for (size_t i = 0; i < count; i++) {
        bool same_source = i > 0 && strcmp(domains[i].parameter, domains[i - 1].parameter) == 0;
        if (same_source)
            bs_strbuf_append_char(out, '\n');
        else
            append_source(domains[i].parameter, out);
        append_section(domains[i].name, out);
    }
}

static void append_networks(const struct bs_postfix_networks *networks, struct bs_strbuf *out)
{
    char text[BS_NETWORK_TEXT];
    if (networks->count == 0)
        return;
    bs_strbuf_append_cstr(out, "\n# Clients whose mail is ours without a login: Postfix's mynetworks.\nnetworks = {");
    for (size_t i = 0; i < networks->count; i++) {
        bs_network_format(&networks->items[i], text);
        bs_strbuf_printf(out, "%s \"%s\"", i > 0 ? "," : "", text);
    }
    bs_strbuf_append_cstr(out, " }\n");
}

/* A text in the file's quotes. */
static void append_quoted(const char *text, struct bs_strbuf *out)
{
    bs_strbuf_append_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            bs_strbuf_append_char(out, '\\');
        bs_strbuf_append_char(out, *text);
    }
    bs_strbuf_append_char(out, '"');
}

static void append_wish(const char *option, const char *value, struct bs_strbuf *out)
{
    if (!value)
        return;
    bs_strbuf_printf(out, "%s = ", option);
    append_quoted(value, out);
    bs_strbuf_append_char(out, '\n');
}

/* What can be turned on later, turned off; the folder of the keys is the one that `backstop dkim` takes by itself. */
static void append_next_steps(const char *config_file, struct bs_bytes domain, struct bs_strbuf *out)
{
    struct bs_bytes file = bs_bytes_from_cstr(config_file);
    bool usual = strcmp(config_file, bs_config_default_file()) == 0;
    bs_strbuf_append_cstr(out, next_steps);
    bs_strbuf_printf(out, "# For this one make keys first: backstop dkim rotate --dual%s%s %.*s\n", usual ? "" : " -c ",
                     usual ? "" : config_file, BS_BYTES_ARG(domain));
    bs_strbuf_printf(out, "# dkim-keys = \"%.*s/dkim\"\n", BS_BYTES_ARG(bs_bytes_first(file, bs_bytes_find_last(file, '/'))));
}

void bs_setup_config_new(const struct bs_setup_wishes *wishes, const struct bs_postfix_networks *networks,
                         const char *config_file, const char *key_file, const struct bs_postfix_domain *domains,
                         size_t count, struct bs_strbuf *out)
{
    bs_strbuf_append_cstr(out, head);
    if (wishes->user || wishes->milter || wishes->socketmap)
        bs_strbuf_append_char(out, '\n');
    append_wish("user", wishes->user, out);
    append_wish("milter", wishes->milter, out);
    append_wish("socketmap", wishes->socketmap, out);
    append_networks(networks, out);
    append_next_steps(config_file, count > 0 ? domains[0].name : BS_LITERAL("DOMAIN"), out);
    bs_strbuf_append_cstr(out, "\nkey 0 {\n    secret-file = ");
    append_quoted(key_file, out);
    bs_strbuf_append_cstr(out, "\n}\n");
    bs_strbuf_append_cstr(out, before_domains);
    append_domains(domains, count, out);
}

static bool has_domain(const struct bs_config *config, struct bs_bytes name)
{
    for (size_t i = 0; i < config->domain_count; i++) {
        if (bs_bytes_equal_nocase(bs_bytes_from_cstr(config->domains[i].name), name))
            return true;
    }
    return false;
}

void bs_setup_config_extend(const struct bs_config *config, struct bs_bytes text,
                            const struct bs_postfix_domain *domains, size_t count, struct bs_strbuf *out)
{
    bool ended = text.len == 0 || text.ptr[text.len - 1] == '\n';
    bs_strbuf_append(out, text);
    for (size_t i = 0; i < count; i++) {
        if (has_domain(config, domains[i].name))
            continue;
        if (!ended)
            bs_strbuf_append_char(out, '\n');
        ended = true;
        append_source(domains[i].parameter, out);
        append_section(domains[i].name, out);
    }
}
