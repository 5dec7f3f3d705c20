/* mock.c - `bourse mock`: the demo provider on a port of its own. */
#include "mock/mock.h"

#include <signal.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/descriptors.h"
#include "base/text.h"
#include "commands.h"
#include "options.h"

int command_mock(int argc, char **argv)
{
    const char *port_text = "8090";
    const struct option_row rows[] = {
        { "port", 'p', "N", "listen on 127.0.0.1:N (8090; 0: any)", &port_text, NULL },
        { 0 },
    };
    int first;
    uint64_t port;
    int stop = options_read(argc, argv, rows, "mock [--port N]", &first);
    if (stop)
        return stop - 1;
    if (!text_to_u64(text_of(port_text), &port) || port > 65535 || first < argc) {
        fprintf(stderr, "usage: bourse mock [--port N]\n");
        return EX_USAGE;
    }

    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    descriptors_raise_limit();
    const struct mock_options options = { .port = (int)port };
    struct mock *mock = mock_start(&options);
    if (!mock) {
        fprintf(stderr, "bourse mock: port %s cannot be had\n", port_text);
        return EX_UNAVAILABLE;
    }
    printf("http://127.0.0.1:%d/v1\n", mock_port(mock));
    fflush(stdout);
    sigwait(&set, &number);
    mock_stop(mock);
    return EX_OK;
}
