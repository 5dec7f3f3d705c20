/* prepare.h - from a complete body to a decision: who may ask for what, and who should answer. */
#ifndef BOURSE_SERVE_PREPARE_H
#define BOURSE_SERVE_PREPARE_H

#include "exchange.h"

/* The client's own request id, for the log. */
void prepare_client_id(struct exchange *exchange);
void prepare_client_retry(struct exchange *exchange);

/* Reads the request, finds its route, decides. A failure may leave fail_message and fail_param. */
enum fail prepare(struct exchange *exchange);

#endif
