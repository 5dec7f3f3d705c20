/* marks.c - how much of each text of a request is read for marks, and what it weighs. */
#include "lexicon.h"

/* The last user message says what is wanted; the system prompt and the turn before say less. */
#define WEIGHT_USER   1.0f
#define WEIGHT_SYSTEM 0.4f
#define WEIGHT_BEFORE 0.25f

/* The system prompt is often long and always the same: its beginning is enough. */
#define SYSTEM_READ_MAX 800
#define BEFORE_READ_MAX 400

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

void marks_read_user(struct marks *marks, const struct chat_request *request)
{
    read_excerpt(marks, &request->user, CHAT_EXCERPT_MAX, WEIGHT_USER);
}

void marks_read_around(struct marks *marks, const struct chat_request *request)
{
    read_excerpt(marks, &request->system, SYSTEM_READ_MAX, WEIGHT_SYSTEM);
    read_excerpt(marks, &request->before, BEFORE_READ_MAX, WEIGHT_BEFORE);
}
