/* worker.h - one loop on one thread: clients, providers and deadlines, and nothing that waits.
 *
 * A turn: sleep until something is ready; accept; ring the timers; let the shards read requests;
 * let the upstream read replies; let the shards write. Whoever wants a shard to run in this turn
 * says shard_want(); whoever wants a look at the exchange goes through its connection. */
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
#include "upstream/upstream.h"

struct exchange;
struct worker;

/* A small libmicrohttpd daemon: a resume scans all suspended connections of its daemon, so a worker
 * holds many small ones instead of one. */
struct shard {
    struct watch watch;
    struct worker *worker;
    struct MHD_Daemon *daemon;
    struct shard *next_wanted;
    bool wanted;
    bool admin;
    bool busy; /* something happened in this run, so there may be more to do */
    int connections;
    int held;                   /* of them, those that wait in libmicrohttpd's list of the ready */
    struct connection *resumed; /* held ones whose answer may have come */
};

#define SHARDS_PER_WORKER 16
#define HELD_MAX          64 /* connections of a shard */

/* How a connection waits for its provider. Held: it stays in libmicrohttpd's list of the ready,
 * which asks it again whenever its shard runs; that is cheapest while there are few. Suspended: it
 * is taken out, which costs a removal from and an addition to its epoll each time, and a read that
 * finds nothing; that is cheaper once there are many. */
enum connection_wait { WAITS_NOT, WAITS_HELD, WAITS_SUSPENDED };

#define URI_MAX 4096

/* Bytes of bodies that are read in a turn before others have theirs: about half a millisecond. */
#define UPLOAD_PER_TURN ((size_t)128 << 10)

/* A client's connection. Lives from accept to libmicrohttpd's notice that it is closed, and until
 * the end of that turn. */
struct connection {
    struct watch watch; /* the client's departure */
    struct shard *shard;
    struct MHD_Connection *mhd; /* NULL until libmicrohttpd took it over */
    struct exchange *exchange;  /* the one in progress, or NULL */
    struct timer timer;         /* headers must be complete; between requests: the next must come */
    struct connection *next_dead, *next_resumed;
    int fd;
    bool gone;                  /* the client left while libmicrohttpd was not looking */
    enum connection_wait waits; /* for us */
    bool resumed;               /* on the shard's list */
    bool served;                /* at least one request was read */
    char *uri;                  /* of the request being read, as it came; NULL before */
};

struct worker {
    struct server *server;
    int index;
    pthread_t thread;
    int epoll_fd;
    struct watch wake; /* an eventfd: a new snapshot, or the wish to stop */
    int wake_fd;
    int reserve_fd;     /* so that there is one when no more can be had */
    struct arena arena; /* of the process's life */
    struct upstream *upstream;
    struct outbox_spares spares;
    struct timers timers;
    struct body_spares body_spares;
    int64_t now_ms;    /* of this turn */
    int64_t looked_ms; /* when all shards were run last */
    size_t uploaded;   /* bytes of bodies, in this turn */
    struct snapshot *snapshot;
    _Atomic(struct snapshot *) next_snapshot; /* handed over by the server; taken in a turn */
    struct shard shards[SHARDS_PER_WORKER];
    struct shard admin_shard; /* worker 0 only */
    struct shard *wanted;
    struct connection **by_fd;
    size_t by_fd_room;
    struct connection *dead;
    int64_t connections, exchanges;
    struct figures *figures; /* scratch for one decision, by model index */
    size_t figure_room;
    struct exchange *reload_waiting; /* POST /reload, until it is done */
    bool draining;
    _Atomic int64_t last_turn_ms; /* for the watchdog */
};

/* The process-wide part, read by all workers. */
struct server {
    struct live *live;
    struct live_totals *totals;
    struct decisions *decisions;
    struct sessions *sessions;
    struct answers *answers;
    struct worker *workers;
    int worker_count;
    int listen_fds[SERVER_LISTENERS_MAX];
    bool listen_admin[SERVER_LISTENERS_MAX];
    int listen_count;
    atomic_bool draining;
    atomic_bool stopping;
    _Atomic int64_t drain_by_ms;
    char mock_url[64]; /* of the demo provider; written before a snapshot that needs it is seen */
    struct mock *mock;
    int64_t started_ms;
    char *live_path; /* what was measured is kept there; NULL: nowhere. The main thread's */
    int64_t live_written_ms;
    int wake_fd; /* the main thread's: reload wanted */
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

void shard_want(struct shard *shard);

/* The connection waits until connection_resume; only inside libmicrohttpd's callbacks, and again in
 * each of them until it was resumed. */
void connection_pause(struct connection *connection);
void connection_resume(struct connection *connection);

#endif
