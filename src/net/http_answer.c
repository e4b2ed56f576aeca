/* http_answer.c: an exchange's answer, set once by any thread, sent by the exchange's HTTP thread.
 * The answer's bytes lie in the exchange's arena until the library has sent them. A second answer is our bug and stops the
 * process. */
#include "base/json_out.h"
#include "net/http_private.h"
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static void answer_set(struct http_exchange *x, enum http_answer_kind kind, int status, const char *content_type)
{
    ASSERT(x->kind == ANSWER_NONE);
    ASSERT(status >= 200 && status < 600);
    x->kind = kind;
    x->status = status;
    x->content_type = content_type;
}

void http_answer(struct http_exchange *x, int status, const char *content_type, struct str body)
{
    answer_set(x, ANSWER_COPIED, status, arena_strz(x->arena, content_type));
    x->answer = body.ptr ? arena_str(x->arena, body) : STR("");
}

void http_answer_static(struct http_exchange *x, int status, const char *content_type, struct str body)
{
    answer_set(x, ANSWER_STATIC, status, content_type);
    x->answer = body.ptr ? body : STR("");
}

void http_answer_fd(struct http_exchange *x, int status, const char *content_type, int fd, int64_t bytes)
{
    answer_set(x, ANSWER_FD, status, arena_strz(x->arena, content_type));
    x->answer_fd = fd;
    x->answer_bytes = bytes;
}

void http_error_body(int status, struct str message, struct buf *out)
{
    struct json_out j = json_out_begin(out);
    json_object(&j, NULL);
    json_object(&j, "error");
    json_str(&j, "message", message);
    json_int(&j, "status_code", status);
    json_end(&j);
    json_end(&j);
    json_out_end(&j);
}

static void fail_with(struct http_exchange *x, int status, struct str message)
{
    struct buf out = BUF_INIT;
    http_error_body(status, message, &out);
    http_answer(x, status, "application/json", buf_str(&out));
    buf_finish(&out);
}

void http_fail(struct http_exchange *x, int status, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    const char *text = arena_vprintf(x->arena, fmt, ap);
    va_end(ap);
    fail_with(x, status, str_of(text));
}

/* The operator's own socket is told everything; others do not learn paths and settings of this machine. */
void http_fail_fault(struct http_exchange *x, const struct fault *f)
{
    bool is_theirs = f->whose == FAULT_USER || f->whose == FAULT_REMOTE;
    if (f->whose == FAULT_OURS)
        log_error("http", "%s %.*s: %s", http_method_name(x->method), STR_ARG(x->path), f->text);
    else if (f->whose != FAULT_USER)
        log_warning("http", "%s %.*s: %s", http_method_name(x->method), STR_ARG(x->path), f->text);
    const char *hidden = f->whose == FAULT_OURS ? "Something went wrong on our side."
                                                : "The server cannot do this at the moment; its log says why. Try again later.";
    fail_with(x, fault_http_status(f), str_of(is_theirs || http_is_unix(x) ? f->text : hidden));
}

void http_add_header(struct http_exchange *x, const char *name, const char *value)
{
    ASSERT(x->kind == ANSWER_NONE && !strpbrk(value, "\r\n"));
    struct http_extra_header **last = &x->extra;
    while (*last) last = &(*last)->next;
    *last = ARENA_NEW(x->arena, struct http_extra_header);
    **last = (struct http_extra_header){.name = arena_strz(x->arena, name), .value = arena_strz(x->arena, value)};
}

static struct MHD_Response *answer_bare(struct http_exchange *x)
{
    if (x->kind == ANSWER_FD) {
        struct MHD_Response *r = MHD_create_response_from_fd64((uint64_t)x->answer_bytes, x->answer_fd);
        if (r) x->answer_fd = -1; /* the library closes it */
        return r;
    }
    return MHD_create_response_from_buffer(x->answer.len, (void *)(uintptr_t)x->answer.ptr, MHD_RESPMEM_PERSISTENT);
}

static struct MHD_Response *answer_make(struct http_exchange *x)
{
    struct MHD_Response *r = answer_bare(x);
    if (!r) return NULL;
    if (x->content_type) MHD_add_response_header(r, "Content-Type", x->content_type);
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    for (struct http_extra_header *h = x->extra; h; h = h->next) MHD_add_response_header(r, h->name, h->value);
    if (x->is_closing || x->loop->is_quiet) MHD_add_response_header(r, "Connection", "close");
    return r;
}

static enum MHD_Result answer_queue_once(struct http_exchange *x)
{
    struct MHD_Response *r = answer_make(x);
    if (!r) return MHD_NO;
    enum MHD_Result done = MHD_queue_response(x->mhd, (unsigned)x->status, r);
    MHD_destroy_response(r);
    return done;
}

static enum MHD_Result answer_queue_static(struct http_exchange *x)
{
    size_t slots = sizeof x->loop->statics / sizeof x->loop->statics[0];
    struct http_static *s = &x->loop->statics[((uintptr_t)x->answer.ptr >> 3) % slots];
    if (!s->response) {
        *s = (struct http_static){answer_make(x), x->answer.ptr, x->content_type, x->answer.len};
        if (!s->response) return MHD_NO;
    }
    if (s->body != x->answer.ptr || s->len != x->answer.len || s->content_type != x->content_type) return answer_queue_once(x);
    return MHD_queue_response(x->mhd, (unsigned)x->status, s->response);
}

enum MHD_Result http_answer_send(struct http_exchange *x)
{
    if (x->kind == ANSWER_NONE) {
        log_error("http", "%s %.*s: the handler has not answered", http_method_name(x->method), STR_ARG(x->path));
        http_fail(x, 500, "Something went wrong on our side.");
    }
    x->phase = HTTP_PHASE_SENT;
    bool is_shared = x->kind == ANSWER_STATIC && !x->extra && !x->is_closing && !x->loop->is_quiet;
    return is_shared ? answer_queue_static(x) : answer_queue_once(x);
}

void http_answer_forget_statics(struct http_loop *l)
{
    for (size_t i = 0; i < sizeof l->statics / sizeof l->statics[0]; i++) {
        if (l->statics[i].response) MHD_destroy_response(l->statics[i].response);
        l->statics[i].response = NULL;
    }
}
