/* feedback.c - POST /v1/feedback: a caller says how good an answer was.
 *
 * A comment may hold anything that people write: it is counted, and neither kept nor logged. */
#include "feedback.h"

#include <jansson.h>

#include "answer.h"

/* What is wrong with a body; all NULL while nothing is. */
struct complaint {
    enum fail fail;
    const char *message, *param;
};

struct feedback {
    struct text id;
    double score;
    bool has_comment;
};

static const char *const members[] = { "decision", "request_id", "score", "comment" };

static bool is_member(const char *name)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (strcmp(members[i], name) == 0)
            return true;
    return false;
}

static struct complaint bad_value(const char *message, const char *param)
{
    return (struct complaint){ FAIL_BAD_VALUE, message, param };
}

static struct complaint check_members(struct exchange *exchange, json_t *body)
{
    const char *name;
    json_t *value;
    json_object_foreach(body, name, value)
    {
        if (!is_member(name))
            return bad_value("is not a member of feedback: decision, request_id, score, comment",
                             arena_string(&exchange->arena, name));
    }
    return (struct complaint){ FAIL_NONE, NULL, NULL };
}

static struct complaint read_id(const json_t *body, struct feedback *feedback)
{
    const json_t *decision = json_object_get(body, "decision");
    const json_t *request = json_object_get(body, "request_id");
    const json_t *id = decision ? decision : request;
    if (!decision == !request)
        return bad_value("name the answer by either decision or request_id", "decision");
    if (!json_is_string(id))
        return bad_value("must be a string", decision ? "decision" : "request_id");
    feedback->id = (struct text){ json_string_value(id), json_string_length(id) };
    return (struct complaint){ FAIL_NONE, NULL, NULL };
}

static struct complaint read_score(const json_t *body, struct feedback *feedback)
{
    const json_t *score = json_object_get(body, "score");
    feedback->score = json_number_value(score);
    if (!json_is_number(score) || !(feedback->score >= 0 && feedback->score <= 1))
        return bad_value("must be a number from 0 to 1", "score");
    return (struct complaint){ FAIL_NONE, NULL, NULL };
}

static struct complaint read_comment(const json_t *body, struct feedback *feedback)
{
    const json_t *comment = json_object_get(body, "comment");
    feedback->has_comment = json_string_length(comment) > 0;
    if (comment && !json_is_string(comment) && !json_is_null(comment))
        return bad_value("must be a string", "comment");
    return (struct complaint){ FAIL_NONE, NULL, NULL };
}

static struct complaint read_feedback(struct exchange *exchange, json_t *body,
                                      struct feedback *feedback)
{
    if (!json_is_object(body))
        return (struct complaint){ FAIL_BAD_JSON, "The body must be a JSON object.", NULL };
    struct complaint complaint = check_members(exchange, body);
    if (!complaint.fail)
        complaint = read_id(body, feedback);
    if (!complaint.fail)
        complaint = read_score(body, feedback);
    if (!complaint.fail)
        complaint = read_comment(body, feedback);
    return complaint;
}

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
    struct text text = buffer_text(&exchange->body);
    struct feedback feedback = { .score = 0 };
    json_error_t error;
    json_t *body = json_loadb(text.data ? text.data : "", text.len, JSON_REJECT_DUPLICATES, &error);
    struct complaint complaint = read_feedback(exchange, body, &feedback);
    if (complaint.fail)
        exchange_refuse(exchange, complaint.fail, complaint.message, complaint.param);
    else
        answer(exchange, &feedback);
    json_decref(body);
}
