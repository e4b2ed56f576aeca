/* house.c: see house.h. */
#include "house.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include "base/settings.h"
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *expected_log;
static _Atomic bool heard_log;

static bool on_log(enum log_level level, const char *line)
{
    if (level < LOG_WARNING) return true;
    if (expected_log && strstr(line, expected_log)) return heard_log = true;
    fprintf(stderr, "a log line that no test announced: %s\n", line);
    abort();
}

void house_expect_log(const char *text)
{
    expected_log = text;
    heard_log = false;
}

bool house_heard_log(void)
{
    for (int k = 0; k < 500 && !heard_log; k++) usleep(10000);
    return heard_log;
}

static const struct printer_def *const *printers;
static int n_printers;

void house_printers(const struct printer_def *const *list, int n)
{
    printers = list;
    n_printers = n;
}

static void set(const char *name, const char *value)
{
    struct fault f;
    assert_true(setting_set(str_of(name), str_of(value), "test", &f));
}

void house_resume(struct house *h, bool with_jobs)
{
    struct fault f = {0};
    h->store = store_open(&(struct store_config){.address = h->address, .data_dir = h->dir, .node = 1}, &f);
    if (!h->store) fail_msg("%s", f.text);
    h->accounts = accounts_load(h->store, &f);
    assert_non_null(h->accounts);
    h->jobs = jobs_create(h->store);
    h->outbox = outbox_create(&(struct outbox_config){.store = h->store, .jobs = h->jobs}, &f); /* no link: events only */
    if (!h->outbox) fail_msg("%s", f.text);
    struct mail_config config = {.store = h->store,
                                 .jobs = h->jobs,
                                 .press = h->press,
                                 .outbox = h->outbox,
                                 .accounts = h->accounts,
                                 .fetcher = h->fetcher,
                                 .data_dir = h->dir,
                                 .purl_base = "http://127.0.0.1:8080/p/",
                                 .printers = printers,
                                 .n_printers = n_printers};
    h->mail = mail_create(&config, &f);
    if (!h->mail) fail_msg("%s", f.text);
    if (with_jobs) jobs_start(h->jobs);
}

void house_suspend(struct house *h)
{
    jobs_stop(&h->jobs);
    outbox_stop(h->outbox);
    mail_destroy(&h->mail);
    outbox_destroy(&h->outbox);
    accounts_destroy(&h->accounts);
    store_close(&h->store);
}

void house_open(struct house *h, struct press *press, bool with_jobs)
{
    *h = (struct house){.dir = "/tmp/pennypost-mail-XXXXXX", .press = press};
    char file[80];
    assert_non_null(mkdtemp(h->dir));
    snprintf(file, sizeof file, "%s/test.db", h->dir);
    fresh_store(file, h->address);
    log_set_hook(on_log);
    expected_log = NULL;
    set("mail.test_gather_ms", "50");
    set("mail.gather_seconds", "1");
    set("mail.recall_minutes", "0");
    h->arena = arena_create(1 << 16);
    house_resume(h, with_jobs);
    h->account = house_account(h, "house");
    h->other = house_account(h, "other");
}

void house_reopen(struct house *h, bool with_jobs)
{
    house_suspend(h);
    house_resume(h, with_jobs);
}

void house_close(struct house *h)
{
    house_suspend(h);
    arena_destroy(&h->arena);
    assert_true(remove_tree(h->dir, NULL));
    log_set_hook(NULL);
}

int64_t house_account(struct house *h, const char *username)
{
    struct fault f;
    int64_t id;
    char key[37];
    if (!account_create(h->accounts, &(struct account){.username = str_of(username)}, &id, key, &f)) fail_msg("%s", f.text);
    return id;
}

int64_t house_list(struct house *h, int64_t account, const char *name)
{
    struct fault f;
    int64_t id;
    if (!list_create(h->store, account, str_of(name), &id, &f)) fail_msg("%s", f.text);
    return id;
}

static void post(void *sem) { sem_post(sem); }

void house_wait_template(struct house *h, int64_t account, int64_t template_id)
{
    struct fault f;
    struct template_row got;
    sem_t done;
    sem_init(&done, 0, 0);
    template_when_compiled(h->mail, account, template_id, 30000, post, &done);
    sem_wait(&done);
    sem_destroy(&done);
    assert_true(template_get(h->store, h->arena, account, template_id, &got, &f));
    assert_int_not_equal(got.state, TEMPLATE_PUBLISHING);
}

int64_t house_template(struct house *h, int64_t account, const char *html)
{
    struct fault f;
    struct template_row t = {.name = STR("card"), .html = str_of(html), .size = SIZE_6X9, .is_full_html = true};
    if (!template_create(h->mail, account, &t, &f)) fail_msg("%s", f.text);
    house_wait_template(h, account, t.template_id);
    return t.template_id;
}

struct drop house_drop(int64_t template_id, enum campaign_kind kind)
{
    return (struct drop){
        .name = STR("Spring"),
        .template_id = template_id,
        .kind = kind,
        .contact_list_id = DB_NULL,
        .send_at = DB_NULL,
        .postage_type = 0,
        .credit_type = 22,
        .sender_name = STR("Penny Post"),
        .sender_address1 = STR("1 Main St"),
        .sender_city = STR("Springfield"),
        .sender_state = STR("IL"),
        .sender_zip = STR("62701"),
    };
}

struct drop house_campaign(struct house *h, int64_t account)
{
    struct fault f;
    struct drop d = house_drop(house_template(h, account, "<p>Hello {{first_name}}</p>"), CAMPAIGN_TRIGGERED), got;
    if (!campaign_create(h->mail, account, &d, &f)) fail_msg("%s", f.text);
    assert_true(campaign_get(h->store, h->arena, account, d.drop_id, &got, NULL, &f));
    return got;
}

void house_recipient(struct str values[FIELD_KNOWN], const char *first_name)
{
    memset(values, 0, sizeof *values * FIELD_KNOWN);
    values[FIELD_FIRST_NAME] = str_of(first_name);
    values[FIELD_LAST_NAME] = STR("Doe");
    values[FIELD_ADDRESS_STREET] = STR("350 5th Ave");
    values[FIELD_ADDRESS_CITY] = STR("New York");
    values[FIELD_ADDRESS_STATE] = STR("NY");
    values[FIELD_ADDRESS_ZIP] = STR("10118");
    values[FIELD_VAR_1 + 6] = STR("\"seven\" \xc3\xa9\n");
}

struct contact house_contact(int64_t list, const char *first_name)
{
    struct contact c = {.contact_list_id = list, .n_values = FIELD_KNOWN};
    house_recipient(c.values, first_name);
    return c;
}

char house_key[5];

static void send_done(struct send *s) { sem_post(s->arg); }

bool house_send(struct house *h, int64_t account, struct str endpoint, const char *first_name, struct send *out,
                struct fault *f)
{
    sem_t done;
    sem_init(&done, 0, 0);
    *out = (struct send){.account = account, .endpoint = endpoint, .done = send_done, .arg = &done};
    memcpy(out->key, house_key, sizeof out->key);
    house_recipient(out->values, first_name);
    bool ok = send_begin(h->mail, out, h->arena, f);
    if (ok) {
        sem_wait(&done);
        ok = out->unit.committed;
        if (!ok) *f = out->unit.fault;
    }
    sem_destroy(&done);
    return ok;
}

struct batch house_wait_batch(struct house *h, int64_t account, int64_t batch_id, enum batch_state state)
{
    struct batch b;
    struct fault f;
    for (int64_t until = clock_mono_ms() + 60000; clock_mono_ms() < until; usleep(5000)) {
        if (!batch_get(h->store, h->arena, account, batch_id, &b, &f)) fail_msg("%s", f.text);
        if (b.state == state) return b;
    }
    fail_msg("batch %lld is %s after a minute, not %s (%.*s)", (long long)batch_id, batch_state_word(b.state),
             batch_state_word(state), STR_ARG(b.last_error));
    return b;
}

char *house_write_file(struct house *h, const char *name, const char *content)
{
    char *path = arena_printf(h->arena, "%s/%s", h->dir, name);
    assert_true(durable_write(path, str_of(content), 0600, NULL));
    return path;
}
