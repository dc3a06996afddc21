/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A milter on libmilter that does nothing: it takes every step and says to go on. The floor of what a filter on
 * libmilter costs. usage: bench-floor-libmilter inet:PORT@HOST
 */
#include <stdio.h>
#include <sysexits.h>

#include <libmilter/mfapi.h>

enum { BACKLOG = 1024 };

static sfsistat on_connect(SMFICTX *context, char *host, _SOCK_ADDR *address)
{
    (void)context;
    (void)host;
    (void)address;
    return SMFIS_CONTINUE;
}

static sfsistat on_text(SMFICTX *context, char *text)
{
    (void)context;
    (void)text;
    return SMFIS_CONTINUE;
}

static sfsistat on_envelope(SMFICTX *context, char **arguments)
{
    (void)context;
    (void)arguments;
    return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *context, char *name, char *value)
{
    (void)context;
    (void)name;
    (void)value;
    return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *context, unsigned char *chunk, size_t size)
{
    (void)context;
    (void)chunk;
    (void)size;
    return SMFIS_CONTINUE;
}

static sfsistat on_unknown(SMFICTX *context, const char *command)
{
    (void)context;
    (void)command;
    return SMFIS_CONTINUE;
}

static sfsistat on_step(SMFICTX *context)
{
    (void)context;
    return SMFIS_CONTINUE;
}

int main(int argc, char **argv)
{
    struct smfiDesc filter = {
        .xxfi_name = "floor",
        .xxfi_version = SMFI_VERSION,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_text,
        .xxfi_envfrom = on_envelope,
        .xxfi_envrcpt = on_envelope,
        .xxfi_data = on_step,
        .xxfi_header = on_header,
        .xxfi_eoh = on_step,
        .xxfi_body = on_body,
        .xxfi_eom = on_step,
        .xxfi_abort = on_step,
        .xxfi_close = on_step,
        .xxfi_unknown = on_unknown,
    };
    if (argc != 2) {
        fprintf(stderr, "usage: bench-floor-libmilter inet:PORT@HOST\n");
        return EX_USAGE;
    }
    if (smfi_setconn(argv[1]) != MI_SUCCESS || smfi_setbacklog(BACKLOG) != MI_SUCCESS ||
        smfi_register(filter) != MI_SUCCESS) {
        fprintf(stderr, "bench-floor-libmilter: cannot use %s\n", argv[1]);
        return EX_UNAVAILABLE;
    }
    return smfi_main() == MI_SUCCESS ? EX_OK : EX_UNAVAILABLE;
}
