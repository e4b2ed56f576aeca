/* folder.h: a folder of a test's own, and what lies in it. */
#pragma once
#include "base/arena.h"
#include "base/durable.h"
#include <dirent.h>
#include <stdlib.h>

struct folder {
    struct arena *arena;
    const char *path;
};

static inline int folder_set_up(void **state)
{
    static struct folder folder;
    folder.arena = arena_create(4096);
    const char *tmp = getenv("TMPDIR");
    char *path = arena_printf(folder.arena, "%s/pennypost-base.XXXXXX", tmp ? tmp : "/tmp");
    folder.path = path;
    *state = &folder;
    return mkdtemp(path) ? 0 : -1;
}

static inline int folder_tear_down(void **state)
{
    struct folder *d = *state;
    bool is_gone = remove_tree(d->path, NULL);
    arena_destroy(&d->arena);
    return is_gone ? 0 : -1;
}

static inline char *folder_file(struct folder *d, const char *name) { return arena_printf(d->arena, "%s/%s", d->path, name); }

/* The file's content, or NULL when there is none. */
static inline const char *folder_read(struct folder *d, const char *name)
{
    struct buf b = BUF_INIT;
    const char *text = file_read(folder_file(d, name), 1 << 20, &b, NULL) ? arena_str(d->arena, buf_str(&b)).ptr : NULL;
    buf_finish(&b);
    return text;
}

static inline int folder_count(const struct folder *d)
{
    int n = 0;
    DIR *dir = opendir(d->path);
    while (dir && readdir(dir)) n++;
    if (dir) closedir(dir);
    return n - 2; /* "." and ".." */
}
