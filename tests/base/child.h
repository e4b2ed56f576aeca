/* child.h: an act in a process of its own: for what ends the process, and for what is read from the environment only once. */
#pragma once
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ends as waitpid tells it. `act` must not use cmocka's assertions: its answer is the exit status. */
static inline int child_run(int (*act)(const void *arg), const void *arg)
{
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        _exit(act(arg));
    }
    int status = -1;
    return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}
static inline bool child_died(int status, int signal) { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
static inline int child_exit(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
