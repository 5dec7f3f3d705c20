/* reply.c - reads a reply that came whole: what it used, or the error it is. */
#include "dialect/openai.h"
#include "facts.h"

static struct text keep(struct arena *arena, const struct buffer *said)
{
    return said->len > 0 ? arena_text(arena, buffer_text(said)) : (struct text){ 0 };
}

/* A vector is not counted in tokens, so what was read is all that is to be paid. */
static struct usage usage_of(enum endpoint endpoint, struct usage said)
{
    if (endpoint == ENDPOINT_EMBEDDINGS && said.tokens_in >= 0 && said.tokens_out < 0)
        said.tokens_out = 0;
    return said;
}

/* The endpoints' names for tokens differ, but never mean different things: one table reads all. */
void reply_read(enum endpoint endpoint, struct text body, struct arena *arena,
                struct reply_facts *ret_facts)
{
    struct facts_reader reader;
    facts_reader_init(&reader);
    *ret_facts = (struct reply_facts){ .usage = USAGE_UNKNOWN };
    if (facts_read(&reader, body)) {
        ret_facts->is_json = true;
        ret_facts->usage = usage_of(endpoint, reader.facts.usage);
        ret_facts->is_error = reader.facts.has_error;
        ret_facts->error_message = keep(arena, &reader.error_message);
        ret_facts->error_code = keep(arena, &reader.error_code);
        ret_facts->error_type = keep(arena, &reader.error_type);
    }
    facts_reader_clear(&reader);
}
