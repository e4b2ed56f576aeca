/* page_connections.c: does it work; if not, what is to be done? Connections with their states in words, addresses that webhooks go to, campaigns
 * that events send, and what was told last. Called on pool threads. */
#include "web/destination_rows.h"
#include "web/told_rows.h"

struct sending {
    struct page *page;
    const struct destination *destination;
    struct view *row;
};

static bool name_campaign(struct tx *tx, void *arg)
{
    const struct sending *g = arg;
    return told_campaign_row(tx, g->page, g->row, g->destination);
}

static bool add_campaign(struct page *p, const struct destination *d, struct fault *f)
{
    struct view *row = view_item(p->view, "sent");
    view_flag(p->view, "has_sent", true);
    destination_row(p, row, d);
    return store_read(p->store, name_campaign, &(struct sending){p, d, row}, f);
}

static void add_address(struct page *p, const struct destination *d)
{
    struct view *row = view_item(p->view, "addresses");
    view_str(row, "address", d->address);
    destination_row(p, row, d);
}

static bool add_all(struct page *p, const struct destination_rows *r, struct fault *f)
{
    for (int i = 0; i < r->n_connections; i++) {
        const struct connection *c = &r->connections[i];
        connection_row(p, view_item(p->view, "connections"), c, destination_of(r, c->connection_id));
    }
    for (int k = 0; k < r->n_destinations; k++) {
        const struct destination *d = &r->destinations[k];
        if (d->connection_id != DB_NULL) continue;
        if (!told_is_campaign(d))
            add_address(p, d);
        else if (!add_campaign(p, d, f))
            return false;
    }
    return true;
}

void page_connections(struct http_exchange *x)
{
    struct page p;
    struct destination_rows rows = {0};
    struct fault f = {0};
    if (!page_begin(&p, x, NAV_CONNECTIONS)) return;
    if (!destination_rows_read(&p, &rows, &f) || !told_rows(&p, &rows, 0, &f) || !add_all(&p, &rows, &f)) {
        page_fault(&p, "page", STR(""), &f);
        return;
    }
    page_answer(&p, "connections", "Connections");
}
