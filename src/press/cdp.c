/* cdp.c: see cdp.h. Reading and writing are one loop over poll: while we write a document of megabytes Chromium may be writing
 * to us, and two sides that only write would wait for each other for ever. What comes in meanwhile is kept, unread. */
#include "press/cdp.h"
#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* Chromium itself takes at most 100 MB a message. */
#define MESSAGE_MAX (128u << 20)

struct cdp {
    int to_fd, from_fd;
    int64_t last_id, deadline_ms;
    const char *late;
    char session[80];
    struct buf in;      /* bytes not yet handled, from `start` on */
    size_t start, seen; /* seen: up to here there is no NUL */
    struct buf message; /* the one being handled: json_parse needs room behind it */
    struct json_parser *parser;
    cdp_event_fn *on_event;
    void *event_ctx;
    bool is_broken;
};

/* A sealed worker may not do this; there the cage has done it before it gave the descriptors away. */
static void make_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && !(flags & O_NONBLOCK)) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

struct cdp *cdp_create(int to_fd, int from_fd)
{
    struct cdp *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->to_fd = to_fd, c->from_fd = from_fd, c->deadline_ms = INT64_MAX;
    buf_init(&c->in, MESSAGE_MAX);
    c->parser = json_parser_create();
    make_nonblocking(to_fd);
    make_nonblocking(from_fd);
    return c;
}

void cdp_destroy(struct cdp **cp)
{
    struct cdp *c = *cp;
    *cp = NULL;
    if (!c) return;
    buf_finish(&c->in);
    buf_finish(&c->message);
    json_parser_destroy(&c->parser);
    free(c);
}

void cdp_on_event(struct cdp *c, cdp_event_fn *fn, void *ctx) { c->on_event = fn, c->event_ctx = ctx; }

void cdp_set_deadline(struct cdp *c, int64_t mono_ms, const char *late) { c->deadline_ms = mono_ms, c->late = late; }

void cdp_set_session(struct cdp *c, struct str session)
{
    ASSERT(session.len < sizeof c->session);
    memcpy(c->session, session.ptr ? session.ptr : "", session.len);
    c->session[session.len] = '\0';
}

static bool say_late(const struct cdp *c, struct fault *f)
{
    if (c->late) return fault_user(f, 422, "%s", c->late);
    return fault_operator(f, "Chromium did not answer in time");
}

static bool say_gone(struct cdp *c, struct fault *f)
{
    c->is_broken = true;
    return fault_operator(f, "Chromium has ended");
}

/* Takes in what is there. False at the pipe's end. */
static bool take_in(struct cdp *c)
{
    if (c->start == c->in.len) buf_clear(&c->in), c->start = c->seen = 0;
    for (;;) {
        char *room = buf_reserve(&c->in, 65536);
        if (!room) return false;
        ssize_t n = read(c->from_fd, room, 65536);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN;
        if (n == 0) return false;
        c->in.len += (size_t)n;
        if (n < 65536) return true;
    }
}

/* Waits until there is something to read (and to write, if wanted), the time is over, or the deadline. */
static bool wait_for(struct cdp *c, bool to_write, int64_t until_ms, short *ready, struct fault *f)
{
    int64_t now = clock_mono_ms();
    if (now >= c->deadline_ms) return say_late(c, f);
    int64_t end = until_ms < c->deadline_ms ? until_ms : c->deadline_ms;
    int64_t left = end > now ? end - now : 0;
    struct pollfd p[2] = {{c->from_fd, POLLIN, 0}, {to_write ? c->to_fd : -1, POLLOUT, 0}};
    int n = poll(p, 2, left > 60000 ? 60000 : (int)left);
    if (n < 0 && errno != EINTR) return say_gone(c, f);
    if (n < 0) p[0].revents = p[1].revents = 0;
    if (p[0].revents && !take_in(c)) return say_gone(c, f);
    *ready = p[1].revents;
    return true;
}

static bool send_all(struct cdp *c, struct str bytes, struct fault *f)
{
    while (bytes.len) {
        ssize_t n = write(c->to_fd, bytes.ptr, bytes.len);
        if (n > 0) {
            bytes.ptr += n, bytes.len -= (size_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) return say_gone(c, f);
        short ready;
        if (!wait_for(c, true, INT64_MAX, &ready, f)) return false;
        if (ready & (POLLERR | POLLHUP)) return say_gone(c, f);
    }
    return true;
}

static bool send_command(struct cdp *c, const char *method, struct str params, struct fault *f)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    if (c->is_broken) return say_gone(c, f);
    json_object(&j, NULL);
    json_int(&j, "id", ++c->last_id);
    json_strz(&j, "method", method);
    if (c->session[0]) json_strz(&j, "sessionId", c->session);
    if (params.len) json_raw(&j, "params", params);
    json_end(&j);
    json_out_end(&j);
    buf_add_byte(&b, '\0');
    bool ok = send_all(c, buf_str(&b), f);
    buf_finish(&b);
    return ok;
}

/* The next whole message, copied to where the parser may read beyond its end. False: none is whole yet. */
static bool next_message(struct cdp *c)
{
    const char *nul = c->seen < c->in.len ? memchr(c->in.data + c->seen, '\0', c->in.len - c->seen) : NULL;
    if (!nul) {
        c->seen = c->in.len;
        return false;
    }
    size_t end = (size_t)(nul - c->in.data);
    buf_clear(&c->message);
    buf_add(&c->message, c->in.data + c->start, end - c->start);
    buf_reserve(&c->message, JSON_PADDING);
    c->start = c->seen = end + 1;
    return true;
}

/* *answers: the number of the call that the message answers; 0: an event, which the handler has had. */
static bool handle_message(struct cdp *c, int64_t *answers, struct json_value *root, struct fault *f)
{
    struct fault why = {0};
    *answers = 0;
    if (!json_parse(c->parser, buf_str(&c->message), root, &why))
        return c->is_broken = true, fault_operator(f, "Chromium's message cannot be read: %s", why.text);
    struct json_value id = json_get(*root, "id"), method = json_get(*root, "method");
    if (id.type == JSON_INT) *answers = id.integer;
    if (id.type != JSON_INT && method.type == JSON_STRING && c->on_event) {
        struct str session = json_get(*root, "sessionId").string;
        c->on_event(c->event_ctx, method.string, session, json_get(*root, "params"));
    }
    return true;
}

static bool take_answer(struct json_value root, const char *method, struct json_value *result, struct fault *f)
{
    struct json_value error = json_get(root, "error");
    if (error.type == JSON_OBJECT)
        return fault_ours(f, "Chromium refuses %s: %.*s", method, STR_ARG(json_get(error, "message").string));
    if (result) *result = json_get(root, "result");
    return true;
}

bool cdp_call(struct cdp *c, const char *method, struct str params, struct json_value *result, struct fault *f)
{
    if (!send_command(c, method, params, f)) return false;
    int64_t wanted = c->last_id;
    for (;;) {
        while (next_message(c)) {
            struct json_value root;
            int64_t answers;
            if (!handle_message(c, &answers, &root, f)) return false;
            if (answers == wanted) return take_answer(root, method, result, f);
            if (c->is_broken) return say_gone(c, f);
        }
        short ready;
        if (!wait_for(c, false, INT64_MAX, &ready, f)) return false;
    }
}

bool cdp_post(struct cdp *c, const char *method, struct str params) { return send_command(c, method, params, NULL); }

bool cdp_pump(struct cdp *c, int ms, struct fault *f)
{
    int64_t until = clock_mono_ms() + ms;
    do {
        short ready;
        while (next_message(c)) {
            struct json_value root;
            int64_t answers;
            if (!handle_message(c, &answers, &root, f)) return false;
        }
        if (c->is_broken) return say_gone(c, f);
        if (!wait_for(c, false, until, &ready, f)) return false;
    } while (clock_mono_ms() < until);
    return true;
}
