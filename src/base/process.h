/* process.h: child processes: started with a list of arguments (no shell), chosen descriptors, an own process group, watched for
 * memory and time, killed as a group. Thread-safe. */
#pragma once
#include "base/buf.h"
#include "base/fault.h"
#include <sys/types.h>

struct process {
    pid_t pid; /* 0: not running */
};

struct process_spec {
    const char *const *argv; /* argv[0] is looked up in PATH; ends in NULL */
    const char *const *env;  /* NULL: only PATH, LANG, TZ */
    const char *cwd;
    const int *fds; /* fds[i] becomes descriptor i in the child; -1: /dev/null. Everything else is closed. */
    int n_fds;
    bool die_with_parent;
    int64_t max_address_space_mb; /* 0: none */
};

bool process_start(struct process *p, const struct process_spec *spec, struct fault *f);
/* Waits up to timeout_ms (-1: for ever). True when it has ended; *status as waitpid gives it. */
bool process_wait(struct process *p, int timeout_ms, int *status);
/* Kills the whole group with -9 and reaps the child. Safe to call twice. */
void process_kill(struct process *p);
/* Proportional set size of the process and all that descend from it; -1 when it cannot be read. */
int64_t process_group_pss_mb(pid_t pid);
/* Runs to its end, gives `in` on standard input, collects standard output (out->max applies) and the tail of standard error.
 * False with a sentence when it cannot start, ends with another status than 0, or passes timeout_ms (then it is killed). */
bool process_run(const char *const *argv, struct str in, struct buf *out, int timeout_ms, struct fault *f);

/* Descriptors over a Unix socket, one a message, with the first byte(s) of data. */
bool fd_send(int sock, const void *data, size_t n, int fd, struct fault *f);
ssize_t fd_recv(int sock, void *data, size_t n, int *fd); /* *fd -1 when none came */
