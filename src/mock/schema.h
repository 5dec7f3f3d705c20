/* schema.h - an example that satisfies a JSON Schema, for structured answers and tool arguments. */
#ifndef BOURSE_MOCK_SCHEMA_H
#define BOURSE_MOCK_SCHEMA_H

#include <jansson.h>

/* A new document; `{}` for no schema. Understands type, properties, items, enum, const, minimum,
 * minItems, anyOf, oneOf, allOf and $ref within the document. NULL only without memory. */
json_t *schema_example(const json_t *schema);

#endif
