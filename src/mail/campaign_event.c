/* campaign_event.c: see campaign_event.h. An event lies under its drop in the order in which we learnt of it; a contact's are found through
 * its pieces, from the time of the oldest one on. */
#include "mail/campaign_event.h"
#include "mail/campaign_private.h"
#include "base/ids.h"
#include "base/log.h"

struct read {
    struct arena *arena;
    struct json_parser *parser;
    int64_t account, id, contact_id, drop_id, skip;
    struct campaign_event *rows;
    int n, max;
};

static bool take(struct tx *tx, struct read *g, const struct r_event_of_drop *r, struct campaign_event *out)
{
    struct fault f;
    *out = (struct campaign_event){
        .event_id = r->event_id,
        .contact_id = r->contact_id,
        .piece_id = r->piece_id,
        .drop_id = g->drop_id,
        .happened_at = r->happened_at,
        .recorded_at = r->recorded_at,
        .code = (int)r->code,
        .is_test = r->is_test != 0,
        .detail = arena_str(g->arena, r->detail),
        .who = ARENA_NEW(g->arena, struct recipient),
    };
    return recipient_read(g->parser, g->arena, r->recipient, out->who, &f) || tx_fail(tx, &f);
}

static struct rows open_rows(struct tx *tx, const struct read *g, int64_t oldest_at)
{
    if (!g->contact_id) return tx_rows(tx, Q_EVENT_OF_DROP, &(struct q_event_of_drop){g->account, g->drop_id, g->skip, g->max});
    struct q_event_of_contact in = {g->account, g->drop_id, g->contact_id, tid_first_of(oldest_at), g->skip, g->max};
    return tx_rows(tx, Q_EVENT_OF_CONTACT, &in);
}

static bool read_page(struct tx *tx, void *arg)
{
    struct read *g = arg;
    struct r_drop_find drop;
    struct r_event_of_drop row;
    struct r_piece_oldest oldest = {0};
    g->n = 0;
    if (!tx_first(tx, Q_DROP_FIND, &(struct q_drop_find){g->account, g->id}, &drop)) return tx_not_found(tx, "campaign", g->id);
    g->drop_id = drop.drop_id;
    if (g->contact_id && !tx_first(tx, Q_PIECE_OLDEST, &(struct q_piece_oldest){g->account, g->contact_id}, &oldest))
        return tx_ok(tx);
    struct rows r = open_rows(tx, g, oldest.created_at);
    while (g->n < g->max && rows_next(&r, &row))
        if (!take(tx, g, &row, &g->rows[g->n++])) break;
    rows_end(&r);
    return tx_ok(tx);
}

int campaign_event_page(struct store *s, struct arena *a, int64_t account, int64_t id, int64_t contact_id, int64_t skip, int n,
                        struct campaign_event **out, struct fault *f)
{
    ASSERT(n > 0 && skip >= 0);
    struct read g = {.arena = a, .account = account, .id = id, .contact_id = contact_id, .skip = skip, .max = n};
    g.rows = ARENA_ARRAY(a, struct campaign_event, n);
    g.parser = json_parser_create();
    bool ok = store_read(s, read_page, &g, f);
    json_parser_destroy(&g.parser);
    *out = g.rows;
    return ok ? g.n : -1;
}
