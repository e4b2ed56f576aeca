/* fake_press.c: see fake_press.h. */
#include "fake_press.h"
#include "base/digest.h"
#include "base/durable.h"
#include "base/log.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

_Atomic int fake_press_fail, fake_press_packages, fake_press_compile_ms;
_Atomic bool fake_press_holds;

struct press *fake_press(void)
{
    static char nothing;
    return (struct press *)(void *)&nothing;
}

int press_workers(const struct press *p)
{
    (void)p;
    return 1;
}

/* In the words of the real one: pages show them. */
const char *press_refusal_text(enum press_refusal r)
{
    return r == PRESS_MISSING_GLYPH ? "missing glyph" : r == PRESS_BAD_ADDRESS ? "address cannot be printed" : "";
}

static bool fails_now(struct fault *f)
{
    if (atomic_load(&fake_press_fail) <= 0) return false;
    atomic_fetch_sub(&fake_press_fail, 1);
    fault_operator(f, "The press lost its worker.");
    return true;
}

bool press_compile(struct press *p, const struct creative *c, const struct press_piece *samples, int n,
                   struct creative_report *r, struct fault *f)
{
    (void)p, (void)samples, (void)n;
    usleep((unsigned)atomic_load(&fake_press_compile_ms) * 1000);
    if (fails_now(f)) return false;
    *r = (struct creative_report){.is_ok = true, .path = CREATIVE_CHROMIUM, .pages_each = 2};
    if (c->n_html && c->html[0].len && memmem(c->html[0].ptr, c->html[0].len, "refuse me", 9)) {
        r->is_ok = false;
        fault_user(&r->reason, 400, "The creative asked to be refused.");
    }
    return true;
}

void creative_report_json(const struct creative_report *r, struct buf *out)
{
    buf_addf(out, "{\"ok\":%s,\"reason\":\"%s\"}", r->is_ok ? "true" : "false", r->reason.text);
}

static void print(const struct press_job *job, const struct package_spec *s, struct arena *a, struct package_result *r,
                  struct buf *pages)
{
    struct press_outcome *o = &r->outcome;
    o->pages_each = 2;
    o->first_page = ARENA_ARRAY(a, int, job->n_pieces);
    o->refusal = ARENA_ARRAY(a, enum press_refusal, job->n_pieces);
    o->detail = ARENA_ARRAY(a, struct str, job->n_pieces);
    for (int i = 0; i < job->n_pieces; i++) {
        const struct press_piece *p = &job->pieces[i];
        if (str_eq(p->values[FIELD_FIRST_NAME], STR("Refuse"))) {
            o->refusal[i] = PRESS_MISSING_GLYPH;
            o->detail[i] = STR("first_name: no font has U+1F600");
            o->n_refused++;
            continue;
        }
        o->first_page[i] = o->n_printed++ * 2 + 1;
        buf_addf(pages, "%lld|%.*s|%s|%.*s|%s\n", (long long)s->pieces[i].piece_id, STR_ARG(p->values[FIELD_FIRST_NAME]),
                 s->pieces[i].tracking, STR_ARG(p->purl), job->specimen ? "SPECIMEN" : "");
    }
}

static struct str sums_of(struct arena *a, struct str pages)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    sha256(pages, digest);
    hex_encode(digest, sizeof digest, hex);
    return str_of(arena_printf(a, "%s  pieces.pdf\n", hex));
}

static bool holds(struct arena *a, const char *dir, struct str pages)
{
    struct buf there = BUF_INIT;
    bool same = file_read(arena_printf(a, "%s/pieces.pdf", dir), 1 << 24, &there, NULL) && str_eq(buf_str(&there), pages);
    buf_finish(&there);
    return same;
}

bool package_write(struct press *p, struct press_job *job, const struct package_spec *s, struct arena *a,
                   struct package_result *r, struct fault *f)
{
    (void)p;
    struct stat st;
    struct buf pages = BUF_INIT;
    char *tmp = arena_printf(a, "%s.tmp", s->dir);
    if (fails_now(f)) return false;
    while (atomic_load(&fake_press_holds) && !job->stop(job->ctx)) usleep(1000);
    if (job->stop && job->stop(job->ctx)) return fault_remote(f, "stopped");
    memset(r, 0, sizeof *r);
    print(job, s, a, r, &pages);
    r->pdf_bytes = (int64_t)pages.len;
    bool ok = stat(s->dir, &st) == 0 && holds(a, s->dir, buf_str(&pages));
    if (!ok) {
        if (!s->replaces && stat(s->dir, &st) == 0) return buf_finish(&pages), fault_user(f, 409, "%s is another's", s->dir);
        remove_tree(s->dir, NULL);
        atomic_fetch_add(&fake_press_packages, 1);
        ok = remove_tree(tmp, f) && make_dirs(tmp, 0750, f) &&
             durable_write(arena_printf(a, "%s/pieces.pdf", tmp), buf_str(&pages), 0640, f) &&
             durable_write(arena_printf(a, "%s/SHA256SUMS", tmp), sums_of(a, buf_str(&pages)), 0640, f) &&
             durable_rename_dir(tmp, s->dir, f);
    }
    buf_finish(&pages);
    return ok;
}
