/* feedback.c - POST /v1/feedback: a caller says how good an answer was.
 *
 * A comment may hold anything that people write: it is counted, and neither kept nor logged. */
#include "feedback.h"

#include <jansson.h>

#include "answer.h"
#include "feedback_body.h"

static enum fail take(struct exchange *exchange, const struct feedback *feedback,
                      struct rated *ret_rated)
{
    static const enum fail fails[] = { [RATING_TAKEN] = FAIL_NONE,
                                       [RATING_UNKNOWN] = FAIL_UNKNOWN_DECISION,
                                       [RATING_AGAIN] = FAIL_ALREADY_RATED };
    struct server *server = exchange->worker->server;
    const char *caller = exchange->caller ? exchange->caller->object.name : NULL;
    enum rating rating =
        answers_rate(server->answers, server->live, feedback->id, caller, ret_rated);
    if (rating == RATING_TAKEN) {
        live_note_feedback(ret_rated->slot, ret_rated->task, feedback->score,
                           exchange->worker->now_ms);
        counter_add(&server->totals->feedback_comments, feedback->has_comment);
    }
    return fails[rating];
}

static void answer(struct exchange *exchange, const struct feedback *feedback)
{
    struct rated rated;
    enum fail fail = take(exchange, feedback, &rated);
    if (fail)
        exchange_refuse(exchange, fail, NULL, NULL);
    else
        answer_json(exchange, 200,
                    json_pack("{s:s, s:s, s:s, s:f}", "object", "feedback", "model",
                              live_model_name(rated.slot), "task", task_name(rated.task), "score",
                              feedback->score));
}

void url_feedback(struct exchange *exchange)
{
    struct feedback feedback;
    struct complaint complaint =
        feedback_body_read(buffer_text(&exchange->body), &exchange->arena, &feedback);
    if (complaint.fail)
        exchange_refuse(exchange, complaint.fail, complaint.message, complaint.param);
    else
        answer(exchange, &feedback);
}
