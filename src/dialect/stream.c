/* stream.c - listens to a streamed reply as it is passed on: what kind each event is, and its
 * bytes. */
#include <stdlib.h>

#include "dialect/openai.h"
#include "facts.h"
#include "wire/sse.h"

struct stream_parser {
    struct sse sse;
    struct facts_reader reader;
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
        [TYPE_NONE] = STREAM_OPENING,
        [TYPE_DELTA] = STREAM_DELTA,
        [TYPE_FINISH] = STREAM_FINISH,
        [TYPE_ERROR] = STREAM_ERROR,
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

static void learn(struct stream_listener *listener, enum stream_event_kind kind)
{
    const struct facts *facts = &listener->parser->reader.facts;
    learn_usage(&listener->usage, &facts->usage);
    if (is_made_of_chunks(listener->endpoint))
        learn_choices(listener, facts);
    else if (kind == STREAM_FINISH || facts->type == TYPE_ERROR)
        listener->finished = listener->done = true;
}

/* One line of data: the event's bytes without those of the member. */
static void cut_in_place(struct buffer *out, const struct sse_event *event, struct span member)
{
    size_t data_at = (size_t)(event->data.data - event->bytes.data);
    size_t rest = data_at + member.end;
    buffer_append(out, event->bytes.data, data_at + member.start);
    buffer_append(out, event->bytes.data + rest, event->bytes.len - rest);
}

/* Several: the places are those of the joined data, which is written anew as one event. */
static void cut_and_join(struct buffer *out, const struct sse_event *event, struct span member)
{
    buffer_append_string(out, "data: ");
    for (size_t i = 0; i < event->data.len; i++) {
        if (i >= member.start && i < member.end)
            continue;
        if (event->data.data[i] == '\n')
            buffer_append_string(out, "\ndata: ");
        else
            buffer_append(out, event->data.data + i, 1);
    }
    buffer_append_string(out, "\n\n");
}

static struct text without_usage(struct stream_listener *listener, const struct sse_event *event)
{
    struct stream_parser *parser = listener->parser;
    struct span member = parser->reader.facts.usage_member;
    parser->rewritten.len = 0;
    if (event->data_lines == 1)
        cut_in_place(&parser->rewritten, event, member);
    else
        cut_and_join(&parser->rewritten, event, member);
    return buffer_text(&parser->rewritten);
}

/* What the client gets of an event that was understood. */
static struct text bytes_of(struct stream_listener *listener, const struct sse_event *event,
                            enum stream_event_kind kind)
{
    if (!listener->hide_usage || !is_made_of_chunks(listener->endpoint))
        return event->bytes;
    if (kind == STREAM_USAGE)
        return (struct text){ 0 };
    if (listener->parser->reader.facts.usage_member.end > 0)
        return without_usage(listener, event);
    return event->bytes;
}

static struct stream_event understand(struct stream_listener *listener,
                                      const struct sse_event *event)
{
    const struct facts_reader *reader = &listener->parser->reader;
    if (!facts_read(&listener->parser->reader, event->data)) {
        listener->malformed++;
        return (struct stream_event){ .kind = STREAM_MALFORMED };
    }
    enum stream_event_kind kind = kind_of(listener);
    learn(listener, kind);
    struct stream_event understood = { .kind = kind, .bytes = bytes_of(listener, event, kind) };
    if (kind == STREAM_ERROR) {
        understood.error_message = buffer_text(&reader->error_message);
        understood.error_code = buffer_text(&reader->error_code);
        understood.error_type = buffer_text(&reader->error_type);
    }
    return understood;
}

static bool on_event(void *owner, const struct sse_event *event)
{
    struct stream_listener *listener = owner;
    struct stream_event heard = { .bytes = event->bytes };
    if (event->data_lines == 0) {
        heard.kind = STREAM_COMMENT;
    } else if (text_is(text_trim(event->data), "[DONE]")) {
        heard.kind = STREAM_DONE;
        listener->done = true;
    } else {
        heard = understand(listener, event);
    }
    listener->events += event->data_lines > 0 && heard.bytes.len > 0;
    return listener->sink(listener->owner, &heard);
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
        listener->sink(listener->owner, &(struct stream_event){ .kind = STREAM_TOO_LARGE });
    return false;
}
