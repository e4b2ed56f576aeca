/* cmd_demo.c: `pennypost demo --share DIR`: the demo account with three templates, a sample list and a test-mode campaign, made
 * through the server's own routes, each step only where its result is not there yet: a second run makes nothing twice. Prints
 * where the PDF lies. Called by ./run. */
#include "app/commands.h"
#include "app/import_watch.h"
#include "app/options.h"
#include "app/shown_path.h"
#include "base/durable.h"
#include "base/json_out.h"
#include "base/progress.h"
#include "base/settings.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#define DEMO_ACCOUNT  "demo"
#define DEMO_LIST     "Penny Lane neighbors"
#define DEMO_CAMPAIGN "Seed exchange, spring"

static const struct demo_template {
    const char *name, *size, *html, *front, *back;
    int credit_type;
} demo_templates[] = {
    {"Seed exchange postcard", "2", "postcard.html", NULL, NULL, 22},
    {"Membership letter", "0", "letter.html", NULL, NULL, 24},
    {"Seed exchange pictures", "2", NULL, "image-front.png", "image-back.png", 22},
};
enum { N_TEMPLATES = sizeof demo_templates / sizeof *demo_templates, POLL_US = 200000, PATIENCE_MS = 180000 };

struct demo {
    struct remote *remote;
    struct arena *arena;
    const char *share;
    bool quiet;
    int64_t account, list, drop, batch;
    int64_t template[N_TEMPLATES];
    bool usable[N_TEMPLATES];
    char pdf[1100];
};

/* The number `id` of the element of the array at `target` whose `key` is `name`; 0: none. */
static bool find(struct demo *d, const char *target, const char *key, const char *name, const char *id, int64_t *out,
                 struct fault *f)
{
    struct json_value root, item;
    struct json_iter it = {0};
    *out = 0;
    if (!remote_call(d->remote, "GET", target, STR_NULL, &root, f)) return false;
    while (json_next(root, &it, NULL, &item))
        if (str_eq(json_get(item, key).string, str_of(name))) *out = json_get(item, id).integer;
    return true;
}

/* ---- the account ---- */
static bool keep_key(struct str key, struct fault *f)
{
    char path[1100];
    snprintf(path, sizeof path, "%s/demo.key", setting_get(SETTING_DATA));
    return durable_write(path, key, 0600, f);
}

static bool make_account(struct demo *d, struct fault *f)
{
    struct json_value root;
    if (!find(d, "/v1/accounts", "username", DEMO_ACCOUNT, "account_id", &d->account, f)) return false;
    if (!d->account) {
        if (!remote_call(d->remote, "POST", "/v1/accounts",
                         STR("{\"username\":\"" DEMO_ACCOUNT "\",\"company\":\"Penny Lane Garden Club\"}"), &root, f))
            return false;
        d->account = json_get(root, "account_id").integer;
        if (!keep_key(json_get(root, "api_key").string, f)) return false;
    }
    remote_set_account(d->remote, d->account);
    return true;
}

/* ---- templates ---- */
static bool put_asset(struct demo *d, const char *file, struct fault *f)
{
    const char *target = arena_printf(d->arena, "/v1/assets/demo-%s", file);
    return remote_upload(d->remote, "PUT", target, arena_printf(d->arena, "%s/%s", d->share, file), "image/png", NULL, f);
}

static bool template_body(struct demo *d, const struct demo_template *t, struct buf *body, struct fault *f)
{
    struct buf html = BUF_INIT;
    if (t->html && !file_read(arena_printf(d->arena, "%s/%s", d->share, t->html), 1 << 20, &html, f)) return false;
    struct json_out j = json_out_begin(body);
    json_object(&j, NULL);
    json_strz(&j, "name", t->name), json_strz(&j, "size", t->size);
    json_bool(&j, "is_full_html", t->html != NULL), json_bool(&j, "is_proofed", true);
    if (t->html) json_str(&j, "html", buf_str(&html));
    if (t->front) json_strz(&j, "front", arena_printf(d->arena, "asset:demo-%s", t->front));
    if (t->back) json_strz(&j, "back", arena_printf(d->arena, "asset:demo-%s", t->back));
    json_end(&j);
    json_out_end(&j);
    buf_finish(&html);
    return true;
}

static bool make_template(struct demo *d, int i, struct fault *f)
{
    const struct demo_template *t = &demo_templates[i];
    struct buf body = BUF_INIT;
    if (!find(d, "/api/v1/templates", "name", t->name, "template_id", &d->template[i], f)) return false;
    if (d->template[i]) return true;
    bool ok =
        (!t->front || put_asset(d, t->front, f)) && (!t->back || put_asset(d, t->back, f)) && template_body(d, t, &body, f);
    struct json_value root;
    ok = ok && remote_call(d->remote, "POST", "/api/v1/templates", buf_str(&body), &root, f);
    if (ok) d->template[i] = json_get(root, "template_id").integer;
    buf_finish(&body);
    return ok;
}

/* Waits until the template is compiled, or is refused: then says why. */
static bool settle_template(struct demo *d, int i, struct fault *f)
{
    const char *target = arena_printf(d->arena, "/api/v1/templates/%" PRId64, d->template[i]);
    for (int waited_us = 0; waited_us / 1000 < PATIENCE_MS; waited_us += POLL_US) {
        struct json_value root, one;
        struct json_iter it = {0};
        if (!remote_call(d->remote, "GET", target, STR_NULL, &root, f)) return false;
        if (!json_next(root, &it, NULL, &one)) return fault_remote(f, "the template %s has gone", demo_templates[i].name);
        struct str state = json_get(one, "state").string;
        d->usable[i] = str_eq(state, STR("published"));
        if (str_eq(state, STR("refused")) && !d->quiet)
            fprintf(stderr, "The template \"%s\" is refused: %.*s\n", demo_templates[i].name,
                    STR_ARG(json_get(json_get(one, "report"), "reason").string));
        if (d->usable[i] || str_eq(state, STR("refused"))) return true;
        usleep(POLL_US);
    }
    return fault_remote(f, "the template \"%s\" is not compiled after %d s", demo_templates[i].name, PATIENCE_MS / 1000);
}

/* ---- list and campaign ---- */
static bool make_list(struct demo *d, struct fault *f)
{
    struct json_value root;
    struct import_outcome out;
    if (!find(d, "/api/v1/contacts", "name", DEMO_LIST, "contact_list_id", &d->list, f)) return false;
    if (!d->list) {
        if (!remote_call(d->remote, "POST", "/api/v1/lists", STR("{\"name\":\"" DEMO_LIST "\"}"), &root, f)) return false;
        d->list = json_get(root, "contact_list_id").integer;
    }
    const char *target = arena_printf(d->arena, "/api/v1/contacts/%" PRId64 "?limit=1", d->list);
    if (!remote_call(d->remote, "GET", target, STR_NULL, &root, f)) return false;
    return json_count(root) > 0 ||
           import_and_watch(d->remote, d->list, arena_printf(d->arena, "%s/contacts.csv", d->share), NULL, d->quiet, &out, f);
}

static void campaign_body(const struct demo *d, int i, struct buf *body)
{
    struct json_out j = json_out_begin(body);
    json_object(&j, NULL);
    json_strz(&j, "DirectMailName", DEMO_CAMPAIGN), json_int(&j, "TemplateFrontId", d->template[i]);
    json_int(&j, "CreditTypeId", demo_templates[i].credit_type), json_int(&j, "PostageType", 0);
    json_strz(&j, "SenderName", "Penny Lane Garden Club"), json_strz(&j, "SenderAddress1", "1 Penny Lane");
    json_strz(&j, "SenderCity", "Springfield"), json_strz(&j, "SenderState", "IL"), json_strz(&j, "SenderZip", "62701");
    json_int(&j, "CampaignType", 0), json_int(&j, "IsLiveMode", 0), json_int(&j, "ContactListId", d->list);
    json_strz(&j, "StartingUrl", "https://example.com/garden");
    json_end(&j);
    json_out_end(&j);
}

static bool make_campaign(struct demo *d, struct fault *f)
{
    if (!find(d, "/api/v1/campaigns", "name", DEMO_CAMPAIGN, "drop_id", &d->drop, f)) return false;
    if (d->drop) return true;
    int i = 0;
    while (i < N_TEMPLATES && !d->usable[i]) i++;
    if (i == N_TEMPLATES) return fault_remote(f, "none of the demo's templates could be compiled");
    struct buf body = BUF_INIT;
    struct json_value root;
    campaign_body(d, i, &body);
    bool ok = remote_call(d->remote, "POST", "/api/v1/campaigns", buf_str(&body), &root, f);
    if (ok) d->drop = json_get(root, "drop_id").integer;
    buf_finish(&body);
    return ok;
}

/* ---- the batch ---- */
/* A demo that cannot be printed now says so at once, though the server tries again by itself. */
static bool look_for_error(const char *what, int64_t id, struct json_value thing, struct fault *f)
{
    struct str why = json_get(thing, "last_error").string;
    return str_is_empty(why) || fault_remote(f, "%s %" PRId64 " cannot be printed: %.*s", what, id, STR_ARG(why));
}

/* No batch yet: the list may not have become pieces at all. */
static bool look_at_campaign(struct demo *d, struct fault *f)
{
    struct json_value root, campaign;
    struct json_iter it = {0};
    const char *target = arena_printf(d->arena, "/api/v1/campaigns/%" PRId64, d->drop);
    if (!remote_call(d->remote, "GET", target, STR_NULL, &root, f)) return false;
    return !json_next(root, &it, NULL, &campaign) || look_for_error("campaign", d->drop, campaign, f);
}

static bool look_at_batch(struct demo *d, struct progress *bar, bool *done, struct fault *f)
{
    struct json_value root, batch;
    struct json_iter it = {0};
    const char *target = arena_printf(d->arena, "/v1/batches?drop_id=%" PRId64, d->drop);
    if (!remote_call(d->remote, "GET", target, STR_NULL, &root, f)) return false;
    if (!json_next(root, &it, NULL, &batch)) return look_at_campaign(d, f);
    struct str state = json_get(batch, "state").string;
    d->batch = json_get(batch, "batch_id").integer;
    if (bar) progress_set(bar, json_get(batch, "n_done").integer, json_get(batch, "n_refused").integer);
    if (!look_for_error("batch", d->batch, batch, f)) return false;
    *done = str_eq(state, STR("ready"));
    if (*done) snprintf(d->pdf, sizeof d->pdf, "%.*s", STR_ARG(json_get(batch, "pdf").string));
    return true;
}

static bool wait_for_batch(struct demo *d, bool *was_ready, struct fault *f)
{
    bool done = false, ok = look_at_batch(d, NULL, &done, f);
    *was_ready = done;
    if (!ok || done) return ok;
    struct progress *bar = progress_create("Printing", "pieces", 25, d->quiet);
    for (int waited_us = 0; ok && !done; waited_us += POLL_US) {
        ok = look_at_batch(d, bar, &done, f);
        if (ok && !done && waited_us / 1000 > PATIENCE_MS)
            ok = fault_remote(f, "the batch is not ready after %d s; see GET /v1/batches", PATIENCE_MS / 1000);
        if (ok && !done) usleep(POLL_US);
    }
    progress_end(&bar);
    return ok;
}

/* The result is told on standard output; this beside it. */
static void tell_what_was_there(const struct demo *d)
{
    if (d->quiet) return;
    fprintf(stderr, "The demo is as it was left: its batch %" PRId64 " was printed earlier, nothing is printed now.\n",
            d->batch);
    if (!*d->pdf) fputs("Its PDF is gone: print files are kept for keep.batch_days of pennypost limits.\n", stderr);
}

static bool play(struct demo *d, struct fault *f)
{
    if (!make_account(d, f)) return false;
    for (int i = 0; i < N_TEMPLATES; i++)
        if (!make_template(d, i, f)) return false;
    for (int i = 0; i < N_TEMPLATES; i++)
        if (!settle_template(d, i, f)) return false;
    bool was_ready = false;
    if (!make_list(d, f) || !make_campaign(d, f) || !wait_for_batch(d, &was_ready, f)) return false;
    if (was_ready) tell_what_was_there(d);
    return true;
}

int cmd_demo(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    if (!options_read(&o, argc, argv, TAKES_NODE | TAKES_JSON | TAKES_SHARE, NULL) || !options_no_words(&o, argv[0]))
        return EXIT_USAGE;
    struct demo d = {.share = o.share ? o.share : "share/demo", .quiet = o.json};
    d.arena = arena_create(8192);
    d.remote = remote_open(NULL, true, &f);
    bool ok = d.remote && play(&d, &f);
    if (ok && o.json)
        printf("{\"account_id\":%" PRId64 ",\"drop_id\":%" PRId64 ",\"batch_id\":%" PRId64 ",\"pdf\":\"%s\"}\n", d.account,
               d.drop, d.batch, d.pdf);
    if (ok && !o.json) puts(shown_path(d.pdf));
    remote_close(&d.remote);
    arena_destroy(&d.arena);
    if (!ok) return fprintf(stderr, "pennypost demo: %s\n", f.text), EXIT_CANNOT;
    return EXIT_DONE;
}
