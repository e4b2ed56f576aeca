/* press_wire.c: frames and the two basic types. Used by both processes; keeps no state. */
#include "press/press_wire.h"
#include "base/process.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

struct header {
    char magic[4];
    uint32_t kind;
    uint64_t length;
};
static const char magic[4] = {'P', 'P', 'W', '1'};

bool frame_send(int sock, enum frame_kind kind, struct str body, int fd, struct fault *f)
{
    struct header h = {.kind = kind, .length = body.len};
    memcpy(h.magic, magic, sizeof magic);
    if (!fd_send(sock, &h, sizeof h, fd, f)) return false;
    while (body.len) {
        ssize_t n = send(sock, body.ptr, body.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return fault_ours(f, "the other side of the press does not listen any more");
        body.ptr += n, body.len -= (size_t)n;
    }
    return true;
}

/* Reads exactly n bytes. A descriptor may come with the first of them. */
static bool read_exactly(int sock, char *to, size_t n, int timeout_ms, int *fd, struct fault *f)
{
    while (n) {
        struct pollfd p = {.fd = sock, .events = POLLIN};
        int ready = poll(&p, 1, timeout_ms);
        if (ready < 0 && errno == EINTR) continue;
        if (ready == 0) return fault_ours(f, "the other side of the press stopped in the middle of a message");
        int came = -1;
        ssize_t got = fd_recv(sock, to, n, &came);
        if (came >= 0 && *fd < 0)
            *fd = came;
        else if (came >= 0)
            close(came);
        if (got <= 0) return fault_ours(f, "the other side of the press is gone");
        to += got, n -= (size_t)got;
    }
    return true;
}

bool frame_recv(int sock, size_t max_body, int timeout_ms, struct frame *frame, struct fault *f)
{
    struct header h;
    *frame = (struct frame){.fd = -1};
    bool is_read = read_exactly(sock, (char *)&h, sizeof h, timeout_ms, &frame->fd, f);
    bool is_good =
        is_read && memcmp(h.magic, magic, sizeof magic) == 0 && h.kind > 0 && h.kind < FRAME_KINDS && h.length <= max_body;
    if (is_read && !is_good) fault_ours(f, "the other side of the press speaks nonsense");
    if (is_good) {
        int second = -1;
        frame->kind = (enum frame_kind)h.kind;
        char *room = buf_reserve(&frame->body, h.length + 1);
        is_good = read_exactly(sock, room, h.length, timeout_ms, &second, f);
        frame->body.len = h.length;
        if (second >= 0) close(second);
    }
    if (is_good) return true;
    if (frame->fd >= 0) close(frame->fd);
    buf_finish(&frame->body);
    frame->fd = -1;
    return false;
}

void wire_put_int(struct buf *b, int64_t v) { buf_add(b, &v, sizeof v); }

void wire_put_str(struct buf *b, struct str s)
{
    wire_put_int(b, s.ptr ? (int64_t)s.len : -1);
    buf_add_str(b, s);
}

int64_t wire_int(struct wire_in *in, int64_t least, int64_t most)
{
    int64_t v = 0;
    if (in->rest.len < sizeof v)
        in->is_bad = true;
    else
        memcpy(&v, in->rest.ptr, sizeof v);
    if (v < least || v > most) in->is_bad = true;
    if (in->is_bad) return least > 0 ? least : 0;
    in->rest.ptr += sizeof v, in->rest.len -= sizeof v;
    return v;
}

struct str wire_str(struct wire_in *in)
{
    int64_t n = wire_int(in, -1, INT64_MAX);
    if (in->is_bad || n < 0) return STR_NULL;
    if ((uint64_t)n > in->rest.len) {
        in->is_bad = true;
        return STR_NULL;
    }
    struct str s = {in->rest.ptr, (size_t)n};
    in->rest.ptr += n, in->rest.len -= (size_t)n;
    return s;
}

void wire_put_fault(struct buf *b, const struct fault *f)
{
    wire_put_int(b, f->whose);
    wire_put_int(b, f->status);
    wire_put_str(b, str_of(f->text));
}

void wire_get_fault(struct wire_in *in, struct fault *f)
{
    int64_t whose = wire_int(in, FAULT_USER, FAULT_OURS), status = wire_int(in, 0, 599);
    struct str text = wire_str(in);
    if (in->is_bad) {
        fault_ours(f, "a press worker's complaint cannot be read");
        return;
    }
    *f = (struct fault){.whose = (enum fault_whose)whose, .status = (int)status};
    snprintf(f->text, sizeof f->text, "%.*s", STR_ARG(text));
}
