/* outcomes.h - prompts that several models have answered, and how well each did: JSON Lines.
 *
 *     {"id": "…", "category": "math", "prompt": "…" (or "messages": […]),
 *      "models": {"gpt-4o": {"score": 0.0–1.0, "cost_usd": 0.0021, "tokens_in": 93,
 *                            "tokens_out": 310, "latency_ms": 2300}, …}}
 *
 * Files may be gzipped. `category` and everything about a model but its score may be left out, and
 * so may `models`, in examples that only teach tasks. Other members are passed over. */
#ifndef BOURSE_MEASURE_OUTCOMES_H
#define BOURSE_MEASURE_OUTCOMES_H

#include "base/arena.h"
#include "base/buffer.h"
#include "chat/request.h"
#include "predict/predictor.h"

#define OUTCOMES_LINE_MAX ((size_t)16 << 20)
#define OUTCOMES_ROWS_MAX 1000000

struct outcome { /* -1, or NAN for the score, where it is not known */
    float score;
    double cost; /* USD */
    int64_t tokens_in, tokens_out;
    double latency_ms;
};

struct outcome_row {
    const char *id, *category; /* NULL where absent */
    struct text body;          /* the request as a client would send it */
    const struct outcome *models;
    size_t model_count; /* those known when the row was read: later ones have no outcome here */
};

struct outcomes {
    struct arena *arena;
    struct outcome_row *rows;
    size_t row_count, row_room;
    const char *models[PREDICTOR_MODELS_MAX];
    size_t model_count;
    char digest[65]; /* SHA-256 of all lines, in hexadecimal */
    struct outcomes_hash *hash;
};

void outcomes_init(struct outcomes *outcomes, struct arena *arena);

/* False with "FILE:LINE: what" in *ret_why at the first thing that is wrong. */
bool outcomes_read_file(struct outcomes *outcomes, const char *path, const char **ret_why);
bool outcomes_read_text(struct outcomes *outcomes, struct text lines, const char *name,
                        const char **ret_why);
/* After the last file: `digest`. */
void outcomes_finish(struct outcomes *outcomes);

/* {.score = NAN} where the model has none in this row. */
struct outcome outcomes_find(const struct outcome_row *row, size_t model);

/* The request of a row, by the reader that serves clients. False where it refuses. */
bool outcome_request(const struct outcome_row *row, struct arena *arena,
                     struct chat_request *ret_request, const char **ret_why);

#endif
