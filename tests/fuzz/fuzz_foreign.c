/* fuzz_foreign.c - any bytes as a request to, and an answer from, a provider of another language.
 *
 * What is written is JSON whatever was read, and a stream gives the same however it is cut. The
 * first byte chooses the language and what the rest is taken for. */
#include <assert.h>

#include "catalog/catalog.h"
#include "dialect/foreign.h"
#include "dialect/openai.h"
#include "wire/json_tree.h"

#define EVENT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct foreign_about about = { .created = 1, .id = "req_1", .model = "m" };
static const char *const names[DIALECT_COUNT] = { [DIALECT_ANTHROPIC] = "claude-sonnet-4-5",
                                                  [DIALECT_GEMINI] = "gemini-3-flash",
                                                  [DIALECT_BEDROCK] = "amazon.nova-pro-v1:0" };

/* Arguments, which were a string, may be nested deeper than the document may be around them. */
static void assert_json(struct text document)
{
    struct json_tree tree;
    json_tree_init(&tree, 1 << 20, 60);
    enum fail fail = json_tree_read(&tree, document);
    assert(fail == FAIL_NONE || fail == FAIL_TOO_DEEP);
    json_tree_clear(&tree);
}

static void ask(enum provider_dialect dialect, struct text body)
{
    const struct model model = { .upstream_model = names[dialect],
                                 .context_window = 1000,
                                 .max_output_tokens = 5000 };
    struct arena arena;
    struct buffer out;
    struct chat_request request;
    arena_init(&arena);
    buffer_init(&out, 0);
    struct request_reader *reader = request_reader_new(ENDPOINT_CHAT, &arena);
    const struct foreign_question question = {
        .request = &request, .body = body, .last_message = body, .model = &model
    };
    if (!request_reader_feed(reader, body, 0) && !request_reader_finish(reader, body, &request) &&
        !foreign_write(foreign_of(dialect), &question, &out))
        assert_json(buffer_text(&out));
    buffer_clear(&out);
    arena_clear(&arena);
}

static void hear_vectors(const struct foreign *foreign, const char *question, struct text body)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    if (foreign_embeddings(foreign, &about, text_of(question), body, &out))
        assert_json(buffer_text(&out));
    buffer_clear(&out);
}

static void hear_reply(const struct foreign *foreign, struct text body)
{
    struct buffer out;
    buffer_init(&out, 1 << 20);
    if (foreign_reply(foreign, &about, body, &out))
        assert_json(buffer_text(&out));
    out.len = 0;
    foreign_error(foreign, body, &out);
    if (foreign == foreign_of(DIALECT_GEMINI)) {
        hear_vectors(foreign, "{}", body);
        hear_vectors(foreign, "{\"encoding_format\":\"base64\"}", body);
    }
    assert_json(buffer_text(&out));
    buffer_clear(&out);
}

static bool keep(void *owner, struct text events)
{
    return buffer_append_text(owner, events);
}

static void hear_in_pieces(const struct foreign *foreign, struct text bytes, size_t piece,
                           struct buffer *out)
{
    buffer_init(out, 1 << 22);
    struct foreign_stream *stream = foreign_stream_new(foreign, &about, EVENT_MAX, keep, out);
    bool fed = true;
    for (size_t at = 0; at < bytes.len && fed; at += piece) {
        size_t left = bytes.len - at;
        fed = foreign_stream_feed(stream,
                                  (struct text){ bytes.data + at, piece < left ? piece : left });
    }
    foreign_stream_end(stream);
    foreign_stream_free(stream);
}

static void hear_stream(const struct foreign *foreign, struct text bytes)
{
    struct buffer whole, cut;
    hear_in_pieces(foreign, bytes, bytes.len + 1, &whole);
    for (size_t piece = 1; piece <= 3; piece += 2) {
        hear_in_pieces(foreign, bytes, piece, &cut);
        assert(text_equal(buffer_text(&whole), buffer_text(&cut)));
        buffer_clear(&cut);
    }
    buffer_clear(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum provider_dialect dialect = (enum provider_dialect)(data[0] / 4 % DIALECT_COUNT);
    struct text bytes = { (const char *)data + 1, size - 1 };
    if (!foreign_of(dialect))
        dialect = DIALECT_ANTHROPIC;
    const struct foreign *foreign = foreign_of(dialect);
    if (data[0] % 4 == 0)
        ask(dialect, bytes);
    else if (data[0] % 4 == 1)
        hear_reply(foreign, bytes);
    else
        hear_stream(foreign, bytes);
    return 0;
}
