/* fetch_answer.c: what came of an ask: libcurl's codes as ours, sentences for people; and reading an answer's head (RFC 9110). Pure but for
 * what libcurl is asked. */
#include "net/fetch_private.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include <stdio.h>
#include <time.h>

/* ---- from libcurl ---- */

static enum fetch_error error_of(const struct asking *q, CURLcode code)
{
    if (q->is_done_with) return FETCH_OK;
    if (q->is_too_large || code == CURLE_FILESIZE_EXCEEDED) return FETCH_TOO_LARGE;
    if (q->peer_trouble[0]) return FETCH_REFUSED;
    switch (code) {
    case CURLE_OK: return q->is_head_whole ? FETCH_OK : FETCH_BROKEN; /* libcurl takes an end inside the head for the body's */
    case CURLE_COULDNT_CONNECT: return FETCH_NO_CONNECTION;
    case CURLE_OPERATION_TIMEDOUT: return FETCH_TIMEOUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT: return FETCH_TLS;
    default: return FETCH_BROKEN;
    }
}

static bool was_connected(const struct asking *q)
{
    curl_off_t us = 0;
    return curl_easy_getinfo(q->easy, CURLINFO_PRETRANSFER_TIME_T, &us) == CURLE_OK && us > 0;
}

/* "503 Service Unavailable", without what a terminal or a page would trip over. */
static void status_sentence(const struct fetch_answer *a, char *out, size_t n)
{
    struct str rest, line = str_trim(str_cut(a->head, '\n', &rest)), reason;
    str_cut(line, ' ', &reason);                             /* HTTP/1.1 */
    if (reason.ptr) str_cut(str_trim(reason), ' ', &reason); /* 503 */
    int used = snprintf(out, n, "%d", a->status);
    if (!reason.ptr || reason.len == 0 || !utf8_is_valid(reason, NULL) || utf8_has_control(reason)) return;
    snprintf(out + used, n - (size_t)used, " %.*s", reason.len < 100 ? (int)reason.len : 100, reason.ptr);
}

/* libcurl says before 8.6 that it has no memory, and since then CURLE_TOO_LARGE, a name that older headers do not have. */
static bool is_line_too_long(CURLcode code) { return code == CURLE_OUT_OF_MEMORY || (int)code == 100; }

static void sentence(const struct asking *q, CURLcode code, struct fetch_answer *a)
{
    char *out = a->sentence;
    size_t n = sizeof a->sentence;
    const char *detail = q->error[0] ? q->error : curl_easy_strerror(code);
    double s = q->ask.timeout_ms / 1000.0;
    if (a->error == FETCH_OK)
        status_sentence(a, out, n);
    else if (a->error == FETCH_TOO_LARGE)
        snprintf(out, n, "the answer is larger than %lld bytes", (long long)q->ask.max_answer);
    else if (a->error == FETCH_REFUSED)
        snprintf(out, n, "%s", q->peer_trouble);
    else if (a->error == FETCH_NO_CONNECTION)
        snprintf(out, n, "no connection to %.100s port %d", q->address.host, q->address.port);
    else if (a->error == FETCH_TIMEOUT && !was_connected(q))
        snprintf(out, n, "no connection to %.100s port %d within %g s", q->address.host, q->address.port, s);
    else if (a->error == FETCH_TIMEOUT)
        snprintf(out, n, a->head.len ? "no whole answer within %g s" : "no answer within %g s", s);
    else if (q->is_head_too_large)
        snprintf(out, n, "the answer's header lines pass %lld bytes", (long long)limit_get(LIMIT_FETCH_MAX_HEAD_BYTES));
    else if (!q->is_head_whole && is_line_too_long(code))
        snprintf(out, n, "one of the answer's header lines is longer than libcurl takes");
    else if (q->is_disk_bad)
        snprintf(out, n, "the answer cannot be written to this machine's disk");
    else if (q->is_peer_closed || code == CURLE_OK)
        snprintf(out, n, "the connection was closed before a whole answer");
    else
        snprintf(out, n, "%s: %.150s", a->error == FETCH_TLS ? "no safe connection" : "no whole answer", detail);
}

void answer_make(struct asking *q, CURLcode code, struct fetch_answer *a)
{
    long status = 0;
    curl_easy_getinfo(q->easy, CURLINFO_RESPONSE_CODE, &status);
    a->error = error_of(q, code);
    a->was_sent = easy_was_sent(q);
    a->is_cut = q->is_cut;
    a->status = (int)status;
    a->head = arena_str(q->arena, buf_str(&q->head));
    a->body = arena_str(q->arena, buf_str(&q->body));
    sentence(q, code, a);
}

bool answer_lets_try_next(const struct asking *q, CURLcode code)
{
    bool is_unmet = code == CURLE_COULDNT_CONNECT || (code == CURLE_OPERATION_TIMEDOUT && !was_connected(q));
    return is_unmet && !easy_was_sent(q) && q->ip_at + 1 < q->endpoint->n_ips && clock_mono_ms() < q->deadline_ms;
}

/* ---- the head ---- */

struct str fetch_header(const struct fetch_answer *a, const char *name)
{
    struct str rest = a->head;
    while (rest.ptr && rest.len) {
        struct str value, line = str_cut(rest, '\n', &rest);
        if (str_eq_nocase(str_cut(line, ':', &value), str_of(name)) && value.ptr) return str_trim(value);
    }
    return STR_NULL;
}

#define YEAR_MS (INT64_C(365) * 86400 * 1000) /* whoever adds it to a time need not look whether there is one */

int64_t fetch_retry_after_ms(const struct fetch_answer *a, int64_t now)
{
    char text[64];
    int64_t s;
    struct str v = fetch_header(a, "Retry-After");
    if (!v.ptr || v.len == 0 || v.len >= sizeof text) return -1;
    if (str_to_int64(v, &s)) return s < 0 ? -1 : s > YEAR_MS / 1000 ? YEAR_MS : s * 1000;
    snprintf(text, sizeof text, "%.*s", STR_ARG(v));
    time_t at = curl_getdate(text, NULL);
    if (at < 0) return -1;
    int64_t wait = (int64_t)at * 1000 - now;
    return wait < 0 ? 0 : wait > YEAR_MS ? YEAR_MS : wait;
}
