/* durable.c: writing files that are whole or not there: temporary name, fsync, rename, fsync of the folder.
 * Used for batches, assets, keys, settings: whatever must survive a crash. Reading and removing files is files.c. Each side of
 * each step has a failpoint. */
#include "base/durable.h"
#include "base/failpoint.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void parent_of(const char *path, char out[1024])
{
    snprintf(out, 1024, "%s", path);
    char *slash = strrchr(out, '/');
    if (!slash)
        strcpy(out, ".");
    else if (slash == out)
        out[1] = '\0';
    else
        *slash = '\0';
}

bool durable_sync_dir(const char *dir, struct fault *f)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fault_errno(f, "folder %s cannot be opened", dir);
    bool is_done = fsync(fd) == 0 || fault_errno(f, "folder %s cannot be made durable", dir);
    close(fd);
    return is_done;
}

bool durable_open(struct durable *d, const char *path, struct fault *f)
{
    *d = (struct durable){.fd = -1};
    if (strlen(path) >= sizeof d->path) return fault_operator(f, "the path %.100s... is too long", path);
    strcpy(d->path, path);
    snprintf(d->tmp, sizeof d->tmp, "%s.tmp", path);
    d->fd = open(d->tmp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    return d->fd >= 0 || fault_errno(f, "%s cannot be created", d->tmp);
}

static bool durable_sync(struct durable *d, struct fault *f)
{
    if (FAILPOINT("durable.fsync.before") || fsync(d->fd) != 0) return fault_errno(f, "%s cannot be made durable", d->tmp);
    if (FAILPOINT("durable.fsync.after")) return fault_errno(f, "%s cannot be made durable", d->tmp);
    int fd = d->fd;
    d->fd = -1;
    return close(fd) == 0 || fault_errno(f, "%s cannot be closed", d->tmp);
}

static bool durable_rename(struct durable *d, struct fault *f)
{
    if (FAILPOINT("durable.rename.before") || rename(d->tmp, d->path) != 0)
        return fault_errno(f, "%s cannot be renamed to %s", d->tmp, d->path);
    d->tmp[0] = '\0'; /* from here on there is nothing to abandon */
    if (FAILPOINT("durable.rename.after")) return fault_errno(f, "folder of %s cannot be made durable", d->path);
    char parent[1024];
    parent_of(d->path, parent);
    if (!durable_sync_dir(parent, f)) return false;
    return !FAILPOINT("durable.dirsync.after") || fault_errno(f, "folder %s cannot be made durable", parent);
}

bool durable_commit(struct durable *d, struct fault *f)
{
    if (durable_sync(d, f) && durable_rename(d, f)) return true;
    durable_abandon(d);
    return false;
}

void durable_abandon(struct durable *d)
{
    if (d->fd >= 0) close(d->fd);
    if (d->tmp[0]) unlink(d->tmp);
    d->fd = -1, d->tmp[0] = '\0';
}

bool durable_write(const char *path, struct str content, int mode, struct fault *f)
{
    struct durable d;
    if (!durable_open(&d, path, f)) return false;
    bool is_written = fd_write_all(d.fd, content, f);
    if (is_written && fchmod(d.fd, (mode_t)mode) != 0) is_written = fault_errno(f, "%s cannot get its rights", d.tmp);
    if (is_written) return durable_commit(&d, f);
    durable_abandon(&d);
    return false;
}

static bool sync_file_in(int dir, const char *name, const char *dir_path, struct fault *f)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return fault_errno(f, "%s/%s cannot be opened", dir_path, name);
    bool is_done = fsync(fd) == 0 || fault_errno(f, "%s/%s cannot be made durable", dir_path, name);
    close(fd);
    return is_done;
}

/* Folders inside are synced as folders: a batch has none, an asset pack may. */
static bool sync_files_of(const char *path, struct fault *f)
{
    DIR *dir = opendir(path);
    if (!dir) return fault_errno(f, "folder %s cannot be opened", path);
    bool is_good = true;
    for (struct dirent *e; is_good && (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        struct stat st;
        char inside[2048];
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            is_good = fault_errno(f, "%s cannot be read", inside);
        else
            is_good = S_ISDIR(st.st_mode) ? sync_files_of(inside, f) : sync_file_in(dirfd(dir), e->d_name, path, f);
    }
    closedir(dir);
    return is_good && durable_sync_dir(path, f);
}

bool durable_rename_dir(const char *tmp, const char *path, struct fault *f)
{
    char parent[1024];
    if (strlen(path) >= sizeof parent) return fault_operator(f, "the path %.100s... is too long", path);
    parent_of(path, parent);
    if (FAILPOINT("durable.dir_fsync.before")) return fault_errno(f, "folder %s cannot be made durable", tmp);
    if (!sync_files_of(tmp, f)) return false;
    if (FAILPOINT("durable.dir_fsync.after")) return fault_errno(f, "folder %s cannot be made durable", tmp);
    if (FAILPOINT("durable.dir_rename.before") || rename(tmp, path) != 0)
        return fault_errno(f, "%s cannot be renamed to %s", tmp, path);
    if (FAILPOINT("durable.dir_rename.after")) return fault_errno(f, "folder of %s cannot be made durable", path);
    if (!durable_sync_dir(parent, f)) return false;
    return !FAILPOINT("durable.dir_dirsync.after") || fault_errno(f, "folder %s cannot be made durable", parent);
}
