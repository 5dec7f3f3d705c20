/* stream.c - listens to a streamed reply as it is passed on: what kind each event is, and its
 * bytes. */
#include <stdlib.h>

#include "dialect/openai.h"
#include "dialect/stitch.h"
#include "facts.h"
#include "shape.h"
#include "wire/sse.h"

struct stream_parser {
    struct sse sse;
    struct facts_reader reader;
    struct shape shape;                      /* of the event that was read last */
    struct buffer rewritten;                 /* an event that lost its `usage` member */
    uint64_t choices_seen, choices_finished; /* over all events; a bit for each index */
    bool stopped;                            /* by the sink, or by an event that was too large */
};

/* What tells the kinds apart: choices, or the names of events. */
static bool is_made_of_chunks(enum endpoint endpoint)
{
    return endpoint == ENDPOINT_CHAT || endpoint == ENDPOINT_COMPLETIONS;
}

static enum stream_event_kind kind_of_chunk(const struct facts *facts)
{
    if (facts->choices_finished)
        return STREAM_FINISH;
    if (facts->said)
        return STREAM_DELTA;
    return facts->has_usage && !facts->has_choices ? STREAM_USAGE : STREAM_OPENING;
}

static enum stream_event_kind kind_of_typed(const struct facts *facts)
{
    static const enum stream_event_kind kinds[] = {
        [TYPE_NONE] = STREAM_OPENING,      [TYPE_DELTA] = STREAM_DELTA,
        [TYPE_FINISH] = STREAM_FINISH,     [TYPE_ERROR] = STREAM_ERROR,
        [TYPE_END] = STREAM_DONE,          [TYPE_BLOCK_BEGIN] = STREAM_OPENING,
        [TYPE_BLOCK_END] = STREAM_OPENING,
    };
    return kinds[facts->type];
}

static enum stream_event_kind kind_of(const struct stream_listener *listener)
{
    const struct facts *facts = &listener->parser->reader.facts;
    if (facts->has_error)
        return STREAM_ERROR;
    return is_made_of_chunks(listener->endpoint) ? kind_of_chunk(facts) : kind_of_typed(facts);
}

static void take_tokens(int64_t *known, int64_t said)
{
    if (said >= 0)
        *known = said;
}

static void learn_usage(struct usage *known, const struct usage *said)
{
    take_tokens(&known->tokens_in, said->tokens_in);
    take_tokens(&known->tokens_cached, said->tokens_cached);
    take_tokens(&known->tokens_out, said->tokens_out);
    take_tokens(&known->tokens_reasoning, said->tokens_reasoning);
}

/* Of several choices all that were begun must have ended: each has a finish_reason of its own. */
static void learn_choices(struct stream_listener *listener, const struct facts *facts)
{
    struct stream_parser *parser = listener->parser;
    parser->choices_seen |= facts->choices_seen;
    parser->choices_finished |= facts->choices_finished;
    if (parser->choices_finished)
        listener->finished = parser->choices_finished == parser->choices_seen;
}

/* Of Anthropic's streams the reason of the end is one event, and the end another. */
static void learn_type(struct stream_listener *listener, enum stream_event_kind kind,
                       enum fact_type type)
{
    bool is_end = kind == STREAM_FINISH || type == TYPE_ERROR || type == TYPE_END;
    bool more_follows = listener->endpoint == ENDPOINT_MESSAGES && kind == STREAM_FINISH;
    listener->failed = listener->failed || (type == TYPE_ERROR && !listener->finished);
    listener->finished = listener->finished || is_end;
    listener->done = listener->done || (is_end && !more_follows);
}

static void learn(struct stream_listener *listener, enum stream_event_kind kind)
{
    const struct facts *facts = &listener->parser->reader.facts;
    learn_usage(&listener->usage, &facts->usage);
    if (is_made_of_chunks(listener->endpoint))
        learn_choices(listener, facts);
    else
        learn_type(listener, kind, facts->type);
}

/* One line of data: the event's bytes without those of the member. */
static void cut_in_place(struct buffer *out, struct text event, struct span member)
{
    buffer_append(out, event.data, member.start);
    buffer_append(out, event.data + member.end, event.len - member.end);
}

/* Several: the places are those of the joined data, which is written anew as one event. */
static void cut_and_join(struct buffer *out, struct text data, struct span member)
{
    buffer_append_string(out, "data: ");
    for (size_t i = 0; i < data.len; i++) {
        if (i >= member.start && i < member.end)
            continue;
        if (data.data[i] == '\n')
            buffer_append_string(out, "\ndata: ");
        else
            buffer_append(out, data.data + i, 1);
    }
    buffer_append_string(out, "\n\n");
}

static size_t data_at(const struct sse_event *event)
{
    return (size_t)(event->data.data - event->bytes.data);
}

/* In an event whose document begins there. */
static struct span moved_by(struct span span, size_t document_at)
{
    return (struct span){ document_at + span.start, document_at + span.end };
}

static struct span usage_member(const struct stream_parser *parser, size_t document_at)
{
    return moved_by(parser->reader.facts.usage_member, document_at);
}

static struct text without_usage(struct stream_parser *parser, const struct sse_event *event)
{
    parser->rewritten.len = 0;
    if (event->data_lines == 1)
        cut_in_place(&parser->rewritten, event->bytes, usage_member(parser, data_at(event)));
    else
        cut_and_join(&parser->rewritten, event->data, usage_member(parser, 0));
    return buffer_text(&parser->rewritten);
}

static bool hides_usage(const struct stream_listener *listener)
{
    return listener->hide_usage && is_made_of_chunks(listener->endpoint) &&
           listener->parser->reader.facts.usage_member.end > 0;
}

/* What the client gets of an event that was understood. */
static struct text bytes_of(const struct stream_listener *listener, const struct sse_event *event,
                            enum stream_event_kind kind)
{
    if (!hides_usage(listener))
        return event->bytes;
    return kind == STREAM_USAGE ? (struct text){ 0 } : without_usage(listener->parser, event);
}

/* What was read of a document stands in the reader's facts. */
static struct stream_event say_what_was_read(struct stream_listener *listener)
{
    const struct facts_reader *reader = &listener->parser->reader;
    struct stream_event heard = { .kind = kind_of(listener), .count = 1 };
    learn(listener, heard.kind);
    if (heard.kind == STREAM_ERROR) {
        heard.error_message = buffer_text(&reader->error_message);
        heard.error_code = buffer_text(&reader->error_code);
        heard.error_type = buffer_text(&reader->error_type);
    }
    return heard;
}

static bool tell(struct stream_listener *listener, const struct stream_event *heard)
{
    if (heard->kind != STREAM_COMMENT && heard->bytes.len > 0)
        listener->events += heard->count;
    return listener->sink(listener->owner, heard);
}

/* ---- events that are read ---- */

static struct stream_event understand(struct stream_listener *listener,
                                      const struct sse_event *event)
{
    struct stream_parser *parser = listener->parser;
    shape_forget(&parser->shape);
    if (!facts_read(&parser->reader, event->data)) {
        listener->malformed++;
        return (struct stream_event){ .kind = STREAM_MALFORMED, .count = 1 };
    }
    if (event->data_lines == 1)
        shape_learn(&parser->shape, event->bytes, data_at(event), &parser->reader);
    if (listener->delivered)
        delivered_note(listener->delivered, event->data, &parser->reader.facts);
    struct stream_event heard = say_what_was_read(listener);
    heard.document = event->data;
    heard.bytes = bytes_of(listener, event, heard.kind);
    return heard;
}

static bool on_event(void *owner, const struct sse_event *event)
{
    struct stream_listener *listener = owner;
    struct stream_event heard = { .bytes = event->bytes, .count = 1 };
    if (event->data_lines == 0) {
        heard.kind = STREAM_COMMENT;
    } else if (text_is(text_trim(event->data), "[DONE]")) {
        heard.kind = STREAM_DONE;
        listener->done = true;
    } else {
        heard = understand(listener, event);
    }
    return tell(listener, &heard);
}

/* ---- events that are like the one that was read last ---- */

/* The length of the next one, 0 where what follows is another, and where in it are its parts. */
static size_t alike_len(const struct stream_listener *listener, struct text rest,
                        struct span ret_spans[SHAPE_SPANS])
{
    const struct stream_parser *parser = listener->parser;
    const size_t at = parser->shape.data_at;
    ret_spans[SHAPE_USAGE] = usage_member(parser, at);
    ret_spans[SHAPE_WORDS] = moved_by(parser->reader.facts.words, at);
    size_t len = shape_match(&parser->shape, rest, ret_spans);
    return len <= listener->max_event ? len : 0;
}

/* What else there is to know of them was noted of the event that was read. */
static void keep_words(const struct stream_listener *listener, struct text event, struct span words)
{
    if (listener->delivered && listener->parser->reader.facts.words.end > 0)
        delivered_add(listener->delivered,
                      (struct text){ event.data + words.start + 1, words.end - words.start - 2 });
}

static struct text take(struct text *rest, size_t len)
{
    struct text taken = { rest->data, len };
    rest->data += len;
    rest->len -= len;
    return taken;
}

static bool pass_one_without_usage(struct stream_listener *listener, struct text event,
                                   struct span usage)
{
    struct stream_event heard = say_what_was_read(listener);
    struct buffer *rewritten = &listener->parser->rewritten;
    rewritten->len = 0;
    if (heard.kind != STREAM_USAGE)
        cut_in_place(rewritten, event, usage);
    heard.bytes = buffer_text(rewritten);
    return tell(listener, &heard);
}

static bool pass_each_without_usage(struct stream_listener *listener, struct text *rest)
{
    struct span spans[SHAPE_SPANS];
    for (size_t len; (len = alike_len(listener, *rest, spans)) > 0;) {
        keep_words(listener, *rest, spans[SHAPE_WORDS]);
        if (!pass_one_without_usage(listener, take(rest, len), spans[SHAPE_USAGE]))
            return false;
    }
    return true;
}

/* All that follow each other are passed on in one. */
static bool pass_alike(void *owner, struct text *rest)
{
    struct stream_listener *listener = owner;
    if (listener->one_by_one)
        return true;
    if (hides_usage(listener))
        return pass_each_without_usage(listener, rest);
    struct text behind = *rest;
    struct span spans[SHAPE_SPANS];
    size_t count = 0;
    for (size_t len; (len = alike_len(listener, behind, spans)) > 0; count++) {
        keep_words(listener, behind, spans[SHAPE_WORDS]);
        take(&behind, len);
    }
    if (count == 0)
        return true;
    struct stream_event heard = say_what_was_read(listener);
    heard.count = count;
    heard.bytes = take(rest, rest->len - behind.len);
    return tell(listener, &heard);
}

void stream_listener_init(struct stream_listener *listener, enum endpoint endpoint, bool hide_usage,
                          size_t max_event, stream_sink *sink, void *owner)
{
    *listener = (struct stream_listener){ .endpoint = endpoint,
                                          .hide_usage = hide_usage,
                                          .max_event = max_event,
                                          .sink = sink,
                                          .owner = owner,
                                          .usage = USAGE_UNKNOWN };
    listener->parser = calloc(1, sizeof(*listener->parser));
    if (!listener->parser)
        abort();
    sse_init(&listener->parser->sse, max_event, on_event, listener);
    listener->parser->sse.shortcut = pass_alike;
    shape_init(&listener->parser->shape);
    facts_reader_init(&listener->parser->reader);
    /* Of lines without a space after their colon, joining makes longer ones: by six for each. */
    buffer_init(&listener->parser->rewritten, 8 * max_event + 16);
}

void stream_listener_clear(struct stream_listener *listener)
{
    if (!listener->parser)
        return;
    sse_clear(&listener->parser->sse);
    facts_reader_clear(&listener->parser->reader);
    shape_clear(&listener->parser->shape);
    buffer_clear(&listener->parser->rewritten);
    free(listener->parser);
    listener->parser = NULL;
}

bool stream_listener_feed(struct stream_listener *listener, struct text bytes)
{
    struct stream_parser *parser = listener->parser;
    if (parser->stopped || sse_feed(&parser->sse, bytes))
        return !parser->stopped;
    parser->stopped = true;
    if (parser->sse.too_large)
        listener->sink(listener->owner,
                       &(struct stream_event){ .kind = STREAM_TOO_LARGE, .count = 1 });
    return false;
}
