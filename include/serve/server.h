/* server.h - the daemon: listeners, workers, signals, reload, drain. */
#ifndef BOURSE_SERVE_SERVER_H
#define BOURSE_SERVE_SERVER_H

#define SERVER_LISTENERS_MAX 16
#define SERVER_WORKERS_MAX   64

struct server_options {
    const char *config_path; /* NULL: the usual places, else the zero configuration */
};

/* Runs until SIGTERM or SIGINT and returns an exit code of sysexits.h: 0, 69 (a listener cannot be
 * opened), 78 (the configuration has errors, which were printed). */
int server_run(const struct server_options *options);

#endif
