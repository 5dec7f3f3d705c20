/* voices.h - any bytes as a request of a client whose language is VOICE, an endpoint, and as what
 * it is answered.
 *
 * What is written is JSON whatever was read, each event's data are one line of it, and a stream
 * gives the same however it is cut. The first byte chooses what the rest is taken for. */
#ifndef BOURSE_TESTS_FUZZ_VOICES_H
#define BOURSE_TESTS_FUZZ_VOICES_H

#include <assert.h>

#include "dialect/voice.h"
#include "wire/json_tree.h"
#include "wire/sse.h"

#define EVENT_MAX 4096

static const struct voice_about about = {
    .question = TEXT("{\n\"tools\": [\r\n{\"a\": 1}],\n\"temperature\": 0.5}"),
    .id = "req_1",
    .wants_usage = true,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Arguments, which were a string, may be nested deeper than the document may be around them. */
static void assert_json(struct text document)
{
    struct json_tree tree;
    json_tree_init(&tree, 1 << 20, 60);
    enum fail fail = json_tree_read(&tree, document);
    assert(fail == FAIL_NONE || fail == FAIL_TOO_DEEP);
    json_tree_clear(&tree);
}

static void ask(struct text body)
{
    static const struct chat_aim aims[] = {
        { .limit = "max_tokens" },
        { .model = "gpt-x", .limit = "max_completion_tokens", .may_reason = true },
    };
    for (size_t i = 0; i < sizeof(aims) / sizeof(aims[0]); i++) {
        struct buffer out;
        const char *why = NULL;
        buffer_init(&out, 0);
        if (voice_to_chat(voice_of(VOICE), body, &aims[i], &out, &why))
            assert(why);
        else
            assert_json(buffer_text(&out));
        buffer_clear(&out);
    }
}

static void hear_reply(struct text body)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    if (voice_reply(voice_of(VOICE), &about, body, &out))
        assert_json(buffer_text(&out));
    out.len = 0;
    if (voice_error_of(voice_of(VOICE), body, "req_1", &out))
        assert_json(buffer_text(&out));
    buffer_clear(&out);
}

static void hear_in_pieces(struct text bytes, size_t piece, struct buffer *out)
{
    buffer_init(out, 1 << 22);
    struct voice_writer *writer = voice_writer_new(voice_of(VOICE), &about, EVENT_MAX);
    bool fed = true;
    for (size_t at = 0; at < bytes.len && fed; at += piece) {
        size_t left = bytes.len - at;
        fed = voice_events(writer, (struct text){ bytes.data + at, piece < left ? piece : left },
                           out);
    }
    voice_end(writer, out);
    voice_writer_free(writer);
}

static bool check_event(void *owner, const struct sse_event *event)
{
    (void)owner;
    if (event->data_lines > 0 && !text_is(event->data, "[DONE]")) {
        assert(event->data_lines == 1);
        assert_json(event->data);
    }
    return true;
}

static void check_events(struct text events)
{
    struct sse sse;
    sse_init(&sse, 1 << 22, check_event, NULL);
    assert(sse_feed(&sse, events));
    sse_clear(&sse);
}

static void hear_stream(struct text bytes)
{
    struct buffer whole, cut;
    hear_in_pieces(bytes, bytes.len + 1, &whole);
    check_events(buffer_text(&whole));
    for (size_t piece = 1; piece <= 3; piece += 2) {
        hear_in_pieces(bytes, piece, &cut);
        assert(text_equal(buffer_text(&whole), buffer_text(&cut)));
        buffer_clear(&cut);
    }
    buffer_clear(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct text bytes = { (const char *)data + 1, size - 1 };
    if (data[0] % 3 == 0)
        ask(bytes);
    else if (data[0] % 3 == 1)
        hear_reply(bytes);
    else
        hear_stream(bytes);
    return 0;
}

#endif
