/* models.c - the models that the mock lists: an ordinary one, and one for each fault. */
#include "endpoints.h"

#define ORDINARY "mock"

static json_t *model_of(const char *id, const char *doc)
{
    return json_pack("{s:s, s:s, s:i, s:s, s:s}", "id", id, "object", "model", "created",
                     MOCK_CREATED, "owned_by", "bourse-mock", "description", doc);
}

void models_list(struct reply *reply)
{
    json_t *data = json_array();
    json_array_append_new(data, model_of(ORDINARY, "answers"));
    for (size_t i = 0; i < faults_count; i++)
        json_array_append_new(data, model_of(faults[i].name, faults[i].doc));
    reply_json(reply, 200, json_pack("{s:s, s:o}", "object", "list", "data", data));
}

void models_retrieve(struct reply *reply, struct text id)
{
    const struct fault *fault = fault_find(id).fault;
    if (text_is(id, ORDINARY))
        reply_json(reply, 200, model_of(ORDINARY, "answers"));
    else if (fault->kind != FAULT_NONE)
        reply_json(reply, 200, model_of(fault->name, fault->doc));
    else
        reply_error(reply, 404, "not_found_error", "model", "model_not_found",
                    "The model does not exist.");
}
