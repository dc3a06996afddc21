/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target over the files of a corpus folder in an ordinary build, so that the tests do it every day and
 * without clang: `fuzz_NAME FOLDER`. Each file is run whole and cut off in many places; a finding is a crash. Speaks
 * TAP, a point for each file.
 */
#include "fuzz.h"

#include <dirent.h>

enum {
    CUTS_MAX = 64,       /* places where a file is cut off */
    FILE_MAX = 1 << 20,  /* bytes of one file */
};

/* The whole file in memory of its exact size; ends the program where it cannot be read. */
static struct bs_bytes read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(FILE_MAX + 1);
    size_t size = file && bytes ? fread(bytes, 1, FILE_MAX + 1, file) : 0;
    if (!file || !bytes || ferror(file) || size > FILE_MAX) {
        printf("Bail out! %s cannot be read or is longer than %d bytes\n", path, FILE_MAX);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    char *exact = realloc(bytes, size > 0 ? size : 1);
    return bs_bytes(exact ? exact : bytes, size);
}

static void replay(struct bs_bytes input)
{
    LLVMFuzzerTestOneInput((const uint8_t *)input.ptr, input.len);
    size_t step = 1 + input.len / CUTS_MAX;
    for (size_t length = 0; length < input.len; length += step)
        LLVMFuzzerTestOneInput((const uint8_t *)input.ptr, length);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = argc == 2 ? scandir(argv[1], &entries, is_visible, alphasort) : -1;
    if (count <= 0) {
        printf("Bail out! %s FOLDER: no files\n", argv[0]);
        return EXIT_FAILURE;
    }
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        struct bs_bytes input = read_file(path);
        replay(input);
        printf("ok %d - %s\n", i + 1, entries[i]->d_name);
        fflush(stdout);
        free((void *)(uintptr_t)input.ptr);
        free(entries[i]);
    }
    free(entries);
    return EXIT_SUCCESS;
}
