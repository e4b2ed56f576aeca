/* cmd_why.c: `pennypost why PIECE --account ID`: the whole story of one piece, in order of time; --json: as the server tells it. */
#include "app/commands.h"
#include "app/options.h"
#include "app/remote.h"
#include <stdio.h>
#include <string.h>

#define FORM "pennypost why PIECE --account ID   (PIECE is the piece's number)"

static void forms(FILE *to) { fputs(FORM "\n", to); }

static void line(struct json_value v, const char *label, const char *key)
{
    struct json_value m = json_get(v, key);
    if (m.type == JSON_INT) printf("  %-18s %lld\n", label, (long long)m.integer);
    if (m.type == JSON_STRING && m.string.len) printf("  %-18s %.*s\n", label, STR_ARG(m.string));
}

static void print_names(struct json_value list)
{
    struct json_iter it = {0};
    struct json_value name;
    while (json_next(list, &it, NULL, &name)) printf(" %.*s", STR_ARG(name.string));
}

static void print_scans(struct json_value story)
{
    struct json_iter it = {0};
    struct json_value s;
    puts("scans");
    while (json_next(json_get(story, "scans"), &it, NULL, &s)) {
        printf("  %.*s  %-8.*s", STR_ARG(json_get(s, "date").string), STR_ARG(json_get(s, "source").string));
        if (json_get(s, "operation").type == JSON_INT)
            printf(" operation %03lld phase %.*s at %.*s", (long long)json_get(s, "operation").integer,
                   STR_ARG(json_get(s, "phase").string), STR_ARG(json_get(s, "facility").string));
        fputs("  :", stdout);
        print_names(json_get(s, "status"));
        putchar('\n');
    }
}

static int count(struct json_value list)
{
    struct json_iter it = {0};
    struct json_value v;
    int n = 0;
    while (json_next(list, &it, NULL, &v)) n++;
    return n;
}

/* What waits to be told: how much of it was given up, and when the next one goes out. */
static struct str look_at_waiting(struct json_value list, int *n_given_up)
{
    struct json_iter it = {0};
    struct json_value v;
    struct str next = STR_NULL;
    *n_given_up = 0;
    while (json_next(list, &it, NULL, &v)) {
        struct str due = json_get(v, "due_date").string;
        *n_given_up += json_get(v, "is_given_up").boolean;
        if (due.len && (!next.len || strncmp(due.ptr, next.ptr, due.len) < 0)) next = due; /* all of one length */
    }
    return next;
}

/* Why it is not told yet, or never was. */
static void print_troubles(struct json_value list)
{
    struct json_iter it = {0};
    struct json_value v;
    while (json_next(list, &it, NULL, &v)) {
        struct str error = json_get(v, "last_error").string;
        if (error.len)
            printf("    destination %lld%s: %.*s\n", (long long)json_get(v, "destination_id").integer,
                   json_get(v, "is_given_up").boolean ? ", given up" : "", STR_ARG(error));
    }
}

static void print_events(struct json_value story)
{
    struct json_iter it = {0}, visits = {0};
    struct json_value e;
    puts("events");
    while (json_next(json_get(story, "events"), &it, NULL, &e)) {
        struct json_value waiting = json_get(e, "waiting");
        int n_given_up;
        struct str next = look_at_waiting(waiting, &n_given_up);
        printf("  %.*s  %.*s%s, %d attempts to tell, %d waiting", STR_ARG(json_get(e, "happened_date").string),
               STR_ARG(json_get(e, "status").string), json_get(e, "is_test").boolean ? " (test)" : "",
               count(json_get(e, "attempts")), count(waiting) - n_given_up);
        if (next.len) printf(" until %.*s", STR_ARG(next));
        printf(", %d given up\n", n_given_up);
        print_troubles(waiting);
    }
    puts("visits");
    while (json_next(json_get(story, "visits"), &visits, NULL, &e))
        printf("  %.*s  %.*s\n", STR_ARG(json_get(e, "date").string), STR_ARG(json_get(e, "url").string));
}

static struct str day_of(struct json_value v, const char *key)
{
    struct str time = json_get(v, key).string;
    return str_make(time.ptr, time.len < 10 ? time.len : 10); /* 2026-12-03T… */
}

static void print_story(struct json_value s)
{
    struct json_value batch = json_get(s, "batch"), drop = json_get(s, "drop"), expected = json_get(s, "expected_delivery");
    printf("piece %lld\n", (long long)json_get(s, "piece_id").integer);
    line(s, "state", "state");
    line(s, "refused because", "refused_because");
    line(s, "accepted", "accepted_date");
    line(s, "recallable until", "recall_until");
    line(s, "status", "status");
    line(s, "tracking code", "tracking_code");
    line(s, "contact", "contact_id");
    line(json_get(s, "list"), "list", "name");
    line(drop, "drop", "drop_id");
    line(drop, "named", "name");
    line(drop, "template version", "template_version");
    line(batch, "batch", "batch_id");
    line(batch, "batch state", "state");
    line(batch, "waits until", "due_date");
    line(batch, "file", "file");
    line(s, "first page", "first_page");
    line(batch, "handed over", "handed_over_date");
    line(batch, "last error", "last_error");
    if (expected.type == JSON_OBJECT)
        printf("  %-18s from %.*s until %.*s (not observed)\n", "expected", STR_ARG(day_of(expected, "from")),
               STR_ARG(day_of(expected, "to")));
    print_scans(s);
    print_events(s);
}

int cmd_why(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    int64_t id;
    char target[80];
    struct json_value root;
    if (!options_read(&o, argc, argv, TAKES_NODE | TAKES_JSON | TAKES_ACCOUNT, forms)) return EXIT_USAGE;
    if (o.n_rest != 1 || !str_to_int64(str_of(o.rest[0]), &id) || id < 1 || !o.account)
        return fprintf(stderr, "pennypost why: %s\n", FORM), EXIT_USAGE;
    snprintf(target, sizeof target, "/v1/pieces/%lld/story", (long long)id);
    struct remote *r = remote_open(o.account, false, &f);
    bool ok = r && remote_call(r, "GET", target, STR_NULL, &root, &f);
    if (ok && o.json) printf("%.*s\n", STR_ARG(remote_text(r)));
    if (ok && !o.json) print_story(root);
    remote_close(&r);
    if (!ok) return fprintf(stderr, "pennypost why: %s\n", f.text), EXIT_CANNOT;
    return EXIT_DONE;
}
