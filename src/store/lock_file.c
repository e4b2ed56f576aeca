/* lock_file.c: keeps a second process away from what may have only one writer. Called by store.c (the data folder) and by the
 * SQLite driver (the database file). The kernel's flock decides, and lets go when the process ends however it ends; the pid in
 * the file is only there to be told to people, so a pid left by a crash does not matter. The file is never removed: a name that
 * is removed can be locked twice. */
#include "store/store_private.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

static long read_pid(int fd)
{
    char text[32] = {0};
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    return n > 0 ? strtol(text, NULL, 10) : 0;
}

static bool write_pid(int fd, const char *path, struct fault *f)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)n, 0) != n)
        return fault_errno(f, "The lock file %s cannot be written", path);
    return true;
}

int lock_file_take(const char *path, const char *what, struct fault *f)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0) {
        fault_errno(f, "The lock file %s cannot be opened", path);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            fault_operator(f, "another pennypost (process %ld) has this %s open: %s", read_pid(fd), what, path);
        else
            fault_errno(f, "The lock file %s cannot be locked", path);
        close(fd);
        return -1;
    }
    if (!write_pid(fd, path, f)) {
        close(fd);
        return -1;
    }
    return fd;
}

void lock_file_release(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}
