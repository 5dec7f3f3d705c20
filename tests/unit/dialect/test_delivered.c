/* test_delivered.c - what a client was given of a stream in Anthropic's own words is known, however
 * it came: the text, the block that is open, and whether anybody can go on from there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dialect/openai.h"
#include "dialect/stitch.h"

#define EVENT_MAX 65536

#define EVENT(type, rest) "event: " type "\ndata: {\"type\":\"" type "\"" rest "}\n\n"
#define START             EVENT("message_start", ",\"message\":{\"id\":\"m\",\"content\":[]}")
#define BEGIN(i, kind)                                                                             \
    EVENT("content_block_start",                                                                   \
          ",\"index\":" i ",\"content_block\":{\"type\":\"" kind "\",\"text\":\"\"}")
#define SAY(i, words)                                                                              \
    EVENT("content_block_delta",                                                                   \
          ",\"index\":" i ",\"delta\":{\"type\":\"text_delta\",\"text\":\"" words "\"}")
#define THINK(i, words)                                                                            \
    EVENT("content_block_delta",                                                                   \
          ",\"index\":" i ",\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"" words "\"}")
#define PROVE(i)                                                                                   \
    EVENT("content_block_delta",                                                                   \
          ",\"index\":" i ",\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}")
#define CALL(i)                                                                                    \
    EVENT("content_block_delta",                                                                   \
          ",\"index\":" i ",\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\"}")
#define END(i) EVENT("content_block_stop", ",\"index\":" i)

static const struct {
    const char *stream, *words;
    size_t blocks;
    enum delivered_block open;
    bool is_fit;
} rows[] = {
    { START, "", 0, DELIVERED_NO_BLOCK, false },
    { START BEGIN("0", "text"), "", 0, DELIVERED_TEXT, false },
    { START BEGIN("0", "text") SAY("0", "Once"), "Once", 0, DELIVERED_TEXT, true },
    { START BEGIN("0", "text") SAY("0", "On") SAY("0", "ce ") SAY("0", "upon\\n") SAY("0", "a"),
      "Once upon\\na", 0, DELIVERED_TEXT, true },
    { START BEGIN("0", "text") SAY("0", "a") END("0"), "a", 1, DELIVERED_NO_BLOCK, true },
    { START BEGIN("0", "thinking") THINK("0", "hm") THINK("0", "hm"), "", 0, DELIVERED_THOUGHT,
      true },
    { START BEGIN("0", "thinking") THINK("0", "hm") PROVE("0") END("0") BEGIN("1", "text")
          SAY("1", "a") SAY("1", "b"),
      "ab", 1, DELIVERED_TEXT, true },
    { START BEGIN("0", "redacted_thinking") END("0") BEGIN("1", "text") SAY("1", "a"), "a", 1,
      DELIVERED_TEXT, true },
    { START BEGIN("0", "text") SAY("0", "a") END("0") BEGIN("1", "tool_use"), "a", 1,
      DELIVERED_NO_BLOCK, false },
    { START BEGIN("0", "text") SAY("0", "a") END("0") BEGIN("1", "server_tool_use") CALL("1"), "a",
      1, DELIVERED_NO_BLOCK, false },
};

static bool pass(void *owner, const struct stream_event *event)
{
    (void)owner;
    (void)event;
    return true;
}

static void listen(const char *stream, size_t piece, struct delivered *ret)
{
    struct stream_listener listener;
    struct text rest = text_of(stream);
    stream_listener_init(&listener, ENDPOINT_MESSAGES, false, EVENT_MAX, pass, NULL);
    delivered_init(ret, EVENT_MAX);
    listener.delivered = ret;
    while (rest.len > 0) {
        const size_t len = piece < rest.len ? piece : rest.len;
        assert_true(stream_listener_feed(&listener, (struct text){ rest.data, len }));
        rest = (struct text){ rest.data + len, rest.len - len };
    }
    stream_listener_clear(&listener);
}

static void what_was_delivered_is_known_however_it_came(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t piece = 1; piece <= strlen(rows[i].stream); piece++) {
            struct delivered delivered;
            listen(rows[i].stream, piece, &delivered);
            if (!text_is(buffer_text(&delivered.words), rows[i].words) ||
                delivered.blocks != rows[i].blocks || delivered.open != rows[i].open ||
                delivered_is_fit(&delivered) != rows[i].is_fit)
                fail_msg("%s, by %zu bytes, gives %.*s, %zu blocks, open %d, fit %d",
                         rows[i].stream, piece, TEXT_ARGS(buffer_text(&delivered.words)),
                         delivered.blocks, delivered.open, delivered_is_fit(&delivered));
            delivered_clear(&delivered);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_delivered_is_known_however_it_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
