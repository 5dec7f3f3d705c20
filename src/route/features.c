/* features.c - reads a request's features: one pass over the excerpts, arithmetic over the counts.
 */
#include "route/features.h"

#include "classifier.h"
#include "language.h"

/* The last user message says what is wanted; the system prompt and the turn before say less. */
#define WEIGHT_USER   1.0f
#define WEIGHT_SYSTEM 0.4f
#define WEIGHT_BEFORE 0.25f

/* The system prompt is often long and always the same: its beginning is enough. */
#define SYSTEM_READ_MAX 800
#define BEFORE_READ_MAX 400

/* Characters for a token, by script: what usual tokenizers need, and what a bad one needs. */
static const struct density {
    double likely, safe;
} ascii = { 4, 3 }, latin = { 2.5, 1.5 }, cjk = { 1.2, 0.7 }, other = { 2, 1 };

#define TOKENS_IMAGE      800 /* a picture of middle size */
#define TOKENS_IMAGE_SAFE 1600
#define TOKENS_TURN       4 /* the frame around each message */
#define TOKENS_TOOL_FRAME 12
#define TOKENS_START      3

static void read_excerpt(struct marks *marks, const struct excerpt *excerpt, size_t max,
                         float weight)
{
    struct text head = excerpt->head;
    if (head.len > max)
        head.len = max;
    marks_read(marks, head, weight);
    if (excerpt->tail.len && max > head.len)
        marks_read(marks, excerpt->tail, weight);
}

static double count_tokens(const struct chat_request *request, bool safe)
{
#define TOKENS(script) ((double)request->chars_##script / (safe ? (script).safe : (script).likely))
    double tokens = TOKENS(ascii) + TOKENS(latin) + TOKENS(cjk) + TOKENS(other);
#undef TOKENS
    return tokens + TOKENS_START + (double)request->turns * TOKENS_TURN +
           (double)request->tools * TOKENS_TOOL_FRAME;
}

static void estimate_tokens(const struct chat_request *request, struct features *features)
{
    features->tokens_images = (int64_t)request->images * TOKENS_IMAGE;
    features->tokens_in = (int64_t)count_tokens(request, false) + features->tokens_images;
    features->tokens_images_safe = (int64_t)request->images * TOKENS_IMAGE_SAFE;
    features->tokens_in_safe = (int64_t)count_tokens(request, true) + features->tokens_images_safe;
}

static enum task likeliest(const float probability[TASK_COUNT])
{
    int best = 0;
    for (int task = 1; task < TASK_COUNT; task++) {
        if (probability[task] > probability[best])
            best = task;
    }
    return (enum task)best;
}

void features_read(const struct chat_request *request, struct features *ret_features)
{
    struct marks marks = { .bytes = 0 };
    read_excerpt(&marks, &request->user, CHAT_EXCERPT_MAX, WEIGHT_USER);
    ret_features->language = language_of(request->user.head, &marks);
    ret_features->code_language = code_language_of(&marks);
    read_excerpt(&marks, &request->system, SYSTEM_READ_MAX, WEIGHT_SYSTEM);
    read_excerpt(&marks, &request->before, BEFORE_READ_MAX, WEIGHT_BEFORE);
    classifier_read(request, &marks, ret_features->task_probability);
    ret_features->task = likeliest(ret_features->task_probability);
    estimate_tokens(request, ret_features);
}
