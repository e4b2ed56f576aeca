/* process_memory.c: how much memory a process and all that descend from it take, read from /proc. Thread-safe. Processes may
 * come and go while we read: what is gone counts nothing. */
#include "base/log.h"
#include "base/process.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kin {
    pid_t pid, parent;
    bool is_ours;
};

struct kin_list {
    struct kin *all;
    size_t n, cap;
};

static bool read_small(pid_t pid, const char *file, char *out, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *in = fopen(path, "re");
    if (!in) return false;
    size_t n = fread(out, 1, size - 1, in);
    fclose(in);
    out[n] = '\0';
    return n > 0;
}

/* The name in stat is in parentheses and may hold any byte, parentheses too: the parent stands behind the last one. */
static bool read_parent(pid_t pid, pid_t *parent)
{
    char text[1024];
    char state;
    int ppid;
    if (!read_small(pid, "stat", text, sizeof text)) return false;
    const char *behind = strrchr(text, ')');
    if (!behind || sscanf(behind + 1, " %c %d", &state, &ppid) != 2) return false;
    *parent = ppid;
    return true;
}

static void kin_read(struct kin_list *l, pid_t root)
{
    DIR *proc = opendir("/proc");
    if (!proc) return;
    for (struct dirent *e; (e = readdir(proc));) {
        int64_t pid;
        pid_t parent;
        if (!str_to_int64(str_of(e->d_name), &pid) || !read_parent((pid_t)pid, &parent)) continue;
        if (l->n == l->cap) {
            l->cap = l->cap ? l->cap * 2 : 256;
            l->all = realloc(l->all, l->cap * sizeof *l->all);
            ASSERT(l->all);
        }
        l->all[l->n++] = (struct kin){(pid_t)pid, parent, pid == root};
    }
    closedir(proc);
}

/* A child may stand before its parent in the list, so we go over it until nothing new is found. */
static void kin_mark(struct kin_list *l)
{
    for (bool is_new = true; is_new;) {
        is_new = false;
        for (size_t i = 0; i < l->n; i++)
            for (size_t k = 0; k < l->n && !l->all[i].is_ours; k++)
                if (l->all[k].is_ours && l->all[k].pid == l->all[i].parent) l->all[i].is_ours = is_new = true;
    }
}

/* What a process has for itself where its proportional size may not be read (another user's). */
static int64_t private_kb(pid_t pid)
{
    char text[256];
    long size, resident, shared;
    if (!read_small(pid, "statm", text, sizeof text) || sscanf(text, "%ld %ld %ld", &size, &resident, &shared) != 3) return -1;
    return (int64_t)(resident - shared) * (sysconf(_SC_PAGESIZE) / 1024);
}

static int64_t pss_kb(pid_t pid)
{
    char text[4096];
    long kb;
    if (!read_small(pid, "smaps_rollup", text, sizeof text)) return private_kb(pid);
    const char *line = strstr(text, "\nPss:");
    return line && sscanf(line, "\nPss: %ld kB", &kb) == 1 ? kb : private_kb(pid);
}

int64_t process_group_pss_mb(pid_t pid)
{
    struct kin_list l = {0};
    int64_t sum = 0;
    bool is_read = false;
    kin_read(&l, pid);
    kin_mark(&l);
    for (size_t i = 0; i < l.n; i++) {
        int64_t kb = l.all[i].is_ours ? pss_kb(l.all[i].pid) : -1;
        if (kb < 0) continue;
        sum += kb;
        if (l.all[i].pid == pid) is_read = true;
    }
    free(l.all);
    return is_read ? sum / 1024 : -1;
}
