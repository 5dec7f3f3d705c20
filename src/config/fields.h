/* fields.h - from a node to the field of one key, for all types but those that hold objects. */
#ifndef BOURSE_CONFIG_FIELDS_H
#define BOURSE_CONFIG_FIELDS_H

#include "config/schema.h"

/* Fills the field, bounds checked; problems are reported and leave the field as it was. The key's
 * type is not OBJECT, LIST, MAP or CUSTOM. */
void field_read(struct schema_reading *reading, const struct schema_key *key,
                const struct yaml_node *node, void *field);

/* Reports that the node is not a value of the type; always false. */
bool field_is_wrong(struct schema_reading *reading, const struct yaml_node *node,
                    enum schema_type type);

#endif
