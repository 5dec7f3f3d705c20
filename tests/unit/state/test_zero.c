/* test_zero.c - without a file, what is found around makes the configuration. */
#include "scratch.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "state/zero.h"

static struct loaded loaded;
static const char *keys_found; /* names of variables that are set, with a space behind each */

static const char *environment(const char *name)
{
    char wanted[64];
    snprintf(wanted, sizeof(wanted), "%s ", name);
    return strstr(keys_found, wanted) ? "sk-test-1234567890" : NULL;
}

/* Composes, and loads what was composed: it must be a document without errors. */
static const char *compose(const char *keys, const char *local_reply)
{
    static char note[1024];
    const char *said;
    struct arena arena;
    arena_init(&arena);
    keys_found = keys;
    struct text yaml = zero_compose(environment, text_of(local_reply), &arena, &said);
    load_yaml(&loaded, yaml.data, NULL);
    if (!loaded.snapshot)
        fail_msg("%s%s", yaml.data, loaded.said);
    snprintf(note, sizeof(note), "%s", said);
    arena_clear(&arena);
    return note;
}

static const struct route *route_auto(void)
{
    const struct objective *preset;
    const struct snapshot *snapshot = loaded.snapshot;
    const struct route *route =
        policy_find(&snapshot->policy, &snapshot->catalog, text_of("auto"), &preset);
    assert_non_null(route);
    return route;
}

static void with_nothing_around_the_demo_provider_stands_in(void **state)
{
    (void)state;
    assert_non_null(strstr(compose("", ""), "demo provider answers"));
    const struct route *route = route_auto();
    assert_int_equal(route->candidate_count, 2);
    assert_string_equal(route->candidates[0]->object.name, "demo-small");
    assert_string_equal(route->candidates[1]->upstream_model, "demo-large");
    assert_int_equal(route->candidates[0]->provider->dialect, DIALECT_MOCK);
    assert_float_equal(route->candidates[0]->quality_default, 0.60, 1e-9);
    assert_float_equal(route->candidates[1]->quality_default, 0.85, 1e-9);
    loaded_clear(&loaded);
}

static void each_key_brings_its_provider_and_models_of_the_catalogue(void **state)
{
    (void)state;
    static const struct {
        const char *variable, *provider, *base_url;
        enum provider_dialect dialect;
    } rows[] = {
        { "OPENAI_API_KEY ", "openai", "https://api.openai.com/v1" },
        { "ANTHROPIC_API_KEY ", "anthropic", "https://api.anthropic.com/v1", DIALECT_ANTHROPIC },
        { "GEMINI_API_KEY ", "gemini", "https://generativelanguage.googleapis.com/v1beta/openai" },
        { "OPENROUTER_API_KEY ", "openrouter", "https://openrouter.ai/api/v1" },
        { "DEEPSEEK_API_KEY ", "deepseek", "https://api.deepseek.com/v1" },
        { "GROQ_API_KEY ", "groq", "https://api.groq.com/openai/v1" },
        { "MISTRAL_API_KEY ", "mistral", "https://api.mistral.ai/v1" },
        { "XAI_API_KEY ", "xai", "https://api.x.ai/v1" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(strstr(compose(rows[i].variable, ""), "demo"));
        const struct route *route = route_auto();
        assert_true(route->candidate_count >= 1);
        assert_int_equal(loaded.snapshot->catalog.provider_count, 1);
        for (size_t at = 0; at < route->candidate_count; at++) {
            const struct model *model = route->candidates[at];
            assert_string_equal(model->provider->object.name, rows[i].provider);
            assert_string_equal(model->provider->base_url, rows[i].base_url);
            assert_int_equal(model->provider->dialect, rows[i].dialect);
            assert_true(model->price.output > 0);
            /* One of which nothing is known would never be chosen beside one that is known. */
            assert_int_equal(model->quality_known, route->candidates[0]->quality_known);
        }
        loaded_clear(&loaded);
    }
}

static void all_keys_together_are_no_conflict(void **state)
{
    (void)state;
    const char *note = compose("OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY OPENROUTER_API_KEY "
                               "DEEPSEEK_API_KEY GROQ_API_KEY MISTRAL_API_KEY XAI_API_KEY ",
                               "{\"data\": [{\"id\": \"gpt-5\"}, {\"id\": \"qwen3:8b\"}]}");
    assert_non_null(strstr(note, "OPENAI_API_KEY, ANTHROPIC_API_KEY"));
    assert_non_null(strstr(note, "Ollama"));
    assert_null(strstr(note, "sk-test"));
    assert_int_equal(loaded.snapshot->catalog.provider_count, 9);
    struct text name = text_of("gpt-5");
    assert_string_equal(catalog_find_model(&loaded.snapshot->catalog, name)->provider_name,
                        "openai");
    loaded_clear(&loaded);
}

static void local_models_are_taken_as_far_as_they_make_sense(void **state)
{
    (void)state;
    static const struct {
        const char *reply;
        size_t models, candidates;
        bool demo;
    } rows[] = {
        { "{\"data\": [{\"id\": \"llama3.2:3b\"}, {\"id\": \"qwen\"}]}", 2, 2, false },
        { "{\"data\": [{\"id\": \"a\"}, {\"id\": \"a\"}]}", 1, 1, false },
        { "{\"data\": [{\"id\": \"a\"}, {\"id\": \"nomic-embed-text\"}]}", 2, 1, false },
        { "{\"data\": [{\"id\": \"nomic-embed-text\"}]}", 3, 2, true },
        { "{\"data\": [{\"id\": \"a\\\"b: {x\"}, {\"id\": \"\\u0000\"}]}", 2, 2, true },
        { "{\"data\": [{\"id\": \"a\\\"b:{x\"}, {\"id\": \"b\\\\c\"}]}", 2, 2, false },
        { "{\"data\": [{\"id\": 5}, {}, 7, null, {\"id\": \"\"}]}", 2, 2, true },
        { "{\"data\": {\"id\": \"a\"}}", 2, 2, true },
        { "[]", 2, 2, true },
        { "{\"data\"", 2, 2, true },
        { "<html>", 2, 2, true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool demo = strstr(compose("", rows[i].reply), "demo");
        if (demo != rows[i].demo || loaded.snapshot->catalog.model_count != rows[i].models ||
            route_auto()->candidate_count != rows[i].candidates)
            fail_msg("%s", rows[i].reply);
        loaded_clear(&loaded);
    }
}

/* ---- the question itself ---- */

/* A server that accepts once, and answers with `reply` or keeps silent. */
struct server {
    int fd;
    uint16_t port;
    const char *reply; /* NULL: nothing, until the client leaves */
    pthread_t thread;
};

static void *serve(void *context)
{
    struct server *server = context;
    char bytes[1024];
    int client = accept(server->fd, NULL, NULL);
    ssize_t got = recv(client, bytes, sizeof(bytes), 0);
    if (server->reply && got > 0)
        send(client, server->reply, strlen(server->reply), MSG_NOSIGNAL);
    else
        got = recv(client, bytes, sizeof(bytes), 0);
    close(client);
    return NULL;
}

static void server_start(struct server *server, const char *reply)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->reply = reply;
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(server->fd, 1), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void a_local_server_is_believed_only_when_it_answers_well(void **state)
{
    (void)state;
    static const struct {
        const char *reply, *body; /* NULL: none */
    } rows[] = {
        { "HTTP/1.1 200 OK\r\nA: b\r\n\r\n{\"data\":[]}", "{\"data\":[]}" },
        { "HTTP/1.0 200 OK\r\n\r\n", "" },
        { "HTTP/1.1 404 Not Found\r\n\r\n{}", NULL },
        { "HTTP/1.1 200 OK\r\n", NULL },
        { "220 mail.example.org ESMTP\r\n\r\n", NULL },
        { "", NULL },
        { NULL, NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct server server;
        struct buffer reply;
        buffer_init(&reply, LOCAL_REPLY_MAX);
        server_start(&server, rows[i].reply);
        int64_t began_ms = clock_ms();
        bool answered = local_models(server.port, LOCAL_PATIENCE_MS, &reply);
        assert_true(clock_ms() - began_ms < 1000);
        assert_int_equal(answered, rows[i].body != NULL);
        if (answered)
            assert_true(text_is(buffer_text(&reply), rows[i].body));
        pthread_join(server.thread, NULL);
        close(server.fd);
        buffer_clear(&reply);
    }
}

static void a_reply_without_end_is_given_up(void **state)
{
    (void)state;
    struct server server;
    struct buffer reply;
    char *endless = malloc(2 * LOCAL_REPLY_MAX);
    memset(endless, 'x', 2 * LOCAL_REPLY_MAX - 1);
    endless[2 * LOCAL_REPLY_MAX - 1] = 0;
    memcpy(endless, "HTTP/1.1 200 OK\r\n\r\n", 19);
    buffer_init(&reply, LOCAL_REPLY_MAX);
    server_start(&server, endless);
    assert_false(local_models(server.port, 1000, &reply));
    pthread_join(server.thread, NULL);
    close(server.fd);
    assert_false(local_models(server.port, 1000, &reply)); /* nobody there any more */
    buffer_clear(&reply);
    free(endless);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_nothing_around_the_demo_provider_stands_in),
        cmocka_unit_test(each_key_brings_its_provider_and_models_of_the_catalogue),
        cmocka_unit_test(all_keys_together_are_no_conflict),
        cmocka_unit_test(local_models_are_taken_as_far_as_they_make_sense),
        cmocka_unit_test(a_local_server_is_believed_only_when_it_answers_well),
        cmocka_unit_test(a_reply_without_end_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
