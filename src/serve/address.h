/* address.h - where to listen, as it is written: host:port, [v6]:port or unix:PATH. */
#ifndef BOURSE_SERVE_ADDRESS_H
#define BOURSE_SERVE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage at;
    socklen_t len;
};

/* False with errno set. */
bool address_read(const char *listen, struct address *ret_address);

/* Does the socket listen there? */
bool address_is_of(const struct address *address, int fd);

#endif
