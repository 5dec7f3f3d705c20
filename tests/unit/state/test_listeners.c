/* test_listeners.c - who can reach a listener, and whether they may come in without a key. */
#include "scratch.h"

#include "state/listeners.h"

static struct loaded loaded;

static void a_listener_is_local_open_to_others_or_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *listener;
        enum reach reach;
    } rows[] = {
        { "127.0.0.1:8080", REACH_LOCAL },
        { "127.9.9.9:1", REACH_LOCAL },
        { "localhost:8080", REACH_LOCAL },
        { "[::1]:8080", REACH_LOCAL },
        { "[::ffff:127.0.0.1]:80", REACH_LOCAL },
        { "unix:/run/bourse.sock", REACH_LOCAL },
        { "127.0.0.1:0", REACH_LOCAL },
        { "0.0.0.0:8080", REACH_OTHERS },
        { "128.0.0.1:8080", REACH_OTHERS },
        { "192.168.1.1:65535", REACH_OTHERS },
        { "[::]:8080", REACH_OTHERS },
        { "[::ffff:10.0.0.1]:80", REACH_OTHERS },
        { "[::ffff:0.0.0.0]:80", REACH_OTHERS },
        { "", REACH_WRONG },
        { "8080", REACH_WRONG },
        { ":8080", REACH_WRONG },
        { "127.0.0.1", REACH_WRONG },
        { "127.0.0.1:", REACH_WRONG },
        { "127.0.0.1:65536", REACH_WRONG },
        { "127.0.0.1:-1", REACH_WRONG },
        { "127.0.0.1:8o80", REACH_WRONG },
        { "127.1:80", REACH_WRONG },
        { "::1:8080", REACH_WRONG },
        { "[::1]", REACH_WRONG },
        { "[127.0.0.1]:80", REACH_WRONG },
        { "localhost.example.org:80", REACH_WRONG },
        { "unix:", REACH_WRONG },
        { "unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234"
          "5678901234567890123456789",
          REACH_WRONG },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (listener_reach(text_of(rows[i].listener)) != rows[i].reach)
            fail_msg("%s", rows[i].listener);
}

#define KEYS "keys: {k: " HASH "}\n"

static void strangers_need_a_key_unless_the_document_says_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        enum auth_mode auth; /* AUTH_UNSAID: refused */
    } rows[] = {
        { "", AUTH_NONE },
        { KEYS, AUTH_KEYS },
        { "auth: none\n" KEYS, AUTH_NONE },
        { "auth: keys\n" KEYS, AUTH_KEYS },
        { "auth: keys\n", AUTH_UNSAID },
        { "listen: 0.0.0.0:80\n", AUTH_UNSAID },
        { "listen: 0.0.0.0:80\nauth: none\n", AUTH_NONE },
        { "listen: 0.0.0.0:80\n" KEYS, AUTH_KEYS },
        { "listen: 0.0.0.0:80\nkeys: {}\n", AUTH_UNSAID },
        { "listen: [127.0.0.1:80, \"[::]:80\"]\n", AUTH_UNSAID },
        { "listen: [127.0.0.1:80, \"unix:/tmp/x\"]\n", AUTH_NONE },
        { "listen: [127.0.0.1:80, 127.0.0.1:80]\n", AUTH_UNSAID },
        { "listen: 127.0.0.1:8081\n", AUTH_UNSAID }, /* the admin's */
        { "listen: 127.0.0.1:8081\nadmin: {listen: off}\n", AUTH_NONE },
        { "admin: {listen: nowhere}\n", AUTH_UNSAID },
        { "admin: {listen: 0.0.0.0:8081}\n", AUTH_NONE }, /* with a warning */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        load_yaml(&loaded, rows[i].yaml, NULL);
        enum auth_mode auth = loaded.snapshot ? loaded.snapshot->auth : AUTH_UNSAID;
        if (auth != rows[i].auth)
            fail_msg("%s%s", rows[i].yaml, loaded.said);
        if (loaded.snapshot)
            assert_int_equal(loaded.snapshot->keyring.required, auth == AUTH_KEYS);
        loaded_clear(&loaded);
    }
}

static void the_one_of_several_listeners_that_is_open_is_pointed_at(void **state)
{
    (void)state;
    load_yaml(&loaded, "listen:\n  - 127.0.0.1:80\n  - 10.0.0.1:80\n", NULL);
    assert_non_null(strstr(loaded.said, ":3:5: listen[1]: \"10.0.0.1:80\" is open to other"));
    assert_int_equal(loaded.problems.errors, 1);
    loaded_clear(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_is_local_open_to_others_or_wrong),
        cmocka_unit_test(strangers_need_a_key_unless_the_document_says_otherwise),
        cmocka_unit_test(the_one_of_several_listeners_that_is_open_is_pointed_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
