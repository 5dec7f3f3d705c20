/* endpoints.h - what can be asked of the mock, and the replies to it. */
#ifndef BOURSE_MOCK_ENDPOINTS_H
#define BOURSE_MOCK_ENDPOINTS_H

#include "prompt.h"
#include "reply.h"

/* 1 January 2026: the mock's answers are the same at any time. */
#define MOCK_CREATED  1767225600
#define MOCK_FAULT_AT 40 /* tokens before a fault in the middle of an answer */

/* Each fills the reply from a prompt whose model and body are known. */
typedef void endpoint_answer(struct prompt *prompt, struct reply *reply);

endpoint_answer chat_answer, legacy_answer, response_answer, embeddings_answer, moderations_answer;

void models_list(struct reply *reply);
void models_retrieve(struct reply *reply, struct text id);

/* A POST endpoint by its path, with or without /v1; NULL for others. */
endpoint_answer *endpoint_find(struct text path);

/* What stands around each token of a stream: the wait before it, and false where a fault ends the
 * answer before token number `index`. A bad event is put in on the way. */
int endpoint_token_wait(const struct prompt *prompt);
bool endpoint_goes_on(const struct prompt *prompt, struct reply *reply, int64_t index);

/* A reply that is not streamed, and whether a fault breaks it off. Takes the document. */
void endpoint_reply(const struct prompt *prompt, struct reply *reply, json_t *document);

/* Begins a stream of events; ends it, with [DONE] where the model's name does not forbid it. */
void endpoint_begin_stream(struct reply *reply);
void endpoint_done(const struct prompt *prompt, struct reply *reply);

/* usage of chat and legacy completions. */
json_t *endpoint_usage(const struct prompt *prompt, int64_t tokens_out);

/* Refuses the request where `wrong` names a member. */
bool endpoint_refuses(struct reply *reply, const char *wrong);

/* "prefix" and 16 hexadecimal digits of the seed, for ids. Returns id. */
#define ENDPOINT_ID_SIZE 48
const char *endpoint_id(char id[ENDPOINT_ID_SIZE], const char *prefix, uint64_t seed);

#endif
