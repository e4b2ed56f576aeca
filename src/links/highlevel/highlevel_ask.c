/* highlevel_ask.c: the requests of an event on its way to HighLevel: a search, a contact, a tag, a note (specs: crm-apis §1.2). Pure. */
#include "links/highlevel/highlevel_telling.h"
#include "base/buf.h"
#include "base/limits.h"
#include "net/url.h"

enum { TIMEOUT_MS = 15000 };

static struct json_out body_begin(struct buf *b)
{
    *b = BUF_INIT;
    struct json_out j = json_out_begin(b);
    json_object(&j, NULL);
    return j;
}

static void body_end(struct link_delivery *d, struct json_out *j, struct buf *b)
{
    json_end(j);
    json_out_end(j);
    d->ask.body = arena_str(d->arena, buf_str(b));
    d->ask.headers[d->ask.n_headers++] = STR("Content-Type: application/json");
    buf_finish(b);
}

static void ask_search(struct link_delivery *d, const struct telling *t, const char *by, struct str value)
{
    d->ask.method = "GET";
    d->ask.url =
        str_of(arena_printf(d->arena, "/contacts/search/duplicate?locationId=%.*s&%s=%.*s",
                            STR_ARG(url_encoded(d->arena, t->terms.location_id)), by, STR_ARG(url_encoded(d->arena, value))));
}

static void ask_create(struct link_delivery *d, const struct telling *t)
{
    static const struct {
        int field;
        const char *name;
    } fields[] = {{FIELD_FIRST_NAME, "firstName"},    {FIELD_LAST_NAME, "lastName"}, {FIELD_COMPANY, "companyName"},
                  {FIELD_ADDRESS_STREET, "address1"}, {FIELD_ADDRESS_CITY, "city"},  {FIELD_ADDRESS_STATE, "state"},
                  {FIELD_ADDRESS_ZIP, "postalCode"},  {FIELD_WEBSITE, "website"}};
    const struct recipient *who = &t->update.piece.who;
    struct buf b;
    struct json_out j = body_begin(&b);
    json_str(&j, "locationId", t->terms.location_id);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].field < who->n_values && who->values[fields[i].field].len)
            json_str(&j, fields[i].name, who->values[fields[i].field]);
    if (t->update.email.len) json_str(&j, "email", t->update.email);
    if (t->update.phone.len) json_str(&j, "phone", t->update.phone);
    json_strz(&j, "source", "Pennypost");
    d->ask.method = "POST";
    d->ask.url = STR("/contacts/upsert");
    body_end(d, &j, &b);
}

static void ask_contact(struct link_delivery *d, const struct telling *t, const char *method, const char *what)
{
    d->ask.method = method;
    d->ask.url = str_of(arena_printf(d->arena, "/contacts/%.*s/%s", STR_ARG(url_encoded(d->arena, t->contact_id)), what));
}

/* "Postalytics Event: Mailed" */
static struct str tag_of(struct arena *a, const struct telling *t)
{
    struct str words = t->terms.tag;
    const char *at = memmem(words.ptr, words.len, "{code}", 6);
    if (!at) return words;
    struct str after = str_make(at + 6, words.len - (size_t)(at + 6 - words.ptr));
    return str_of(arena_printf(a, "%.*s%s%.*s", (int)(at - words.ptr), words.ptr, t->update.status->crm, STR_ARG(after)));
}

static void ask_tag(struct link_delivery *d, const struct telling *t, const char *method)
{
    struct buf b;
    ask_contact(d, t, method, "tags");
    struct json_out j = body_begin(&b);
    json_array(&j, "tags");
    json_str(&j, NULL, tag_of(d->arena, t));
    json_end(&j);
    body_end(d, &j, &b);
    d->ask.is_repeatable = true;
}

static void ask_note(struct link_delivery *d, const struct telling *t)
{
    struct buf b;
    ask_contact(d, t, "POST", "notes");
    struct json_out j = body_begin(&b);
    json_str(&j, "body", crm_note(d->arena, d, &t->update, true));
    body_end(d, &j, &b);
}

void highlevel_ask(struct link_delivery *d, const struct telling *t, enum doing what)
{
    d->ask = (struct fetch_ask){.timeout_ms = TIMEOUT_MS, .is_guarded = true};
    switch (what) {
    case BY_EMAIL: ask_search(d, t, "email", t->update.email); break;
    case BY_PHONE: ask_search(d, t, "number", t->update.phone); break;
    case CREATE: ask_create(d, t); break;
    case UNTAG: ask_tag(d, t, "DELETE"); break;
    case TAG: ask_tag(d, t, "POST"); break;
    case NOTE: ask_note(d, t); break;
    default:
        ask_contact(d, t, "GET", "notes");
        d->ask.max_answer = limit_get(LIMIT_CONNECTOR_MAX_ANSWER_BYTES);
        break;
    }
}
