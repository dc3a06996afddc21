/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `backstop scan MAILDIR`: finds backscatter in a mailbox, for a person who has no say over the mail server, and
 * moves it to a folder. What shows whether a bounce is about mail of his is the folder of his sent mail, his
 * addresses, and the keys of a configuration if he has one. Without any of them nothing is moved. See
 * backstop-scan(1).
 */
#include "cli/command.h"
#include "cli/maildir_folder.h"
#include "cli/mailbox_evidence.h"
#include "cli/output.h"
#include "cli/reading_print.h"
#include "engine/rule_files.h"
#include "policy/bounce_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

static const char usage[] =
    "usage: backstop scan [OPTION]... MAILDIR   find bounces and automatic replies to mail that you never sent\n"
    "      --sent MAILDIR|MBOX\n"
    "                      the mail that you sent, all of it since a day; may be repeated\n"
    "      --address ADDRESS\n"
    "                      you send from this address, and from no others than are given; may be repeated\n"
    "  -c, --config FILE   try the proofs of this configuration's keys, too\n"
    "      --move FOLDER   move what is not yours to this folder of the Maildir, or to the Maildir of this path;\n"
    "                      without it everything stays where it is\n"
    "      --all-unproven  move also what cannot be told\n"
    "      --dry-run       only say what would be moved\n"
    "      --json          print an object a line\n"
    "      --rules FILE    know these rules, too, see backstop-rules(5); may be repeated\n"
    "exits 0 when all was read and moved, 65, 66 or 73 where something could not be.\n";

enum { SENT = 1, ADDRESS, MOVE, UNPROVEN, DRY_RUN, JSON, RULES, CONFIG = 'c', HELP = 'h' };

/* What becomes of a message. */
enum act { KEEP, WOULD_MOVE, MOVED, GONE, FAILED, ACTS };

static const char *const act_names[ACTS] = {"keep", "would-move", "moved", "gone", "failed"};

struct scan {
    const char *maildir, *move;
    bool all_unproven, dry_run, json;
    const char *rule_files[BS_RULE_FILES_MAX];
    struct bs_config_list rule_list; /* of them */
    struct bs_mailbox_evidence evidence;
    struct bs_rules *rules;
    struct bs_mail_reader reader;
    struct bs_maildir_folder folder;
    bool open; /* the folder */
    int status;
    unsigned long long read, automatic, acts[ACTS], verdicts[BS_VERDICT_CANNOT_TELL + 1];
};

/* --- Options ------------------------------------------------------------------------------------------------ */

static bool take_rules(struct scan *scan, const char *path)
{
    if (scan->rule_list.count < BS_RULE_FILES_MAX) {
        scan->rule_files[scan->rule_list.count++] = path;
        return true;
    }
    bs_output_error("--rules: there are more than %d files", BS_RULE_FILES_MAX);
    return false;
}

static bool take_option(struct scan *scan, int option, const char *value)
{
    switch (option) {
    case SENT: return bs_mailbox_evidence_add_sent(&scan->evidence, value);
    case ADDRESS: return bs_mailbox_evidence_add_address(&scan->evidence, value);
    case CONFIG: scan->evidence.config_file = value; return true;
    case MOVE: scan->move = value; return true;
    case UNPROVEN: scan->all_unproven = true; return true;
    case DRY_RUN: scan->dry_run = true; return true;
    case JSON: scan->json = true; return true;
    case RULES: return take_rules(scan, value);
    default: bs_output_usage(usage, false); return false;
    }
}

/* -1 to go on, else the exit status. */
static int read_options(struct scan *scan, int argc, char **argv)
{
    static const struct option options[] = {
        {"sent", required_argument, NULL, SENT},         {"address", required_argument, NULL, ADDRESS},
        {"config", required_argument, NULL, CONFIG},     {"move", required_argument, NULL, MOVE},
        {"all-unproven", no_argument, NULL, UNPROVEN},   {"dry-run", no_argument, NULL, DRY_RUN},
        {"json", no_argument, NULL, JSON},               {"rules", required_argument, NULL, RULES},
        {"help", no_argument, NULL, HELP},               {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
        if (option == HELP)
            return bs_output_usage(usage, true);
        if (!take_option(scan, option, optarg))
            return EX_USAGE;
    }
    scan->maildir = argv[optind];
    return optind + 1 == argc ? -1 : bs_output_usage(usage, false);
}

/* --- One message -------------------------------------------------------------------------------------------- */

static void report(void *context, const char *path, const char *why)
{
    struct scan *scan = context;
    scan->status = EX_NOINPUT;
    bs_output_error("%s: %s", path, why);
}

/* Opens the folder when the first message goes there. */
static bool open_folder(struct scan *scan)
{
    struct bs_error error;
    if (!scan->open && !bs_maildir_folder_open(&scan->folder, &error)) {
        bs_output_error("%s", error.text);
        return false;
    }
    scan->open = true;
    return true;
}

static enum act move(struct scan *scan, int folder, const char *name, const char *path, bool fresh)
{
    struct bs_error error;
    if (!scan->move || scan->dry_run)
        return WOULD_MOVE;
    if (!open_folder(scan)) {
        scan->status = EX_CANTCREAT;
        return FAILED;
    }
    enum bs_maildir_moved moved = bs_maildir_move(folder, name, fresh, &scan->folder, &error);
    if (moved != BS_MAILDIR_FAILED)
        return moved == BS_MAILDIR_MOVED ? MOVED : GONE;
    bs_output_error("%s: %s", path, error.text);
    scan->status = EX_CANTCREAT;
    return FAILED;
}

static void print_json(struct scan *scan, const struct bs_mail *mail, const struct bs_mailbox_verdict *verdict,
                       enum act act)
{
    struct bs_strbuf out;
    bs_strbuf_init(&out, BS_MAIL_READER_MEMORY);
    bs_strbuf_append_char(&out, '{');
    bs_reading_append_place(mail, &out);
    bs_reading_append_text(&out, "verdict", bs_bytes_from_cstr(bs_verdict_name(verdict->verdict)));
    bs_reading_append_text(&out, "why", bs_bytes_from_cstr(verdict->why));
    bs_reading_append_text(&out, "action", bs_bytes_from_cstr(act_names[act]));
    bs_reading_append(&scan->reader.parts, &scan->reader.reading, &scan->reader.arena, &out);
    bs_strbuf_append_char(&out, '}');
    if (out.failed)
        report(scan, mail->path, "what it says takes too much memory");
    else
        puts(bs_strbuf_cstr(&out));
    bs_strbuf_free(&out);
}

static void print_line(const struct scan *scan, const struct bs_mail *mail, const struct bs_mailbox_verdict *verdict,
                       enum act act)
{
    bs_output_foreign("", bs_bytes_from_cstr(mail->path));
    printf("\t%s\t%s\t%s\t%s\n", bs_kind_name(scan->reader.reading.kind), bs_verdict_name(verdict->verdict),
           act_names[act], verdict->why);
}

static void judge(struct scan *scan, int folder, const char *name, const struct bs_mail *mail, bool fresh)
{
    struct stat status;
    bool dated = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    struct bs_mailbox_verdict verdict =
        bs_mailbox_evidence_judge(&scan->evidence, &scan->reader, dated ? status.st_mtime : 0);
    bool moves = verdict.verdict == BS_VERDICT_NOT_OURS ||
                 (verdict.verdict == BS_VERDICT_CANNOT_TELL && scan->all_unproven);
    enum act act = moves ? move(scan, folder, name, mail->path, fresh) : KEEP;
    scan->automatic++;
    scan->acts[act]++;
    scan->verdicts[verdict.verdict]++;
    if (scan->json)
        print_json(scan, mail, &verdict, act);
    else
        print_line(scan, mail, &verdict, act);
}

/* Whether the path is one in new, not in cur. */
static bool is_fresh(const char *path, const char *name)
{
    size_t length = strlen(path) - strlen(name);
    return length >= 4 && memcmp(path + length - 4, "new/", 4) == 0;
}

static bool visit(void *context, int folder, const char *name, const char *path)
{
    struct scan *scan = context;
    struct bs_mail mail;
    if (name[0] == '.')
        return true;
    if (!bs_mail_open(folder, name, path, &mail)) {
        if (errno != ENOENT)
            report(scan, path, strerror(errno));
        return true;
    }
    scan->read++;
    if (!bs_mail_reader_read(&scan->reader, &mail))
        report(scan, path, strerror(errno));
    else if (bs_automatic_group(scan->reader.reading.kind) != BS_GROUP_NONE)
        judge(scan, folder, name, &mail, is_fresh(path, name));
    bs_mail_release(&mail);
    return true;
}

/* --- All of them -------------------------------------------------------------------------------------------- */

static void print_end(const struct scan *scan)
{
    fprintf(stderr,
            "%llu messages, %llu of them bounces, automatic replies, challenges or notices:\n"
            "  %llu proven to be yours, %llu not yours, %llu that cannot be told\n"
            "  %llu kept, %llu moved, %llu would be moved, %llu gone meanwhile, %llu could not be moved\n",
            scan->read, scan->automatic, scan->verdicts[BS_VERDICT_PROVEN], scan->verdicts[BS_VERDICT_NOT_OURS],
            scan->verdicts[BS_VERDICT_CANNOT_TELL], scan->acts[KEEP], scan->acts[MOVED], scan->acts[WOULD_MOVE],
            scan->acts[GONE], scan->acts[FAILED]);
    if (!bs_mailbox_evidence_is_there(&scan->evidence) && scan->automatic > 0)
        fputs("Nothing shows what is yours: give the folder of your sent mail with --sent.\n", stderr);
}

/* Whether both are the same folder. */
static bool is_same_folder(int maildir, const char *path)
{
    struct stat a, b;
    return fstat(maildir, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* -1 to go on, else the exit status. */
static int check_places(struct scan *scan, int maildir)
{
    struct bs_error error;
    if (!bs_walk_is_maildir(maildir)) {
        bs_output_error("%s is no Maildir: it lacks the folders cur and new", scan->maildir);
        return EX_DATAERR;
    }
    if (!scan->move)
        return -1;
    if (!bs_maildir_folder_find(scan->maildir, scan->move, &scan->folder, &error)) {
        bs_output_error("--move: %s", error.text);
        return EX_USAGE;
    }
    if (!is_same_folder(maildir, scan->folder.path))
        return -1;
    bs_output_error("--move: %s is the Maildir itself", scan->move);
    return EX_USAGE;
}

static int load(struct scan *scan)
{
    struct bs_error error;
    scan->rule_list.items = scan->rule_files;
    scan->rules = bs_rule_files_load(&scan->rule_list, &error);
    if (!scan->rules) {
        bs_output_error("%s", error.text);
        return EX_CONFIG;
    }
    if (bs_mail_reader_init(&scan->reader, scan->rules))
        return bs_mailbox_evidence_load(&scan->evidence);
    bs_output_error("there is no memory to read messages");
    return EX_OSERR;
}

static int scan_maildir(struct scan *scan)
{
    const struct bs_walk_visitor visitor = {scan, visit, report};
    int maildir = open(scan->maildir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (maildir < 0) {
        bs_output_error("%s: %s", scan->maildir, strerror(errno));
        return EX_NOINPUT;
    }
    int status = check_places(scan, maildir);
    if (status < 0)
        status = load(scan);
    if (status < 0) {
        bs_walk_maildir(maildir, scan->maildir, &visitor);
        print_end(scan);
        status = fflush(stdout) == 0 && !ferror(stdout) ? scan->status : EX_IOERR;
    }
    close(maildir);
    return status;
}

int bs_command_scan(int argc, char **argv)
{
    struct scan scan = {.folder = {.folder = -1, .current = -1, .fresh = -1}, .status = BS_EXIT_CLEAN};
    bs_mailbox_evidence_init(&scan.evidence);
    int status = read_options(&scan, argc, argv);
    if (status < 0)
        status = scan_maildir(&scan);
    bs_maildir_folder_close(&scan.folder);
    bs_mail_reader_free(&scan.reader);
    if (scan.rules)
        bs_rules_free(scan.rules);
    bs_mailbox_evidence_free(&scan.evidence);
    return status;
}
