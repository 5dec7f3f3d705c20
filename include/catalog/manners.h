/* manners.h - in what models of one family differ, where a request has to be written for them. */
#ifndef BOURSE_CATALOG_MANNERS_H
#define BOURSE_CATALOG_MANNERS_H

#include <stdbool.h>
#include <stdint.h>

struct chat_request;
struct model;

enum thinking_manner {
    THINKING_NONE,     /* cannot be asked for it */
    THINKING_BUDGET,   /* takes a number of tokens */
    THINKING_ADAPTIVE, /* takes an effort, and decides by itself */
};

enum sampling_manner {
    SAMPLING_FREE, /* takes temperature, top_p and top_k */
    SAMPLING_ONE,  /* temperature or top_p, not both */
    SAMPLING_NONE,
};

struct manner {
    const char *name; /* stands in what the provider calls the model */
    enum thinking_manner thinking;
    enum sampling_manner sampling;
};

/* It is one of Anthropic's, whoever runs it. */
bool model_is_claude(const struct model *model);

/* Never NULL. */
const struct manner *manner_of(const struct model *model);

/* What OpenAI's servers call the most tokens of this model's answer. */
const char *model_limit_name(const struct model *model);

/* What of a request is lost on its way to this model: a set of enum field (chat/fields.h). By its
 * provider's dialect, and by its own manner. */
uint64_t model_loses(const struct model *model, const struct chat_request *request);

#endif
