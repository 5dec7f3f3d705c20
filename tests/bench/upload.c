/* upload.c - one large request after the other, sent at a line's pace: `upload PORT PATH BODY-FILE
 * MEGABYTES_PER_SECOND SECONDS`.
 *
 * The pace is kept by pieces of 64 KB. What it prints is how many were answered. */
#include "tools.h"

#define PIECE ((size_t)64 << 10)

static void wait_until(int64_t ns)
{
    struct timespec then = { ns / 1000000000, ns % 1000000000 };
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL);
}

static void send_paced(int fd, struct text bytes, int64_t piece_ns)
{
    for (int64_t due_ns = now_ns(); bytes.len > 0; due_ns += piece_ns) {
        size_t len = bytes.len < PIECE ? bytes.len : PIECE;
        wait_until(due_ns);
        send_all(fd, (struct text){ bytes.data, len });
        bytes.data += len;
        bytes.len -= len;
    }
}

/* The answers are short and come in one piece. */
static void read_answer(int fd)
{
    char answer[65536];
    ssize_t len = recv(fd, answer, sizeof(answer), 0);
    if (len < 12 || memcmp(answer + 9, "200", 3) != 0)
        die("not accepted: %.*s", len > 0 ? (int)len : 0, answer);
}

int main(int count, char **words)
{
    if (count != 6)
        die("usage: upload PORT PATH BODY-FILE MEGABYTES_PER_SECOND SECONDS");
    struct buffer request;
    int64_t piece_ns = (int64_t)PIECE * 1000 / strtol(words[4], NULL, 10);
    int64_t until_ns = now_ns() + 1000000000 * strtol(words[5], NULL, 10);
    int fd = connect_from(0, (int)strtol(words[1], NULL, 10)), uploads = 0;
    read_request(words[2], words[3], &request);
    puts("open");
    fflush(stdout);
    for (; now_ns() < until_ns; uploads++) {
        send_paced(fd, buffer_text(&request), piece_ns);
        read_answer(fd);
    }
    printf("uploads=%d\n", uploads);
    return 0;
}
