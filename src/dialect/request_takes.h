/* request_takes.h - how a value is taken: the verbs that the rows of request_members.c name. */
#ifndef BOURSE_DIALECT_REQUEST_TAKES_H
#define BOURSE_DIALECT_REQUEST_TAKES_H

#include "request_reader.h"

/* Into the reader's field at the row's offset, of the type that stands behind the name. */
member_take take_text;    /* struct text */
member_take take_bool;    /* bool */
member_take take_amount;  /* double, zero or more */
member_take take_count;   /* int, zero or more */
member_take take_seconds; /* int64_t milliseconds, from seconds */
member_take take_names;   /* struct chat_names, emptied: its items follow */
member_take take_name;    /* one item of it */

member_take take_model;
member_take take_choices;
member_take take_max_tokens;
member_take take_logprobs;
member_take take_top_logprobs;
member_take take_include;
member_take take_stream_options;
member_take leave_stream_options;
member_take take_include_usage;
member_take take_metadata;
member_take take_tags;
member_take take_sort;
member_take refuse_unknown;

member_take take_messages;
member_take leave_messages;
member_take take_message;
member_take leave_message;
member_take take_role;
member_take take_words;
member_take take_part_type;
member_take take_item_type;
member_take take_image_address;
member_take take_temperature;
member_take take_stop;
member_take take_modality;
member_take take_tool_type;
member_take take_instructions;
member_take take_prompt;
member_take leave_prompt;
member_take take_prompt_item;
member_take take_input;

member_take take_tool;
member_take take_format_type;
member_take take_counted; /* text that the model reads and that nobody else needs */

#endif
