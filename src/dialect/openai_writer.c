/* openai_writer.c - an answer in OpenAI's words: as chunks while it is said, or whole at its end.
 */
#include "openai_delta.h"
#include "units.h"

#define HEAD_MAX  ((size_t)8 << 10)
#define WHOLE_MAX ((size_t)64 << 20) /* of each text of a whole answer */

void openai_writer_init(struct openai_writer *writer, bool streamed,
                        const struct foreign_about *about, struct buffer *out)
{
    *writer = (struct openai_writer){
        .json = json_writer_of(out),
        .streamed = streamed,
        .about = about,
        .choice_count = 1,
        .tokens = { -1, -1, -1, -1, -1 },
    };
    buffer_init(&writer->head, HEAD_MAX);
    buffer_init(&writer->delta, HEAD_MAX);
    buffer_init(&writer->cited, WHOLE_MAX);
    buffer_init(&writer->block, WHOLE_MAX);
    buffer_init(&writer->input, WHOLE_MAX);
    for (size_t i = 0; i < OPENAI_CHOICES_MAX; i++) {
        struct openai_choice *choice = &writer->choices[i];
        buffer_init(&choice->words, WHOLE_MAX);
        buffer_init(&choice->thoughts, WHOLE_MAX);
        buffer_init(&choice->details, WHOLE_MAX);
        buffer_init(&choice->tool_calls, WHOLE_MAX);
        buffer_init(&choice->logprobs, WHOLE_MAX);
        buffer_init(&choice->annotations, WHOLE_MAX);
        buffer_init(&choice->blocks, WHOLE_MAX);
    }
}

void openai_writer_clear(struct openai_writer *writer)
{
    buffer_clear(&writer->head);
    buffer_clear(&writer->delta);
    buffer_clear(&writer->cited);
    buffer_clear(&writer->block);
    buffer_clear(&writer->input);
    for (size_t i = 0; i < OPENAI_CHOICES_MAX; i++) {
        struct openai_choice *choice = &writer->choices[i];
        buffer_clear(&choice->words);
        buffer_clear(&choice->thoughts);
        buffer_clear(&choice->details);
        buffer_clear(&choice->tool_calls);
        buffer_clear(&choice->logprobs);
        buffer_clear(&choice->annotations);
        buffer_clear(&choice->blocks);
    }
}

void openai_put_name(struct json_writer *json, const char *key, struct text inside,
                     const char *otherwise)
{
    put_key(json, key);
    put_open_string(json);
    if (inside.len > 0)
        put_inside(json, inside);
    else
        put_escaped(json, text_of(otherwise));
    put_close_string(json);
}

/* The members that all documents of the answer begin with; those that are too long are not the
 * provider's but ours. */
void openai_begin(struct openai_writer *writer, struct text id, struct text model)
{
    struct json_writer head = json_writer_of(&writer->head);
    if (writer->head.len > 0)
        return;
    if (writer->streamed)
        put_bytes(&head, text_of("data: "));
    put_open(&head, '{');
    openai_put_name(&head, "id", id.len <= HEAD_MAX / 4 ? id : (struct text){ 0 },
                    writer->about->id);
    put_word_member(&head, "object",
                    writer->streamed ? "chat.completion.chunk" : "chat.completion");
    put_count_member(&head, "created", writer->about->created);
    openai_put_name(&head, "model", model.len <= HEAD_MAX / 4 ? model : (struct text){ 0 },
                    writer->about->model);
}

void openai_choose(struct openai_writer *writer, size_t choice)
{
    writer->choice = choice < OPENAI_CHOICES_MAX ? choice : OPENAI_CHOICES_MAX - 1;
    if (writer->choice >= writer->choice_count)
        writer->choice_count = writer->choice + 1;
}

/* ---- chunks ---- */

void openai_put_head(struct openai_writer *writer)
{
    openai_begin(writer, (struct text){ 0 }, (struct text){ 0 });
    put_bytes(&writer->json, buffer_text(&writer->head));
    writer->json.wants_comma = true;
}

static void begin_delta(struct openai_writer *writer)
{
    struct json_writer *json = &writer->json;
    openai_put_head(writer);
    put_key(json, "choices");
    put_open(json, '[');
    put_open(json, '{');
    put_count_member(json, "index", (int64_t)writer->choice);
    put_key(json, "delta");
    put_open(json, '{');
}

/* Nearly all chunks are of the first choice and begin alike: they do with what the first of them
 * began. */
static void begin_usual_delta(struct openai_writer *writer)
{
    struct json_writer *json = &writer->json;
    const size_t start = json->out->len;
    if (writer->delta.len > 0) {
        put_bytes(json, buffer_text(&writer->delta));
        json->wants_comma = false;
        return;
    }
    begin_delta(writer);
    if (!json->full)
        buffer_append(&writer->delta, json->out->data + start, json->out->len - start);
}

void openai_open_delta(struct openai_writer *writer)
{
    if (writer->choice == 0)
        begin_usual_delta(writer);
    else
        begin_delta(writer);
    if (!openai_chosen(writer)->begun)
        put_word_member(&writer->json, "role", "assistant");
    openai_chosen(writer)->begun = true;
}

void openai_end_event(struct openai_writer *writer)
{
    put_close(&writer->json, '}');
    put_bytes(&writer->json, text_of("\n\n"));
}

void openai_close_delta(struct openai_writer *writer, const char *finish)
{
    static const struct text usual = TEXT("},\"finish_reason\":null}]}\n\n");
    struct json_writer *json = &writer->json;
    if (!finish) {
        put_bytes(json, usual);
        return;
    }
    put_close(json, '}');
    put_word_member(json, "finish_reason", finish);
    put_close(json, '}');
    put_close(json, ']');
    openai_end_event(writer);
}

static void put_delta(struct openai_writer *writer, const char *name, struct text inside)
{
    openai_open_delta(writer);
    openai_put_name(&writer->json, name, inside, "");
    openai_close_delta(writer, NULL);
}

/* ---- words ---- */

static void keep(struct openai_writer *writer, struct buffer *kept, struct text inside)
{
    if (!buffer_append_text(kept, inside))
        writer->json.full = true;
}

void openai_words(struct openai_writer *writer, struct text words)
{
    if (words.len == 0)
        return;
    openai_chosen(writer)->characters += units_characters(words);
    if (writer->streamed)
        put_delta(writer, "content", words);
    else
        keep(writer, &openai_chosen(writer)->words, words);
}

/* ---- thoughts ---- */

static void put_detail(const struct openai_writer *writer, struct json_writer *json,
                       const char *type, size_t block)
{
    put_open(json, '{');
    put_word_member(json, "type", type);
    if (writer->format)
        put_word_member(json, "format", writer->format);
    put_count_member(json, "index", (int64_t)block);
}

static void put_text_detail(const struct openai_writer *writer, struct json_writer *json,
                            size_t block, struct text thought, struct text signature)
{
    put_detail(writer, json, "reasoning.text", block);
    if (thought.len > 0)
        openai_put_name(json, "text", thought, "");
    if (signature.len > 0)
        openai_put_name(json, "signature", signature, "");
    put_close(json, '}');
}

static void put_thought_delta(struct openai_writer *writer, size_t block, struct text thought,
                              struct text signature)
{
    struct json_writer *json = &writer->json;
    openai_open_delta(writer);
    if (thought.len > 0)
        openai_put_name(json, "reasoning_content", thought, "");
    put_key(json, "reasoning_details");
    put_open(json, '[');
    put_text_detail(writer, json, block, thought, signature);
    put_close(json, ']');
    openai_close_delta(writer, NULL);
}

static struct json_writer details_of(struct openai_choice *choice)
{
    struct json_writer json = json_writer_of(&choice->details);
    json.wants_comma = choice->details.len > 0;
    return json;
}

void openai_thought(struct openai_writer *writer, size_t block, struct text thought,
                    struct text signature)
{
    struct openai_choice *choice = openai_chosen(writer);
    if (thought.len == 0 && signature.len == 0)
        return;
    if (writer->streamed) {
        put_thought_delta(writer, block, thought, signature);
        return;
    }
    struct json_writer details = details_of(choice);
    put_text_detail(writer, &details, block, thought, signature);
    writer->json.full = writer->json.full || details.full;
    keep(writer, &choice->thoughts, thought);
}

static void put_hidden_detail(const struct openai_writer *writer, struct json_writer *json,
                              size_t block, struct text data)
{
    put_detail(writer, json, "reasoning.encrypted", block);
    openai_put_name(json, "data", data, "");
    put_close(json, '}');
}

void openai_hidden_thought(struct openai_writer *writer, size_t block, struct text data)
{
    if (writer->streamed) {
        openai_open_delta(writer);
        put_key(&writer->json, "reasoning_details");
        put_open(&writer->json, '[');
        put_hidden_detail(writer, &writer->json, block, data);
        put_close(&writer->json, ']');
        openai_close_delta(writer, NULL);
        return;
    }
    struct json_writer details = details_of(openai_chosen(writer));
    put_hidden_detail(writer, &details, block, data);
    writer->json.full = writer->json.full || details.full;
}
