/* connection_save.c: see connection_save.h. A save is one unit: what is stored already is read, changed and checked there, so that it is never an
 * older token that is stored again. A renewal that was under way before it is dropped when it stores secrets (said, or without the tokens that other
 * settings had made); a refresh token for one use is lost then, and the connection must be authorised again. The trial comes after it, because a
 * token that it renews must have a row to be stored in. */
#include "links/connection_save.h"
#include "links/connection_end.h"
#include "links/connection_merge.h"
#include "links/operation.h"
#include "links/per_connection.h"
#include "links/tokens.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/redact.h"
#include "base/utf8.h"
#include "queries.h"
#include <stdio.h>

struct save {
    const struct link_house *house;
    const struct connection_wish *wish;
    struct arena *arena;   /* the caller's, who waits */
    struct connection was; /* connection_id 0: it is new */
    bool was_open;         /* its destination */
    struct connection now;
    struct connection tested; /* what was tried, and what came of it */
    bool has_ended;           /* a new one, which was refused */
};

static bool put(struct tx *tx, struct save *s, struct connection *c)
{
    const struct link_def *link = s->wish->connector->link;
    return connection_put(tx, s->house->seal, c) &&
           (!link || destination_of_connection(tx, link, c->account_id, c->connection_id, c->label) != 0) &&
           (!s->wish->connector->saved ||
            s->wish->connector->saved(s->wish->connector->ctx, tx, c->account_id, c->connection_id));
}

static bool says_terms(const struct connection_wish *w)
{
    return w->settings.type == JSON_OBJECT || w->secrets.type == JSON_OBJECT;
}

bool connection_save_asks(const struct connection_wish *w)
{
    if (w->is_untried || !w->connector->try_operation) return false;
    return !w->connection_id || says_terms(w);
}

/* What had paused it may be mended by what was saved; where that is tried, by what it was found good for. */
static bool reopen(struct tx *tx, const struct save *s)
{
    return destination_open_of_connection(s->house->outbox, tx, s->now.account_id, s->now.connection_id);
}

static bool save(struct tx *tx, void *arg)
{
    struct save *s = arg;
    const struct connection_wish *w = s->wish;
    struct fault f;
    s->was = (struct connection){.connection_id = 0};
    if (w->connection_id && !connection_read(tx, s->house->seal, s->arena, w->account_id, w->connection_id, &s->was))
        return connection_refuse(tx, w->connection_id);
    if (!connection_merge(w, &s->was, s->arena, &s->now, &f)) return tx_fail(tx, &f);
    s->was_open = destination_of_connection_is_open(tx, w->account_id, w->connection_id);
    return put(tx, s, &s->now) && (connection_save_asks(w) || reopen(tx, s));
}

/* ---- trying ---- */

static bool of_fault(struct connection_trial *t, const struct fault *f)
{
    t->is_refused = f->whose == FAULT_USER;
    snprintf(t->sentence, sizeof t->sentence, "%s", f->text);
    return f->whose == FAULT_USER || f->whose == FAULT_REMOTE;
}

/* A program that answers 200 to everything is not the system that was meant. */
static bool has_member(struct arena *a, struct str body, const char *name)
{
    struct json_parser *p = json_parser_create();
    struct json_value root, first;
    struct json_iter it = {0};
    bool has = json_parse(p, json_padded(a, body), &root, NULL);
    if (has && root.type == JSON_ARRAY) has = json_next(root, &it, NULL, &first), root = first;
    has = has && root.type == JSON_OBJECT && json_get(root, name).type != JSON_MISSING;
    json_parser_destroy(&p);
    return has;
}

static bool ask(const struct link_house *h, const struct connector *d, const struct connector_operation *op,
                struct connection *c, struct arena *a, struct connection_trial *t, struct fault *f)
{
    struct connector_answer answer;
    struct json_value nothing = {.type = JSON_MISSING};
    if (!connector_operate(h, d, c, op, nothing, a, &answer, f)) return of_fault(t, f);
    t->status = answer.status;
    t->is_working = answer.result == LINK_OK;
    t->is_refused = answer.result == LINK_AUTH;
    if (!t->is_working) snprintf(t->sentence, sizeof t->sentence, "%s", answer.sentence);
    if (t->is_working && d->try_member && !has_member(a, answer.body, d->try_member)) {
        t->is_working = false;
        snprintf(t->sentence, sizeof t->sentence,
                 "It was answered, but not as %s answers: there is no \"%s\" in it. Look whether the address is right.",
                 d->title, d->try_member);
    }
    return true;
}

/* The sentence is kept and shown: without the secrets that it began with, and those that a renewal has put in their place. */
static void clean(struct arena *a, struct str before, struct str after, char *sentence, size_t size)
{
    struct redaction r = redaction_begin(a);
    redaction_add_json(&r, before);
    redaction_add_json(&r, after);
    redaction_run_in(&r, sentence, size);
    utf8_line(sentence, size, str_of(sentence));
}

/* *tested: the connection as it was when the trial began. */
static bool try_it(const struct link_house *h, const struct connector *d, struct connection *tested, struct arena *a,
                   struct connection_trial *t, struct fault *f)
{
    struct connection c;
    int64_t account = tested->account_id, id = tested->connection_id;
    const struct connector_operation *op = d->try_operation ? connector_operation_find(d, str_of(d->try_operation)) : NULL;
    *t = (struct connection_trial){.is_tried = true};
    if (!op) return fault_user(f, 409, "There is nothing that a connection to %s could be tried with.", d->title);
    if (!connection_get(h->store, h->seal, a, account, id, &c, f)) return false;
    *tested = c;
    if (h->tokens) token_forget(h->tokens, account, id);
    if (!ask(h, d, op, &c, a, t, f)) return false;
    clean(a, tested->secrets, c.secrets, t->sentence, sizeof t->sentence);
    tested->tried = (struct connection_tried){clock_now_ms(), t->is_working, t->status, str_of(t->sentence)};
    t->tried_at = tested->tried.at;
    return true;
}

static bool keep(struct tx *tx, void *arg) { return connection_keep_trial(tx, arg); }

bool connection_try(const struct link_house *h, const struct connector *d, int64_t account, int64_t id, struct arena *a,
                    struct connection_trial *t, struct fault *f)
{
    struct connection tested = {.account_id = account, .connection_id = id};
    return try_it(h, d, &tested, a, t, f) && store_write(h->store, keep, &tested, f);
}

/* ---- after the trial ---- */

static bool keep_saved(struct tx *tx, void *arg)
{
    const struct save *s = arg;
    return reopen(tx, s) && connection_keep_trial(tx, &s->tested);
}

/* What somebody has changed since the save stays as it is here. */
static struct str back(struct str was, struct str saved, struct str here) { return str_eq(saved, here) ? was : here; }

static bool put_back_over(struct tx *tx, struct save *s, const struct connection *here)
{
    struct connection was = s->was;
    was.label = back(s->was.label, s->now.label, here->label);
    was.description = back(s->was.description, s->now.description, here->description);
    struct str saved = s->now.secrets.ptr ? s->now.secrets : s->was.secrets;
    was.secrets = connection_secrets_back(s->wish, s->was.secrets, saved, here->secrets, tx_arena(tx));
    if (!put(tx, s, &was)) return false;
    was.tried = s->was.tried;
    return connection_keep_trial(tx, &was) &&
           (!s->was_open || destination_reopen_of_connection(s->house->outbox, tx, s->was.account_id, s->was.connection_id));
}

/* As it was, or gone, if it was new; unless other settings or secrets were saved since (on another node): those count. */
static bool put_back(struct tx *tx, void *arg)
{
    struct save *s = arg;
    struct connection here;
    int64_t account = s->now.account_id, id = s->now.connection_id;
    s->has_ended = false;
    if (!connection_read(tx, s->house->seal, tx_arena(tx), account, id, &here)) return tx_ok(tx);
    if (here.saved_version != s->now.saved_version) return connection_keep_trial(tx, &s->tested);
    if (s->was.connection_id) return put_back_over(tx, s, &here);
    return s->has_ended = connection_end(tx, s->house, account, id);
}

static bool is_refused(const struct save *s, const struct connection_trial *trial)
{
    return trial->is_refused && !s->was.is_sealed_shut; /* what nobody can open is not to be had back */
}

/* False: it was refused, and is not there, or as it was. Where the trial or its end cannot be stored it stays saved, and its caller is told so. */
static bool settle(struct save *s, struct connection_trial *trial)
{
    const struct connector *d = s->wish->connector;
    struct fault f = {0};
    s->tested = s->now;
    bool is_tried = try_it(s->house, d, &s->tested, s->arena, trial, &f), goes = is_tried && is_refused(s, trial);
    if (is_tried && store_write(s->house->store, goes ? put_back : keep_saved, s, &f)) return !goes;
    trial->is_tried = is_tried;
    log_warning("links", "Connection %lld was saved, and what came of trying it was not stored: %s",
                (long long)s->now.connection_id, f.text);
    return true;
}

/* ---- one at a time ----
 * What a refused change is put back to must be what it found: while one is tried, nobody on this node changes the connection's settings or secrets. */

static bool turn_take(const struct link_house *h, int64_t connection_id)
{
    bool *is_taken = per_connection_lock(h->saves, connection_id), is_mine = !*is_taken;
    *is_taken = true;
    per_connection_unlock(h->saves);
    return is_mine;
}

static void turn_give(const struct link_house *h, int64_t connection_id) { per_connection_forget(h->saves, connection_id); }

static bool try_saved(struct save *s, struct connection_trial *trial, struct fault *f)
{
    if (!connection_save_asks(s->wish) || settle(s, trial)) return true;
    if (s->has_ended) connection_ended(s->house, s->wish->connector, s->now.account_id, s->now.connection_id);
    return fault_user(f, 400, "%s", trial->sentence);
}

bool connection_save(const struct link_house *h, const struct connection_wish *w, struct arena *a, struct connection *out,
                     struct connection_trial *trial, struct fault *f)
{
    struct save s = {.house = h, .wish = w, .arena = a};
    int64_t turn = says_terms(w) ? w->connection_id : 0;
    *trial = (struct connection_trial){.is_tried = false};
    if (turn && !turn_take(h, turn))
        return fault_user(f, 409, "Another change of this connection is being tried at %s. Try again in a minute.",
                          w->connector->title);
    bool ok = store_write(h->store, save, &s, f);
    if (ok && !w->connection_id && turn_take(h, s.now.connection_id)) turn = s.now.connection_id;
    ok = ok && try_saved(&s, trial, f);
    if (turn) turn_give(h, turn);
    if (!ok) return false;
    *out = s.now;
    out->secrets = STR_NULL;
    out->is_sealed_shut = false;
    return true;
}
