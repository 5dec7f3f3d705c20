/* gemini.c - Google's generateContent: its address, and the members of its body. */
#include "gemini.h"

#include "catalog/catalog.h"
#include "foreign_values.h"

/* ---- the address ---- */

/* Names are sometimes written with the collection that they stand in. */
const char *gemini_resource(const char *model, bool in_address, struct arena *arena)
{
    static const char *const collections[] = { "models/", "tunedModels/" };
    const char *name = model, *collection = collections[0];
    for (size_t i = 0; i < sizeof(collections) / sizeof(collections[0]); i++) {
        if (!text_starts(text_of(model), collections[i]))
            continue;
        collection = collections[i];
        name += strlen(collection);
        break;
    }
    return arena_printf(arena, "%s%s", collection, in_address ? path_segment(name, arena) : name);
}

static const char *verb_of(const struct foreign_question *question)
{
    const bool is_predicted = gemini_vectors_of(question->model) == VECTORS_PREDICTED;
    if (question->request->endpoint == ENDPOINT_EMBEDDINGS)
        return is_predicted ? "predict" : "batchEmbedContents";
    return question->request->stream ? "streamGenerateContent?alt=sse" : "generateContent";
}

static struct text path(const struct foreign_question *question, struct arena *arena)
{
    return text_of(arena_printf(arena, "/%s:%s",
                                gemini_resource(question->model->upstream_model, true, arena),
                                verb_of(question)));
}

/* ---- the body ---- */

/* Members of Google's own that clients send in the hope of a Gemini. */
static const struct {
    const char *name, *google;
} own_rows[] = {
    { "safetySettings", "safetySettings" },
    { "safety_settings", "safetySettings" },
    { "cachedContent", "cachedContent" },
    { "cached_content", "cachedContent" },
};

static void put_own(struct foreign_writing *writing)
{
    for (size_t i = 0; i < sizeof(own_rows) / sizeof(own_rows[0]); i++) {
        const struct json_node *own = gemini_member(writing, own_rows[i].name);
        if (json_is_given(own))
            put_raw_member(&writing->json, own_rows[i].google, json_raw(&writing->tree, own));
    }
}

static const struct {
    const char *openai, *google;
} tier_rows[] = {
    { "default", "standard" },
    { "flex", "flex" },
    { "priority", "priority" },
};

static void put_tier(struct foreign_writing *writing)
{
    const struct json_node *tier = gemini_member(writing, "service_tier");
    for (size_t i = 0; i < sizeof(tier_rows) / sizeof(tier_rows[0]); i++)
        if (json_is(&writing->tree, tier, tier_rows[i].openai))
            put_word_member(&writing->json, "serviceTier", tier_rows[i].google);
}

static enum fail write(struct foreign_writing *writing)
{
    put_open(&writing->json, '{');
    gemini_put_turns(writing);
    gemini_put_tools(writing);
    gemini_put_config(writing);
    put_tier(writing);
    put_own(writing);
    put_close(&writing->json, '}');
    return FAIL_NONE;
}

#define ANSWER_LEVELS 8 /* the arguments of calls are copied, likely tokens are read */

const struct foreign foreign_gemini = {
    .name = "gemini",
    .write = write,
    .path = path,
    .thought_format = GEMINI_FORMAT,
    .answer_levels = ANSWER_LEVELS,
    .state_size = sizeof(struct gemini_state),
    .read_event = gemini_read_event,
    .read_end = gemini_read_end,
    .read_reply = gemini_read_reply,
    .read_error = gemini_read_error,
    .write_embeddings = gemini_write_embeddings,
    .read_embeddings = gemini_read_embeddings,
};
