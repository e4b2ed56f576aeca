/* drop_row.c: between a drop and its row. Pure. */
#include "mail/drop_row.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/json_out.h"
#include <stddef.h>

static const struct {
    const char *key;
    size_t offset;
} sender_texts[] = {
    {"name", offsetof(struct drop, sender_name)},         {"address1", offsetof(struct drop, sender_address1)},
    {"address2", offsetof(struct drop, sender_address2)}, {"city", offsetof(struct drop, sender_city)},
    {"state", offsetof(struct drop, sender_state)},       {"zip", offsetof(struct drop, sender_zip)},
    {"country", offsetof(struct drop, sender_country)},
};
enum { SENDER_TEXTS = sizeof sender_texts / sizeof *sender_texts };

static struct str *text_of(struct drop *d, int i) { return (struct str *)(void *)((char *)d + sender_texts[i].offset); }

static struct str take(struct arena *a, struct json_out *j, struct buf *b)
{
    json_end(j);
    json_out_end(j);
    struct str s = arena_str(a, buf_str(b));
    buf_finish(b);
    return s;
}

static struct str write_sender(struct arena *a, const struct drop *d)
{
    struct drop copy = *d;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    for (int i = 0; i < SENDER_TEXTS; i++) json_str(&j, sender_texts[i].key, *text_of(&copy, i));
    return take(a, &j, &b);
}

static struct str write_settings(struct arena *a, const struct drop *d)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_int(&j, "postage_type", d->postage_type);
    json_int(&j, "credit_type", d->credit_type);
    return take(a, &j, &b);
}

struct q_drop_insert drop_row_insert(struct arena *a, int64_t account, const struct drop *d)
{
    return (struct q_drop_insert){
        .account_id = account,
        .drop_id = d->drop_id,
        .campaign_id = d->campaign_id,
        .name = d->name,
        .endpoint = d->endpoint,
        .state = d->state,
        .is_live = d->is_live,
        .template_id = d->template_id,
        .template_version = d->template_version,
        .contact_list_id = d->contact_list_id,
        .send_at = d->send_at,
        .mid = d->mid,
        .stid = d->stid,
        .sender = write_sender(a, d),
        .starting_url = d->starting_url,
        .goal_url = d->goal_url,
        .settings = write_settings(a, d),
        .due_at = DB_NULL,
        .created_at = d->created_at,
    };
}

static bool read_texts(struct json_parser *p, struct arena *a, const struct r_drop_find *r, struct drop *out, struct fault *f)
{
    struct json_value root;
    if (!json_parse(p, json_padded(a, r->sender), &root, f)) return false;
    for (int i = 0; i < SENDER_TEXTS; i++) {
        struct json_value v = json_get(root, sender_texts[i].key);
        *text_of(out, i) = v.type == JSON_STRING ? arena_str(a, v.string) : STR_NULL;
    }
    if (!json_parse(p, json_padded(a, r->settings), &root, f)) return false;
    out->postage_type = (int)json_get(root, "postage_type").integer;
    out->credit_type = (int)json_get(root, "credit_type").integer;
    return true;
}

bool drop_row_read(struct arena *a, const struct r_drop_find *r, struct drop *out, struct fault *f)
{
    *out = (struct drop){
        .campaign_id = r->campaign_id,
        .drop_id = r->drop_id,
        .template_id = r->template_id,
        .template_version = r->template_version,
        .contact_list_id = r->contact_list_id,
        .created_at = r->created_at,
        .send_at = r->send_at,
        .mid = r->mid,
        .name = arena_str(a, r->name),
        .endpoint = arena_str(a, r->endpoint),
        .starting_url = arena_str(a, r->starting_url),
        .goal_url = arena_str(a, r->goal_url),
        .kind = (enum campaign_kind)r->kind,
        .state = (enum drop_state)r->state,
        .is_live = r->is_live != 0,
        .stid = (int)r->stid,
        .size = (int)r->size,
        .min_days_between = r->min_days_between,
        .last_error = arena_str(a, r->last_error),
    };
    struct json_parser *p = json_parser_create();
    bool ok = read_texts(p, a, r, out, f);
    json_parser_destroy(&p);
    return ok;
}
