/* test_json_tree.c - the tree of a document's places, and what is written from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/json_tree.h"
#include "wire/json_writer.h"

static struct json_tree tree;

static const struct json_node *read_tree(const char *document, size_t nodes_max, int levels)
{
    json_tree_init(&tree, nodes_max, levels);
    assert_int_equal(json_tree_read(&tree, text_of(document)), FAIL_NONE);
    return json_root(&tree);
}

static void assert_raw(const struct json_node *node, const char *wanted)
{
    assert_true(text_is(json_raw(&tree, node), wanted));
}

static void members_and_items_are_found_where_they_stand(void **state)
{
    (void)state;
    const struct json_node *root =
        read_tree(" {\"a\": [1, \"two\", {\"b\": null}, []], \"c\": true} ", 100, 9);
    const struct json_node *list = json_find(&tree, root, "a");
    const struct json_node *item = json_first(&tree, list);
    assert_int_equal(list->count, 4);
    assert_raw(item, "1");
    assert_raw(item = json_next(&tree, item), "\"two\"");
    assert_raw(item = json_next(&tree, item), "{\"b\": null}");
    assert_raw(json_find(&tree, item, "b"), "null");
    assert_raw(item = json_next(&tree, item), "[]");
    assert_null(json_first(&tree, item));
    assert_null(json_next(&tree, item));
    assert_true(json_is_true(&tree, json_find(&tree, root, "c")));
    json_tree_clear(&tree);
}

static void what_is_asked_of_nothing_is_nothing(void **state)
{
    (void)state;
    const struct json_node *root = read_tree("[1]", 100, 9);
    double number = 7;
    assert_null(json_find(&tree, root, "a"));
    assert_null(json_find(&tree, NULL, "a"));
    assert_null(json_first(&tree, NULL));
    assert_null(json_next(&tree, NULL));
    assert_int_equal(json_raw(&tree, NULL).len, 0);
    assert_int_equal(json_inside(&tree, NULL).len, 0);
    assert_int_equal(json_name(&tree, NULL).len, 0);
    assert_false(json_is(&tree, NULL, "a"));
    assert_false(json_to_double(&tree, NULL, &number));
    assert_true(number == 7);
    json_tree_clear(&tree);
}

static void of_members_of_one_name_the_last_counts(void **state)
{
    (void)state;
    const struct json_node *root = read_tree("{\"a\":1,\"b\":2,\"a\":3}", 100, 9);
    assert_raw(json_find(&tree, root, "a"), "3");
    json_tree_clear(&tree);
}

static void names_and_words_are_the_same_however_they_are_escaped(void **state)
{
    (void)state;
    const struct json_node *root =
        read_tree("{\"r\\u006fle\":\"us\\u0065r\",\"\\ud83d\\ude00\":\"\",\"x\":\"y\"}", 100, 9);
    assert_true(json_is(&tree, json_find(&tree, root, "role"), "user"));
    assert_true(json_is(&tree, json_find(&tree, root, "\xf0\x9f\x98\x80"), ""));
    assert_true(json_is(&tree, json_find(&tree, root, "x"), "y"));
    assert_false(json_is(&tree, json_find(&tree, root, "x"), "z"));
    assert_null(json_find(&tree, root, "r\\u006fle"));
    json_tree_clear(&tree);
}

static void below_the_last_level_a_container_is_one_piece(void **state)
{
    (void)state;
    const struct json_node *root = read_tree("{\"a\":{\"b\":[1,2]},\"c\":3}", 3, 1);
    const struct json_node *inner = json_find(&tree, root, "a");
    assert_raw(inner, "{\"b\":[1,2]}");
    assert_null(json_first(&tree, inner));
    assert_raw(json_find(&tree, root, "c"), "3");
    json_tree_clear(&tree);
}

static void too_many_values_are_refused(void **state)
{
    (void)state;
    json_tree_init(&tree, 4, 9);
    assert_int_equal(json_tree_read(&tree, text_of("[1,2,3]")), FAIL_NONE);
    assert_int_equal(json_tree_read(&tree, text_of("[1,2,3,4]")), FAIL_BAD_VALUE);
    assert_null(json_root(&tree));
    assert_int_equal(json_tree_read(&tree, text_of("[1,2")), FAIL_BAD_JSON);
    assert_null(json_root(&tree));
    assert_int_equal(json_tree_read(&tree, text_of("[1]")), FAIL_NONE);
    assert_int_equal(json_root(&tree)->count, 1);
    json_tree_clear(&tree);
}

static void only_whole_numbers_are_counts(void **state)
{
    (void)state;
    static const struct {
        const char *document;
        int64_t count; /* -1: none */
    } rows[] = { { "7", 7 },   { "1e3", 1000 }, { "7.0", 7 },   { "7.5", -1 },
                 { "-1", -1 }, { "\"7\"", -1 }, { "true", -1 }, { "1e300", -1 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t count = -1;
        const struct json_node *root = read_tree(rows[i].document, 100, 9);
        assert_int_equal(json_to_count(&tree, root, &count), rows[i].count >= 0);
        assert_int_equal(count, rows[i].count);
        json_tree_clear(&tree);
    }
}

static void the_inside_of_a_string_is_decoded_on_demand(void **state)
{
    (void)state;
    struct buffer out;
    const struct json_node *root = read_tree("\"a\\n\\u00e9\\\"\\ud83d\\ude00/\"", 100, 9);
    buffer_init(&out, 100);
    assert_true(json_decode(&out, json_inside(&tree, root)));
    assert_true(text_is(buffer_text(&out), "a\n\xc3\xa9\"\xf0\x9f\x98\x80/"));
    buffer_clear(&out);
    buffer_init(&out, 4);
    assert_false(json_decode(&out, json_inside(&tree, root)));
    buffer_clear(&out);
    json_tree_clear(&tree);
}

/* ---- writing ---- */

static void write_all(struct json_writer *writer)
{
    put_open(writer, '{');
    put_raw_member(writer, "a", text_of("[1, 2]"));
    put_word_member(writer, "b", "c");
    put_key(writer, "d");
    put_open(writer, '[');
    put_open(writer, '{');
    put_close(writer, '}');
    put_count(writer, -3);
    put_bool(writer, false);
    put_raw(writer, (struct text){ 0 });
    put_string(writer, text_of("\"\n"));
    put_open_string(writer);
    put_inside(writer, text_of("\\u00e9"));
    put_escaped(writer, text_of("\\"));
    put_close_string(writer);
    put_close(writer, ']');
    put_count_member(writer, "e", 5);
    put_close(writer, '}');
}

static const char all[] = "{\"a\":[1, 2],\"b\":\"c\",\"d\":[{},-3,false,null,\"\\\"\\n\","
                          "\"\\u00e9\\\\\"],\"e\":5}";

static void commas_come_where_json_wants_them(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    struct json_writer writer = json_writer_of(&out);
    write_all(&writer);
    assert_false(writer.full);
    assert_true(text_is(buffer_text(&out), all));
    buffer_clear(&out);
}

static void a_document_without_room_is_known_to_be_cut(void **state)
{
    (void)state;
    for (size_t max = 0; max < sizeof(all) - 1; max++) {
        struct buffer out;
        buffer_init(&out, max);
        struct json_writer writer = json_writer_of(&out);
        write_all(&writer);
        assert_true(writer.full);
        buffer_clear(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_and_items_are_found_where_they_stand),
        cmocka_unit_test(what_is_asked_of_nothing_is_nothing),
        cmocka_unit_test(of_members_of_one_name_the_last_counts),
        cmocka_unit_test(names_and_words_are_the_same_however_they_are_escaped),
        cmocka_unit_test(below_the_last_level_a_container_is_one_piece),
        cmocka_unit_test(too_many_values_are_refused),
        cmocka_unit_test(only_whole_numbers_are_counts),
        cmocka_unit_test(the_inside_of_a_string_is_decoded_on_demand),
        cmocka_unit_test(commas_come_where_json_wants_them),
        cmocka_unit_test(a_document_without_room_is_known_to_be_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
