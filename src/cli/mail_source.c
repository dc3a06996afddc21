/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages that a command is given; see mail_source.h. */
#include "cli/mail_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_PIECE = 8 << 10 }; /* bytes that are read at once where only the header is wanted */

struct bs_mail_file {
    int descriptor;
    atomic_uint shares;
    char *path;
    size_t ahead;                 /* of a pipe: bytes that were read to see what it is, which come first */
    char beginning[BS_MBOX_LINE_MAX];
    bool pipe;
};

/* --- Open files --------------------------------------------------------------------------------------------- */

/* With one share; takes the descriptor, also where it returns NULL. */
static struct bs_mail_file *new_file(int descriptor, const char *path)
{
    struct bs_mail_file *file = calloc(1, sizeof *file);
    char *copy = file ? strdup(path) : NULL;
    if (!copy) {
        free(file);
        close(descriptor);
        return NULL;
    }
    file->descriptor = descriptor;
    file->path = copy;
    atomic_init(&file->shares, 1);
    return file;
}

static void release_file(struct bs_mail_file *file)
{
    if (atomic_fetch_sub(&file->shares, 1) > 1)
        return;
    close(file->descriptor);
    free(file->path);
    free(file);
}

void bs_mail_release(const struct bs_mail *mail)
{
    release_file(mail->file);
}

/* Reads until the buffer is full or the file ends; -1 with errno. At `offset`, or on, where that is -1. */
static ssize_t read_full(int descriptor, char *buffer, size_t size, off_t offset)
{
    size_t filled = 0;
    while (filled < size) {
        ssize_t count = offset < 0 ? read(descriptor, buffer + filled, size - filled)
                                   : pread(descriptor, buffer + filled, size - filled, offset + (off_t)filled);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        filled += (size_t)count;
    }
    return (ssize_t)filled;
}

/* --- Reading a message -------------------------------------------------------------------------------------- */

static bool read_stretch(const struct bs_mail *mail, char *piece, void (*push)(void *, struct bs_bytes),
                         void *context)
{
    for (uint64_t at = mail->begin; at < mail->end;) {
        size_t wanted = mail->end - at < BS_MAIL_PIECE ? (size_t)(mail->end - at) : BS_MAIL_PIECE;
        ssize_t count = read_full(mail->file->descriptor, piece, wanted, (off_t)at);
        if (count <= 0)
            return count == 0;
        push(context, bs_bytes(piece, (size_t)count));
        at += (uint64_t)count;
    }
    return true;
}

static bool read_pipe(const struct bs_mail *mail, char *piece, void (*push)(void *, struct bs_bytes),
                      void *context)
{
    push(context, bs_bytes(mail->file->beginning, mail->file->ahead));
    for (ssize_t count;;) {
        count = read(mail->file->descriptor, piece, BS_MAIL_PIECE);
        if (count > 0)
            push(context, bs_bytes(piece, (size_t)count));
        else if (count == 0 || errno != EINTR)
            return count == 0;
    }
}

static void push_unquoted(void *context, struct bs_bytes bytes)
{
    bs_mbox_unquote(context, bytes);
}

bool bs_mail_read(const struct bs_mail *mail, char *piece, void (*push)(void *, struct bs_bytes), void *context)
{
    struct bs_mbox_unquote unquote = {.push = push, .context = context};
    if (mail->file->pipe)
        return read_pipe(mail, piece, push, context);
    if (!mail->mbox)
        return read_stretch(mail, piece, push, context);
    bool whole = read_stretch(mail, piece, push_unquoted, &unquote);
    bs_mbox_unquote_end(&unquote);
    return whole;
}

bool bs_mail_read_header(const struct bs_mail *mail, char *piece, struct bs_header *ret_header)
{
    bool whole = true;
    uint64_t at = mail->begin;
    if (mail->file->pipe)
        bs_header_push(ret_header, bs_bytes(mail->file->beginning, mail->file->ahead));
    while (!ret_header->ended && at < mail->end) {
        size_t wanted = mail->end - at < HEADER_PIECE ? (size_t)(mail->end - at) : HEADER_PIECE;
        ssize_t count = read_full(mail->file->descriptor, piece, wanted, mail->file->pipe ? -1 : (off_t)at);
        whole = count >= 0;
        if (count <= 0)
            break;
        bs_header_push(ret_header, bs_bytes(piece, (size_t)count));
        at += (uint64_t)count;
    }
    int error = errno;
    bs_header_finish(ret_header);
    errno = error;
    return whole;
}

/* --- Finding messages --------------------------------------------------------------------------------------- */

static bool visit_mail(const struct bs_mail_visitor *visitor, struct bs_mail mail)
{
    mail.path = mail.file->path;
    atomic_fetch_add(&mail.file->shares, 1);
    return visitor->mail(visitor->context, &mail);
}

/* The message that the file is. */
static bool visit_single(const struct bs_mail_visitor *visitor, struct bs_mail_file *file)
{
    return visit_mail(visitor, (struct bs_mail){.file = file, .end = UINT64_MAX});
}

static bool visit_stretch(const struct bs_mail_visitor *visitor, struct bs_mail_file *file,
                          const struct bs_mbox_message *message)
{
    return visit_mail(visitor, (struct bs_mail){.file = file, .begin = message->begin, .end = message->end,
                                                .index = message->index, .mbox = true});
}

/* An mbox as it is read: from a file at growing offsets, or from a pipe, of which a file is written. */
struct mbox_input {
    int descriptor;
    off_t offset; /* -1: a pipe */
    struct bs_bytes ahead;
    struct bs_mail_file *file;
};

static bool write_full(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t count = write(descriptor, bytes, size);
        if (count < 0 && errno != EINTR)
            return false;
        bytes += count > 0 ? count : 0;
        size -= count > 0 ? (size_t)count : 0;
    }
    return true;
}

/* The next bytes into `piece`; 0 at the end, -1 with errno. What comes from a pipe is not waited for until the piece is
 * full, so that messages are seen when they come. */
static ssize_t read_on(struct mbox_input *input, char *piece)
{
    ssize_t count;
    if (input->offset >= 0) {
        count = read_full(input->descriptor, piece, BS_MAIL_PIECE, input->offset);
        input->offset += count > 0 ? count : 0;
        return count;
    }
    if (input->ahead.len > 0) {
        count = (ssize_t)input->ahead.len;
        memcpy(piece, input->ahead.ptr, input->ahead.len);
        input->ahead.len = 0;
    } else {
        do
            count = read(input->descriptor, piece, BS_MAIL_PIECE);
        while (count < 0 && errno == EINTR);
    }
    return count > 0 && !write_full(input->file->descriptor, piece, (size_t)count) ? -1 : count;
}

static bool visit_mbox_with(const struct bs_mail_visitor *visitor, struct mbox_input *input, char *piece)
{
    struct bs_mbox mbox;
    struct bs_mbox_message message;
    bool more = true;
    ssize_t count;
    bs_mbox_init(&mbox);
    while (more && (count = read_on(input, piece)) > 0) {
        struct bs_bytes chunk = bs_bytes(piece, (size_t)count);
        while (more && bs_mbox_next(&mbox, &chunk, &message))
            more = visit_stretch(visitor, input->file, &message);
    }
    if (more && count < 0)
        visitor->trouble(visitor->context, input->file->path, strerror(errno));
    while (more && bs_mbox_end(&mbox, &message))
        more = visit_stretch(visitor, input->file, &message);
    return more;
}

static bool visit_mbox(const struct bs_mail_visitor *visitor, struct mbox_input input)
{
    char *piece = malloc(BS_MAIL_PIECE);
    if (!piece) {
        visitor->trouble(visitor->context, input.file->path, strerror(errno));
        return true;
    }
    bool more = visit_mbox_with(visitor, &input, piece);
    free(piece);
    return more;
}

/* An open regular file. */
static bool visit_file(const struct bs_mail_visitor *visitor, int descriptor, const char *path)
{
    struct bs_mail_file *file = new_file(descriptor, path);
    char beginning[BS_MBOX_LINE_MAX];
    if (!file) {
        visitor->trouble(visitor->context, path, strerror(ENOMEM));
        return true;
    }
    ssize_t count = read_full(descriptor, beginning, sizeof beginning, 0);
    bool more = true;
    if (count < 0)
        visitor->trouble(visitor->context, path, strerror(errno));
    else if (bs_mbox_begins(bs_bytes(beginning, (size_t)count)))
        more = visit_mbox(visitor, (struct mbox_input){.descriptor = descriptor, .file = file});
    else
        more = visit_single(visitor, file);
    release_file(file);
    return more;
}

/* A file that has no name and goes when it is closed; -1 with errno. */
static int open_temporary(void)
{
    FILE *file = tmpfile();
    int descriptor = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 3) : -1;
    if (file)
        fclose(file);
    return descriptor;
}

/* An mbox from a pipe, whose beginning was read. */
static bool spool_mbox(const struct bs_mail_visitor *visitor, struct bs_mail_file *pipe)
{
    int temporary = open_temporary();
    struct bs_mail_file *file = temporary >= 0 ? new_file(temporary, pipe->path) : NULL;
    if (!file) {
        visitor->trouble(visitor->context, pipe->path,
                         temporary < 0 ? "no temporary file can be made" : strerror(ENOMEM));
        return true;
    }
    bool more = visit_mbox(visitor, (struct mbox_input){.descriptor = pipe->descriptor, .offset = -1, .file = file,
                                                        .ahead = bs_bytes(pipe->beginning, pipe->ahead)});
    release_file(file);
    return more;
}

static bool visit_pipe(const struct bs_mail_visitor *visitor, int descriptor, const char *path)
{
    struct bs_mail_file *file = new_file(descriptor, path);
    if (!file) {
        visitor->trouble(visitor->context, path, strerror(ENOMEM));
        return true;
    }
    file->pipe = true;
    ssize_t count = read_full(descriptor, file->beginning, sizeof file->beginning, -1);
    file->ahead = count > 0 ? (size_t)count : 0;
    bool more = true;
    if (count < 0)
        visitor->trouble(visitor->context, path, strerror(errno));
    else if (bs_mbox_begins(bs_bytes(file->beginning, file->ahead)))
        more = spool_mbox(visitor, file);
    else
        more = visit_single(visitor, file);
    release_file(file);
    return more;
}

/* --- What a path is ----------------------------------------------------------------------------------------- */

static bool visit_found(void *context, int folder, const char *name, const char *path)
{
    const struct bs_mail_visitor *visitor = context;
    struct stat status;
    int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) {
        if (errno != ENOENT) /* gone since the folder was read, as in a Maildir that is in use */
            visitor->trouble(visitor->context, path, strerror(errno));
        return true;
    }
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
        return visit_file(visitor, descriptor, path);
    close(descriptor);
    return true;
}

static void report_found(void *context, const char *path, const char *why)
{
    const struct bs_mail_visitor *visitor = context;
    visitor->trouble(visitor->context, path, why);
}

bool bs_mail_open(int folder, const char *name, const char *path, struct bs_mail *ret_mail)
{
    struct stat status;
    int descriptor = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(descriptor);
        errno = EINVAL;
        return false;
    }
    struct bs_mail_file *file = new_file(descriptor, path);
    if (file)
        *ret_mail = (struct bs_mail){.file = file, .path = file->path, .end = UINT64_MAX};
    return file;
}

static bool visit_open(const struct bs_mail_visitor *visitor, int descriptor, const char *path)
{
    struct bs_walk_visitor found = {
        .context = (void *)(uintptr_t)visitor, .file = visit_found, .trouble = report_found};
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        visitor->trouble(visitor->context, path, strerror(errno));
        close(descriptor);
        return true;
    }
    if (!S_ISDIR(status.st_mode)) {
        bool seekable = S_ISREG(status.st_mode) && lseek(descriptor, 0, SEEK_CUR) == 0;
        return seekable ? visit_file(visitor, descriptor, path) : visit_pipe(visitor, descriptor, path);
    }
    bool more = bs_walk(descriptor, path, &found);
    close(descriptor);
    return more;
}

static int open_path(const char *path)
{
    return strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                  : open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
}

bool bs_mail_visit(const char *path, const struct bs_mail_visitor *visitor)
{
    int descriptor = open_path(path);
    if (descriptor >= 0)
        return visit_open(visitor, descriptor, path);
    visitor->trouble(visitor->context, path, strerror(errno));
    return true;
}

/* --- Measuring ---------------------------------------------------------------------------------------------- */

struct measurement {
    const atomic_bool *stop;
    uint64_t size;
};

static bool add_size(void *context, int folder, const char *name, const char *path)
{
    struct measurement *measurement = context;
    struct stat status;
    (void)path;
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
        measurement->size += (uint64_t)status.st_size;
    return !atomic_load(measurement->stop);
}

static void ignore_trouble(void *context, const char *path, const char *why)
{
    (void)context;
    (void)path;
    (void)why;
}

uint64_t bs_mail_measure(const char *path, const atomic_bool *stop)
{
    struct measurement measurement = {.stop = stop};
    struct bs_walk_visitor found = {.context = &measurement, .file = add_size, .trouble = ignore_trouble};
    struct stat status;
    bool known = (strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &status) : stat(path, &status)) == 0;
    if (known && S_ISREG(status.st_mode))
        return (uint64_t)status.st_size;
    int folder = known && S_ISDIR(status.st_mode) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (folder < 0)
        return 0;
    bs_walk(folder, path, &found);
    close(folder);
    return measurement.size;
}
