/* provider.h - a provider for tests: a thread that accepts on 127.0.0.1 and plays one script for
 * each connection. */
#ifndef BOURSE_TESTS_UPSTREAM_PROVIDER_H
#define BOURSE_TESTS_UPSTREAM_PROVIDER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

struct fake_provider {
    /* Plays a connection, whose descriptor is closed afterwards. `number` counts from 1. */
    void (*play)(struct fake_provider *provider, int fd, int number);
    int listener;
    pthread_t thread;
    char base_url[64];
    atomic_int connections, requests;
    atomic_long body_bytes, sent_bytes, gone_ms;
    atomic_ulong body_sum;
    atomic_bool stop;
    char head[8192]; /* of the last request; read it after fake_provider_stop or its answer */
};

static void *fake_provider_run(void *data)
{
    struct fake_provider *provider = data;
    while (!atomic_load(&provider->stop)) {
        int fd = accept(provider->listener, NULL, NULL);
        if (fd < 0)
            break;
        provider->play(provider, fd, atomic_fetch_add(&provider->connections, 1) + 1);
        close(fd);
    }
    return NULL;
}

static inline void fake_provider_start(struct fake_provider *provider)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    provider->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(provider->listener, (struct sockaddr *)&address, len) ||
        listen(provider->listener, 16) ||
        getsockname(provider->listener, (struct sockaddr *)&address, &len))
        abort();
    snprintf(provider->base_url, sizeof(provider->base_url), "http://127.0.0.1:%d/v1",
             ntohs(address.sin_port));
    if (pthread_create(&provider->thread, NULL, fake_provider_run, provider))
        abort();
}

static inline void fake_provider_stop(struct fake_provider *provider)
{
    atomic_store(&provider->stop, true);
    shutdown(provider->listener, SHUT_RDWR);
    pthread_join(provider->thread, NULL);
    close(provider->listener);
}

/* Reads one request, body included; false when the client has left. */
static inline bool fake_read(struct fake_provider *provider, int fd)
{
    size_t len = 0;
    char *end = NULL;
    while (!end) {
        ssize_t got = recv(fd, provider->head + len, 1, 0);
        if (got <= 0 || len + 1 >= sizeof(provider->head) - 1)
            return false;
        provider->head[++len] = '\0';
        end = len >= 4 ? strstr(provider->head + len - 4, "\r\n\r\n") : NULL;
    }
    const char *field = strstr(provider->head, "Content-Length: ");
    long left = field ? strtol(field + 16, NULL, 10) : 0, total = left;
    unsigned long sum = 0;
    char bytes[65536];
    while (left > 0) {
        ssize_t got = recv(fd, bytes, left < (long)sizeof(bytes) ? (size_t)left : sizeof(bytes), 0);
        if (got <= 0)
            return false;
        for (ssize_t i = 0; i < got; i++)
            sum = sum * 31 + (unsigned char)bytes[i];
        left -= got;
    }
    atomic_store(&provider->body_bytes, total);
    atomic_store(&provider->body_sum, sum);
    atomic_fetch_add(&provider->requests, 1);
    return true;
}

static inline bool fake_send(int fd, const char *string)
{
    return send(fd, string, strlen(string), MSG_NOSIGNAL) == (ssize_t)strlen(string);
}

static inline void fake_reset(int fd)
{
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* Until the client closes, and notes when. */
static inline void fake_wait_gone(struct fake_provider *provider, int fd)
{
    char byte;
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
    while (!atomic_load(&provider->stop)) {
        if (poll(&poll_fd, 1, 10) > 0 && recv(fd, &byte, 1, 0) <= 0) {
            atomic_store(&provider->gone_ms, (long)clock_ms());
            return;
        }
    }
}

#endif
