/* feedback_body.c - a small JSON object, of which nothing may be left unread: who misspells a
 * member is told. */
#include "feedback_body.h"

#include <jansson.h>
#include <string.h>

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

static struct complaint check_members(json_t *body, struct arena *arena)
{
    const char *name;
    json_t *value;
    json_object_foreach(body, name, value)
    {
        if (!is_member(name))
            return bad_value("is not a member of feedback: decision, request_id, score, comment",
                             arena_string(arena, name));
    }
    return (struct complaint){ FAIL_NONE, NULL, NULL };
}

static struct complaint read_id(const json_t *body, struct arena *arena, struct feedback *feedback)
{
    const json_t *decision = json_object_get(body, "decision");
    const json_t *request = json_object_get(body, "request_id");
    const json_t *id = decision ? decision : request;
    if (!decision == !request)
        return bad_value("name the answer by either decision or request_id", "decision");
    if (!json_is_string(id))
        return bad_value("must be a string", decision ? "decision" : "request_id");
    feedback->id =
        arena_text(arena, (struct text){ json_string_value(id), json_string_length(id) });
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

static struct complaint read_members(json_t *body, struct arena *arena, struct feedback *feedback)
{
    if (!json_is_object(body))
        return (struct complaint){ FAIL_BAD_JSON, "The body must be a JSON object.", NULL };
    struct complaint complaint = check_members(body, arena);
    if (!complaint.fail)
        complaint = read_id(body, arena, feedback);
    if (!complaint.fail)
        complaint = read_score(body, feedback);
    if (!complaint.fail)
        complaint = read_comment(body, feedback);
    return complaint;
}

struct complaint feedback_body_read(struct text body, struct arena *arena,
                                    struct feedback *ret_feedback)
{
    struct feedback feedback = { .score = 0 };
    json_error_t error;
    json_t *document =
        json_loadb(body.data ? body.data : "", body.len, JSON_REJECT_DUPLICATES, &error);
    struct complaint complaint = read_members(document, arena, &feedback);
    json_decref(document);
    if (!complaint.fail)
        *ret_feedback = feedback;
    return complaint;
}
