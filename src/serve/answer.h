/* answer.h - what goes to the client: whole replies, streams, errors, and their headers. */
#ifndef BOURSE_SERVE_ANSWER_H
#define BOURSE_SERVE_ANSWER_H

#include "exchange.h"

/* The failure in exchange->fail as OpenAI's error JSON. */
void answer_error(struct exchange *exchange);
/* The provider's reply with the provider's status, byte for byte. */
void answer_provider(struct exchange *exchange, struct text body);
/* The decision as JSON: POST /v1/route. */
void answer_decision(struct exchange *exchange);
/* JSON of our own; takes the reference. */
void answer_json(struct exchange *exchange, int status, json_t *json);

/* The response begins: from now on the client is sent what is put into the outbox. */
void answer_stream_begin(struct exchange *exchange, int status);
/* The end of a stream that is complete; adds the [DONE] that a provider forgot. */
void answer_stream_end(struct exchange *exchange);
/* The end of one that is not: the error inside the stream, and no [DONE]. */
void answer_stream_cut(struct exchange *exchange);

/* Keeps those headers of its reply that a client may see. */
void answer_keep_headers(struct attempt *attempt);

/* Hands the response to libmicrohttpd; only inside its access handler. */
enum MHD_Result answer_queue(struct exchange *exchange);

#endif
