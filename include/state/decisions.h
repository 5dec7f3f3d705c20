/* decisions.h - the last decisions, by id, for whoever asks why. Bounded in number and in bytes;
 * the oldest leaves first. Any thread may keep and find. */
#ifndef BOURSE_STATE_DECISIONS_H
#define BOURSE_STATE_DECISIONS_H

#include "route/router.h"
#include "state/hedges.h"
#include "state/rescues.h"

#define DECISIONS_MAX    250
#define DECISION_ID_SIZE 40

struct decisions;

struct decisions *decisions_new(void);
void decisions_free(struct decisions *decisions);

/* Keeps a deep copy. */
void decisions_keep(struct decisions *decisions, const char *id, const struct decision *decision);

/* How the answer went on whose stream broke: `rescue` of the explanation. Nothing where the
 * decision is no longer kept. */
void decisions_note_rescue(struct decisions *decisions, const char *id,
                           const struct rescue_note *note);

/* What became of a second attempt: `hedge` of the explanation. The same. */
void decisions_note_hedge(struct decisions *decisions, const char *id,
                          const struct hedge_note *note);

/* The explanation as a new reference, or NULL when it is not among the last ones. */
json_t *decisions_explain(struct decisions *decisions, struct text id);

/* ---- those of a process whose place we have taken ---- */

/* The explanations of all that are kept, behind what the file holds already. */
void decisions_print(struct decisions *decisions, int fd);

/* Where a former process prints its own: they are found beside ours, also those that it prints
 * later. The descriptor is taken. Called before others look for decisions. */
void decisions_take_former(struct decisions *decisions, int fd);

#endif
