/* files.c: the small acts on files that durable.h also offers: read whole, write all, make folders, remove a tree, free space.
 * Thread-safe; nothing is kept between calls. */
#include "base/durable.h"
#include "base/failpoint.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Read beside the buffer, so that a buffer with little room takes a file that fits it. */
static bool read_to_end(int fd, const char *path, size_t most, struct buf *out, struct fault *f)
{
    char piece[65536];
    ssize_t n;
    for (size_t total = 0; (n = read(fd, piece, sizeof piece)) != 0;) {
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fault_errno(f, "%s cannot be read", path);
        total += (size_t)n;
        if (total > most) return fault_operator(f, "%s is larger than %zu bytes", path, most);
        buf_add(out, piece, (size_t)n);
    }
    return true;
}

bool file_read(const char *path, size_t max_bytes, struct buf *out, struct fault *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fault_errno(f, "%s cannot be opened", path);
    size_t before = out->len, room = out->max ? out->max - before : SIZE_MAX;
    bool is_done = read_to_end(fd, path, max_bytes < room ? max_bytes : room, out, f);
    close(fd);
    if (!is_done) out->len = before;
    if (out->data) out->data[out->len] = '\0';
    return is_done;
}

bool fd_write_all(int fd, struct str s, struct fault *f)
{
    if (FAILPOINT("durable.write.before")) return fault_errno(f, "writing failed");
    while (s.len > 0) {
        ssize_t n = write(fd, s.ptr, s.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fault_errno(f, "writing failed");
        s.ptr += n, s.len -= (size_t)n;
    }
    return true;
}

bool make_dirs(const char *path, int mode, struct fault *f)
{
    char part[1024];
    size_t n = strlen(path);
    if (n >= sizeof part) return fault_operator(f, "the path %.100s... is too long", path);
    for (size_t i = 1; i <= n; i++) {
        if (i < n && path[i] != '/') continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, (mode_t)mode) != 0 && errno != EEXIST) return fault_errno(f, "folder %s cannot be made", part);
    }
    struct stat st;
    if (stat(path, &st) != 0) return fault_errno(f, "folder %s cannot be made", path);
    return S_ISDIR(st.st_mode) || fault_operator(f, "%s is not a folder", path);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

bool remove_tree(const char *path, struct fault *f)
{
    struct stat st;
    if (lstat(path, &st) != 0) return errno == ENOENT || fault_errno(f, "%s cannot be removed", path);
    return nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) == 0 || fault_errno(f, "%s cannot be removed", path);
}

int64_t disk_free_mb(const char *path)
{
    struct statvfs s;
    if (statvfs(path, &s) != 0) return -1;
    return (int64_t)(s.f_bavail * s.f_frsize / 1048576);
}
