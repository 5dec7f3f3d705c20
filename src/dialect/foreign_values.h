/* foreign_values.h - values of a chat that other languages want in another form. */
#ifndef BOURSE_DIALECT_FOREIGN_VALUES_H
#define BOURSE_DIALECT_FOREIGN_VALUES_H

#include "wire/json_writer.h"

/* `data:image/png;base64,AAAA`, taken apart; of any other address the data are empty. Insides of
 * JSON strings, all of them. */
struct data_url {
    struct text media_type, data;
};

struct data_url data_url_of(struct text url);

/* The arguments of a call, which are a string that holds an object, as that object. Some models
 * write nothing, or something else: that becomes an empty one, or one with a member `otherwise`. */
void put_object_member(struct json_writer *json, const char *name, struct text inside,
                       const char *otherwise);

#endif
