/* request_turns.c - keeps the last user's turn, the turn before it, and what the system says. */
#include "request_turns.h"

/* Four are enough: at most three turns are held while another is read. */
static struct excerpt_collector *free_collector(struct request_reader *reader)
{
    struct excerpt_collector *collector = reader->turns;
    while (collector == reader->latest || collector == reader->user_turn ||
           collector == reader->before_turn)
        collector++;
    return collector;
}

void request_begin_turn(struct request_reader *reader)
{
    reader->turn = free_collector(reader);
    excerpt_collector_reset(reader->turn);
    reader->turn_role = TURN_OTHER;
    reader->request.turns++;
}

static void end_system_turn(struct request_reader *reader)
{
    struct excerpt turn = excerpt_collector_read(reader->turn, reader->arena);
    struct excerpt_collector *system = &reader->system;
    excerpt_collector_append_line(system, reader->arena, turn.head);
    excerpt_collector_append(system, reader->arena, turn.tail);
    system->total += turn.total - turn.head.len - turn.tail.len;
    reader->request.has |= HAS_SYSTEM;
}

void request_end_turn(struct request_reader *reader)
{
    if (reader->turn_role == TURN_SYSTEM) {
        end_system_turn(reader);
        return;
    }
    if (reader->turn_role == TURN_USER) {
        reader->before_turn = reader->latest;
        reader->user_turn = reader->turn;
    }
    reader->latest = reader->turn;
}

void request_count_words(struct request_reader *reader, struct text words)
{
    if (reader->body.len > 0)
        request_add_counts(&reader->request, &reader->string.counts);
    else
        request_count_characters(&reader->request, words);
}

/* What follows the head of a long string, or the end of that. */
static void append_rest(struct request_reader *reader, struct excerpt_collector *collector,
                        size_t head_len)
{
    const struct request_string *string = &reader->string;
    const size_t total = collector->total - head_len + string->read.text;
    size_t at = string->last_part.at;
    if (at < reader->string_rest)
        at = reader->string_rest;
    char part[1024];
    size_t len;
    while ((len = request_string_decode(string, reader->body, &at, part, sizeof(part))) > 0)
        excerpt_collector_append(collector, reader->arena, (struct text){ part, len });
    collector->total = total;
}

static void append_words(struct request_reader *reader, struct excerpt_collector *collector,
                         struct text words)
{
    excerpt_collector_append_line(collector, reader->arena, words);
    if (reader->body.len > 0)
        append_rest(reader, collector, words.len);
}

void request_add_words(struct request_reader *reader, struct text words)
{
    request_count_words(reader, words);
    append_words(reader, reader->turn, words);
}

void request_add_system_words(struct request_reader *reader, struct text words)
{
    request_count_words(reader, words);
    append_words(reader, &reader->system, words);
    if (words.len > 0)
        reader->request.has |= HAS_SYSTEM;
}

void request_read_turns(struct request_reader *reader)
{
    struct chat_request *request = &reader->request;
    request->system = excerpt_collector_read(&reader->system, reader->arena);
    if (reader->user_turn)
        request->user = excerpt_collector_read(reader->user_turn, reader->arena);
    if (reader->before_turn)
        request->before = excerpt_collector_read(reader->before_turn, reader->arena);
}
