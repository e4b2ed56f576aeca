/* printing.c: see printing.h. */
#include "printing.h"
#include "base/durable.h"
#include <stdio.h>

struct drop printing_live(struct house *h)
{
    struct fault f;
    struct drop d = house_campaign(h, h->account);
    struct account who;
    assert_true(account_get(h->store, h->arena, h->account, &who, &f));
    if (who.mid == DB_NULL && !account_mailer_id_add(h->accounts, h->account, 123456, &f)) fail_msg("%s", f.text);
    if (!campaign_set_live(h->mail, h->account, d.drop_id, true, &f)) fail_msg("%s", f.text);
    return d;
}

struct str printing_settings(struct house *h, const char *kind, const char *path)
{
    return str_of(arena_printf(h->arena, "{\"kind\":\"%s\",\"path\":\"%s\"}", kind, path));
}

const char *printing_folder(struct house *h)
{
    struct fault f;
    const char *path = arena_printf(h->arena, "%s/printer", h->dir);
    assert_true(make_dirs(path, 0755, &f));
    if (!printer_put(h->mail, STR("shop"), printing_settings(h, "folder", path), &f)) fail_msg("%s", f.text);
    if (!printer_grant(h->mail, h->account, STR("shop"), &f)) fail_msg("%s", f.text);
    return path;
}

int printing_events(struct house *h, int64_t account, int64_t drop_id, int code, int64_t piece_id, struct event *last)
{
    struct event *all;
    struct fault f;
    int n = event_page(h->store, h->arena, account, EVENT_DROP, drop_id, 0, 20000, &all, &f), found = 0;
    for (int i = 0; i < n; i++) {
        if (all[i].code != code || (piece_id >= 0 && all[i].subject_id != piece_id)) continue;
        if (last) *last = all[i];
        found++;
    }
    return found;
}

int64_t printing_send(struct house *h, const struct drop *d, const char *first_name)
{
    struct send s;
    struct fault f;
    if (!house_send(h, h->account, d->endpoint, first_name, &s, &f)) fail_msg("%s", f.text);
    return s.piece_id;
}

struct batch printing_batch(struct house *h, int64_t batch_id)
{
    struct batch b;
    struct fault f;
    if (!batch_get(h->store, h->arena, h->account, batch_id, &b, &f)) fail_msg("%s", f.text);
    return b;
}
