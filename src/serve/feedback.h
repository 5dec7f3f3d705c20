/* feedback.h - POST /v1/feedback: a caller says how good an answer was. */
#ifndef BOURSE_SERVE_FEEDBACK_H
#define BOURSE_SERVE_FEEDBACK_H

struct exchange;

#define FEEDBACK_BODY_MAX 16384 /* bytes */

void url_feedback(struct exchange *exchange);

#endif
