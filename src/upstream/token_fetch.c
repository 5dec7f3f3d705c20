/* token_fetch.c - asks a source for a bearer token: reads a file, or calls a server and waits. */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "upstream/token.h"

#define CONNECT_MS  2000L
#define PATIENCE_MS 5000L

/* ---- files ---- */

static enum token_trouble unreadable(int why, struct token_answer *answer)
{
    answer->detail = why;
    return TOKEN_UNREADABLE;
}

/* What is no file (a pipe, say) could keep us waiting. */
static enum token_trouble open_file(const char *path, int *ret_fd, int64_t *ret_age_ms,
                                    struct token_answer *answer)
{
    struct stat status;
    *ret_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*ret_fd < 0 || fstat(*ret_fd, &status) != 0)
        return unreadable(errno, answer);
    if (!S_ISREG(status.st_mode))
        return unreadable(S_ISDIR(status.st_mode) ? EISDIR : EINVAL, answer);
    const int64_t age_ms = clock_wall_ms() - (int64_t)status.st_mtim.tv_sec * 1000;
    *ret_age_ms = age_ms > 0 ? age_ms : 0;
    return TOKEN_FINE;
}

static enum token_trouble read_all(int fd, struct buffer *bytes, struct token_answer *answer)
{
    char piece[4096];
    for (;;) {
        const ssize_t len = read(fd, piece, sizeof(piece));
        if (len < 0)
            return unreadable(errno, answer);
        if (len == 0)
            return TOKEN_FINE;
        if (!buffer_append(bytes, piece, (size_t)len))
            return TOKEN_TOO_LARGE;
    }
}

static void fetch_file(const char *path, struct buffer *bytes, struct token_answer *answer)
{
    int fd;
    int64_t age_ms = 0;
    answer->trouble = open_file(path, &fd, &age_ms, answer);
    if (!answer->trouble)
        answer->trouble = read_all(fd, bytes, answer);
    if (!answer->trouble)
        token_read(buffer_text(bytes), true, age_ms, answer);
    if (fd >= 0)
        close(fd);
}

/* ---- servers ---- */

struct asking {
    const atomic_bool *stops;
    struct buffer *bytes;
    bool is_proved; /* by TLS: whatever its address is */
    bool met_a_stranger;
};

static size_t on_bytes(char *data, size_t size, size_t count, void *owner)
{
    const struct asking *asking = owner;
    return buffer_append(asking->bytes, data, size * count) ? size * count : 0;
}

static int on_progress(void *owner, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct asking *asking = owner;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return atomic_load(asking->stops);
}

/* What the name has led to is looked at, not the name: whoever can answer for a name elsewhere must
 * not be told, or tell us, anything over plain HTTP. */
static curl_socket_t on_address(void *owner, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct asking *asking = owner;
    (void)purpose;
    if (!asking->is_proved && !token_source_is_near(&address->addr)) {
        asking->met_a_stranger = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void configure(CURL *easy, const char *url, struct asking *asking)
{
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "bourse/" BOURSE_VERSION);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, PATIENCE_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, asking);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, asking);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_address);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, asking);
}

static enum token_trouble trouble_of(CURLcode code, const struct asking *asking)
{
    if (code == CURLE_OK)
        return TOKEN_FINE;
    if (asking->met_a_stranger)
        return TOKEN_NOT_NEAR;
    if (code == CURLE_WRITE_ERROR)
        return TOKEN_TOO_LARGE;
    return code == CURLE_OPERATION_TIMEDOUT ? TOKEN_TOO_SLOW : TOKEN_UNREACHABLE;
}

static void hear(CURL *easy, CURLcode code, const struct asking *asking,
                 struct token_answer *answer)
{
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    answer->trouble = trouble_of(code, asking);
    if (!answer->trouble && status != 200) {
        answer->trouble = TOKEN_STATUS;
        answer->detail = (int)status;
    }
    if (!answer->trouble)
        token_read(buffer_text(asking->bytes), false, 0, answer);
}

/* Without that header a metadata server answers nobody: it is what a request that was smuggled
 * through a careless server does not have. */
static void fetch_url(const struct token_source *source, const atomic_bool *stops,
                      struct buffer *bytes, struct token_answer *answer)
{
    struct asking asking = { stops, bytes, token_source_is_proved(source), false };
    struct curl_slist *headers = curl_slist_append(NULL, "Metadata-Flavor: Google");
    CURL *easy = curl_easy_init();
    if (!headers || !easy)
        abort();
    configure(easy, source->at, &asking);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    const CURLcode code = curl_easy_perform(easy);
    hear(easy, code, &asking, answer);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
}

void token_fetch(const struct token_source *source, const atomic_bool *stops,
                 struct token_answer *answer)
{
    struct buffer bytes;
    buffer_init(&bytes, TOKEN_REPLY_MAX);
    answer->detail = 0;
    if (source->is_file)
        fetch_file(source->at, &bytes, answer);
    else
        fetch_url(source, stops, &bytes, answer);
    buffer_clear(&bytes);
}
