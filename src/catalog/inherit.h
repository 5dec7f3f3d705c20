/* inherit.h - what a model takes over from the entry it names, inside the room. */
#ifndef BOURSE_CATALOG_INHERIT_H
#define BOURSE_CATALOG_INHERIT_H

#include "catalog/catalog.h"

/* The entry behind every model that names none: nothing is known. */
extern const struct model model_nothing_known;

/* Fills in whatever the model's YAML is silent about. */
void model_inherit(struct model *model, const struct model *entry);

#endif
