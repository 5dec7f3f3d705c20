/* log.c - one line at a time into a bounded ring; a thread carries them to standard error. */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/secret.h"

#define LOG_RING_MAX  ((size_t)1 << 20)
#define LOG_GATHER_MS 5 /* the writer lets lines gather: two hundred writes a second at most */
#define LOG_SILENCE_S 1

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static enum log_format log_form = LOG_LOGFMT;
static enum log_level log_least = LOG_INFO;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static struct buffer waiting; /* under the lock */
static bool writer_runs;      /* under the lock */
static uint64_t dropped;      /* under the lock */
static pthread_t writer;

void log_setup(enum log_format format, enum log_level least)
{
    log_form = format;
    log_least = least;
}

bool log_wants(enum log_level level)
{
    return level >= log_least;
}

static void write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t wrote = write(STDERR_FILENO, bytes, len);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return; /* nobody listens: there is no other place to complain to */
        bytes += wrote;
        len -= (size_t)wrote;
    }
}

static void gather(void)
{
    struct timespec pause = { 0, LOG_GATHER_MS * 1000000L };
    nanosleep(&pause, NULL);
}

static bool is_idle(void)
{
    return waiting.len == 0 && writer_runs;
}

/* Under the lock. What a flood of lines needed goes back when none has come for a while: both
 * buffers, this one and the one that it is exchanged with. */
static void wait_for_lines(struct buffer *other)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOG_SILENCE_S;
    while (is_idle() && pthread_cond_timedwait(&filled, &lock, &until) == 0)
        ;
    if (!is_idle())
        return;
    buffer_clear(&waiting);
    buffer_clear(other);
    while (is_idle())
        pthread_cond_wait(&filled, &lock);
}

/* Takes all waiting lines at once, so that the lock is held for two assignments only. */
static bool take_waiting(struct buffer *ret_lines)
{
    pthread_mutex_lock(&lock);
    wait_for_lines(ret_lines);
    struct buffer empty = *ret_lines;
    *ret_lines = waiting;
    waiting = empty;
    bool goes_on = writer_runs;
    pthread_mutex_unlock(&lock);
    return goes_on;
}

static void *log_writer(void *unused)
{
    struct buffer lines;
    buffer_init(&lines, LOG_RING_MAX);
    bool goes_on = true;
    while (goes_on) {
        goes_on = take_waiting(&lines);
        write_all(lines.data, lines.len);
        lines.len = 0;
        if (goes_on)
            gather();
    }
    buffer_clear(&lines);
    return unused;
}

void log_start_writer(void)
{
    buffer_init(&waiting, LOG_RING_MAX);
    writer_runs = true;
    if (pthread_create(&writer, NULL, log_writer, NULL) != 0)
        writer_runs = false;
}

void log_stop_writer(void)
{
    pthread_mutex_lock(&lock);
    bool ran = writer_runs;
    writer_runs = false;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&lock);
    if (!ran)
        return;
    pthread_join(writer, NULL);
    write_all(waiting.data, waiting.len);
    buffer_clear(&waiting);
}

uint64_t log_dropped(void)
{
    pthread_mutex_lock(&lock);
    uint64_t count = dropped;
    pthread_mutex_unlock(&lock);
    return count;
}

/* False when there is no writer: then the caller writes. */
static bool hand_over(const char *bytes, size_t len)
{
    pthread_mutex_lock(&lock);
    bool taken = writer_runs;
    if (taken) {
        bool was_empty = waiting.len == 0;
        if (!buffer_append(&waiting, bytes, len))
            dropped++;
        if (was_empty)
            pthread_cond_signal(&filled);
    }
    pthread_mutex_unlock(&lock);
    return taken;
}

/* Two bytes stay in reserve for the closing brace and the line end. */
static void put(struct log_line *line, const char *bytes, size_t len)
{
    if (line->full || len > LOG_LINE_MAX - 2 - line->len) {
        line->full = true;
        return;
    }
    if (len > 0)
        memcpy(line->bytes + line->len, bytes, len);
    line->len += len;
}

#define KEY_FRAME 4 /* a comma, two quotes, a colon */

static void put_key(struct log_line *line, const char *key)
{
    bool json = log_form == LOG_JSON;
    size_t len = strlen(key);
    if (line->full || len + KEY_FRAME > LOG_LINE_MAX - 2 - line->len) {
        line->full = true;
        return;
    }
    char *to = line->bytes + line->len;
    if (line->len > (json ? 1U : 0U))
        *to++ = json ? ',' : ' ';
    if (json)
        *to++ = '"';
    to = mempcpy(to, key, len);
    if (json)
        *to++ = '"';
    *to++ = json ? ':' : '=';
    line->len = (size_t)(to - line->bytes);
}

/* Bytes that stand for themselves in logfmt. */
static const bool plain[256] = {
    ['!'] = true,
    ['#' ... '<'] = true,
    ['>' ... '['] = true,
    [']' ... '~'] = true,
};

static bool needs_quotes(struct text value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!plain[(unsigned char)value.data[i]])
            return true;
    }
    return value.len == 0;
}

#define LOG_VALUE_MAX 1024

void log_text(struct log_line *line, const char *key, struct text value)
{
    if (value.len > LOG_VALUE_MAX)
        value.len = LOG_VALUE_MAX;
    put_key(line, key);
    if (log_form == LOG_LOGFMT && !needs_quotes(value)) {
        put(line, value.data, value.len);
        return;
    }
    struct buffer escaped;
    buffer_init(&escaped, (size_t)LOG_VALUE_MAX * 6);
    buffer_append_json(&escaped, value);
    put(line, "\"", 1);
    put(line, escaped.data, escaped.len);
    put(line, "\"", 1);
    buffer_clear(&escaped);
}

void log_string(struct log_line *line, const char *key, const char *value)
{
    if (value)
        log_text(line, key, text_of(value));
}

/* A number and its point, written by hand: printf would cost more than all else in the line. */
static void put_number(struct log_line *line, int64_t value, int decimals)
{
    char digits[32];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    for (int written = 0; rest > 0 || written <= decimals; written++, rest /= 10) {
        if (written == decimals && decimals > 0)
            digits[--at] = '.';
        digits[--at] = (char)('0' + rest % 10);
    }
    if (value < 0)
        digits[--at] = '-';
    put(line, digits + at, sizeof(digits) - at);
}

void log_int(struct log_line *line, const char *key, int64_t value)
{
    put_key(line, key);
    put_number(line, value, 0);
}

void log_double(struct log_line *line, const char *key, double value, int decimals)
{
    static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8 };
    assert(decimals >= 0 && decimals < (int)(sizeof(powers) / sizeof(powers[0])));
    double scaled = value * powers[decimals];
    put_key(line, key);
    put_number(line, fabs(scaled) < 9e18 ? llround(scaled) : 0, decimals);
}

void log_bool(struct log_line *line, const char *key, bool value)
{
    put_key(line, key);
    put(line, value ? "true" : "false", value ? 4 : 5);
}

/* The calendar is asked once a second; a busy loop writes thousands of lines in it. */
static void put_time(struct log_line *line)
{
    static _Thread_local time_t known_second = -1;
    static _Thread_local char stamp[] = "1970-01-01T00:00:00.000Z";
    int64_t now_ms = clock_wall_ms();
    time_t second = (time_t)(now_ms / 1000);
    if (second != known_second) {
        struct tm utc;
        gmtime_r(&second, &utc);
        stamp[strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &utc)] = '.';
        known_second = second;
    }
    int ms = (int)(now_ms % 1000);
    for (int digit = 22; digit >= 20; digit--, ms /= 10)
        stamp[digit] = (char)('0' + ms % 10);
    log_string(line, "time", stamp);
}

void log_begin(struct log_line *line, enum log_level level, const char *event)
{
    line->level = level;
    line->full = false;
    line->len = 0;
    if (log_form == LOG_JSON)
        put(line, "{", 1);
    put_time(line);
    log_string(line, "level", level_names[level]);
    log_string(line, "event", event);
}

void log_end(struct log_line *line)
{
    if (!log_wants(line->level))
        return;
    if (log_form == LOG_JSON)
        line->bytes[line->len++] = '}';
    line->bytes[line->len++] = '\n';
    secret_redact(line->bytes, line->len);
    if (!hand_over(line->bytes, line->len))
        write_all(line->bytes, line->len);
}

void log_say(enum log_level level, const char *event, const char *format, ...)
{
    if (!log_wants(level))
        return;
    char message[LOG_VALUE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);

    struct log_line line;
    log_begin(&line, level, event);
    log_string(&line, "message", message);
    log_end(&line);
}
