/* folder.c: see folder.h. Copy to the unfinished name in the target's own file system, fsync of each file and of both folders, `leaving`, rename,
 * fsync of the folder. So after a crash: the finished name with the same sums means done; the unfinished name means that the rename did
 * not happen; neither means that somebody fetched the package, or that the folder is not the one it was: nobody can tell from here. */
#include "links/printers/folder.h"
#include "base/durable.h"
#include "base/failpoint.h"
#include "base/settings.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_MOST = 700, COPY_BYTES = 1 << 18, SUMS_MOST = 1 << 20 };

struct place {
    const char *dir, *finished, *part;
};

static struct place place_of(const struct handover *h)
{
    struct str dir = json_get(h->settings, "path").string;
    return (struct place){arena_printf(h->arena, "%.*s", STR_ARG(dir)),
                          arena_printf(h->arena, "%.*s/%s", STR_ARG(dir), h->name),
                          arena_printf(h->arena, "%.*s/.%s.part", STR_ARG(dir), h->name)};
}

/* Who writes there: this process. */
static const char *user_name(char out[100])
{
    struct passwd user, *found = NULL;
    char bytes[2000];
    if (getpwuid_r(geteuid(), &user, bytes, sizeof bytes, &found) == 0 && found)
        snprintf(out, 100, "%s", user.pw_name);
    else
        snprintf(out, 100, "%lld", (long long)geteuid());
    return out;
}

/* There a package would find itself under its own name, and be tidied away. */
static bool is_ours(const char *path)
{
    char ours[PATH_MAX], theirs[PATH_MAX];
    if (!realpath(setting_get(SETTING_DATA), ours) || !realpath(path, theirs)) return false;
    size_t n = strlen(ours);
    return strncmp(theirs, ours, n) == 0 && (theirs[n] == '/' || !theirs[n]);
}

static bool check_folder(const char *path, struct fault *f)
{
    struct stat st;
    char user[100];
    int why;
    if (stat(path, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return fault_user(f, 400, "path: there is no folder %s. Make it, and let the user %s write there.", path,
                              user_name(user));
        why = errno; /* user_name may change it */
        return fault_user(f, 400, "path: the user %s cannot look at %s: %s.", user_name(user), path, strerror(why));
    }
    if (!S_ISDIR(st.st_mode)) return fault_user(f, 400, "path: %s is not a folder.", path);
    if (is_ours(path)) return fault_user(f, 400, "path: %s lies in the server's own data folder. Take another one.", path);
    if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) == 0) return true;
    why = errno;
    return fault_user(f, 400, "path: the user %s, as whom the server runs, cannot write to the folder %s: %s.", user_name(user),
                      path, strerror(why));
}

static bool check(struct json_value settings, struct fault *f)
{
    struct json_value path = json_get(settings, "path");
    char text[PATH_MOST + 1];
    if (path.type != JSON_STRING || path.string.len == 0 || path.string.ptr[0] != '/')
        return fault_user(f, 400, "path is required: the absolute path of the printer's folder.");
    if (path.string.len > PATH_MOST) return fault_user(f, 400, "path is longer than %d bytes.", PATH_MOST);
    snprintf(text, sizeof text, "%.*s", STR_ARG(path.string));
    return check_folder(text, f);
}

static bool fails_at(const char *what, struct fault *f) { return fault_operator(f, "the failpoint at %s was hit", what); }

/* ---- copying ---- */

static bool pump(int from, int to, const char *path, char *bytes, struct fault *f)
{
    struct fault why;
    for (;;) {
        ssize_t n = read(from, bytes, COPY_BYTES);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fault_errno(f, "the package's file for %s cannot be read", path);
        if (n == 0) break;
        if (!fd_write_all(to, str_make(bytes, (size_t)n), &why)) return fault_operator(f, "%s: %s", path, why.text);
    }
    return fsync(to) == 0 || fault_errno(f, "%s cannot be made durable", path);
}

static bool copy_file(const char *from_path, const char *to_path, char *bytes, struct fault *f)
{
    int from = open(from_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (from < 0) return fault_errno(f, "%s cannot be opened", from_path);
    int to = open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    bool ok = to >= 0 ? pump(from, to, to_path, bytes, f) : fault_errno(f, "%s cannot be created", to_path);
    close(from);
    if (to >= 0 && close(to) != 0 && ok) ok = fault_errno(f, "%s cannot be closed", to_path);
    return ok && (!FAILPOINT("folder.file.after") || fails_at(to_path, f));
}

static bool copy_all(const struct handover *h, const struct place *p, struct fault *f)
{
    DIR *dir = opendir(h->package);
    if (!dir) return fault_errno(f, "the package %s cannot be opened", h->package);
    char *bytes = arena_alloc(h->arena, COPY_BYTES);
    bool ok = true;
    for (struct dirent *e; ok && (e = readdir(dir));) {
        if (e->d_name[0] == '.') continue;
        ok = copy_file(arena_printf(h->arena, "%s/%s", h->package, e->d_name),
                       arena_printf(h->arena, "%s/%s", p->part, e->d_name), bytes, f);
    }
    closedir(dir);
    return ok;
}

/* The unfinished copy is whole and durable under its name. */
static bool prepare(const struct handover *h, const struct place *p, struct fault *f)
{
    if (!remove_tree(p->part, f)) return false;
    if (mkdir(p->part, 0750) != 0) return fault_errno(f, "%s cannot be made", p->part);
    if (FAILPOINT("folder.mkdir.after")) return fails_at(p->part, f);
    if (!copy_all(h, p, f) || !durable_sync_dir(p->part, f) || !durable_sync_dir(p->dir, f)) return false;
    return !FAILPOINT("folder.copy.after") || fails_at(p->part, f);
}

/* ---- comparing ---- */

static bool sums_of(const char *dir, struct buf *out)
{
    char path[PATH_MOST + 400];
    snprintf(path, sizeof path, "%s/SHA256SUMS", dir);
    return file_read(path, SUMS_MOST, out, NULL);
}

static bool is_same(const struct handover *h, const char *finished)
{
    struct buf ours = BUF_INIT, theirs = BUF_INIT;
    bool same = sums_of(h->package, &ours) && sums_of(finished, &theirs) && str_eq(buf_str(&ours), buf_str(&theirs));
    buf_finish(&ours);
    buf_finish(&theirs);
    return same;
}

static enum handover_result done(struct handover *h, const struct place *p)
{
    if (!durable_sync_dir(p->dir, &h->why)) return HANDOVER_UNKNOWN; /* it is seen there, and a power cut may undo it */
    h->done_job = str_of(h->name);
    return HANDOVER_DONE;
}

/* ---- the face ---- */

static enum handover_result not_printed(const struct place *p)
{
    remove_tree(p->part, NULL);
    return HANDOVER_NOT_PRINTED;
}

static enum handover_result finish(struct handover *h, const struct place *p)
{
    struct stat st;
    if (FAILPOINT("folder.rename.before")) return fails_at(p->finished, &h->why), not_printed(p);
    if (rename(p->part, p->finished) != 0) {
        fault_errno(&h->why, "%s cannot be renamed to %s", p->part, p->finished);
        return stat(p->part, &st) == 0 ? not_printed(p) : HANDOVER_UNKNOWN;
    }
    if (FAILPOINT("folder.rename.after")) return fails_at(p->finished, &h->why), HANDOVER_UNKNOWN;
    return done(h, p);
}

static enum handover_result hand_over(struct handover *h)
{
    struct place p = place_of(h);
    struct stat st;
    if (stat(p.finished, &st) == 0) {
        if (is_same(h, p.finished)) return done(h, &p);
        return fault_operator(&h->why, "%s is there already and holds something else", p.finished), HANDOVER_NOT_PRINTED;
    }
    if (errno != ENOENT)
        return fault_errno(&h->why, "the printer's folder %s cannot be looked at", p.dir), HANDOVER_NOT_PRINTED;
    if (!prepare(h, &p, &h->why) || !h->leaving(h, str_of(h->name), &h->why)) return not_printed(&p);
    return finish(h, &p);
}

static enum handover_result ask(struct handover *h)
{
    struct place p = place_of(h);
    struct stat st;
    if (stat(p.finished, &st) == 0) {
        if (is_same(h, p.finished)) return done(h, &p);
        return fault_operator(&h->why, "%s is there and holds something else.", p.finished), HANDOVER_UNKNOWN;
    }
    if (stat(p.part, &st) == 0)
        return fault_operator(&h->why, "The unfinished copy %s was not renamed.", p.part), HANDOVER_NOT_PRINTED;
    fault_operator(&h->why,
                   "The folder %s holds neither %s nor its unfinished copy: it was fetched, or the folder is another one now.",
                   p.dir, h->name);
    return HANDOVER_UNKNOWN;
}

const struct printer_def printer_folder = {.name = "folder", .check = check, .hand_over = hand_over, .ask = ask};
