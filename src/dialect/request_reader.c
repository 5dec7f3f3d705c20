/* request_reader.c - follows the scan through a body and finds the row for each value. */
#include "request_reader.h"

#include <assert.h>

#include "dialect/voice.h"
#include "request_turns.h"

/* Shorter bodies are complete before a scan of their pieces would have been of use. */
#define SCAN_EARLY_FROM ((size_t)16 << 10)

static const struct member whole_body = {
    .kinds = 1 << JSON_OBJECT,
    .inside = &request_body_place,
};

static const struct member whole_relayed_body = {
    .kinds = 1 << JSON_OBJECT,
    .inside = &request_relayed_place,
};

/* Of a path that is only relayed, the members' meaning is the provider's affair. */
static bool is_lenient(const struct request_reader *reader)
{
    return reader->request.endpoint == ENDPOINT_RELAYED;
}

static enum fail fail_at(struct request_reader *reader, const char *param, const char *message)
{
    request_fail(reader, FAIL_BAD_VALUE, message);
    reader->problem.param = param;
    return reader->fail;
}

/* ---- what goes and what stays ---- */

bool request_add_splice(struct request_reader *reader, enum splice_kind kind, size_t start,
                        size_t end)
{
    struct chat_request *request = &reader->request;
    if (request->splice_count == CHAT_SPLICES_MAX)
        return request_refuse(reader, "is repeated too often");
    request->splices = arena_room_for_one(reader->arena, request->splices, request->splice_count,
                                          sizeof(*request->splices));
    request->splices[request->splice_count++] = (struct splice){ kind, { start, end } };
    return true;
}

struct text *request_add_name(struct request_reader *reader, struct chat_names *names)
{
    names->items =
        arena_room_for_one(reader->arena, names->items, names->count, sizeof(*names->items));
    return &names->items[names->count++];
}

/* Behind a member that stays, one of ours goes with the comma before it; in front of all that stay,
 * it goes with the comma after it, up to the next name. So one comma goes with each. */
static bool end_member(struct request_reader *reader, struct reading_frame *frame, size_t end)
{
    bool goes = frame->row && frame->row->ours;
    bool fine = true;
    if (!goes) {
        frame->has_kept = true;
    } else if (frame->has_kept) {
        fine = request_add_splice(reader, SPLICE_REMOVE, frame->member_end, end);
    } else {
        frame->removing = true;
        frame->remove_start = frame->name_start;
    }
    frame->member_end = end;
    return fine;
}

static bool end_removing(struct request_reader *reader, struct reading_frame *frame, size_t end)
{
    if (!frame->removing)
        return true;
    frame->removing = false;
    return request_add_splice(reader, SPLICE_REMOVE, frame->remove_start, end);
}

/* ---- one value after the other ---- */

static struct reading_frame *top(struct request_reader *reader)
{
    return reader->depth > 0 ? &reader->frames[reader->depth - 1] : NULL;
}

static const struct member *find_row(const struct request_reader *reader, const struct place *place,
                                     struct text name)
{
    uint32_t endpoint = 1u << reader->request.endpoint;
    for (size_t i = 0; i < place->member_count; i++) {
        const struct member *row = &place->members[i];
        if (text_equal(row->name, name) && (!row->endpoints || row->endpoints & endpoint))
            return row;
    }
    return place->rest;
}

/* Only these are ever said in another language. */
static bool notes_unknown(const struct request_reader *reader, const struct reading_frame *frame)
{
    enum endpoint endpoint = reader->request.endpoint;
    return frame->place->notes_unknown && (endpoint == ENDPOINT_CHAT || voice_of(endpoint));
}

static bool on_name(struct request_reader *reader, const struct json_value *value)
{
    struct reading_frame *frame = top(reader);
    const struct place *place = frame->place;
    if (!end_removing(reader, frame, value->start))
        return false;
    frame->name_start = value->start;
    frame->row = find_row(reader, place, value->text);
    if (place->counts_names)
        request_count_words(reader, value);
    bool is_unknown = notes_unknown(reader, frame) && !frame->row;
    frame->name = (struct text){ 0 };
    if (!place->keeps_names && !is_unknown)
        return true;
    if (value->text.len > REQUEST_NAME_MAX)
        return is_unknown || request_refuse(reader, "has a name above %d bytes", REQUEST_NAME_MAX);
    frame->name = arena_text(reader->arena, value->text);
    return true;
}

static bool end_value(struct request_reader *reader, size_t end)
{
    struct reading_frame *frame = top(reader);
    if (!frame)
        return true;
    if (!frame->is_array)
        return end_member(reader, frame, end);
    frame->items++;
    return true;
}

static bool on_container_end(struct request_reader *reader, const struct json_value *value)
{
    if ((size_t)value->depth == reader->depth)
        return end_value(reader, value->end); /* it was passed over */

    struct reading_frame *frame = top(reader);
    const struct member *owner = frame->owner;
    if (!end_removing(reader, frame, frame->member_end))
        return false;
    if (reader->depth == 1) {
        reader->request.body_end = value->start;
        reader->request.body_empty = !frame->has_kept;
    }
    reader->depth--;
    if (owner->field && frame->items == 0 && frame->member_end == 0)
        reader->request.fields &= ~field_bit(owner->field);
    if (owner->leave && !owner->leave(reader, owner, value))
        return false;
    return end_value(reader, value->end);
}

static const struct member *row_of_value(struct request_reader *reader)
{
    const struct reading_frame *frame = top(reader);
    if (!frame)
        return is_lenient(reader) ? &whole_relayed_body : &whole_body;
    return frame->is_array ? frame->place->item : frame->row;
}

#define FRAMES_FIRST 8 /* few bodies are nested deeper in what is looked at */

/* The scan's own limit on depth bounds them. */
static void make_room_for_frame(struct request_reader *reader)
{
    if (reader->depth < reader->frame_room)
        return;
    size_t room = reader->frame_room ? 2 * reader->frame_room : FRAMES_FIRST;
    struct reading_frame *frames = arena_array(reader->own, room, sizeof(*frames));
    for (size_t i = 0; i < reader->depth; i++)
        frames[i] = reader->frames[i];
    reader->frames = frames;
    reader->frame_room = room;
}

static void enter(struct request_reader *reader, const struct member *row, enum json_kind kind)
{
    make_room_for_frame(reader);
    reader->frames[reader->depth++] = (struct reading_frame){
        .place = row->inside,
        .owner = row,
        .is_array = kind == JSON_ARRAY,
    };
}

/* Of a container that is empty it is taken back at its end. */
static void note_field(struct request_reader *reader, const struct member *row,
                       const struct json_value *value)
{
    if (!row->field || value->kind == JSON_NULL)
        return;
    struct text written = value->text;
    reader->request.named |= field_bit(row->field);
    if (value->kind == JSON_BOOL)
        written = text_of(value->truth ? "true" : "false");
    if (!field_is_neutral(row->field, written))
        reader->request.fields |= field_bit(row->field);
}

static void note_unknown(struct request_reader *reader, const struct json_value *value)
{
    const struct reading_frame *frame = top(reader);
    struct chat_names *unknown = &reader->request.unknown;
    if (!frame || !notes_unknown(reader, frame) || value->kind == JSON_NULL)
        return;
    reader->request.fields |= field_bit(FIELD_OTHER);
    if (frame->name.len > 0 && unknown->count < CHAT_MODELS_MAX)
        *request_add_name(reader, unknown) = frame->name;
}

static bool on_begin(struct request_reader *reader, const struct json_value *value)
{
    bool is_container = value->kind == JSON_OBJECT || value->kind == JSON_ARRAY;
    const struct member *row = row_of_value(reader);
    if (!row)
        note_unknown(reader, value);
    if (row && !(row->kinds & 1u << value->kind)) {
        if (reader->depth == 0 && !is_lenient(reader)) {
            request_fail(reader, FAIL_BAD_JSON, "The body must be a JSON object.");
            return false;
        }
        if (value->kind != JSON_NULL && !is_lenient(reader))
            return request_refuse_kind(reader, row->kinds);
        row = NULL;
    }
    if (row && row->take && !row->take(reader, row, value))
        return false;
    if (row)
        note_field(reader, row, value);
    if (row && row->inside && is_container)
        enter(reader, row, value->kind);
    return is_container || end_value(reader, value->end);
}

/* Inside of something that nobody wants to know. */
static bool is_passed_over(const struct request_reader *reader, const struct json_value *value)
{
    return (size_t)value->depth > reader->depth;
}

/* A text that is cut is long enough to be refused as a name, and fills the head of an excerpt. */
static_assert(JSON_TEXT_KEPT > REQUEST_NAME_MAX && JSON_TEXT_KEPT >= EXCERPT_HALF, "kept enough");
static_assert(JSON_TEXT_KEPT > REQUEST_NUMBER_MAX, "a cut number is refused");

static bool take_value(struct request_reader *reader, const struct json_value *value)
{
    if (value->kind == JSON_NUMBER && value->text.len > REQUEST_NUMBER_MAX)
        return request_refuse_number(reader);
    if (is_passed_over(reader, value))
        return true;
    if (value->kind == JSON_KEY)
        return on_name(reader, value);
    if (value->kind == JSON_OBJECT_END || value->kind == JSON_ARRAY_END)
        return on_container_end(reader, value);
    return on_begin(reader, value);
}

static bool on_value(void *owner, const struct json_value *value)
{
    struct request_reader *reader = owner;
    const bool fine = take_value(reader, value);
    if (value->rest > 0) {
        reader->rest_counts = (struct character_counts){ 0 };
        excerpt_collector_reset(&reader->rest);
    }
    return fine;
}

/* Whether anybody wants it is known with the value. */
static bool on_part(void *owner, const struct json_value *part)
{
    struct request_reader *reader = owner;
    if (is_passed_over(reader, part))
        return true;
    count_characters(&reader->rest_counts, part->text, part->wide);
    excerpt_collector_append(&reader->rest, reader->arena, part->text);
    return true;
}

/* ---- the three calls ---- */

static void end_scan(void *owner)
{
    struct request_reader *reader = owner;
    json_scan_free(reader->scan);
    reader->scan = NULL;
}

struct request_reader *request_reader_new(enum endpoint endpoint, struct arena *arena)
{
    return request_reader_apart(endpoint, arena, arena);
}

struct request_reader *request_reader_apart(enum endpoint endpoint, struct arena *own,
                                            struct arena *arena)
{
    struct request_reader *reader = arena_new(own, struct request_reader);
    reader->own = own;
    reader->arena = arena;
    reader->request.endpoint = endpoint;
    reader->request.n = 1;
    reader->request.max_output_tokens = -1;
    reader->request.wishes.max_price_in = reader->request.wishes.max_price_out = -1;
    reader->request.answer_value = reader->request.second_cost = reader->request.max_cost = -1;
    reader->request.num_retries = -1;
    reader->request.timeout_ms = -1;
    reader->scan = json_scan_new(on_value, reader);
    if (!reader->scan) {
        request_fail(reader, FAIL_OVERLOADED, NULL);
        return reader;
    }
    json_scan_tell_parts(reader->scan, on_part);
    arena_at_end(own, end_scan, reader);
    return reader;
}

/* The reader's own failures have their words already. */
static enum fail note_scan_failure(struct request_reader *reader, enum fail fail)
{
    if (!fail || reader->fail)
        return reader->fail;
    if (fail == FAIL_TOO_DEEP)
        return request_fail(reader, fail,
                            arena_printf(reader->arena,
                                         "The body is nested more than %d levels deep.",
                                         JSON_DEPTH_MAX));
    if (fail != FAIL_BAD_JSON)
        return request_fail(reader, fail, NULL);
    return request_fail(reader, fail,
                        json_scan_is_not_utf8(reader->scan) ? "The body is not valid UTF-8."
                                                            : "The body is not valid JSON.");
}

static enum fail scan_what_arrived(struct request_reader *reader, struct text body)
{
    if (reader->scanned == body.len)
        return reader->fail;
    const struct text piece = { body.data + reader->scanned, body.len - reader->scanned };
    reader->scanned = body.len;
    return note_scan_failure(reader, json_scan_feed(reader->scan, piece));
}

/* A body that is short waits for its end. */
enum fail request_reader_feed(struct request_reader *reader, struct text body, size_t fed)
{
    if (reader->fail || fed >= body.len || body.len < SCAN_EARLY_FROM)
        return reader->fail;
    return scan_what_arrived(reader, body);
}

static void finish_names(struct request_reader *reader)
{
    struct chat_request *request = &reader->request;
    request->session = reader->session_id.len > 0 ? reader->session_id : reader->prompt_cache_key;
    request->user_id = reader->user.len > 0 ? reader->user : reader->safety_identifier;
}

/* OpenRouter's `models` may stand for `model`, or repeat it first; the rest are fallbacks. */
static enum fail finish_fallbacks(struct request_reader *reader)
{
    struct chat_request *request = &reader->request;
    size_t first = 0;
    if (reader->models.count > 0 && request->model.len == 0)
        request->model = reader->models.items[0];
    if (reader->models.count > 0 && text_equal(request->model, reader->models.items[0]))
        first = 1;
    const size_t of_models = reader->models.count - first;
    if (of_models + reader->fallbacks.count > CHAT_MODELS_MAX)
        return fail_at(reader, "fallbacks", "`models` and `fallbacks` together are too many.");
    struct chat_names *names = &request->fallbacks;
    for (size_t i = first; i < reader->models.count; i++)
        *request_add_name(reader, names) = reader->models.items[i];
    for (size_t i = 0; i < reader->fallbacks.count; i++)
        *request_add_name(reader, names) = reader->fallbacks.items[i];
    return FAIL_NONE;
}

static void finish_needs(struct request_reader *reader)
{
    struct chat_request *request = &reader->request;
    if (request->tools == 0)
        return;
    request->needs |= NEED_TOOLS | (reader->parallel_tools ? NEED_PARALLEL_TOOLS : 0);
    request->has |= HAS_TOOLS;
}

enum fail request_reader_finish(struct request_reader *reader, struct text body,
                                struct chat_request *ret_request)
{
    if (reader->fail)
        return reader->fail;
    bool is_nothing = is_lenient(reader) && body.len == 0;
    if (!is_nothing && (scan_what_arrived(reader, body) ||
                        note_scan_failure(reader, json_scan_finish(reader->scan))))
        return reader->fail;
    end_scan(reader); /* larger than all else here, and a stream may go on for minutes */
    if (reader->request.endpoint == ENDPOINT_CHAT && !reader->has_messages)
        return fail_at(reader, "messages", "`messages` must be an array.");
    if (finish_fallbacks(reader))
        return reader->fail;
    finish_names(reader);
    finish_needs(reader);
    request_read_turns(reader);
    *ret_request = reader->request;
    return FAIL_NONE;
}

const struct reading_problem *request_reader_problem(const struct request_reader *reader)
{
    return reader->problem.message ? &reader->problem : NULL;
}
