/* durable.h: files that are whole or not there. Written under a temporary name beside their place, fsynced, renamed, and the folder
 * fsynced: a crash at any line leaves either nothing under the final name or everything. When only the last fsync fails the answer
 * is no, yet the new content is seen: the caller writes again. Left-over ".tmp" names are rubbish: the next durable_open of the
 * same path writes over it, and whoever uses durable_rename_dir removes its folder before he fills it again (package.c). */
#pragma once
#include "base/buf.h"
#include "base/fault.h"

struct durable {
    int fd; /* write here */
    char path[1024], tmp[1040];
};
/* Opens DIR/name.tmp (0640), truncating what a crash left. */
bool durable_open(struct durable *d, const char *path, struct fault *f);
bool durable_commit(struct durable *d, struct fault *f); /* fsync, rename, fsync of the folder; closes */
void durable_abandon(struct durable *d);                 /* closes and removes; also safe after commit or a failed open */
bool durable_write(const char *path, struct str content, int mode, struct fault *f);
/* A folder made of several files: write into `path`.tmp/, then this fsyncs each file and renames the folder. */
bool durable_rename_dir(const char *tmp, const char *path, struct fault *f);

/* fsync of a folder: the names in it are there after a power cut. */
bool durable_sync_dir(const char *dir, struct fault *f);

/* Adds the file to `out`; refuses one above max_bytes or above what `out` may still take, and leaves `out` as it was. */
bool file_read(const char *path, size_t max_bytes, struct buf *out, struct fault *f);
bool fd_write_all(int fd, struct str s, struct fault *f);
bool make_dirs(const char *path, int mode, struct fault *f);
bool remove_tree(const char *path, struct fault *f); /* no error when it is not there */
int64_t disk_free_mb(const char *path);              /* -1: unknown */
