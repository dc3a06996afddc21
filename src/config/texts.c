/* SPDX-License-Identifier: BSD-2-Clause */
/* Checking the texts of the configuration: names, paths, addresses; see values.h. For numbers see values.c. */
#include "config/config.h"
#include "config/socket.h"
#include "config/values.h"

#include "base/network.h"

enum {
    ACCOUNT_MAX = 32,     /* bytes that useradd takes for a name */
    MAP_NAME_MAX = 100,   /* bytes of a map's name in a request */
    NAME_MAX_SIZE = 64,   /* bytes of a policy's name */
    PATH_LENGTH_MAX = 4095,
    LABEL_MAX = 63,       /* RFC 1035 section 2.3.4 */
    DOMAIN_MAX = 253,     /* the same, as text without the root's dot */
    LOCAL_PART_MAX = 64,  /* RFC 5321 section 4.5.3.1.1 */
};

/* Whether a byte of the text is a blank, a control character or one of `others`. */
static bool has_any(struct bs_bytes text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if ((unsigned char)c <= ' ' || c == 0x7f || strchr(others, c))
            return true;
    }
    return false;
}

static bool has_non_ascii(struct bs_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80)
            return true;
    }
    return false;
}

/* Empty, or the name of an account; whether it exists is known only on the machine that uses it. */
static bool check_account(struct bs_bytes name, struct bs_error *ret_error)
{
    if (name.len > ACCOUNT_MAX || has_any(name, ":/,\"\\") || has_non_ascii(name))
        return bs_error_set(ret_error, "is no name of an account: at most %d bytes, ASCII, without blanks, : / and ,",
                            ACCOUNT_MAX);
    return true;
}

static bool check_path(struct bs_bytes path, struct bs_error *ret_error)
{
    if (path.len == 0 || path.ptr[0] != '/')
        return bs_error_set(ret_error, "is no absolute path");
    if (path.len > PATH_LENGTH_MAX)
        return bs_error_set(ret_error, "is longer than the %d bytes of a path", PATH_LENGTH_MAX);
    return true;
}

static bool check_map_name(struct bs_bytes name, struct bs_error *ret_error)
{
    if (name.len == 0 || name.len > MAP_NAME_MAX || has_any(name, ":,") || has_non_ascii(name))
        return bs_error_set(ret_error, "is no name of a map: 1 to %d bytes of ASCII without blanks, : and ,",
                            MAP_NAME_MAX);
    return true;
}

static bool check_socket(struct bs_bytes text, struct bs_error *ret_error)
{
    struct bs_config_socket socket;
    return bs_config_socket_parse(text, &socket, ret_error);
}

static bool check_network(struct bs_bytes text, struct bs_error *ret_error)
{
    struct bs_network network;
    char meant[BS_NETWORK_TEXT];
    if (!bs_network_parse(text, &network))
        return bs_error_set(ret_error, "is no address or network, such as \"192.0.2.0/24\" or \"2001:db8::/32\"");
    if (!bs_network_has_host_bits(&network))
        return true;
    network = bs_network_masked(network);
    bs_network_format(&network, meant);
    return bs_error_set(ret_error, "has bits set behind its first %u; the network is \"%s\"", network.bits, meant);
}

static bool is_label_char(char c)
{
    char low = bs_ascii_lower(c);
    return (low >= 'a' && low <= 'z') || bs_ascii_is_digit(c) || c == '-';
}

static bool is_label(struct bs_bytes label)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.ptr[0] == '-' || label.ptr[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        if (!is_label_char(label.ptr[i]))
            return false;
    }
    return true;
}

bool bs_value_check_domain(struct bs_bytes name, struct bs_error *ret_error)
{
    if (has_non_ascii(name))
        return bs_error_set(ret_error, "is not ASCII; write an internationalized domain in its xn-- form");
    if (name.len > 1 && name.ptr[name.len - 1] == '.')
        return bs_error_set(ret_error, "ends with a dot; write the domain without it");
    if (name.len > DOMAIN_MAX)
        return bs_error_set(ret_error, "is longer than the %d bytes of a domain", DOMAIN_MAX);
    while (true) {
        size_t dot = bs_bytes_find(name, '.');
        if (!is_label(bs_bytes_first(name, dot)))
            return bs_error_set(ret_error, "is no domain: labels of 1 to %d letters, digits and inner hyphens, "
                                "with dots between them", LABEL_MAX);
        if (dot == name.len)
            return true;
        name = bs_bytes_skip(name, dot + 1);
    }
}

static bool check_local_part(struct bs_bytes local, struct bs_error *ret_error)
{
    bool quoted = local.len > 1 && local.ptr[0] == '"';
    if (local.len == 0 || local.len > LOCAL_PART_MAX)
        return bs_error_set(ret_error, "is no local part: it has 1 to %d bytes", LOCAL_PART_MAX);
    if (!quoted && bs_bytes_find(local, '@') < local.len)
        return bs_error_set(ret_error, "has an @; write the part before it alone");
    if (!quoted && has_any(local, "<>\""))
        return bs_error_set(ret_error, "is no local part: it has a blank, or one of < > \"");
    return true;
}

/* user@domain, domain, or .domain. */
static bool check_recipient(struct bs_bytes text, struct bs_error *ret_error)
{
    size_t at = bs_bytes_find_last(text, '@');
    if (at == 0 && text.len > 0)
        return bs_error_set(ret_error, "begins with an @; a domain alone is written without it");
    if (at < text.len) {
        if (!check_local_part(bs_bytes_first(text, at), ret_error))
            return false;
        text = bs_bytes_skip(text, at + 1);
    } else if (text.len > 1 && text.ptr[0] == '.') {
        text = bs_bytes_skip(text, 1);
    }
    return bs_value_check_domain(text, ret_error);
}

static bool check_optional_path(struct bs_bytes path, struct bs_error *ret_error)
{
    return path.len == 0 || check_path(path, ret_error);
}

static bool check_host(struct bs_bytes name, struct bs_error *ret_error)
{
    return name.len == 0 || bs_value_check_domain(name, ret_error);
}

static bool check_dns_server(struct bs_bytes text, struct bs_error *ret_error)
{
    struct bs_ip ip;
    uint16_t port;
    return bs_bytes_equal(text, BS_LITERAL("system")) || bs_ip_port_parse(text, &ip, &port) ||
           bs_error_set(ret_error, "is no resolver: \"system\", ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT");
}

bool bs_value_check_name(struct bs_bytes name, struct bs_error *ret_error)
{
    if (name.len == 0 || name.len > NAME_MAX_SIZE || has_any(name, "\"\\{}") || has_non_ascii(name))
        return bs_error_set(ret_error, "is no name of a policy: 1 to %d bytes of ASCII without blanks, quotes and braces",
                            NAME_MAX_SIZE);
    return true;
}

bool bs_value_check_text(const struct bs_option *option, struct bs_bytes text, struct bs_error *ret_error)
{
    static bool (*const checks[BS_OPTION_TYPE_COUNT])(struct bs_bytes, struct bs_error *) = {
        [BS_OPTION_ACCOUNT] = check_account,       [BS_OPTION_PATH] = check_path,
        [BS_OPTION_MAP_NAME] = check_map_name,     [BS_OPTION_SOCKETS] = check_socket,
        [BS_OPTION_NETWORKS] = check_network,      [BS_OPTION_RECIPIENTS] = check_recipient,
        [BS_OPTION_LOCAL_PARTS] = check_local_part, [BS_OPTION_OPTIONAL_PATH] = check_optional_path,
        [BS_OPTION_HOST] = check_host,             [BS_OPTION_DOMAINS] = bs_value_check_domain,
        [BS_OPTION_DNS_SERVERS] = check_dns_server,  [BS_OPTION_PATHS] = check_path,
    };
    return checks[option->type](text, ret_error);
}
