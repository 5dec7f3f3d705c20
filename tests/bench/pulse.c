/* pulse.c - small requests at an even pace, each measured: `pulse PORT PATH BODY-FILE CONNECTIONS
 * SECONDS PERIOD_US`.
 *
 * One request is under way at a time, each on the next of the connections, so that every loop is
 * asked. With `-` for the file it is a GET. What it prints are the times from request to answer. */
#include "tools.h"

static void get_request(const char *path, struct buffer *ret_request)
{
    buffer_init(ret_request, 4096);
    buffer_printf(ret_request, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", path);
}

/* -1 while its head is not whole. */
static ssize_t length_of(const char *reply, size_t len)
{
    const char *end = memmem(reply, len, "\r\n\r\n", 4);
    const char *length = end ? strcasestr(reply, "\r\ncontent-length:") : NULL;
    if (!end)
        return -1;
    if (!length || memcmp(reply + 9, "200", 3) != 0)
        die("not a reply that is counted: %.*s", (int)len, reply);
    return end + 4 - reply + strtol(length + 17, NULL, 10);
}

static void read_reply(int fd)
{
    static char reply[65536];
    size_t heard = 0;
    for (ssize_t wanted = -1; wanted < 0 || heard < (size_t)wanted;) {
        ssize_t len = recv(fd, reply + heard, sizeof(reply) - 1 - heard, 0);
        if (len <= 0)
            die("a reply was cut");
        heard += (size_t)len;
        reply[heard] = '\0';
        wanted = length_of(reply, heard);
    }
}

static int64_t ask(int fd, const struct buffer *request)
{
    int64_t begun_ns = now_ns();
    send_all(fd, buffer_text(request));
    read_reply(fd);
    return now_ns() - begun_ns;
}

static void wait_until(int64_t ns)
{
    struct timespec then = { ns / 1000000000, ns % 1000000000 };
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &then, NULL);
}

int main(int count, char **words)
{
    if (count != 7)
        die("usage: pulse PORT PATH BODY-FILE CONNECTIONS SECONDS PERIOD_US");
    struct buffer request;
    struct samples samples = { 0 };
    int port = (int)strtol(words[1], NULL, 10), connections = (int)strtol(words[4], NULL, 10);
    int64_t seconds = strtol(words[5], NULL, 10), period_ns = 1000 * strtol(words[6], NULL, 10);
    int *fds = calloc((size_t)connections, sizeof(*fds));
    if (strcmp(words[3], "-") == 0)
        get_request(words[2], &request);
    else
        read_request(words[2], words[3], &request);
    for (int i = 0; i < connections; i++)
        ask(fds[i] = connect_from(i, port), &request);
    puts("open");
    fflush(stdout);
    int64_t due_ns = now_ns(), until_ns = due_ns + seconds * 1000000000;
    for (int i = 0; due_ns < until_ns; i++) {
        samples_add(&samples, ask(fds[i % connections], &request));
        due_ns = due_ns + period_ns > now_ns() ? due_ns + period_ns : now_ns();
        wait_until(due_ns);
    }
    samples_print(&samples, "pulse");
    putchar('\n');
    return 0;
}
