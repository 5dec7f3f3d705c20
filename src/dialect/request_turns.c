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
    reader->request.fields |= field_bit(FIELD_SYSTEM);
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

/* What follows on the value's text was counted and kept before, as it came. */
void request_count_words(struct request_reader *reader, const struct json_value *words)
{
    struct character_counts counts = { 0 };
    count_characters(&counts, words->text, words->wide);
    request_add_counts(&reader->request, &counts);
    if (words->rest > 0)
        request_add_counts(&reader->request, &reader->rest_counts);
}

static void append_words(struct request_reader *reader, struct excerpt_collector *collector,
                         const struct json_value *words)
{
    excerpt_collector_append_line(collector, reader->arena, words->text);
    if (words->rest > 0)
        excerpt_collector_join(collector, reader->arena, &reader->rest);
}

void request_add_words(struct request_reader *reader, const struct json_value *words)
{
    request_count_words(reader, words);
    append_words(reader, reader->turn, words);
}

void request_add_system_words(struct request_reader *reader, const struct json_value *words)
{
    request_count_words(reader, words);
    append_words(reader, &reader->system, words);
    if (words->text.len > 0)
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
