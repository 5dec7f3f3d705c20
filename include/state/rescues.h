/* rescues.h - how streams that broke went on with another model: what is counted and remembered. */
#ifndef BOURSE_STATE_RESCUES_H
#define BOURSE_STATE_RESCUES_H

enum rescue_kind {
    RESCUE_NONE,
    RESCUE_CONTINUE, /* asked to go on from what was delivered */
    RESCUE_RESTART,  /* asked anew, what was delivered is skipped */
    RESCUE_KINDS
};

enum rescue_outcome {
    RESCUE_COMPLETED,
    RESCUE_REFUSED,  /* it would not go on from what was delivered */
    RESCUE_DIFFERED, /* it said something else than what was delivered */
    RESCUE_FAILED,   /* it failed as any attempt can */
    RESCUE_OUTCOMES
};

/* As logs, metrics and explanations call them. */
const char *rescue_kind_name(enum rescue_kind kind);
const char *rescue_outcome_name(enum rescue_outcome outcome);

/* The last one of an exchange. */
struct rescue_note {
    enum rescue_kind kind;
    enum rescue_outcome outcome;
    const char *from, *by; /* names of models */
};

#endif
