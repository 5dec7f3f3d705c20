/* request_turns.h - whose words a conversation's texts are, and which of them are kept. */
#ifndef BOURSE_DIALECT_REQUEST_TURNS_H
#define BOURSE_DIALECT_REQUEST_TURNS_H

#include "request_reader.h"

/* The role may be read after the words: until the end, a turn is nobody's. */
void request_begin_turn(struct request_reader *reader);
void request_end_turn(struct request_reader *reader);

/* The text of a string or name, all of it: characters that the model reads. */
void request_count_words(struct request_reader *reader, const struct json_value *words);

/* Words of the turn; they are counted too. */
void request_add_words(struct request_reader *reader, const struct json_value *words);
void request_add_system_words(struct request_reader *reader, const struct json_value *words);

/* Fills the excerpts of the reader's request. */
void request_read_turns(struct request_reader *reader);

#endif
