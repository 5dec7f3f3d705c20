/* families.h - the page of metrics in parts, inside the room. */
#ifndef BOURSE_ADMIN_FAMILIES_H
#define BOURSE_ADMIN_FAMILIES_H

#include "admin/pages.h"

/* The head of a family, as the table of metrics.c describes it. */
void metrics_begin(struct buffer *out, const char *name);

/* The bearer tokens that providers' calls carry. */
void metrics_bearers(struct buffer *out, const struct page_facts *facts);

#endif
