/* worker.h - one loop on one thread: clients, providers and deadlines, and nothing that waits.
 *
 * A turn: sleep until something is ready; accept; ring the timers; let the connections read
 * requests; let the upstream read replies; let the connections write; send more of
 * large bodies. Whoever wants a connection to be run in this turn says connection_want(). */
#ifndef BOURSE_SERVE_WORKER_H
#define BOURSE_SERVE_WORKER_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/watch.h"
#include "body_spares.h"
#include "outbox.h"
#include "serve/server.h"
#include "state/answers.h"
#include "state/decisions.h"
#include "state/sessions.h"
#include "state/snapshot.h"
#include "timers.h"
#include "tokens.h"
#include "upstream/upstream.h"
#include "wire/guard.h"

struct exchange;
struct listening;
struct places;
struct worker;

enum seat_size {
    SEAT_SMALL, /* for requests that one read brings in, as most are */
    SEAT_LARGE,
    SEAT_SIZES,
};

/* A libmicrohttpd daemon with one client at a time. It touches the client's socket only when it is
 * run: so it reads nothing that was not looked at before, and a client that waits costs it nothing.
 */
struct seat {
    struct MHD_Daemon *daemon;
    struct worker *worker;
    struct connection *connection; /* NULL while it is free */
    struct seat *next_free;
    struct seat *outgrown; /* the small one that the client had before, until it leaves; or NULL */
    enum seat_size size;
};

struct free_seats {
    struct seat *first;
    int count;
};

enum connection_state {
    CONNECTION_WAITS,    /* for its next request, whose head is looked at before anything else */
    CONNECTION_ADMITTED, /* the head has passed: libmicrohttpd reads and answers the request */
    CONNECTION_LINGERS,  /* an error was told; what the client still sends is thrown away */
    CONNECTION_CUT,      /* to be closed the next time that it is run */
    CONNECTION_DEAD,     /* closed; freed at the end of the turn */
};

/* Bytes of bodies that are read in a turn before others have theirs: about half a millisecond. */
#define UPLOAD_PER_TURN ((size_t)128 << 10)

/* A client's connection, from accept to the end of the turn in which it is closed. */
struct connection {
    struct watch watch; /* its socket */
    struct worker *worker;
    struct seat *seat; /* NULL before its first head was there */
    struct MHD_Connection *mhd;
    struct exchange *exchange; /* the one in progress, or NULL */
    struct timer timer;        /* headers must be complete; between requests: the next must come */
    struct connection *next_wanted, *next_dead;
    enum connection_state state;
    int fd;
    bool admin;
    bool wanted;
    bool paused;                 /* the exchange has nothing to say yet */
    bool resumed;                /* it may have now */
    bool gone;                   /* the client has closed its side */
    bool stirred;                /* bytes have come since the socket was looked at */
    bool begun;                  /* a part of the next head is there */
    bool served;                 /* at least one request was read */
    char *uri;                   /* of the request being read, as it came; NULL before */
    struct guard_result framing; /* its body */
    size_t lingered;             /* bytes thrown away */
    int64_t linger_by_ms;
};

struct worker {
    struct server *server;
    int index;
    pthread_t thread;
    int epoll_fd;
    struct watch wake; /* an eventfd: a new snapshot, or the wish to stop */
    int wake_fd;
    struct arena arena; /* of the process's life */
    struct upstream *upstream;
    struct outbox_spares spares;
    struct timers timers;
    struct body_spares body_spares;
    int64_t now_ms;  /* of this turn */
    size_t uploaded; /* bytes of bodies, in this turn */
    struct snapshot *snapshot;
    _Atomic(struct snapshot *) next_snapshot; /* handed over by the server; taken in a turn */
    struct connection *wanted;
    struct free_seats free_seats[SEAT_SIZES];
    char *head_room; /* RAW_HEAD_MAX bytes, for the head that is being looked at */
    struct listening *listening;
    struct timer accept_again; /* while the listening sockets are left alone */
    int reserve_fd;            /* given up for a moment when no other is left; or -1 */
    struct connection **by_fd;
    size_t by_fd_room;
    struct connection *dead;
    int64_t connections, exchanges;
    int64_t crowd; /* the most exchanges at once, since memory was given back (quiet.h) */
    struct timer quiet;
    struct figures *figures; /* scratch for one decision, by model index */
    size_t figure_room;
    struct exchange *reload_waiting; /* POST /reload, until it is done */
    atomic_bool draining;
    _Atomic int64_t last_turn_ms; /* for the watchdog */
};

/* A listening socket. */
struct listener {
    int fd; /* -1 once it was closed */
    bool admin;
    bool lent; /* by systemd: it was there before us and stays */
};

/* What the process does with clients, from its start to its end. */
enum server_phase {
    SERVER_SERVES,
    SERVER_LEAVES, /* /readyz says no already, but everybody is served still */
    SERVER_DRAINS, /* nobody is taken any more; what has begun is finished */
    SERVER_STOPS,
};

/* A new process that is being started in our place. */
struct upgrade {
    pid_t pid;        /* 0: none is */
    pid_t midwife;    /* its parent until it serves */
    int told_fd;      /* where the midwife says how it ended */
    int ready_fd;     /* where it says that it serves */
    int decisions_fd; /* where we print ours for it; -1 where there is no memory for that */
    int64_t until_ms; /* when it has to */
};

/* systemd's. */
struct watchdog {
    int64_t period_ms; /* 0: it is not wanted */
    int64_t looked_ms; /* when we last looked whether the loops turn */
};

/* The process-wide part, read by all workers. */
struct server {
    struct live *live;
    struct live_totals *totals;
    struct decisions *decisions;
    struct sessions *sessions;
    struct answers *answers;
    struct places *places, *route_places; /* of providers; of routes */
    struct worker *workers;
    int worker_count;
    struct listener listeners[SERVER_LISTENERS_MAX];
    int listener_count;
    _Atomic enum server_phase phase;
    bool superseded;        /* a successor takes the clients; written before the phase is */
    struct upgrade upgrade; /* the main thread's, like these three */
    struct watchdog watchdog;
    int64_t drain_delay_ms, drain_timeout_ms;
    char mock_url[64]; /* of the demo provider; written before a snapshot that needs it is seen */
    struct mock *mock;
    int64_t started_ms;
    struct token_thread tokens;
    char *live_path; /* what was measured is kept there; NULL: nowhere. The main thread's */
    int64_t live_written_ms;
    bool live_held; /* not written: the file is a successor's */
    int wake_fd;    /* the main thread's: reload wanted */
    atomic_bool reload_wanted;
    pthread_mutex_t reload_lock;
    bool reload_reading, reload_good; /* these four under the lock */
    uint64_t reloads_done;
    struct buffer reload_said;
    const struct server_options *options;
};

bool worker_init(struct worker *worker, struct server *server, int index,
                 struct snapshot *snapshot);
void worker_clear(struct worker *worker);
/* The thread's function. */
void *worker_run(void *worker);
void worker_wake(struct worker *worker);

/* It is run in this turn, or in the next. */
void connection_want(struct connection *connection);
/* libmicrohttpd does not go on with the exchange until it is resumed. */
void connection_pause(struct connection *connection);
void connection_resume(struct connection *connection);

#endif
