/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `compile TABLE ASSEMBLER IMAGES`, for the build: makes the databases of the rules in the library, for any processor
 * of this architecture. It writes them to IMAGES, one behind the other, assembler that makes them a part of the
 * library, and C that says where each is.
 */
#include "bounce/rules_builtin.h"
#include "bounce/rules_database.h"

#include <stdio.h>
#include <stdlib.h>

struct image {
    char *bytes;
    size_t size;
};

static struct image make_image(const struct bs_rule_list *list, enum bs_rule_place place)
{
    static const hs_platform_info_t any_processor = {0};
    struct bs_rules_matchers matchers;
    struct bs_error error = {"no memory"};
    hs_database_t *database = NULL;
    struct image image = {NULL, 0};
    bool good = bs_rules_matchers_list(list->first, place, list->arena, &matchers);
    if (good && matchers.count == 0)
        return image;
    if (!good || !bs_rules_database_make(&matchers, place, &any_processor, &database, &error) ||
        hs_serialize_database(database, &image.bytes, &image.size) != HS_SUCCESS) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    hs_free_database(database);
    return image;
}

static void read_rules(struct bs_rule_list *list)
{
    struct bs_error error;
    bool good = true;
    for (size_t i = 0; i < bs_rules_builtin_count && good; i++)
        good = bs_rule_list_read(list, bs_rules_builtins[i].text, bs_rules_builtins[i].name, true, &error);
    if (good && bs_rule_list_settle(list, &error))
        return;
    fprintf(stderr, "%s\n", error.text);
    exit(1);
}

static FILE *open_output(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file)
        return file;
    perror(path);
    exit(1);
}

static void write_assembler(const char *path, const char *images)
{
    FILE *file = open_output(path);
    fprintf(file,
            "/* Made of rules/ by rules/compile. */\n    .section .rodata\n    .balign 64\n"
            "    .globl bs_rules_image_bytes\nbs_rules_image_bytes:\n    .incbin \"%s\"\n"
            "    .section .note.GNU-stack,\"\",%%progbits\n",
            images);
    if (fclose(file) != 0)
        exit(1);
}

int main(int argc, char **argv)
{
    struct bs_arena arena;
    struct bs_rule_list list = {.arena = &arena};
    size_t offset = 0;
    if (argc != 4)
        return 1;
    bs_arena_init(&arena, BS_RULES_MEMORY_MAX);
    read_rules(&list);
    write_assembler(argv[2], argv[3]);
    FILE *table = open_output(argv[1]), *images = open_output(argv[3]);
    fputs("/* Made of rules/ by rules/compile. */\n#include \"bounce/rules_database.h\"\n\n"
          "extern const char bs_rules_image_bytes[];\n\nconst struct bs_rules_image bs_rules_images[BS_PLACE_COUNT] "
          "= {\n",
          table);
    for (int place = 0; place < BS_PLACE_COUNT; place++) {
        struct image image = make_image(&list, (enum bs_rule_place)place);
        fprintf(table, "    {bs_rules_image_bytes + %zu, bs_rules_image_bytes + %zu},\n", offset,
                offset + image.size);
        fwrite(image.bytes, 1, image.size, images);
        offset += image.size;
        free(image.bytes);
    }
    fputs("};\n", table);
    bs_arena_reset(&arena);
    return fclose(table) == 0 && fclose(images) == 0 ? 0 : 1;
}
