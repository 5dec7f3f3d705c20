/* marks.c - how much of each text of a request is read for marks, and what it weighs. */
#include "lexicon.h"

/* The last user message says what is wanted; the system prompt and the turn before say less. */
#define WEIGHT_USER   1.0f
#define WEIGHT_SYSTEM 0.4f
#define WEIGHT_BEFORE 0.25f

/* Of a long message both ends are enough, for small words as well. */
#define USER_READ_MAX 1200

/* The system prompt is often long and always the same: its beginning is enough. */
#define SYSTEM_READ_MAX 800
#define BEFORE_READ_MAX 400

static void read_beginning(struct marks *marks, const struct excerpt *excerpt, size_t max,
                           float weight)
{
    struct text head = excerpt->head;
    if (head.len > max)
        head.len = max;
    marks_read(marks, head, weight);
}

void marks_read_user(struct marks *marks, const struct chat_request *request)
{
    struct excerpt user = excerpt_within(&request->user, USER_READ_MAX);
    marks_read(marks, user.head, WEIGHT_USER);
    marks_read(marks, user.tail, WEIGHT_USER);
}

void marks_read_around(struct marks *marks, const struct chat_request *request)
{
    read_beginning(marks, &request->system, SYSTEM_READ_MAX, WEIGHT_SYSTEM);
    read_beginning(marks, &request->before, BEFORE_READ_MAX, WEIGHT_BEFORE);
}
