/* log.h - lines on standard error: logfmt or JSON, never a prompt, never a secret.
 *
 *     struct log_line line;
 *     log_begin(&line, LOG_INFO, "exchange");
 *     log_text(&line, "route", route->name);
 *     log_int(&line, "attempts", attempts);
 *     log_end(&line);
 *
 * With a writer thread running, log_end copies the line into a bounded ring and never waits; lines
 * that find the ring full are dropped and counted. Without one (command line, tests) it writes. */
#ifndef BOURSE_BASE_LOG_H
#define BOURSE_BASE_LOG_H

#include "base/text.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

#define LOG_LINE_MAX 4096

struct log_line {
    enum log_level level;
    bool full;
    size_t len;
    char bytes[LOG_LINE_MAX];
};

/* Once, before other threads exist. */
void log_setup(enum log_format format, enum log_level least);
bool log_wants(enum log_level level);

/* The writer thread: between start and stop nobody waits for standard error. Stop writes what is
 * left. */
void log_start_writer(void);
void log_stop_writer(void);
uint64_t log_dropped(void);

void log_begin(struct log_line *line, enum log_level level, const char *event);
void log_text(struct log_line *line, const char *key, struct text value);
void log_string(struct log_line *line, const char *key, const char *value); /* NULL: left out */
void log_int(struct log_line *line, const char *key, int64_t value);
/* With 0 to 8 decimals; what is no number, or beyond nine digits of nine, is written as 0. */
void log_double(struct log_line *line, const char *key, double value, int decimals);
void log_bool(struct log_line *line, const char *key, bool value);
void log_end(struct log_line *line);

/* A line with an event, a message for people, and nothing else. */
void log_say(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
