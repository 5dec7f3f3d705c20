/* sessions.c - a hash table of two words for a session, without locks.
 *
 * The first word of an entry is its key xor the second word. A reader that meets a half-written
 * entry, or one of another session, finds that the words do not fit together and has found nothing
 * (Hyatt and Mann's way of sharing a table of chess positions). */
#include "state/sessions.h"

#include <stdlib.h>

#include "base/random.h"
#include "slot.h"

#define SETS ((size_t)1 << 14)
#define WAYS 4 /* a set fills a cache line; the oldest of it makes room */

/* seconds (30 bits) | tokens in sixteens (20 bits) | index of the slot (14 bits) */
#define SLOT_BITS    14
#define TOKEN_BITS   20
#define TOKEN_GRAIN  16
#define SECONDS_BITS 30

/* The clock begins with the machine, and a session may be older than that. Also, no entry that was
 * written is 0. */
#define SECONDS_BEFORE ((int64_t)1 << 28)

_Static_assert(SETS *WAYS == SESSIONS_MAX, "a place is a way of a set");
_Static_assert(LIVE_SLOTS_MAX < 1 << SLOT_BITS, "a slot's index has its place in the word");

struct entry {
    _Atomic uint64_t key_and_word, word;
};

struct sessions {
    uint64_t seed;
    struct entry sets[SETS][WAYS];
};

struct sessions *sessions_new(void)
{
    struct sessions *sessions = calloc(1, sizeof(*sessions));
    if (!sessions)
        abort();
    random_bytes(&sessions->seed, sizeof(sessions->seed));
    return sessions;
}

void sessions_free(struct sessions *sessions)
{
    free(sessions);
}

uint64_t sessions_key(const struct sessions *sessions, const char *caller, struct text session)
{
    if (session.len == 0)
        return 0;
    struct text name = text_of(caller);
    uint64_t whose = hash_bytes(name.data, name.len, sessions->seed);
    uint64_t key = hash_bytes(session.data, session.len, whose);
    return key ? key : 1;
}

static uint64_t pack(uint32_t index, int64_t tokens, int64_t now_ms)
{
    uint64_t grains = tokens > 0 ? (uint64_t)tokens / TOKEN_GRAIN : 0;
    uint64_t most = (1 << TOKEN_BITS) - 1;
    uint64_t seconds = (uint64_t)(now_ms / 1000 + SECONDS_BEFORE) & ((1 << SECONDS_BITS) - 1);
    return seconds << (TOKEN_BITS + SLOT_BITS) | (grains < most ? grains : most) << SLOT_BITS |
           index;
}

static int64_t seconds_of(uint64_t word)
{
    return (int64_t)(word >> (TOKEN_BITS + SLOT_BITS)) - SECONDS_BEFORE;
}

static uint32_t index_of(uint64_t word)
{
    return word & ((1 << SLOT_BITS) - 1);
}

static uint64_t word_of(const struct entry *entry)
{
    return atomic_load_explicit(&entry->word, memory_order_relaxed);
}

static bool is_of(const struct entry *entry, uint64_t word, uint64_t key)
{
    return (atomic_load_explicit(&entry->key_and_word, memory_order_relaxed) ^ word) == key;
}

static void put(struct entry *entry, uint64_t key, uint64_t word)
{
    atomic_store_explicit(&entry->key_and_word, key ^ word, memory_order_relaxed);
    atomic_store_explicit(&entry->word, word, memory_order_relaxed);
}

/* NULL when the session is not there; *ret_word is what stood in the entry when it was. */
static struct entry *find(const struct sessions *sessions, uint64_t key, uint64_t *ret_word)
{
    const struct entry *set = sessions->sets[key % SETS];
    for (size_t way = 0; key && way < WAYS; way++) {
        *ret_word = word_of(&set[way]);
        if (is_of(&set[way], *ret_word, key))
            return (struct entry *)&set[way];
    }
    return NULL;
}

static bool unpack(uint64_t word, const struct live *live, int64_t now_ms,
                   struct session_trace *ret_trace)
{
    if (index_of(word) >= live_count(live))
        return false;
    int64_t age_ms = now_ms - seconds_of(word) * 1000;
    *ret_trace = (struct session_trace){
        .slot = live->slots[index_of(word)],
        .tokens = (int64_t)(word >> SLOT_BITS & ((1 << TOKEN_BITS) - 1)) * TOKEN_GRAIN,
        .age_ms = age_ms > 0 ? age_ms : 0,
    };
    return true;
}

bool sessions_find(const struct sessions *sessions, const struct live *live, uint64_t key,
                   int64_t now_ms, struct session_trace *ret_trace)
{
    uint64_t word;
    return find(sessions, key, &word) && unpack(word, live, now_ms, ret_trace);
}

static struct entry *oldest_of(struct entry *set)
{
    struct entry *oldest = &set[0];
    for (size_t way = 1; way < WAYS; way++)
        if (seconds_of(word_of(&set[way])) < seconds_of(word_of(oldest)))
            oldest = &set[way];
    return oldest;
}

void sessions_note(struct sessions *sessions, uint64_t key, const struct live_model *slot,
                   int64_t tokens, int64_t now_ms)
{
    uint64_t before;
    if (!key)
        return;
    struct entry *entry = find(sessions, key, &before);
    if (!entry)
        entry = oldest_of(sessions->sets[key % SETS]);
    put(entry, key, pack(slot->index, tokens, now_ms));
}

void sessions_forget(struct sessions *sessions, uint64_t key, const struct live_model *slot)
{
    uint64_t word;
    struct entry *entry = find(sessions, key, &word);
    if (entry && index_of(word) == slot->index)
        put(entry, 0, 0);
}

/* ---- for those who go on with them ---- */

uint64_t sessions_seed(const struct sessions *sessions)
{
    return sessions->seed;
}

void sessions_take_seed(struct sessions *sessions, uint64_t seed)
{
    sessions->seed = seed;
}

/* Half-written, it is a key that nobody has. */
uint64_t sessions_at(const struct sessions *sessions, const struct live *live, size_t place,
                     int64_t now_ms, struct session_trace *ret_trace)
{
    const struct entry *entry = &sessions->sets[place / WAYS][place % WAYS];
    uint64_t word = word_of(entry);
    uint64_t key = atomic_load_explicit(&entry->key_and_word, memory_order_relaxed) ^ word;
    return key && unpack(word, live, now_ms, ret_trace) ? key : 0;
}
