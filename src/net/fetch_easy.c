/* fetch_easy.c: one ask in libcurl: its options, what its callbacks take. The connection is pinned to one of the
 * endpoint's addresses (CURLOPT_CONNECT_TO), so libcurl never resolves a name; a kept connection is only used again for the same pin. */
#include "net/fetch_private.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    NEXT_IP_MS = 3000,      /* how long one of several addresses may take to connect */
    READ_ON_BYTES = 262144, /* of a body above what is kept, so that its connection can be kept too */
};

/* ---- callbacks ---- */

static size_t on_head(char *data, size_t size, size_t n, void *arg)
{
    struct asking *q = arg;
    struct str line = str_make(data, size * n);
    q->head_bytes += line.len; /* over all heads: a hundred times 100 Continue is too much as well */
    q->is_head_too_large = q->head_bytes > (size_t)limit_get(LIMIT_FETCH_MAX_HEAD_BYTES);
    if (q->is_head_too_large) return 0;
    if (str_starts(line, STR("HTTP/")) && q->n_body == 0) buf_clear(&q->head), q->is_head_whole = false;
    struct str text = str_trim(line);
    if (text.len == 0) q->is_head_whole = true; /* what follows a body in chunks is no head */
    if (text.len == 0) return line.len;
    buf_add_str(&q->head, text);
    buf_addz(&q->head, "\r\n");
    return line.len;
}

static size_t to_file(struct asking *q, struct str s)
{
    q->is_too_large = q->n_body > q->ask.max_answer;
    if (q->is_too_large) return 0;
    q->is_disk_bad = !fd_write_all(q->fd, s, NULL);
    return q->is_disk_bad ? 0 : s.len;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct asking *q = arg;
    struct str s = str_make(data, size * n);
    q->n_body += (int64_t)s.len;
    if (q->fd >= 0) return to_file(q, s);
    size_t room = (size_t)q->ask.max_answer - q->body.len;
    q->is_cut |= s.len > room;
    buf_add(&q->body, s.ptr, s.len < room ? s.len : room);
    q->is_done_with = q->n_body > q->ask.max_answer + READ_ON_BYTES;
    return q->is_done_with ? 0 : s.len;
}

bool easy_was_sent(const struct asking *q)
{
    long n = 0;
    if (q->easy) curl_easy_getinfo(q->easy, CURLINFO_REQUEST_SIZE, &n);
    return q->was_sent || n > 0;
}

static bool is_repeatable(const struct fetch_ask *ask)
{
    return ask->is_repeatable || (strcmp(ask->method, "POST") != 0 && strcmp(ask->method, "PATCH") != 0);
}

static bool peer_is_open(const struct asking *q, const char *ip, struct fault *why)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (!q->ask.is_guarded) return true;
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
        return address_guard_ip(q->fetcher->config.guard, (struct sockaddr *)&v4, why);
    if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1)
        return address_guard_ip(q->fetcher->config.guard, (struct sockaddr *)&v6, why);
    return fault_ours(why, "The connection's other end \"%s\" is unknown.", ip);
}

/* Before each sending: libcurl sends a request again by itself when a kept connection dies without a byte of answer, which is no business of
 * its for what must not happen twice. And the second belt of the guard: who is really there? */
static int on_send(void *arg, char *peer_ip, char *own_ip, int peer_port, int own_port)
{
    struct asking *q = arg;
    struct fault why;
    (void)own_ip, (void)peer_port, (void)own_port;
    q->is_peer_closed = easy_was_sent(q) && !is_repeatable(&q->ask);
    if (q->is_peer_closed) return CURL_PREREQFUNC_ABORT;
    if (peer_is_open(q, peer_ip, &why)) return CURL_PREREQFUNC_OK;
    snprintf(q->peer_trouble, sizeof q->peer_trouble, "%.199s", why.text);
    return CURL_PREREQFUNC_ABORT;
}

/* ---- options ---- */

static bool header_is_named(struct str line, const char *name)
{
    struct str rest;
    return str_eq_nocase(str_cut(line, ':', &rest), str_of(name)) && rest.ptr;
}

static bool add_header(struct asking *q, struct str line, struct fault *f)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '\r' || line.ptr[i] == '\n' || line.ptr[i] == '\0')
            return fault_ours(f, "A header line to be sent holds a line's end.");
    struct curl_slist *longer = curl_slist_append(q->headers, arena_str(q->arena, line).ptr);
    ASSERT(longer);
    q->headers = longer;
    return true;
}

static bool set_headers(struct asking *q, struct fault *f)
{
    bool has_type = false;
    for (int i = 0; i < q->ask.n_headers; i++) {
        has_type |= header_is_named(q->ask.headers[i], "Content-Type");
        if (!add_header(q, q->ask.headers[i], f)) return false;
    }
    if (!add_header(q, STR("Expect:"), f) || (!has_type && !add_header(q, STR("Content-Type:"), f)))
        return false; /* neither of libcurl's own */
    curl_easy_setopt(q->easy, CURLOPT_HTTPHEADER, q->headers);
    curl_easy_setopt(q->easy, CURLOPT_USERAGENT, "Pennypost/" PENNYPOST_VERSION);
    return true;
}

static void set_method(struct asking *q)
{
    bool has_body = q->ask.body.len || strcmp(q->ask.method, "POST") == 0 || strcmp(q->ask.method, "PUT") == 0;
    if (strcmp(q->ask.method, "HEAD") == 0) {
        curl_easy_setopt(q->easy, CURLOPT_NOBODY, 1L);
    } else if (has_body) {
        curl_easy_setopt(q->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)q->ask.body.len);
        curl_easy_setopt(q->easy, CURLOPT_POSTFIELDS, q->ask.body.ptr ? q->ask.body.ptr : "");
    }
    curl_easy_setopt(q->easy, CURLOPT_CUSTOMREQUEST, q->ask.method);
}

static void set_peer(struct asking *q)
{
    const struct endpoint *e = q->endpoint;
    const struct sockaddr_storage *at = &e->ips[q->ip_at];
    char ip[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 16];
    bool is_v6 = at->ss_family == AF_INET6;
    const void *bytes = is_v6 ? (const void *)&((const struct sockaddr_in6 *)at)->sin6_addr
                              : (const void *)&((const struct sockaddr_in *)at)->sin_addr;
    ASSERT(inet_ntop(at->ss_family, bytes, ip, sizeof ip));
    snprintf(text, sizeof text, is_v6 ? "::[%s]:%d" : "::%s:%d", ip, e->address.port);
    q->connect_to = curl_slist_append(NULL, text);
    curl_easy_setopt(q->easy, CURLOPT_CONNECT_TO, q->connect_to);
    curl_easy_setopt(q->easy, CURLOPT_PREREQFUNCTION, on_send);
    curl_easy_setopt(q->easy, CURLOPT_PREREQDATA, q);
}

static void set_times(struct asking *q)
{
    int64_t left = q->deadline_ms - clock_mono_ms(), connect = left;
    bool is_last = q->ip_at + 1 >= q->endpoint->n_ips;
    if (!is_last && connect > NEXT_IP_MS) connect = NEXT_IP_MS;
    if (!is_last && connect > left / 2) connect = left / 2;
    curl_easy_setopt(q->easy, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1)); /* 0 would be for ever */
    curl_easy_setopt(q->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(connect > 1 ? connect : 1));
    curl_easy_setopt(q->easy, CURLOPT_MAXAGE_CONN, (long)limit_get(LIMIT_FETCH_IDLE_S));
}

static void set_rules(struct asking *q)
{
    const char *ca = q->fetcher->config.ca_file ? q->fetcher->config.ca_file : setting_get(SETTING_OUTGOING_CA_FILE);
    curl_easy_setopt(q->easy, CURLOPT_PRIVATE, q);
    curl_easy_setopt(q->easy, CURLOPT_ERRORBUFFER, q->error);
    curl_easy_setopt(q->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(q->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(q->easy, CURLOPT_PROTOCOLS_STR, q->address.is_https ? "https" : "http");
    curl_easy_setopt(q->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(q->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(q->easy, CURLOPT_PATH_AS_IS, 1L);
    if (*ca) curl_easy_setopt(q->easy, CURLOPT_CAINFO, ca);
    curl_easy_setopt(q->easy, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(q->easy, CURLOPT_HEADERDATA, q);
    curl_easy_setopt(q->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(q->easy, CURLOPT_WRITEDATA, q);
}

/* libcurl reads the address again: it must see the host that was checked. */
static bool set_address(struct asking *q, struct fault *f)
{
    char *host = NULL, *port = NULL, *text = web_address_text(q->arena, &q->address);
    CURLU *u = q->parsed = curl_url();
    ASSERT(u);
    bool is_same = curl_url_set(u, CURLUPART_URL, text, CURLU_URLENCODE | CURLU_PATH_AS_IS) == CURLUE_OK &&
                   curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                   curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK && atoi(port) == q->address.port &&
                   (q->address.is_ip || str_eq(str_of(host), str_of(q->address.host))); /* an IP may be spelt anew */
    if (is_same) curl_easy_setopt(q->easy, CURLOPT_CURLU, u);
    curl_free(host);
    curl_free(port);
    return is_same || fault_user(f, 400, "The address can be read in two ways.");
}

static bool open_file(struct asking *q, struct fault *f)
{
    if (!q->ask.to_file) return true;
    curl_easy_setopt(q->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)q->ask.max_answer);
    if (q->fd < 0) q->fd = open(q->ask.to_file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    return q->fd >= 0 || fault_errno(f, "%s cannot be made", q->ask.to_file);
}

bool easy_start(struct asking *q, struct fault *f)
{
    q->easy = curl_easy_init();
    ASSERT(q->easy);
    if (q->ip_at >= q->endpoint->n_ips) q->ip_at = 0;
    if (!endpoint_is_open(q->endpoint, q, f) || !set_address(q, f) || !set_headers(q, f) || !open_file(q, f)) return false;
    set_method(q);
    set_rules(q);
    set_peer(q);
    set_times(q);
    return curl_multi_add_handle(q->fetcher->multi, q->easy) == CURLM_OK || fault_ours(f, "libcurl does not take the request.");
}

void easy_stop(struct asking *q)
{
    if (q->easy) {
        curl_multi_remove_handle(q->fetcher->multi, q->easy);
        curl_easy_cleanup(q->easy);
    }
    curl_slist_free_all(q->headers);
    curl_slist_free_all(q->connect_to);
    curl_url_cleanup(q->parsed);
    q->easy = NULL, q->parsed = NULL, q->headers = q->connect_to = NULL;
}
