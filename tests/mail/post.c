/* post.c: see post.h. */
#include "post.h"
#include "base/clock.h"
#include "base/text.h"
#include "postal/imb.h"
#include <stdio.h>
#include <unistd.h>

const char post_header[] = "imbTrackingCode,scanDatetime,scanEventCode,mailPhase,scanFacilityZip,handlingEventType\n";

static struct batch wait_serials(struct house *h, int64_t account, int64_t batch_id)
{
    struct batch b;
    struct fault f;
    for (int64_t until = clock_mono_ms() + 60000; clock_mono_ms() < until; usleep(5000)) {
        if (!batch_get(h->store, h->arena, account, batch_id, &b, &f)) fail_msg("%s", f.text);
        if (b.first_serial != DB_NULL && b.state > BATCH_OPEN) return b;
    }
    fail_msg("batch %lld has no serials after a minute", (long long)batch_id);
    return b;
}

void post_send(struct house *h, int64_t account, const struct drop *d, int n, struct post *out)
{
    struct fault f;
    assert_in_range(n, 1, 512);
    *out = (struct post){.account = account, .n = n, .drop = *d};
    for (int i = 0; i < n; i++) {
        struct send s;
        char name[20];
        snprintf(name, sizeof name, "P%d", i);
        if (!house_send(h, account, d->endpoint, name, &s, &f)) fail_msg("%s", f.text);
        if (i && PIECE_BATCH(s.piece_id) != PIECE_BATCH(out->pieces[0])) i = 0; /* the batch closed meanwhile: this is the first of another */
        out->pieces[i] = s.piece_id;
        if (!i && PIECE_SEAT(s.piece_id)) i = -1; /* a batch that an earlier test left open: until it closes */
    }
    struct batch b = wait_serials(h, account, PIECE_BATCH(out->pieces[0]));
    out->batch_id = b.batch_id;
    out->first_serial = b.first_serial;
    out->mid = b.mid;
    out->stid = b.stid;
    out->at = clock_now_ms();
}

struct drop post_live(struct house *h, int64_t account, int64_t mid)
{
    struct fault f;
    struct drop got;
    if (!account_mailer_id_add(h->accounts, account, mid, &f)) fail_msg("%s", f.text);
    struct drop d = house_campaign(h, account);
    if (!campaign_set_live(h->mail, account, d.drop_id, true, &f)) fail_msg("%s", f.text);
    assert_true(campaign_get(h->store, h->arena, account, d.drop_id, &got, NULL, &f));
    return got;
}

char *post_line(struct house *h, const struct post *p, const struct line *l)
{
    char tracking[21], when[21];
    assert_true(imb_tracking(0, p->stid, p->mid, p->first_serial + l->seat, tracking));
    text_iso8601(p->at + (int64_t)(l->hours * (double)HOUR), when);
    return arena_printf(h->arena, "%s,%s,%03d,%s,%s,%c\n", tracking, when, l->op, l->phase, l->zip,
                        l->handling ? l->handling : 'A');
}

struct scan_intake post_wait(struct house *h, int64_t account, int64_t intake_id)
{
    struct scan_intake in;
    struct fault f;
    for (int64_t until = clock_mono_ms() + 60000; clock_mono_ms() < until; usleep(5000)) {
        if (!scan_intake_get(h->store, h->arena, account, intake_id, &in, &f)) fail_msg("%s", f.text);
        if (in.state == INTAKE_DONE || in.state == INTAKE_FAILED) return in;
    }
    fail_msg("the file of scans %lld is not read after a minute", (long long)intake_id);
    return in;
}

struct scan_intake post_read(struct house *h, int64_t account, enum scan_intake_kind kind, struct str text)
{
    static int number;
    char name[40];
    int64_t id;
    struct fault f;
    snprintf(name, sizeof name, "feed-%d", number++);
    char *path = arena_printf(h->arena, "%s/%s", h->dir, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    if (!scan_intake_keep(h->mail, account, kind, path, &id, &f)) fail_msg("%s", f.text);
    assert_int_not_equal(access(path, F_OK), 0);
    return post_wait(h, account, id);
}

struct scan_intake post_read_lines(struct house *h, const struct post *p, const struct line *lines, int n)
{
    char *all = arena_strz(h->arena, post_header);
    for (int i = 0; i < n; i++) all = arena_printf(h->arena, "%s%s", all, post_line(h, p, &lines[i]));
    return post_read(h, p->account, SCAN_INTAKE_FILE, str_of(all));
}

static int read_events(struct house *h, const struct post *p, struct event **out)
{
    struct fault f;
    int n = event_page(h->store, h->arena, p->account, EVENT_DROP, p->drop.drop_id, 0, 20000, out, &f);
    assert_true(n >= 0);
    return n;
}

const char *post_events(struct house *h, const struct post *p, int64_t piece_id)
{
    struct event *rows;
    char *text = arena_strz(h->arena, "");
    /* Newest first; MailPieceCreated comes with the package and at its own time. */
    for (int i = read_events(h, p, &rows) - 1; i >= 0; i--)
        if (rows[i].subject_id == piece_id && rows[i].code != STATUS_CREATED) text = arena_printf(h->arena, "%s%s%d", text, *text ? " " : "", rows[i].code);
    return text;
}

int post_count_events(struct house *h, const struct post *p)
{
    struct event *rows;
    return read_events(h, p, &rows);
}
