/* features.c - reads a request's features: one pass over the excerpts, arithmetic over the counts.
 */
#include "route/features.h"

#include "classifier.h"
#include "language.h"

/* Characters for a token, by script: what usual tokenizers need, and what a bad one needs. */
static const struct density {
    double likely, safe;
} ascii = { 4, 3 }, latin = { 2.5, 1.5 }, cjk = { 1.2, 0.7 }, other = { 2, 1 };

#define TOKENS_IMAGE      800 /* a picture of middle size */
#define TOKENS_IMAGE_SAFE 1600
#define TOKENS_TURN       4 /* the frame around each message */
#define TOKENS_TOOL_FRAME 12
#define TOKENS_START      3

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
    marks_read_user(&marks, request);
    ret_features->language = language_of(request->user.head, &marks);
    ret_features->code_language = code_language_of(&marks);
    marks_read_around(&marks, request);
    classifier_read(request, &marks, ret_features->task_probability);
    ret_features->task = likeliest(ret_features->task_probability);
    estimate_tokens(request, ret_features);
}
