/* notify.c - telling systemd how we are. */
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

void notify(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t len = path ? strlen(path) : 0;
    if (len < 2 || len >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, path, len);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void)!sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address,
                  (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
    close(fd);
}

/* Half of what systemd waits, as sd_watchdog_enabled(3) advises. */
int64_t notify_watchdog_ms(void)
{
    uint64_t us, pid;
    const char *for_pid = getenv("WATCHDOG_PID");
    if (for_pid && (!text_to_u64(text_of(for_pid), &pid) || pid != (uint64_t)getpid()))
        return 0;
    if (!text_to_u64(text_of(getenv("WATCHDOG_USEC")), &us))
        return 0;
    return (int64_t)(us / 2000);
}
