/* http_body.c: a request's body on its way into memory or into a file of the spool folder.
 * Called on the HTTP thread as the bytes come. A body above its route's limit is read and forgotten up to http.discard_bytes
 * more, so that the client is there to read the 413; beyond that the connection is cut. */
#include "net/http_private.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define KEEP_BODY_BYTES    65536 /* a spare exchange keeps a buffer of this size */
#define TRUST_LENGTH_BYTES 65536 /* what a Content-Length alone makes us reserve */

static bool body_open_file(struct http_exchange *x)
{
    char *path = arena_printf(x->arena, "%s/http-XXXXXX", x->server->config.spool_dir);
    x->body_fd = mkostemp(path, O_CLOEXEC);
    if (x->body_fd >= 0) {
        x->body_path = path;
        return true;
    }
    struct fault f;
    fault_errno(&f, "opening %s", path);
    http_fail_fault(x, &f);
    return false;
}

bool http_body_begin(struct http_exchange *x)
{
    struct str length = http_header(x, "Content-Length");
    int64_t n = 0;
    if (length.ptr) str_to_int64(length, &n); /* digits: the guard has looked */
    if (n > x->max_body) {
        x->is_too_long = true;
        /* Refusing before the body is read closes the connection: for a client who waits for our word, and for one too far. */
        if (n > x->max_body + x->server->discard || http_header(x, "Expect").ptr) {
            x->is_closing = true;
            http_fail(x, 413, "The body is larger than %lld bytes.", (long long)x->max_body);
            return false;
        }
    }
    if (x->is_too_long) n = 0;
    if (x->route->flags & HTTP_BODY_FILE) return body_open_file(x);
    if (n > 0) buf_reserve(&x->body, (size_t)(n < TRUST_LENGTH_BYTES ? n : TRUST_LENGTH_BYTES) + HTTP_BODY_SPARE);
    return true;
}

static bool body_write(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, data, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return false;
        data += done;
        n -= (size_t)done;
    }
    return true;
}

bool http_body_add(struct http_exchange *x, const char *data, size_t n)
{
    x->body_bytes += (int64_t)n;
    if (x->body_bytes > x->max_body) x->is_too_long = true;
    if (x->body_bytes > x->max_body + x->server->discard) {
        x->status = 413;
        http_conn_fail(x->conn, 413, "Content Too Large", "The body is larger than this address takes.");
        return false;
    }
    if (x->is_too_long || x->kind != ANSWER_NONE) return true; /* read and forgotten */
    if (x->body_fd < 0) {
        buf_add(&x->body, data, n);
    } else if (!body_write(x->body_fd, data, n)) {
        struct fault f;
        fault_errno(&f, "writing %s", x->body_path);
        x->is_closing = true;
        http_fail_fault(x, &f);
    }
    return true;
}

bool http_body_end(struct http_exchange *x)
{
    if (x->kind != ANSWER_NONE) return false;
    if (x->is_too_long) {
        x->is_closing = true;
        http_fail(x, 413, "The body is larger than %lld bytes.", (long long)x->max_body);
        return false;
    }
    memset(buf_reserve(&x->body, HTTP_BODY_SPARE), 0, HTTP_BODY_SPARE);
    return true;
}

void http_body_drop(struct http_exchange *x)
{
    if (x->body_fd >= 0) close(x->body_fd);
    x->body_fd = -1;
    if (x->body_path && !x->body_is_taken) unlink(x->body_path);
    x->body_path = NULL;
    if (x->body.cap > KEEP_BODY_BYTES)
        buf_finish(&x->body);
    else
        buf_clear(&x->body);
}

struct str http_body(struct http_exchange *x) { return buf_str(&x->body); }

const char *http_body_file(struct http_exchange *x, int64_t *bytes)
{
    if (bytes) *bytes = x->body_bytes;
    x->body_is_taken = x->body_path != NULL;
    return x->body_path;
}
