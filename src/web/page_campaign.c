/* page_campaign.c: all campaigns, and one mail drop: where its pieces are, and who got none. Called on pool threads. */
#include "web/campaign_rows.h"
#include "press/press.h"
#include "mail/contact.h"
#include "web/show.h"
#include "web/track_rows.h"

void campaign_name(struct view *v, const struct drop *d)
{
    view_str(v, "drop_name", str_is_empty(d->name) ? STR("Without a name") : d->name);
    view_number(v, "drop_id", d->drop_id);
    view_number(v, "campaign_id", d->campaign_id);
    view_strz(v, "kind", d->kind == CAMPAIGN_TRIGGERED ? "Triggered drip" : "Smart send");
    view_strz(v, "size", show_size(d->size));
    view_flag(v, "is_live", d->is_live);
    view_flag(v, "is_test", !d->is_live);
}

static void add_counts(struct view *v, const struct drop_stats *s)
{
    int64_t waiting = s->accepted - s->printed - s->refused - s->cancelled;
    show_count(v, "accepted", s->accepted);
    show_count(v, "printed", s->printed);
    show_count(v, "refused", s->refused);
    show_count(v, "waiting", waiting > 0 ? waiting : 0);
    if (s->cancelled) show_count(v, "recalled", s->cancelled);
    view_number(v, "printed_value", s->printed);
    view_number(v, "accepted_value", s->accepted > 0 ? s->accepted : 1);
    view_flag(v, "has_refused", s->refused > 0);
}

static void stats_add(struct drop_stats *sum, const struct drop_stats *s)
{
    sum->accepted += s->accepted;
    sum->printed += s->printed;
    sum->refused += s->refused;
    sum->cancelled += s->cancelled;
}

bool campaign_rows(struct page *p, const struct drop *drops, int n, struct drop_stats *stats, struct fault *f)
{
    struct drop_stats sum = {0};
    for (int i = 0; i < n; i++) {
        struct drop again;
        if (!campaign_get(p->store, p->arena, p->account, drops[i].drop_id, &again, &stats[i], f)) return false;
        struct view *row = view_item(p->view, "drops");
        campaign_name(row, &drops[i]);
        show_time(row, "made", drops[i].created_at);
        add_counts(row, &stats[i]);
        stats_add(&sum, &stats[i]);
    }
    if (n == 0) return true;
    struct view *total = view_item(p->view, "total");
    view_fmt(total, "label", n == 1 ? "1 campaign" : "%d campaigns", n);
    add_counts(total, &sum);
    return true;
}

void page_campaigns(struct http_exchange *x)
{
    struct page p;
    struct fault f = {0};
    struct drop *drops;
    if (!page_begin(&p, x, NAV_CAMPAIGNS)) return;
    int n = campaign_all(p.store, p.arena, p.account, false, &drops, &f);
    if (n < 0) {
        page_fault(&p, "campaign", STR(""), &f);
        return;
    }
    int64_t start = page_start(&p);
    int shown = start < n ? n - (int)start : 0;
    if (shown > page_rows()) shown = page_rows();
    struct drop_stats *stats = ARENA_ARRAY(p.arena, struct drop_stats, shown + 1);
    if (!campaign_rows(&p, drops + (shown ? start : 0), shown, stats, &f)) {
        page_fault(&p, "campaign", STR(""), &f);
        return;
    }
    page_pager(&p, "/campaigns", start, shown, n);
    page_answer(&p, "campaigns", "Campaigns");
}

static void add_batches(struct page *p, const struct batch *batches, int n)
{
    for (int i = 0; i < n; i++) {
        const struct batch *b = &batches[i];
        struct view *row = view_item(p->view, "batches");
        view_number(row, "batch_id", b->batch_id);
        show_batch_state(row, b->state);
        view_str(row, "batch_error", str_is_empty(b->last_error) ? STR_NULL : b->last_error);
        show_count(row, "n_pieces", b->n_pieces);
        show_count(row, "n_refused", b->n_refused);
        view_flag(row, "batch_is_test", b->is_test);
        show_time(row, "opened", b->opened_at);
        if (b->state == BATCH_OPEN || b->state == BATCH_CLOSED) show_time(row, "due", b->due_at);
        if (batch_is_written(b) && b->file.len) show_bytes(row, "bytes", b->file_bytes);
    }
}

static void add_refused(struct page *p, const struct piece *pieces, int n, int64_t total)
{
    for (int i = 0; i < n; i++) {
        struct view *row = view_item(p->view, "without");
        view_number(row, "piece_id", pieces[i].piece_id);
        view_str(row, "person", show_name(p->arena, pieces[i].values, pieces[i].n_values));
        show_refusal(row, pieces[i].refusal);
        view_str(row, "piece_detail", pieces[i].detail);
    }
    if (n > 0 && n < total) show_count(p->view, "more_without", total - n);
}

static bool fill_campaign(struct page *p, int64_t id, struct drop *d, struct fault *f)
{
    struct drop_stats stats = {0};
    struct template_row t;
    struct contact_list list;
    struct batch *batches;
    struct piece *refused;
    struct fault gone = {0}; /* a template or list that was deleted since leaves its place empty */
    if (!campaign_get(p->store, p->arena, p->account, id, d, &stats, f)) return false;
    campaign_name(p->view, d);
    show_drop_state(p->view, d->state);
    view_str(p->view, "drop_error", d->last_error);
    add_counts(p->view, &stats);
    view_str(p->view, "endpoint", d->kind == CAMPAIGN_TRIGGERED ? d->endpoint : STR_NULL);
    show_time(p->view, "made", d->created_at);
    if (template_get(p->store, p->arena, p->account, d->template_id, &t, &gone)) view_str(p->view, "template_name", t.name);
    if (d->contact_list_id != DB_NULL && list_get(p->store, p->arena, p->account, d->contact_list_id, &list, &gone))
        view_str(p->view, "list_name", list.name);
    int n = batch_all(p->store, p->arena, p->account, d->drop_id, 0, page_rows(), &batches, f);
    if (n < 0) return false;
    add_batches(p, batches, n);
    if (!track_rows(p, d, f)) return false;
    view_flag(p->view, "many_batches", n == page_rows());
    if (stats.batches_open || stats.batches_waiting) page_again(p);
    n = piece_refused(p->store, p->arena, p->account, d->drop_id, page_rows(), &refused, f);
    if (n < 0) return false;
    add_refused(p, refused, n, stats.refused);
    return true;
}

void page_campaign(struct http_exchange *x)
{
    struct page p;
    struct drop d;
    struct fault f = {0};
    int64_t id;
    if (!page_begin(&p, x, NAV_CAMPAIGNS) || !page_id(&p, "drop", "campaign", &id)) return;
    if (!fill_campaign(&p, id, &d, &f)) {
        page_fault(&p, "campaign", http_param(x, "drop"), &f);
        return;
    }
    page_answer(&p, "campaign", arena_printf(p.arena, "%.*s", STR_ARG(d.name)));
}
