/* package.c: a batch becomes a folder. Everything is written below DIR.tmp and renamed at the end, so DIR is whole or not
 * there; what a crash left under DIR.tmp is rubbish and is removed. Called by the server's batch job and `pennypost press`. */
#include "base/digest.h"
#include "base/durable.h"
#include "base/failpoint.h"
#include "press/package_private.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char tmp[1100];
    struct buf sums; /* SHA256SUMS */
};

static void sum_add(struct folder *d, const uint8_t digest[SHA256_BYTES], const char *name)
{
    char hex[2 * SHA256_BYTES + 1];
    hex_encode(digest, SHA256_BYTES, hex);
    buf_addf(&d->sums, "%s  %s\n", hex, name);
}

static bool file_put(struct folder *d, const char *name, struct buf *content, struct fault *f)
{
    char path[1200];
    uint8_t digest[SHA256_BYTES];
    snprintf(path, sizeof path, "%s/%s", d->tmp, name);
    sha256(buf_str(content), digest);
    if (content != &d->sums) sum_add(d, digest, name);
    bool is_good = durable_write(path, buf_str(content), 0640, f);
    if (content != &d->sums) buf_finish(content);
    return is_good;
}

static bool pdf_put(struct press *p, struct press_job *job, struct folder *d, struct arena *a, struct package_result *r,
                    struct fault *f)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/pieces.pdf", d->tmp);
    job->out_fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (job->out_fd < 0) return fault_errno(f, "%s cannot be written", path);
    bool is_good = press_run(p, job, a, &r->outcome, f);
    if (is_good && fsync(job->out_fd) != 0) is_good = fault_errno(f, "%s cannot be written", path);
    close(job->out_fd);
    job->out_fd = -1;
    if (!is_good) return false;
    r->pdf_bytes = r->outcome.bytes;
    if (r->outcome.n_printed == 0) return unlink(path) == 0 || fault_errno(f, "%s cannot be removed", path);
    if (!sha256_file(path, r->pdf_digest, f)) return false;
    sum_add(d, r->pdf_digest, "pieces.pdf");
    return true;
}

static bool folder_fill(struct press *p, struct press_job *job, const struct package_spec *s, struct folder *d, struct arena *a,
                        struct package_result *r, struct fault *f)
{
    struct buf manifest = BUF_INIT, refused = BUF_INIT, ticket = BUF_INIT;
    if (!pdf_put(p, job, d, a, r, f)) return false;
    if (FAILPOINT("package.pdf.after")) return fault_errno(f, "%s cannot be written", d->tmp);
    package_manifest(job, s, &r->outcome, &manifest);
    if (!file_put(d, "manifest.csv", &manifest, f)) return false;
    if (FAILPOINT("package.manifest.after")) return fault_errno(f, "%s cannot be written", d->tmp);
    package_refused(job, s, &r->outcome, &refused);
    package_ticket(job, s, r, &ticket);
    bool is_good = r->outcome.n_refused == 0 || file_put(d, "refused.csv", &refused, f);
    buf_finish(&refused);
    return is_good && file_put(d, "ticket.json", &ticket, f) && file_put(d, "SHA256SUMS", &d->sums, f);
}

/* Never half under its final name, also on its way out. */
static bool step_aside(const char *dir, const char *tmp, struct fault *f)
{
    return remove_tree(tmp, f) && (rename(dir, tmp) == 0 || fault_errno(f, "%s cannot step aside", dir));
}

bool package_write(struct press *p, struct press_job *job, const struct package_spec *s, struct arena *a,
                   struct package_result *r, struct fault *f)
{
    struct folder d = {.sums = BUF_INIT};
    struct package_result made = {0};
    struct stat st;
    if (snprintf(d.tmp, sizeof d.tmp, "%s.tmp", s->dir) > 1000)
        return fault_operator(f, "the path %.100s… is too long", s->dir);
    if (stat(s->dir, &st) == 0) {
        if (package_read(job, s, a, r, f)) return true;
        if (!s->replaces || !step_aside(s->dir, d.tmp, f)) return false;
    }
    bool is_good = remove_tree(d.tmp, f) && make_dirs(d.tmp, 0750, f) && folder_fill(p, job, s, &d, a, &made, f) &&
                   durable_rename_dir(d.tmp, s->dir, f);
    if (is_good)
        *r = made;
    else
        remove_tree(d.tmp, NULL);
    buf_finish(&d.sums);
    return is_good;
}
