/* process_run.c: a program run from start to end: text in, text out, a bound on time. Thread-safe; the child never outlives the
 * call. */
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include "base/process.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#define STDERR_TAIL 300

struct run {
    const char *name;
    struct process child;
    int in, out[2], err[2]; /* our ends are [0]; -1: closed */
    struct buf *stdout_buf;
    char tail[STDERR_TAIL + 1]; /* the last of standard error */
    size_t tail_len;
    int64_t until; /* 0: no bound */
};

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* Input goes through a file in memory: a child that does not read it cannot block us, nor can its end kill us by SIGPIPE. */
static bool run_open(struct run *r, struct str in, struct fault *f)
{
    r->in = memfd_create("stdin", MFD_CLOEXEC);
    if (r->in < 0 || pipe2(r->out, O_CLOEXEC) != 0 || pipe2(r->err, O_CLOEXEC) != 0)
        return fault_errno(f, "%s cannot be given its pipes", r->name);
    return fd_write_all(r->in, in, f) &&
           (lseek(r->in, 0, SEEK_SET) == 0 || fault_errno(f, "%s cannot be given its input", r->name));
}

static bool run_start(struct run *r, const char *const *argv, struct fault *f)
{
    int fds[] = {r->in, r->out[1], r->err[1]};
    struct process_spec spec = {.argv = argv, .fds = fds, .n_fds = 3, .die_with_parent = true};
    bool is_started = process_start(&r->child, &spec, f);
    close_fd(&r->in), close_fd(&r->out[1]), close_fd(&r->err[1]);
    return is_started;
}

static void tail_add(struct run *r, const char *p, size_t n)
{
    if (n > STDERR_TAIL) p += n - STDERR_TAIL, n = STDERR_TAIL;
    size_t keep = STDERR_TAIL - n < r->tail_len ? STDERR_TAIL - n : r->tail_len;
    memmove(r->tail, r->tail + r->tail_len - keep, keep);
    memcpy(r->tail + keep, p, n);
    r->tail_len = keep + n;
}

static void read_from(struct run *r, int *fd, bool is_stdout)
{
    char piece[16384];
    ssize_t n = read(*fd, piece, sizeof piece);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0)
        close_fd(fd);
    else if (is_stdout)
        buf_add(r->stdout_buf, piece, (size_t)n);
    else
        tail_add(r, piece, (size_t)n);
}

static int run_left_ms(const struct run *r)
{
    if (!r->until) return -1;
    int64_t left = r->until - clock_mono_ms();
    return left > 0 ? (int)left : 0;
}

/* Reads both pipes until both are closed. False when time ran out, or the output passed its bound. */
static bool run_collect(struct run *r, struct fault *f)
{
    while (r->out[0] >= 0 || r->err[0] >= 0) {
        struct pollfd p[2] = {{.fd = r->out[0], .events = POLLIN}, {.fd = r->err[0], .events = POLLIN}};
        int n = poll(p, 2, run_left_ms(r));
        if (n == 0) return fault_operator(f, "%s took too long and was stopped", r->name);
        if (n > 0 && p[0].revents) read_from(r, &r->out[0], true);
        if (n > 0 && p[1].revents) read_from(r, &r->err[0], false);
        if (r->stdout_buf->overflow) return fault_operator(f, "%s wrote more than %zu bytes", r->name, r->stdout_buf->max);
    }
    return true;
}

static bool run_finish(struct run *r, struct fault *f)
{
    int status;
    if (!process_wait(&r->child, run_left_ms(r), &status))
        return fault_operator(f, "%s took too long and was stopped", r->name);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    r->tail[r->tail_len] = '\0';
    struct str said = str_trim(str_make(r->tail, r->tail_len));
    const char *colon = said.len ? ": " : "";
    if (WIFSIGNALED(status))
        return fault_operator(f, "%s was ended by signal %d%s%.*s", r->name, WTERMSIG(status), colon, STR_ARG(said));
    return fault_operator(f, "%s ended with status %d%s%.*s", r->name, WEXITSTATUS(status), colon, STR_ARG(said));
}

bool process_run(const char *const *argv, struct str in, struct buf *out, int timeout_ms, struct fault *f)
{
    struct run r = {.name = argv[0], .in = -1, .out = {-1, -1}, .err = {-1, -1}, .stdout_buf = out};
    if (timeout_ms >= 0) r.until = clock_mono_ms() + timeout_ms;
    bool is_good = run_open(&r, in, f) && run_start(&r, argv, f) && run_collect(&r, f) && run_finish(&r, f);
    process_kill(&r.child);
    close_fd(&r.in), close_fd(&r.out[0]), close_fd(&r.out[1]), close_fd(&r.err[0]), close_fd(&r.err[1]);
    return is_good;
}
