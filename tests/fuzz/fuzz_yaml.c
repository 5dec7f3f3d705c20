/* fuzz_yaml.c - any bytes as a configuration: read, walked by rows of every type, printed as
 * problems. */
#include <stddef.h>

#include "base/buffer.h"
#include "config/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct document {
    struct schema_object object;
    bool flag;
    int64_t count, wait_ms;
    double number, money, share;
    uint64_t size;
    const char *word;
    int choice;
    uint32_t flags;
    struct schema_texts texts;
    struct schema_pairs pairs;
    struct schema_numbers numbers;
    struct schema_list list, map; /* of documents again */
};

static const struct schema_word words[] = { { "one", 1, "" }, { "two", 2, "" }, { 0 } };
static const struct schema document_schema;

#define FIELD(member) offsetof(struct document, member)
static const struct schema_key document_keys[] = {
    { "b", SCHEMA_BOOL, FIELD(flag), .fallback = "true" },
    { "i", SCHEMA_INT, FIELD(count), .required = true, .min = 1, .max = 9 },
    { "d", SCHEMA_DURATION, FIELD(wait_ms), .fallback = "30s", .min = 1, .max = 3600 },
    { "n", SCHEMA_NUMBER, FIELD(number) },
    { "u", SCHEMA_MONEY, FIELD(money), .max = 100 },
    { "s", SCHEMA_SHARE, FIELD(share), .fallback = "20%" },
    { "z", SCHEMA_SIZE, FIELD(size), .fallback = "64KiB" },
    { "t", SCHEMA_TEXT, FIELD(word) },
    { "e", SCHEMA_ENUM, FIELD(choice), .words = words },
    { "f", SCHEMA_FLAGS, FIELD(flags), .words = words },
    { "x", SCHEMA_TEXTS, FIELD(texts) },
    { "p", SCHEMA_PAIRS, FIELD(pairs) },
    { "q", SCHEMA_NUMBERS, FIELD(numbers) },
    { "l", SCHEMA_LIST, FIELD(list), .object = &document_schema },
    { "m", SCHEMA_MAP, FIELD(map), .object = &document_schema },
    { 0 },
};
static const struct schema document_schema = { "document", sizeof(struct document), document_keys,
                                               NULL, "" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct problems problems;
    struct document document = { .flag = false };
    struct buffer printed;
    arena_init(&arena);
    problems_init(&problems, &arena);
    buffer_init(&printed, 1 << 20);

    const struct text text = { (const char *)data, size };
    const struct yaml_node *root = yaml_read_text(text, "fuzz.yaml", &arena, &problems);
    if (root)
        schema_read(&document_schema, root, &document, &arena, &problems, NULL);
    problems_print(&problems, &printed);
    problems_print_json(&problems, &printed);

    buffer_clear(&printed);
    arena_clear(&arena);
    return 0;
}
