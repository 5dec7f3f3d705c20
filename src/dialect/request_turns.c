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

void request_add_words(struct request_reader *reader, struct text words)
{
    request_count_characters(&reader->request, words);
    excerpt_collector_append_line(reader->turn, reader->arena, words);
}

void request_add_system_words(struct request_reader *reader, struct text words)
{
    request_count_characters(&reader->request, words);
    excerpt_collector_append_line(&reader->system, reader->arena, words);
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
