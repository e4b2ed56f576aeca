/* process.c: starting, awaiting and killing child processes, and passing descriptors. Thread-safe.
 *
 * The child shares our memory until it calls exec (vfork), so between the two it makes system calls only: no locks, no
 * allocation. That stays cheap in a large process and safe beside other threads. Everything it needs is worked out before.
 * `die_with_parent` is tied by Linux to the THREAD that starts the child: start such children from a thread that lives on. */
#include "base/process.h"
#include "base/clock.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_FDS 16

/* What the child needs; `error` and `failed_at` come back from it through the shared memory. */
struct launch {
    const struct process_spec *spec;
    char path[1024];
    char *const *env;
    pid_t parent;
    volatile int error;
    const char *volatile failed_at;
};

/* The program as a file: looked for in PATH when its name has no slash. */
static bool program_find(struct str name, char out[1024], struct fault *f)
{
    const char *path = getenv("PATH");
    bool has_slash = memchr(name.ptr, '/', name.len) != NULL;
    struct str dirs = has_slash ? STR(".") : str_of(path ? path : "/usr/bin:/bin");
    while (dirs.ptr) {
        struct str dir = str_cut(dirs, ':', &dirs);
        int n = has_slash ? snprintf(out, 1024, "%.*s", STR_ARG(name))
                          : snprintf(out, 1024, "%.*s/%.*s", STR_ARG(dir), STR_ARG(name));
        if (n > 0 && n < 1024 && access(out, X_OK) == 0) return true;
    }
    return fault_operator(f, "the program %.*s is not there, or may not be run", STR_ARG(name));
}

/* Descriptors are first moved above all targets, so that none is overwritten before it was copied. */
static bool child_place_fds(const struct process_spec *spec)
{
    int moved[MAX_FDS], n = spec->n_fds < 3 ? 3 : spec->n_fds;
    for (int i = 0; i < n; i++) {
        bool is_given = i < spec->n_fds && spec->fds[i] >= 0;
        int from = is_given ? spec->fds[i] : open("/dev/null", O_RDWR | O_CLOEXEC);
        moved[i] = from < 0 ? -1 : fcntl(from, F_DUPFD_CLOEXEC, MAX_FDS);
        if (moved[i] < 0) return false;
    }
    for (int i = 0; i < n; i++)
        if (dup2(moved[i], i) < 0) return false;
    /* Close-on-exec rather than close: under vfork nothing of ours is touched either way, and exec does the rest. */
    return close_range((unsigned)n, ~0u, CLOSE_RANGE_CLOEXEC) == 0;
}

static void child_reset_signals(void)
{
    struct sigaction plain = {.sa_handler = SIG_DFL};
    for (int s = 1; s < NSIG; s++)
        if (s != SIGKILL && s != SIGSTOP) sigaction(s, &plain, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool child_bound_memory(int64_t mb)
{
    struct rlimit limit = {(rlim_t)mb * 1048576, (rlim_t)mb * 1048576};
    return mb == 0 || setrlimit(RLIMIT_AS, &limit) == 0;
}

/* Runs in the child; returns only when it failed. */
static void child_exec(struct launch *l)
{
    const struct process_spec *spec = l->spec;
    child_reset_signals();
    l->failed_at = "be made a group";
    if (setpgid(0, 0) != 0) return;
    l->failed_at = "be tied to its parent";
    if (spec->die_with_parent && (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != l->parent)) return;
    l->failed_at = "enter its folder";
    if (spec->cwd && chdir(spec->cwd) != 0) return;
    l->failed_at = "get its descriptors";
    if (!child_place_fds(spec)) return;
    l->failed_at = "get its memory limit";
    if (!child_bound_memory(spec->max_address_space_mb)) return;
    l->failed_at = "be run";
    execve(l->path, (char *const *)spec->argv, l->env);
}

/* In its own frame: the child must not write over variables that the parent still uses. */
__attribute__((noinline)) static pid_t child_fork(struct launch *l)
{
    pid_t pid = vfork();
    if (pid != 0) return pid;
    child_exec(l);
    l->error = errno ? errno : EINVAL;
    _exit(127);
}

/* "NAME=value" of the three variables that programs need, in the caller's memory. */
static void default_env(char text[3][1100], char *env[4])
{
    static const char *const names[] = {"PATH", "LANG", "TZ"};
    static const char *const otherwise[] = {"/usr/bin:/bin", "C.UTF-8", "UTC"};
    for (int i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        snprintf(text[i], 1100, "%s=%s", names[i], value ? value : otherwise[i]);
        env[i] = text[i];
    }
    env[3] = NULL;
}

bool process_start(struct process *p, const struct process_spec *spec, struct fault *f)
{
    struct launch l = {.spec = spec, .parent = getpid()};
    char env_text[3][1100], *env[4];
    ASSERT(spec->argv[0] && spec->n_fds >= 0 && spec->n_fds <= MAX_FDS);
    *p = (struct process){0};
    if (!program_find(str_of(spec->argv[0]), l.path, f)) return false;
    default_env(env_text, env);
    l.env = spec->env ? (char *const *)spec->env : env;

    /* No signal of ours may be handled on the stack we share. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = child_fork(&l);
    int fork_errno = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = fork_errno;
    if (pid < 0) return fault_errno(f, "%s cannot be started", spec->argv[0]);
    if (l.error) {
        waitpid(pid, NULL, 0);
        errno = l.error;
        return fault_errno(f, "%s cannot %s", spec->argv[0], l.failed_at);
    }
    p->pid = pid;
    return true;
}

/* Reaps an ended child; what it left of its group goes with it. The pid stays taken until waitpid, so the group is still its
 * own. */
static bool process_reap(struct process *p, bool may_block, int *status)
{
    siginfo_t info = {0};
    int ended, got = 0;
    while ((ended = waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOWAIT | (may_block ? 0 : WNOHANG))) != 0 && errno == EINTR) {
    }
    ASSERT(ended == 0);
    if (info.si_pid == 0) return false;
    kill(-p->pid, SIGKILL);
    while (waitpid(p->pid, &got, 0) < 0 && errno == EINTR) {}
    p->pid = 0;
    if (status) *status = got;
    return true;
}

bool process_wait(struct process *p, int timeout_ms, int *status)
{
    ASSERT(p->pid > 0);
    if (timeout_ms < 0) return process_reap(p, true, status);
    int64_t until = clock_mono_ms() + timeout_ms;
    int fd = (int)syscall(SYS_pidfd_open, p->pid, 0); /* -1 on kernels without: then we look every few milliseconds */
    bool has_ended;
    while (!(has_ended = process_reap(p, false, status))) {
        int64_t left = until - clock_mono_ms();
        if (left <= 0) break;
        struct pollfd on_end = {.fd = fd, .events = POLLIN};
        poll(&on_end, 1, fd >= 0 || left < 5 ? (int)left : 5);
    }
    if (fd >= 0) close(fd);
    return has_ended;
}

void process_kill(struct process *p)
{
    if (p->pid <= 0) return;
    kill(-p->pid, SIGKILL);
    process_reap(p, true, NULL);
}

bool fd_send(int sock, const void *data, size_t n, int fd, struct fault *f)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec piece = {(void *)data, n};
    struct msghdr m = {.msg_iov = &piece, .msg_iovlen = 1};
    if (fd >= 0) {
        m.msg_control = control.bytes, m.msg_controllen = sizeof control.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    ssize_t sent;
    while ((sent = sendmsg(sock, &m, MSG_NOSIGNAL)) < 0 && errno == EINTR) {}
    if (sent < 0) return fault_errno(f, "a descriptor cannot be passed on");
    return (size_t)sent == n || fault_operator(f, "a message of %zu bytes was cut", n);
}

ssize_t fd_recv(int sock, void *data, size_t n, int *fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec piece = {data, n};
    struct msghdr m = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t got;
    while ((got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
    *fd = -1;
    struct cmsghdr *c = got >= 0 ? CMSG_FIRSTHDR(&m) : NULL;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(fd, CMSG_DATA(c), sizeof *fd);
    return got;
}
