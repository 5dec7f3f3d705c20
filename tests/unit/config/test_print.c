/* test_print.c - the manual, the annotated YAML and the JSON Schema say what the rows say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buffer.h"
#include "config/schema.h"

struct branch {
    struct schema_object object;
    double share;
    struct schema_list branches; /* of its own kind */
};

struct tree {
    struct schema_object object;
    int64_t wait_ms, age, least;
    uint64_t size;
    const char *name, *label;
    int mood;
    uint32_t colours;
    struct schema_texts places;
    bool alive;
    struct branch trunk;
    struct schema_list roots;
    int64_t odd;
};

static void read_nothing(struct schema_reading *reading, const struct yaml_node *node, void *field)
{
    (void)reading, (void)node, (void)field;
}

static const struct schema_word moods[] = { { "calm", 1, "No wind." }, { "wild", 2, "" }, { 0 } };

extern const struct schema branch_schema;
static const struct schema_key branch_keys[] = {
    { "share", SCHEMA_SHARE, offsetof(struct branch, share), .fallback = "25%",
      .doc = "Of light." },
    { "branches", SCHEMA_LIST, offsetof(struct branch, branches), .object = &branch_schema,
      .doc = "Smaller ones." },
    { 0 },
};
const struct schema branch_schema = { "branch", sizeof(struct branch), branch_keys, NULL,
                                      "What leaves grow on." };

#define FIELD(member) offsetof(struct tree, member)
static const struct schema_key tree_keys[] = {
    { "wait", SCHEMA_DURATION, FIELD(wait_ms), .fallback = "30s", .min = 0.1, .max = 3600,
      .doc = "Until it grows." },
    { "age", SCHEMA_INT, FIELD(age), .required = true, .min = 1, .max = 9, .example = "5",
      .doc = "Years." },
    { "least", SCHEMA_INT, FIELD(least), .min = 3, .doc = "No upper bound." },
    { "size", SCHEMA_SIZE, FIELD(size), .fallback = "64KiB", .min = 1024, .max = 1 << 20 },
    { "name", SCHEMA_TEXT, FIELD(name), .example = "a|b", .doc = "Either | or." },
    { "label", SCHEMA_TEXT, FIELD(label), .fallback = "oak" },
    { "mood", SCHEMA_ENUM, FIELD(mood), .words = moods, .fallback = "calm", .doc = "Today's." },
    { "colours", SCHEMA_FLAGS, FIELD(colours), .words = moods },
    { "places", SCHEMA_TEXTS, FIELD(places), .doc = "Where." },
    { "alive", SCHEMA_BOOL, FIELD(alive), .fallback = "true", .doc = "Or not." },
    { "trunk", SCHEMA_OBJECT, FIELD(trunk), .object = &branch_schema, .doc = "The first." },
    { "roots", SCHEMA_MAP, FIELD(roots), .object = &branch_schema, .doc = "Below." },
    { "odd", SCHEMA_CUSTOM, FIELD(odd), .read = read_nothing, .json_schema = "{\"const\": \"odd\"}",
      .doc = "Its own." },
    { 0 },
};
static const struct schema tree_schema = { "tree", sizeof(struct tree), tree_keys, NULL,
                                           "A tree." };

static struct buffer printed;

static int start(void **state)
{
    (void)state;
    buffer_init(&printed, 1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buffer_clear(&printed);
    return 0;
}

static bool prints(const char *wanted)
{
    return memmem(printed.data, printed.len, wanted, strlen(wanted)) != NULL;
}

static void the_manual_has_a_row_for_each_key(void **state)
{
    static const char *const rows[] = {
        "| `wait` | duration | `30s` | 100ms to 1h | Until it grows. |\n",
        "| `age` | whole number | **required** | 1 to 9 | Years. Example: `5` |\n",
        "| `least` | whole number |  | at least 3 | No upper bound. |\n",
        "| `size` | size | `64KiB` | 1KiB to 1MiB |  |\n",
        "| `name` | text |  |  | Either \\| or. Example: `a\\|b` |\n",
        "| `mood` | word | `calm` |  | Today's. One of: `calm` (No wind); `wild`. |\n",
        "| `trunk` | object [branch](#branch) |  |  | The first. |\n",
        "| `roots` | mapping of [branch](#branch) |  |  | Below. |\n",
        "| `share` | share | `25%` |  | Of light. |\n",
    };
    (void)state;
    schema_print_manual(&tree_schema, &printed);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!prints(rows[i]))
            fail_msg("no row %s in\n%.*s", rows[i], TEXT_ARGS(buffer_text(&printed)));
}

static void the_manual_tells_each_object_once_and_all_its_places(void **state)
{
    (void)state;
    schema_print_manual(&tree_schema, &printed);
    assert_true(prints("## branch\n\nStands at `trunk`, `roots.NAME`, `trunk.branches[]`.\n\n"
                       "What leaves grow on.\n"));
    const char *first = memmem(printed.data, printed.len, "## branch", 9);
    assert_null(
        memmem(first + 1, printed.len - (size_t)(first + 1 - printed.data), "## branch", 9));
}

static void the_annotated_yaml_can_be_read_and_says_the_defaults(void **state)
{
    struct arena arena;
    struct problems problems;
    struct tree tree = { .wait_ms = 0 };
    (void)state;
    arena_init(&arena);
    problems_init(&problems, &arena);
    schema_print_yaml(&tree_schema, &printed);

    const struct yaml_node *root =
        yaml_read_text(buffer_text(&printed), "printed.yaml", &arena, &problems);
    schema_read(&tree_schema, root, &tree, &arena, &problems, NULL);
    problems_print(&problems, &printed);
    if (problems.errors > 0)
        fail_msg("%.*s", TEXT_ARGS(buffer_text(&printed)));
    assert_int_equal(tree.wait_ms, 30000);
    assert_int_equal(tree.age, 5);
    assert_string_equal(tree.label, "oak");
    assert_true(tree.trunk.share == 0.25);
    assert_true(prints("# roots: as trunk above\n"));
    arena_clear(&arena);
}

/* The member at a path of names with slashes; NULL where there is none. */
static json_t *member(json_t *json, const char *path)
{
    struct text rest = text_of(path), name;
    while (json && text_split(&rest, '/', &name))
        json = json_object_getn(json, name.data, name.len);
    return json;
}

static void the_json_schema_says_what_the_rows_say(void **state)
{
    static const struct {
        const char *path, *wanted;
    } rows[] = {
        { "$schema", "\"https://json-schema.org/draft/2020-12/schema\"" },
        { "additionalProperties", "false" },
        { "required", "[\"age\"]" },
        { "properties/age/type", "\"integer\"" },
        { "properties/age/minimum", "1" },
        { "properties/age/maximum", "9" },
        { "properties/least/maximum", NULL },
        { "properties/wait/default", "\"30s\"" },
        { "properties/wait/pattern", "\"^\\\\d+(\\\\.\\\\d+)? *(ms|s|m|h|d)$\"" },
        { "properties/alive/default", "true" },
        { "properties/mood/enum", "[\"calm\", \"wild\"]" },
        { "properties/colours/items/enum", "[\"calm\", \"wild\"]" },
        { "properties/trunk/$ref", "\"#/$defs/branch\"" },
        { "properties/roots/additionalProperties/$ref", "\"#/$defs/branch\"" },
        { "properties/odd/const", "\"odd\"" },
        { "$defs/branch/additionalProperties", "false" },
        { "$defs/branch/properties/branches/items/$ref", "\"#/$defs/branch\"" },
    };
    (void)state;
    schema_print_json_schema(&tree_schema, &printed);
    json_t *root = json_loadb(printed.data, printed.len, 0, NULL);
    assert_non_null(root);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *found = member(root, rows[i].path);
        char *text = found ? json_dumps(found, JSON_ENCODE_ANY) : NULL;
        if (rows[i].wanted ? !text || strcmp(text, rows[i].wanted) != 0 : text != NULL)
            fail_msg("%s is %s, not %s", rows[i].path, text, rows[i].wanted);
        free(text);
    }
    json_decref(root);
}

static const struct schema_key twin_keys[] = { { "a", SCHEMA_BOOL, .doc = "A." }, { 0 } };
static const struct schema one_twin = { "twin", sizeof(struct branch), twin_keys, NULL, "One." };
static const struct schema other_twin = { "twin", sizeof(struct branch), twin_keys, NULL, "Two." };
static const struct schema_key twins_keys[] = {
    { "one", SCHEMA_LIST, .object = &one_twin },
    { "other", SCHEMA_LIST, .object = &other_twin },
    { 0 },
};
static const struct schema twins_schema = { "twins", sizeof(struct branch), twins_keys, NULL, "" };

static void objects_of_the_same_name_are_told_apart(void **state)
{
    (void)state;
    schema_print_json_schema(&twins_schema, &printed);
    assert_true(prints("#/$defs/twin\""));
    assert_true(prints("#/$defs/twin-2\""));
    schema_print_manual(&twins_schema, &printed);
    assert_true(prints("## twin-2\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_manual_has_a_row_for_each_key, start, stop),
        cmocka_unit_test_setup_teardown(the_manual_tells_each_object_once_and_all_its_places, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_annotated_yaml_can_be_read_and_says_the_defaults, start,
                                        stop),
        cmocka_unit_test_setup_teardown(the_json_schema_says_what_the_rows_say, start, stop),
        cmocka_unit_test_setup_teardown(objects_of_the_same_name_are_told_apart, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
