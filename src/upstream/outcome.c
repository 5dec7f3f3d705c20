/* outcome.c - how a finished transfer of curl's reads as a failure of ours. */
#include "outcome.h"

#include <stddef.h>

static const struct outcome_row {
    CURLcode code;
    enum fail connecting, connected; /* by how far the call had come */
} outcome_rows[] = {
    { CURLE_OK, FAIL_NONE, FAIL_NONE },
    { CURLE_COULDNT_RESOLVE_HOST, FAIL_DNS, FAIL_DNS },
    { CURLE_COULDNT_RESOLVE_PROXY, FAIL_DNS, FAIL_DNS },
    { CURLE_COULDNT_CONNECT, FAIL_CONNECT, FAIL_CONNECT },
    { CURLE_PROXY, FAIL_CONNECT, FAIL_CONNECT },
    { CURLE_OPERATION_TIMEDOUT, FAIL_CONNECT_TIMEOUT, FAIL_TOTAL_TIMEOUT },
    { CURLE_SSL_CONNECT_ERROR, FAIL_TLS, FAIL_TLS },
    { CURLE_PEER_FAILED_VERIFICATION, FAIL_TLS, FAIL_TLS },
    { CURLE_SSL_CERTPROBLEM, FAIL_TLS, FAIL_TLS },
    { CURLE_SSL_CIPHER, FAIL_TLS, FAIL_TLS },
    { CURLE_SSL_CACERT_BADFILE, FAIL_TLS, FAIL_TLS },
    { CURLE_SSL_ISSUER_ERROR, FAIL_TLS, FAIL_TLS },
    { CURLE_SSL_INVALIDCERTSTATUS, FAIL_TLS, FAIL_TLS },
    { CURLE_GOT_NOTHING, FAIL_RESET, FAIL_RESET },
    { CURLE_SEND_ERROR, FAIL_CONNECT, FAIL_RESET },
    { CURLE_RECV_ERROR, FAIL_CONNECT, FAIL_RESET },
    { CURLE_PARTIAL_FILE, FAIL_RESET, FAIL_RESET },
    { CURLE_SEND_FAIL_REWIND, FAIL_RESET, FAIL_RESET },
    { CURLE_HTTP2, FAIL_RESET, FAIL_RESET },
    { CURLE_HTTP2_STREAM, FAIL_RESET, FAIL_RESET },
    { CURLE_WEIRD_SERVER_REPLY, FAIL_PROVIDER_GARBAGE, FAIL_PROVIDER_GARBAGE },
    { CURLE_UNSUPPORTED_PROTOCOL, FAIL_BAD_CONFIG,
      FAIL_PROVIDER_GARBAGE }, /* a reply as HTTP/0.9 */
    { CURLE_BAD_CONTENT_ENCODING, FAIL_PROVIDER_GARBAGE, FAIL_PROVIDER_GARBAGE },
    { CURLE_WRITE_ERROR, FAIL_INTERNAL, FAIL_PROVIDER_GARBAGE },   /* headers without end */
    { CURLE_OUT_OF_MEMORY, FAIL_INTERNAL, FAIL_PROVIDER_GARBAGE }, /* one endless header line */
};

enum fail outcome_of(CURLcode code, bool connected)
{
    for (size_t i = 0; i < sizeof(outcome_rows) / sizeof(outcome_rows[0]); i++)
        if (outcome_rows[i].code == code)
            return connected ? outcome_rows[i].connected : outcome_rows[i].connecting;
    return FAIL_INTERNAL;
}
