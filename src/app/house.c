/* house.c: puts the parts together in the order in which they need each other, and takes them apart in the reverse. Who fails
 * says why; what was started by then is stopped. */
#include "app/house.h"
#include "api/api.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/seal.h"
#include "base/settings.h"
#include "links/connection_end.h"
#include "links/highlevel/highlevel.h"
#include "links/kizen/kizen.h"
#include "links/mailing/mailing.h"
#include "links/postalytics/postalytics.h"
#include "links/printers/folder.h"
#include "links/imports.h"
#include "links/per_connection.h"
#include "links/salesforce/salesforce.h"
#include "links/tokens.h"
#include "links/webhook/webhook.h"
#include "mail/mail.h"
#include "net/fetch.h"
#include "outbox/outbox.h"
#include "web/web.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONNECTORS_MAX = 8 };

struct house {
    struct store *store;
    struct accounts *accounts;
    struct press *press;
    struct address_guard *guard; /* what users' addresses may lead to */
    struct fetcher *fetcher;
    struct jobs *jobs;
    struct seal *seal; /* the key that keeps secrets in the database */
    struct webhook *webhook;
    struct salesforce *salesforce;
    struct highlevel *highlevel;
    struct mailing *mailing;
    struct kizen *kizen;
    struct postalytics *postalytics;
    const struct printer_def *printers[2];
    struct sender here;           /* this house, as those who send for users see it */
    struct link_house link_house; /* what connectors are made of */
    const struct connector *connectors[CONNECTORS_MAX];
    int n_connectors;
    const struct link_def *links[CONNECTORS_MAX + 2];
    int n_links;
    struct outbox *outbox;
    struct mail *mail;
    struct api *api;
    struct http_server *http;
    char purl_base[300];
};

const char *house_socket(void)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/pennypost.sock", setting_get(SETTING_DATA));
    return path;
}

static bool is_loopback(const char *listen) { return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]", 5) == 0; }

static bool cage_is_off(void) { return strcmp(setting_get(SETTING_PRESS_SANDBOX), "off") == 0; }

bool house_check_settings(struct fault *f)
{
    if (!http_check_address(setting_get(SETTING_LISTEN), f) || !api_check_settings(f) || !mail_check_settings(f)) return false;
    if (cage_is_off() && !is_loopback(setting_get(SETTING_LISTEN)))
        return fault_user(
            f, 0,
            "press.sandbox=off is only allowed on a loopback address, because a creative could then reach this machine; "
            "listen is %s",
            setting_get(SETTING_LISTEN));
    return true;
}

static bool make_folders(struct fault *f)
{
    static const char *const below[] = {"", "/spool", "/files", "/batches"};
    char path[1100];
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        snprintf(path, sizeof path, "%s%s", setting_get(SETTING_DATA), below[i]);
        if (!make_dirs(path, 0750, f)) return false;
    }
    return true;
}

void house_store_address(char *out, size_t n)
{
    snprintf(out, n, "%s", setting_get(SETTING_DB));
    if (!*out) snprintf(out, n, "sqlite:%s/pennypost.db", setting_get(SETTING_DATA));
}

bool house_is_there(struct fault *f)
{
    char path[1100], where[4096];
    snprintf(path, sizeof path, "%s/pennypost.db", setting_get(SETTING_DATA));
    if (*setting_get(SETTING_DB) || access(path, F_OK) == 0) return true;
    return fault_operator(f, "There is no house in %s. Say where it is: --data DIR, or --db for one in PostgreSQL.",
                          realpath(setting_get(SETTING_DATA), where) ? where : setting_get(SETTING_DATA));
}

static struct store *open_store(struct fault *f)
{
    char address[1100];
    house_store_address(address, sizeof address);
    struct store_config config = {.address = address, .data_dir = setting_get(SETTING_DATA), .node = 1};
    return store_open(&config, f);
}

static void set_purl_base(struct house *h)
{
    const char *base = setting_get(SETTING_PURL_BASE);
    if (*base)
        snprintf(h->purl_base, sizeof h->purl_base, "%s", base);
    else
        snprintf(h->purl_base, sizeof h->purl_base, "http://%s/p/", setting_get(SETTING_LISTEN));
}

static void wake_http(void *server) { http_wake(server); }

static bool start_http(struct house *h, bool with_port, struct fault *f)
{
    static char spool[1100];
    snprintf(spool, sizeof spool, "%s/spool", setting_get(SETTING_DATA));
    size_t n_pages, n_routes;
    const struct http_route *pages = web_routes(&n_pages);
    const struct http_route *routes = api_routes(h->api, pages, n_pages, &n_routes);
    struct http_config config = {.listen = with_port ? setting_get(SETTING_LISTEN) : NULL,
                                 .unix_path = house_socket(),
                                 .n_threads = with_port ? (int)setting_int(SETTING_HTTP_THREADS) : 1,
                                 .spool_dir = spool,
                                 .routes = routes,
                                 .n_routes = n_routes,
                                 .door = api_door,
                                 .before = api_before,
                                 .nothing_here = web_nothing_here,
                                 .ctx = h->api};
    h->http = http_start(&config, f);
    if (h->http) store_after_group(h->store, wake_http, h->http);
    return h->http != NULL;
}

/* Every connector of this program, each made here and destroyed in close_links: the list to which a new one is added. */
static void open_links(struct house *h)
{
    h->link_house = (struct link_house){.store = h->store, .jobs = h->jobs, .seal = h->seal, .fetcher = h->fetcher};
    h->link_house.tokens = tokens_create(&h->link_house);
    h->link_house.saves = per_connection_create(sizeof(bool), NULL, NULL);
    h->webhook = webhook_create();
    h->links[h->n_links++] = webhook_link(h->webhook);
    h->highlevel = highlevel_create(&h->link_house);
    h->connectors[h->n_connectors++] = highlevel_connector(h->highlevel);
    h->salesforce = salesforce_create(&h->link_house, setting_get(SETTING_DATA));
    h->connectors[h->n_connectors++] = salesforce_connector(h->salesforce);
    h->mailing = mailing_create(&h->link_house);
    h->links[h->n_links++] = mailing_link(h->mailing);
    h->kizen = kizen_create(&h->link_house);
    h->connectors[h->n_connectors++] = kizen_connector(h->kizen);
    h->postalytics = postalytics_create(&h->link_house, setting_get(SETTING_DATA));
    h->connectors[h->n_connectors++] = postalytics_connector(h->postalytics);
    h->link_house.remote = postalytics_sender(h->postalytics);
    h->link_house.here = &h->here;
    for (int i = 0; i < h->n_connectors; i++)
        if (h->connectors[i]->link) h->links[h->n_links++] = h->connectors[i]->link;
}

static void close_links(struct house *h)
{
    salesforce_destroy(&h->salesforce);
    highlevel_destroy(&h->highlevel);
    kizen_destroy(&h->kizen);
    postalytics_destroy(&h->postalytics);
    mailing_destroy(&h->mailing);
    webhook_destroy(&h->webhook);
}

static bool open_outbox(struct house *h, struct fault *f)
{
    char key[1100];
    snprintf(key, sizeof key, "%s/house.key", setting_get(SETTING_DATA));
    if (!(h->seal = seal_open(key, f)) || !remote_leases_free(h->store, f)) return false;
    open_links(h);
    struct outbox_config config = {
        .store = h->store, .jobs = h->jobs, .fetcher = h->fetcher, .links = h->links, .n_links = h->n_links, .seal = h->seal};
    return (h->link_house.outbox = h->outbox = outbox_create(&config, f)) != NULL;
}

static bool open_parts(struct house *h, bool with_port, struct fault *f)
{
    const char *data = setting_get(SETTING_DATA);
    if (!(h->store = open_store(f))) return false;
    if (!(h->accounts = accounts_load(h->store, f))) return false;
    if (!(h->press = press_create((int)setting_int(SETTING_PRESS_WORKERS), f))) return false;
    if (!(h->guard = address_guard_from_settings(f))) return false;
    if (!(h->fetcher = fetcher_create(&(struct fetcher_config){.guard = h->guard}, f))) return false;
    h->jobs = jobs_create(h->store);
    if (!open_outbox(h, f)) return false;
    accounts_source_add(h->accounts, h->jobs);
    connection_clear_add(&h->link_house);
    set_purl_base(h);
    h->printers[0] = &printer_folder;
    h->printers[1] = postalytics_printer(h->postalytics);
    struct mail_config mail = {.store = h->store,
                               .jobs = h->jobs,
                               .press = h->press,
                               .accounts = h->accounts,
                               .fetcher = h->fetcher,
                               .outbox = h->outbox,
                               .data_dir = data,
                               .purl_base = h->purl_base,
                               .printers = h->printers,
                               .n_printers = sizeof h->printers / sizeof *h->printers};
    if (!(h->link_house.mail = h->mail = mail_create(&mail, f))) return false;
    sender_here(h->mail, &h->here);
    struct api_config api = {.store = h->store,
                             .accounts = h->accounts,
                             .mail = h->mail,
                             .outbox = h->outbox,
                             .webhook = webhook_link(h->webhook),
                             .guard = h->guard,
                             .links = &h->link_house,
                             .connectors = h->connectors,
                             .n_connectors = h->n_connectors,
                             .kizen = h->kizen,
                             .mailing = mailing_link(h->mailing),
                             .data_dir = data};
    h->api = api_create(&api);
    if (!start_http(h, with_port, f)) return false;
    jobs_start(h->jobs);
    return true;
}

struct house *house_open(bool with_http, struct fault *f)
{
    if (!house_check_settings(f)) return NULL;
    if (cage_is_off())
        log_warning("press", "press.sandbox is off: Chromium runs without its cage; print only creatives you trust");
    if (!make_folders(f)) return NULL;
    struct house *h = calloc(1, sizeof *h);
    ASSERT(h);
    if (!open_parts(h, with_http, f)) house_close(&h);
    return h;
}

void house_close(struct house **hp)
{
    struct house *h = *hp;
    if (!h) return;
    *hp = NULL;
    kizen_stop(h->kizen);
    if (h->http) store_after_group(h->store, NULL, NULL), http_stop(&h->http, 5000);
    if (h->jobs) jobs_end(h->jobs);
    outbox_stop(h->outbox);
    api_destroy(&h->api);
    tokens_stop(h->link_house.tokens);
    fetcher_destroy(&h->fetcher);
    outbox_destroy(&h->outbox); /* writes down what was answered: a link may send, renew and wake to the end */
    mail_destroy(&h->mail);
    jobs_stop(&h->jobs);
    tokens_destroy(&h->link_house.tokens);
    per_connection_destroy(&h->link_house.saves);
    close_links(h);
    seal_close(&h->seal);
    address_guard_destroy(&h->guard);
    press_destroy(&h->press);
    accounts_destroy(&h->accounts);
    store_close(&h->store);
    free(h);
}

int house_port(const struct house *h) { return http_port(h->http); }
