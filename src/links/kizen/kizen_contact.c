/* kizen_contact.c: one contact, read from Kizen. Reading changes nothing there, so whatever is not an answer may be asked again. */
#include "links/call.h"
#include "links/kizen/kizen_private.h"
#include "net/url.h"

enum { READ_MS = 10000 };

static struct str path_of(struct arena *a, struct str contact_id)
{
    return str_of(arena_printf(a, "/api/records/client_client/%.*s", STR_ARG(url_encoded(a, contact_id))));
}

static bool is_for_now(const struct connector_answer *answer)
{
    int s = answer->status;
    return s == 408 || s == 425 || s == 429 || s == 500 || (s >= 502 && s <= 504);
}

static enum kizen_read refused(const struct connector_answer *answer, struct str contact_id, struct fault *f)
{
    if (answer->status == 404)
        fault_user(f, 404, "Kizen has no contact %.100s: it was archived or deleted there, or belongs to another business.",
                   contact_id.ptr);
    else
        fault_remote(f, "%s", answer->sentence);
    return is_for_now(answer) ? KIZEN_READ_LATER : KIZEN_READ_NEVER;
}

enum kizen_read kizen_contact_read(struct kizen *k, const struct connection *c, struct str contact_id, struct json_parser *p,
                                   struct arena *a, struct json_value *out, struct kizen_try *t, struct fault *f)
{
    struct fetch_ask ask = {.method = "GET", .url = path_of(a, contact_id), .timeout_ms = READ_MS};
    struct connection now = *c;
    struct connector_answer answer;
    bool is_answered = connector_call_by(k->house, &k->connector, &now, &ask, t->until_mono, a, &answer, f);
    t->retry_after_ms = answer.retry_after_ms;
    if (!is_answered) return f->whose == FAULT_REMOTE ? KIZEN_READ_LATER : KIZEN_READ_NEVER;
    if (answer.result != LINK_OK) return refused(&answer, contact_id, f);
    if (!json_parse(p, json_padded(a, answer.body), out, f) || out->type != JSON_OBJECT) {
        fault_remote(f, "Kizen answered with something that is no contact. Look at the connection's address.");
        return KIZEN_READ_NEVER;
    }
    struct json_value id = json_get(*out, "id");
    struct str said = id.type == JSON_INT ? str_of(arena_printf(a, "%lld", (long long)id.integer)) : id.string;
    bool has_id = id.type == JSON_STRING || id.type == JSON_INT;
    if (has_id && !str_eq_nocase(said, contact_id)) { /* nobody else is mailed for the one who was meant */
        fault_remote(f, "Kizen was asked for contact %.100s and answered with another one.", contact_id.ptr);
        return KIZEN_READ_NEVER;
    }
    return KIZEN_READ;
}
