/* test_token.c - what a source of bearer tokens says, and asking one. */
#include "upstream/token.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"

static const struct {
    const char *said;
    bool is_file;
    int64_t age_ms;
    enum token_trouble trouble;
    const char *token;
    int64_t lives_ms;
} rows[] = {
    { "{\"access_token\":\"ya29.a\",\"expires_in\":3599,\"token_type\":\"Bearer\"}", false, 0,
      TOKEN_FINE, "ya29.a", 3599000 },
    { " {\"access_token\":\"a\",\"expires_in\":\"60\",\"token_type\":\"bearer\",\"x\":[]}\n", false,
      0, TOKEN_FINE, "a", 60000 },
    { "{\"access_token\":\"a\"}", false, 0, TOKEN_FINE, "a", -1 },
    { "{\"access_token\":\"a\",\"expires_in\":1.5}", false, 0, TOKEN_FINE, "a", 1500 },
    { "{\"access_token\":\"a\",\"expires_in\":1e300}", false, 0, TOKEN_FINE, "a", 31622400000 },
    { "{\"access_token\":\"a\",\"expires_in\":60}", true, 59000, TOKEN_FINE, "a", 1000 },
    { "{\"access_token\":\"a\",\"expires_in\":60}", true, 60000, TOKEN_ENDED, "a", 0 },
    { "{\"access_token\":\"a\",\"expires_in\":-1}", false, 0, TOKEN_ENDED, "a", 0 },
    { "{\"access_token\":\"a\",\"expires_in\":null}", false, 0, TOKEN_MALFORMED, "a", -1 },
    { "{\"access_token\":\"a\",\"access_token\":\"b\"}", false, 0, TOKEN_MALFORMED, "", -1 },
    { "{\"access_token\":\"a\",\"token_type\":\"MAC\"}", false, 0, TOKEN_MALFORMED, "", -1 },
    { "{\"type\":\"service_account\"}", true, 0, TOKEN_MALFORMED, "", -1 },
    { "{\"access_token\":\"a\\u0000b\"}", false, 0, TOKEN_MALFORMED, "", -1 },
    { "{\"access_token\":\"a\\nb\"}", false, 0, TOKEN_UNSENDABLE, "", -1 },
    { "{\"access_token\":\"\"}", false, 0, TOKEN_EMPTY, "", -1 },
    { "\"ya29.a\"", false, 0, TOKEN_MALFORMED, "", -1 },
    { "ya29.a", false, 0, TOKEN_MALFORMED, "", -1 },
    { "ya29.a\r\n", true, 7, TOKEN_FINE, "ya29.a", -1 },
    { "ya29.a b", true, 0, TOKEN_UNSENDABLE, "", -1 },
    { "ya29.\xc3\xa9", true, 0, TOKEN_UNSENDABLE, "", -1 },
    { " \n", true, 0, TOKEN_EMPTY, "", -1 },
};

static void what_is_said_is_a_token_or_has_a_trouble(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct token_answer answer;
        token_answer_init(&answer);
        token_read(text_of(rows[i].said), rows[i].is_file, rows[i].age_ms, &answer);
        if (answer.trouble != rows[i].trouble || answer.lives_ms != rows[i].lives_ms ||
            !text_is(buffer_text(&answer.value), rows[i].token))
            fail_msg("%s: trouble %d, %lld ms", rows[i].said, (int)answer.trouble,
                     (long long)answer.lives_ms);
        token_answer_clear(&answer);
    }
}

static void a_token_has_a_maximum(void **state)
{
    (void)state;
    static char long_one[TOKEN_MAX + 1];
    struct token_answer answer;
    memset(long_one, 'x', sizeof(long_one));
    token_answer_init(&answer);
    token_read((struct text){ long_one, TOKEN_MAX }, true, 0, &answer);
    assert_int_equal(answer.trouble, TOKEN_FINE);
    token_read((struct text){ long_one, TOKEN_MAX + 1 }, true, 0, &answer);
    assert_int_equal(answer.trouble, TOKEN_TOO_LARGE);
    token_answer_clear(&answer);
}

static void fetch(const char *written, struct token_answer *answer)
{
    static const atomic_bool stops;
    struct token_source source;
    const char *why;
    assert_true(token_source_read(written, &source, &why));
    token_answer_init(answer);
    token_fetch(&source, &stops, answer);
}

static void what_is_no_file_is_not_waited_for(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        int detail;
    } files[] = {
        { "file:/nowhere/at/all", ENOENT },
        { "file:/", EISDIR },
        { "file:/dev/zero", EINVAL },
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct token_answer answer;
        fetch(files[i].source, &answer);
        assert_int_equal(answer.trouble, TOKEN_UNREADABLE);
        assert_int_equal(answer.detail, files[i].detail);
        token_answer_clear(&answer);
    }
}

static void a_file_holds_at_most_so_much(void **state)
{
    (void)state;
    char path[] = "/tmp/bourse-token-XXXXXX", source[64];
    static char much[TOKEN_REPLY_MAX + 1];
    struct token_answer answer;
    int fd = mkstemp(path);
    memset(much, 'x', sizeof(much));
    assert_int_equal(write(fd, much, sizeof(much)), sizeof(much));
    close(fd);
    snprintf(source, sizeof(source), "file:%s", path);
    fetch(source, &answer);
    assert_int_equal(answer.trouble, TOKEN_TOO_LARGE);
    token_answer_clear(&answer);
    unlink(path);
}

/* Nobody listens at a port that is bound and not listened to. */
static void a_server_that_is_not_there_is_a_trouble(void **state)
{
    (void)state;
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    char source[64];
    struct token_answer answer;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(source, sizeof(source), "http://127.0.0.1:%d/", ntohs(address.sin_port));
    fetch(source, &answer);
    assert_int_equal(answer.trouble, TOKEN_UNREACHABLE);
    token_answer_clear(&answer);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_is_a_token_or_has_a_trouble),
        cmocka_unit_test(a_token_has_a_maximum),
        cmocka_unit_test(what_is_no_file_is_not_waited_for),
        cmocka_unit_test(a_file_holds_at_most_so_much),
        cmocka_unit_test(a_server_that_is_not_there_is_a_trouble),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
