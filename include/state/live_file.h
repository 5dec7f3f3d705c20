/* live_file.h - what was measured, and sessions, kept over a restart: one small file.
 *
 *     bourse live state 1 sha256:…        the format's version, the digest of all that follows
 *     {"saved_ms": …, "models": […], "sessions": {…}}
 *
 * Ages are written, not times, and the time between saving and reading is added to them: what was
 * measured goes on fading while nobody runs. Both functions wait for the disk: they belong to the
 * main thread. */
#ifndef BOURSE_STATE_LIVE_FILE_H
#define BOURSE_STATE_LIVE_FILE_H

#include "state/sessions.h"

#define LIVE_FILE_VERSION 1

/* What is kept. A file of an earlier version of us may hold no sessions. Who reads and has no use
 * for them leaves them NULL. */
struct live_memory {
    struct live *live;
    struct sessions *sessions;
};

enum live_file {
    LIVE_FILE_READ,
    LIVE_FILE_ABSENT,
    LIVE_FILE_UNREADABLE, /* errno says why */
    LIVE_FILE_FOREIGN,    /* not one of ours: it must not be overwritten */
    LIVE_FILE_DAMAGED,    /* ours, but broken or of another version */
};

struct live_file_clock {
    int64_t now_ms;  /* clock_ms */
    int64_t wall_ms; /* clock_wall_ms */
};

/* Sets the figures of the slots that exist, and notes their sessions; what the file says of other
 * models is left out. A file that is not whole changes nothing. */
enum live_file live_file_read(const struct live_memory *memory, const char *path,
                              const struct live_file_clock *clock);

/* A new file takes the place of the old one at once, when it is on the disk as a whole. False with
 * errno where that failed; the old one is then as it was. */
bool live_file_write(const struct live_memory *memory, const char *path,
                     const struct live_file_clock *clock);

#endif
