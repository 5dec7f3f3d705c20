/* test_snapshot.c - a document becomes a snapshot, or everything that is wrong with it is told. */
#include "scratch.h"

#include <pthread.h>
#include <sys/stat.h>

static struct loaded loaded;

static void a_whole_document_becomes_a_snapshot(void **state)
{
    (void)state;
    struct live *live = live_new();
    load_yaml(&loaded, SMALL "default_provider: p\nworkers: 3\nlimits: {request_body: 1MiB}\n",
              live);
    assert_string_equal(loaded.said, "");
    struct snapshot *snapshot = loaded.snapshot;
    assert_int_equal(snapshot->catalog.model_count, 2);
    assert_int_equal(snapshot->policy.route_count, 1);
    assert_int_equal(snapshot->workers, 3);
    assert_int_equal(snapshot->limits.request_body, 1 << 20);
    assert_int_equal(snapshot->limits.header_timeout_ms, 10000);
    assert_string_equal(snapshot->listen.items[0], "127.0.0.1:8080");
    assert_string_equal(snapshot->admin.listen, "127.0.0.1:8081");
    assert_ptr_equal(snapshot->default_provider, &snapshot->catalog.providers[0]);
    assert_ptr_equal(snapshot->slots[1], live_slot(live, "large", "p"));
    assert_int_equal(strlen(snapshot->digest), 64);
    assert_null(snapshot->zero_note);
    loaded_clear(&loaded);
    live_free(live);
}

static void the_digest_is_of_the_bytes_and_no_two_snapshots_share_a_serial(void **state)
{
    (void)state;
    static struct loaded other;
    load_yaml(&loaded, "", NULL);
    load_yaml(&other, "# a comment\n", NULL);
    assert_string_equal(loaded.snapshot->digest,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_not_equal(loaded.snapshot->digest, other.snapshot->digest);
    assert_true(loaded.snapshot->serial < other.snapshot->serial);
    assert_null(loaded.snapshot->slots);
    loaded_clear(&other);
    loaded_clear(&loaded);
}

static void everything_that_is_wrong_is_told_at_once_in_its_order(void **state)
{
    (void)state;
    load_yaml(&loaded,
              "listn: 127.0.0.1:1\n"
              "providers: {p: {base_url: \"http://h/v1\"}}\n"
              "models:\n"
              "  m: {provider: q, price: {input: -1}}\n"
              "routes: {auto: {candidates: [n], objectiv: best}}\n"
              "workers: many\n"
              "default_provider: pp\n"
              "keys: {k: {hash: " HASH ", routes: [aut]}}\n",
              NULL);
    static const char *const said[] = {
        ":1:1: listn: unknown key (did you mean \"listen\"?)",
        ": models.m.provider: there is no provider \"q\"",
        ": models.m.price.input: -1 is out of bounds",
        "\"n\"",
        ": routes.auto.objectiv: unknown key (did you mean \"objective\"?)",
        ":6:10: workers: must be auto or 1 to 64",
        ": default_provider: there is no provider \"pp\" (did you mean \"p\"?)",
        ": keys.k.routes[0]: there is no route and no model \"aut\" (did you mean \"auto\"?)",
    };
    assert_null(loaded.snapshot);
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        if (!strstr(loaded.said, said[i]))
            fail_msg("\"%s\" is not in: %s", said[i], loaded.said);
    for (const struct problem *p = loaded.problems.first; p->next; p = p->next)
        assert_true(p->line < p->next->line ||
                    (p->line == p->next->line && p->column <= p->next->column));
    loaded_clear(&loaded);
}

static void hostile_documents_are_refused_with_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        { "workers: 1\nworkers: 2\n", ":2:1: the key \"workers\" stands here twice" },
        { SMALL "routes: {}\n", "stands here twice" },
        { "models: [a]\n", ":1:9: models: must be a mapping" },
        { "providers: 5\n", ":1:12: providers: " },
        { "listen: {a: b}\n", ":1:9: listen: must be" },
        { "listen: []\n", ":1:9: listen: must name 1 to 15" },
        { "tests: [{name: t, request: hi}]\n", "tests[0].request: must be a mapping" },
        { "tests: [{request: {a: 1}}]\n", "\"name\" is missing" },
        { "auth: maybe\n", "is none of keys, none" },
        { "auth: keys\n", "nobody could call" },
        { "keys: {k: sha256:12}\n", "64 hex digits" },
        { "default_route: auto\n", "default_route" },
        { "limits: {request_body: -1}\n", "limits.request_body: " },
        { "just a text\n", ":1:1: " },
        { "a: *b\n", "alias" },
        { "a: [\n", ":2:1: " },
        { "\xff\xfe\xff", ": " },
        { "--- {}\n--- {}\n", "only one document" },
        { "a: \x01\n", ": " },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        load_yaml(&loaded, rows[i].yaml, NULL);
        if (loaded.snapshot || !strstr(loaded.said, rows[i].says))
            fail_msg("\"%s\" is not in: %s", rows[i].says, loaded.said);
        loaded_clear(&loaded);
    }
}

static void a_file_that_is_not_there_is_a_problem_and_not_the_zero_configuration(void **state)
{
    (void)state;
    static const char *const paths[] = { "/no/such/bourse.yaml", "/tmp" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        load_path(&loaded, paths[i], NULL);
        assert_null(loaded.snapshot);
        assert_int_equal(loaded.problems.errors, 1);
        assert_non_null(strstr(loaded.said, "cannot be read"));
        loaded_clear(&loaded);
    }
}

static void a_file_of_more_than_a_mebibyte_is_refused(void **state)
{
    (void)state;
    size_t len = (1 << 20) + 1;
    char *yaml = malloc(len + 1);
    memset(yaml, '#', len);
    yaml[len] = 0;
    load_yaml(&loaded, yaml, NULL);
    assert_null(loaded.snapshot);
    assert_non_null(strstr(loaded.said, "larger than 1 MiB"));
    loaded_clear(&loaded);
    free(yaml);
}

/* Leaves the working directory as it was. */
static void load_from_folder(const char *folder)
{
    char before[4096];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder), 0);
    load_path(&loaded, NULL, NULL);
    assert_int_equal(chdir(before), 0);
}

static void without_a_path_the_file_of_this_folder_is_taken_or_nothing_is_assumed(void **state)
{
    (void)state;
    char folder[] = "/tmp/bourse-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/bourse.yaml", folder);

    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(SMALL, file);
    fclose(file);
    load_from_folder(folder);
    assert_string_equal(loaded.said, "");
    assert_string_equal(loaded.snapshot->path, "bourse.yaml");
    assert_null(loaded.snapshot->zero_note);
    loaded_clear(&loaded);
    unlink(path);

    assert_int_equal(mkdir(path, 0700), 0); /* there, but not to be read */
    load_from_folder(folder);
    assert_null(loaded.snapshot);
    assert_non_null(strstr(loaded.said, "cannot be read"));
    loaded_clear(&loaded);
    rmdir(path);

    if (access("/etc/bourse/bourse.yaml", F_OK) != 0) {
        load_from_folder(folder);
        assert_non_null(loaded.snapshot);
        assert_string_equal(loaded.snapshot->path, "");
        assert_non_null(loaded.snapshot->zero_note);
        loaded_clear(&loaded);
    }
    rmdir(folder);
}

static void *hold_and_let_go(void *snapshot)
{
    for (int i = 0; i < 1000; i++) {
        struct snapshot *held = snapshot_ref(snapshot);
        assert_int_equal(held->catalog.model_count, 2);
        snapshot_unref(held);
    }
    snapshot_unref(snapshot);
    return NULL;
}

static void the_last_of_many_holders_frees_a_snapshot(void **state)
{
    (void)state;
    pthread_t threads[3];
    load_yaml(&loaded, SMALL, NULL);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, hold_and_let_go, snapshot_ref(loaded.snapshot)), 0);
    loaded_clear(&loaded);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    snapshot_unref(NULL);
}

static void warnings_outlive_the_snapshot_they_came_with(void **state)
{
    (void)state;
    struct buffer printed;
    load_yaml(&loaded, "admin: {listen: 0.0.0.0:8081}\n", NULL);
    snapshot_unref(loaded.snapshot);
    loaded.snapshot = NULL;
    buffer_init(&printed, 4096);
    problems_print(&loaded.problems, &printed);
    assert_non_null(memmem(printed.data, printed.len, "warning", 7));
    buffer_clear(&printed);
    loaded_clear(&loaded);
}

static void the_request_of_a_test_keeps_the_types_that_yaml_has(void **state)
{
    (void)state;
    load_yaml(
        &loaded,
        "tests:\n"
        "  - name: t\n"
        "    request: {i: 12, f: 0.5, b: true, n: null, e: , q: \"12\", w: hi, l: [1, {x: y}]}\n"
        "    expect: {model: a, denied: b, not: [c, d]}\n",
        NULL);
    assert_non_null(loaded.snapshot);
    const struct route_test *test = &loaded.snapshot->tests[0];
    assert_string_equal(test->request_json.data,
                        "{\"i\":12,\"f\":0.5,\"b\":true,\"n\":null,\"e\":null,\"q\":\"12\","
                        "\"w\":\"hi\",\"l\":[1,{\"x\":\"y\"}]}");
    assert_string_equal(test->expect_model, "a");
    assert_string_equal(test->expect_denied, "b");
    assert_int_equal(test->expect_not.count, 2);
    loaded_clear(&loaded);
}

static void the_configurations_that_ship_have_no_errors(void **state)
{
    (void)state;
    static const char *const paths[] = { "config/bourse.yaml", "config/examples/demo.yaml",
                                         "config/examples/local.yaml", "config/examples/team.yaml",
                                         "config/examples/vertex.yaml" };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        load_path(&loaded, paths[i], NULL);
        if (!loaded.snapshot)
            fail_msg("%s", loaded.said);
        loaded_clear(&loaded);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_document_becomes_a_snapshot),
        cmocka_unit_test(the_digest_is_of_the_bytes_and_no_two_snapshots_share_a_serial),
        cmocka_unit_test(everything_that_is_wrong_is_told_at_once_in_its_order),
        cmocka_unit_test(hostile_documents_are_refused_with_a_place),
        cmocka_unit_test(a_file_that_is_not_there_is_a_problem_and_not_the_zero_configuration),
        cmocka_unit_test(a_file_of_more_than_a_mebibyte_is_refused),
        cmocka_unit_test(without_a_path_the_file_of_this_folder_is_taken_or_nothing_is_assumed),
        cmocka_unit_test(the_last_of_many_holders_frees_a_snapshot),
        cmocka_unit_test(warnings_outlive_the_snapshot_they_came_with),
        cmocka_unit_test(the_request_of_a_test_keeps_the_types_that_yaml_has),
        cmocka_unit_test(the_configurations_that_ship_have_no_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
