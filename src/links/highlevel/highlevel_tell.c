/* highlevel_tell.c: one event on its way to HighLevel: find the contact, set the tag, write the note. A pure state machine: what was done is
 * kept in the delivery's mark, so that another attempt goes on where this one stopped.
 *
 *   the contact   by the id that came with the piece or was found before, else by e-mail address, else by phone number, else, when the
 *                 connection allows it, created. Who is gone there (404) is looked for once more, and never created again
 *   the tag       may be set twice: the second time changes nothing
 *   the note      may not: when an attempt may have written it, the contact's notes are read first and its marker looked for
 *
 * All requests of an attempt are taken from the pace before the first one. */
#include "links/highlevel/highlevel_telling.h"
#include "links/tokens.h"
#include "net/url.h"
#include <stdio.h>

enum { TOKEN_WAIT_MS = 200, MARK_MOST = 300, ID_SHOWN = 60 };

/* ---- the mark: words parted by blanks; ids in them as in an address, because others chose them ---- */

static void mark_read(struct telling *t, struct arena *a, struct str mark)
{
    for (struct str rest = mark; rest.len;) {
        struct str word = str_cut(rest, ' ', &rest);
        if (str_starts(word, STR("gone="))) { /* whoever load has found is not there, or is forgotten by now */
            t->is_gone = true;
            t->lost_id = url_decode(a, str_make(word.ptr + 5, word.len - 5), false);
            t->contact_id = STR_NULL;
        }
        if (str_eq(word, STR("untagged"))) t->is_untagged = true;
        if (str_eq(word, STR("tagged"))) t->is_tagged = true;
        if (str_eq(word, STR("noting"))) t->may_be_noted = true;
        if (str_starts(word, STR("at="))) t->contact_id = url_decode(a, str_make(word.ptr + 3, word.len - 3), false);
    }
}

static struct str lost_shown(const struct telling *t)
{
    return str_make(t->lost_id.ptr, t->lost_id.len < ID_SHOWN ? t->lost_id.len : ID_SHOWN);
}

static struct str mark_write(struct arena *a, const struct telling *t)
{
    const char *gone = t->is_gone ? arena_printf(a, "gone=%.*s ", STR_ARG(url_encoded(a, lost_shown(t)))) : "";
    struct str id = t->contact_id.len ? url_encoded(a, t->contact_id) : STR("");
    bool keeps_id = id.len && id.len <= MARK_MOST;
    return str_of(arena_printf(a, "%s%s%s%s%s%.*s", gone, t->is_untagged ? "untagged " : "", t->is_tagged ? "tagged " : "",
                               t->may_be_noted ? "noting " : "", keeps_id ? "at=" : "", keeps_id ? (int)id.len : 0,
                               keeps_id ? id.ptr : ""));
}

/* ---- load ---- */

bool highlevel_load(void *ctx, struct tx *tx, struct link_delivery *d)
{
    struct highlevel *h = ctx;
    struct telling *t = ARENA_NEW(d->arena, struct telling);
    if (!crm_update_read(h->house, tx, h->parser, d, &t->update)) return false;
    highlevel_terms_read(&h->connector, h->parser, &t->update.connection, d->arena, &t->terms);
    t->contact_id = t->update.remote_id;
    mark_read(t, d->arena, d->sent_mark);
    t->may_be_noted |= d->may_be_known;
    d->state = t;
    return true;
}

/* ---- what is to be done next ---- */

static bool refires(const struct telling *t)
{
    enum status_code code = t->update.status->code;
    return t->terms.refires_visits && (code == STATUS_PURL_OPENED || code == STATUS_PURL_COMPLETED);
}

static enum doing next_search(const struct telling *t)
{
    bool has_email = t->update.email.len > 0, has_phone = t->update.phone.len > 0;
    if (has_email && !t->tried_email) return BY_EMAIL;
    if (has_phone && !t->tried_phone) return BY_PHONE;
    return t->terms.may_create && !t->is_gone && (has_email || has_phone) ? CREATE : NOBODY;
}

static enum doing next(const struct telling *t)
{
    if (!t->contact_id.len) return next_search(t);
    if (t->terms.writes_tag && !t->is_tagged) return refires(t) && !t->is_untagged ? UNTAG : TAG;
    if (!t->terms.writes_note) return FINISHED;
    return t->may_be_noted && !t->has_looked ? LOOK : NOTE;
}

/* How many requests it takes from here when all goes well. */
static int n_to_make(const struct telling *t)
{
    bool tags = t->terms.writes_tag && !t->is_tagged;
    return !t->contact_id.len + tags + (tags && refires(t) && !t->is_untagged) + t->terms.writes_note +
           (t->terms.writes_note && t->may_be_noted && !t->has_looked);
}

/* ---- the token ---- */

static enum link_result renew(const struct highlevel *h, struct link_delivery *d, const struct telling *t)
{
    struct fault why = {0};
    if (t->terms.token.len && !t->terms.code.len) return LINK_AUTH; /* it has no end, so nothing renews it: the sentence stands */
    enum token_state state = token_renew(h->house->tokens, &h->connector, &t->update.connection, &why);
    switch (state) {
    case TOKEN_RENEWING:
    case TOKEN_RENEWED:
        snprintf(d->sentence, sizeof d->sentence, "The connection's token is renewed; it goes on by itself.");
        d->pause_until = state == TOKEN_RENEWING ? d->now + TOKEN_WAIT_MS : 0; /* then it is loaded with the new one */
        return LINK_WAIT;
    case TOKEN_REFUSED: snprintf(d->sentence, sizeof d->sentence, "%.290s", why.text); return LINK_AUTH;
    case TOKEN_FAILED: break;
    }
    snprintf(d->sentence, sizeof d->sentence, "%.290s", why.text);
    return LINK_RETRY_LATER;
}

static enum link_result sign(const struct highlevel *h, struct link_delivery *d, const struct telling *t)
{
    struct fault why = {0};
    switch (highlevel_terms_sign(&t->terms, d->arena, d->now, &d->ask, &why)) {
    case AUTHORISED: return LINK_ASK;
    case AUTHORISE_RENEW: return renew(h, d, t);
    case AUTHORISE_CANNOT: break;
    }
    snprintf(d->sentence, sizeof d->sentence, "%.290s", why.text);
    return LINK_AUTH;
}

/* ---- a step forward ---- */

static enum link_result nobody(struct link_delivery *d, const struct telling *t)
{
    bool can_search = t->update.email.len > 0 || t->update.phone.len > 0;
    struct str lost = lost_shown(t);
    const char *why;
    d->says_it_all = true;
    if (t->is_gone) {
        snprintf(d->sentence, sizeof d->sentence,
                 "HighLevel knows no contact%s%.*s: it was deleted or never was there, and %s.", lost.len ? " " : "",
                 STR_ARG(lost),
                 can_search ? "none has the recipient's e-mail address or phone number"
                            : "the piece has no e-mail address and no phone number to look for another by");
        return LINK_PERMANENT;
    }
    if (!can_search)
        why = "Nothing says which contact this is: the piece has no HighLevel id, no e-mail address and no phone number. Send "
              "one of them with it.";
    else
        why = "HighLevel has no contact with the recipient's e-mail address or phone number. Set create_contacts to yes to "
              "have it made.";
    snprintf(d->sentence, sizeof d->sentence, "%s", why);
    return LINK_PERMANENT;
}

static enum link_result take(struct highlevel *h, struct link_delivery *d, struct telling *t)
{
    int n = n_to_make(t);
    int64_t until = t->n_taken ? highlevel_pace_stopped(h->pace, d->connection_id, d->now, d->sentence, sizeof d->sentence)
                               : highlevel_pace_take(h->pace, d->connection_id, n, d->now, d->sentence, sizeof d->sentence);
    if (until) {
        d->pause_until = until;
        d->says_it_all = true; /* the answer before it was of the person */
        return LINK_REST;
    }
    if (!t->n_taken) t->n_taken = n;
    return LINK_ASK;
}

static enum link_result advance(struct highlevel *h, struct link_delivery *d, struct telling *t)
{
    enum doing what = next(t);
    if (what == FINISHED) return LINK_OK;
    if (what == NOBODY) return nobody(d, t);
    highlevel_ask(d, t, what);
    enum link_result r = sign(h, d, t);
    if (r == LINK_ASK) r = take(h, d, t);
    if (r != LINK_ASK) return r;
    t->n_taken--;
    t->doing = what;
    if (what == NOTE) t->may_be_noted = true; /* until an answer says that it is not */
    return LINK_ASK;
}

/* ---- what was answered ---- */

static enum link_result misshapen(struct link_delivery *d, const struct fetch_answer *answer, const char *wanted)
{
    highlevel_misshapen(answer, wanted, d->sentence, sizeof d->sentence);
    return LINK_RETRY_LATER;
}

static struct str text_of(struct arena *a, struct json_value v)
{
    return v.type == JSON_STRING && v.string.len ? arena_str(a, v.string) : STR_NULL;
}

/* {contact: {id}}, {contacts: [{id}]}, or none of them in null and []. False: neither. */
static bool contact_in(struct arena *a, struct json_value root, struct str *id)
{
    struct json_value one = json_get(root, "contact"), all = json_get(root, "contacts");
    struct json_iter it = {0};
    *id = STR_NULL;
    if (one.type == JSON_MISSING && all.type == JSON_ARRAY && !json_next(all, &it, NULL, &one)) return true;
    if (one.type == JSON_NULL) return true;
    *id = text_of(a, json_get(one, "id"));
    return id->ptr != NULL;
}

static enum link_result found(struct highlevel *h, struct link_delivery *d, struct telling *t,
                              const struct fetch_answer *answer, struct json_value root)
{
    struct str id;
    if (!contact_in(d->arena, root, &id) || (t->doing == CREATE && !id.ptr)) return misshapen(d, answer, "a contact");
    t->tried_email |= t->doing == BY_EMAIL;
    t->tried_phone |= t->doing == BY_PHONE;
    t->contact_id = id;
    t->was_found = id.ptr != NULL;
    return advance(h, d, t);
}

/* Once; then it is final. */
static enum link_result lost(struct highlevel *h, struct link_delivery *d, struct telling *t)
{
    t->lost_id = t->contact_id;
    if (t->is_gone) {
        t->contact_id = STR_NULL;
        t->was_found = false;
        t->was_lost = true;
        return nobody(d, t);
    }
    t->is_gone = t->was_lost = true;
    t->was_found = t->tried_email = t->tried_phone = t->is_untagged = t->is_tagged = false;
    t->contact_id = STR_NULL;
    t->may_be_noted = t->has_looked = false; /* whoever is found now is somebody else */
    return advance(h, d, t);
}

static bool is_on_contact(enum doing what) { return what == UNTAG || what == TAG || what == LOOK || what == NOTE; }

static enum link_result refused(struct highlevel *h, struct link_delivery *d, struct telling *t,
                                const struct fetch_answer *answer, enum link_result r)
{
    bool was_not_acted_on =
        answer->error == FETCH_OK ? answer->status >= 300 && answer->status <= 499 && answer->status != 408 : !answer->was_sent;
    if (t->doing == NOTE && was_not_acted_on) t->may_be_noted = false;
    if (is_on_contact(t->doing) && highlevel_says_gone(answer)) return lost(h, d, t);
    if (r == LINK_AUTH && !highlevel_lacks_scope(answer)) {
        if (answer->status == 401) return renew(h, d, t);
        if (is_on_contact(t->doing)) { /* which says nothing of the other contacts */
            highlevel_shut(answer, d->sentence, sizeof d->sentence);
            return LINK_PERMANENT;
        }
    }
    if (r == LINK_PAUSE_DESTINATION) {
        d->pause_until = highlevel_pace_stopped(h->pace, d->connection_id, d->now, d->sentence, sizeof d->sentence);
        if (d->pause_until <= d->now) d->pause_until = d->now + 1000;
    }
    return r;
}

/* A 2xx whose body says what was done. */
static enum link_result done(struct highlevel *h, struct link_delivery *d, struct telling *t, const struct fetch_answer *answer,
                             struct json_value root)
{
    struct str marker = crm_marker(d->arena, d);
    switch (t->doing) {
    case UNTAG:
        if (json_get(root, "tags").type != JSON_ARRAY) return misshapen(d, answer, "the contact's tags");
        t->is_untagged = true;
        return advance(h, d, t);
    case TAG:
        if (json_get(root, "tags").type != JSON_ARRAY) return misshapen(d, answer, "the contact's tags");
        t->is_tagged = true;
        return advance(h, d, t);
    case LOOK:
        if (memmem(answer->body.ptr, answer->body.len, marker.ptr, marker.len)) return LINK_OK;
        if (json_get(root, "notes").type != JSON_ARRAY && !answer->is_cut) return misshapen(d, answer, "the contact's notes");
        t->has_looked = true;
        t->may_be_noted = false;
        return advance(h, d, t);
    case NOTE:
        if (json_get(json_get(root, "note"), "id").type != JSON_STRING) return misshapen(d, answer, "the note");
        return LINK_OK;
    default: return found(h, d, t, answer, root);
    }
}

static enum link_result understand(struct highlevel *h, struct link_delivery *d, struct telling *t,
                                   const struct fetch_answer *answer)
{
    struct json_value root = {.type = JSON_MISSING};
    highlevel_pace_hear(h->pace, d->connection_id, answer, d->now);
    enum link_result r = highlevel_judge(answer, d->sentence, sizeof d->sentence);
    d->says_it_all = r != LINK_OK && highlevel_speaks(answer);
    if (r != LINK_OK) return refused(h, d, t, answer, r);
    struct json_parser *p = json_parser_create();
    if (!json_parse(p, json_padded(d->arena, answer->body), &root, NULL)) root.type = JSON_MISSING;
    r = done(h, d, t, answer, root);
    json_parser_destroy(&p);
    return r;
}

enum link_result highlevel_step(void *ctx, struct link_delivery *d, const struct fetch_answer *answer)
{
    struct highlevel *h = ctx;
    struct telling *t = d->state;
    enum link_result r;
    if (t->update.connection.is_sealed_shut) {
        snprintf(d->sentence, sizeof d->sentence, "The connection's secrets do not open with this house's key. Save it again.");
        r = LINK_AUTH;
    } else if (answer) {
        r = understand(h, d, t, answer);
    } else {
        highlevel_pace_bound(h->pace, d->connection_id, t->terms.burst);
        r = advance(h, d, t);
    }
    if (r != LINK_ASK) d->leave_mark = mark_write(d->arena, t);
    return r;
}

/* ---- settle ---- */

bool highlevel_settle(void *ctx, struct tx *tx, struct link_delivery *d, enum link_result result)
{
    (void)ctx, (void)result;
    const struct telling *t = d->state;
    if (!t || (!t->was_found && !t->was_lost)) return true;
    return crm_remember(tx, d->event.account_id, d->connection_id, t->update.piece.contact_id,
                        t->was_found ? t->contact_id : STR_NULL);
}
