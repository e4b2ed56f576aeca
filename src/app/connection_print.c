/* connection_print.c: see connection_print.h. */
#include "app/connection_print.h"
#include <stdio.h>

/* ---- kinds ---- */

static void print_names(const char *label, struct json_value list)
{
    struct json_iter it = {0};
    struct json_value v;
    printf("  %-11s", label);
    while (json_next(list, &it, NULL, &v)) printf(" %.*s", STR_ARG(json_get(v, "name").string));
    puts("");
}

/* One that stands in the path and in the body is said once. */
static bool is_repeat(struct json_value inputs, struct str name, int at)
{
    struct json_iter it = {0};
    struct json_value v;
    for (int i = 0; i < at && json_next(inputs, &it, NULL, &v); i++)
        if (str_eq(json_get(v, "name").string, name)) return true;
    return false;
}

/* var_field_2 … var_field_34 are many: true for each that has one behind it and one before it. */
static bool is_in_row(struct json_value inputs, struct str name)
{
    const struct str row = STR("var_field_");
    int64_t n;
    char next[40];
    struct json_iter it = {0};
    struct json_value v;
    if (!str_starts(name, row) || !str_to_int64(str_make(name.ptr + row.len, name.len - row.len), &n) || n < 2) return false;
    snprintf(next, sizeof next, "var_field_%lld", (long long)n + 1);
    while (json_next(inputs, &it, NULL, &v))
        if (str_eq(json_get(v, "name").string, str_of(next))) return true;
    return false;
}

static void print_input(struct json_value inputs, struct str name, bool is_required, bool *is_first)
{
    if (is_in_row(inputs, name)) {
        if (str_eq(name, STR("var_field_2"))) fputs(" …", stdout);
        return;
    }
    printf("%s%.*s%s", *is_first ? "            " : " ", STR_ARG(name), is_required ? "*" : "");
    *is_first = false;
}

/* One line of those that must be said, one of the others. */
static void print_inputs(struct json_value operation, bool is_required)
{
    struct json_iter it = {0};
    struct json_value v, inputs = json_get(operation, "inputs");
    bool takes_any = !is_required && json_get(operation, "takes_any").boolean, is_first = true;
    for (int at = 0; json_next(inputs, &it, NULL, &v); at++) {
        struct str name = json_get(v, "name").string;
        if (json_get(v, "is_required").boolean == is_required && !is_repeat(inputs, name, at))
            print_input(inputs, name, is_required, &is_first);
    }
    if (takes_any) printf("%s(and any other)", is_first ? "            " : " ");
    if (!is_first || takes_any) puts("");
}

static void print_operation(struct json_value o)
{
    printf("  operation %.*s: %.*s\n", STR_ARG(json_get(o, "name").string), STR_ARG(json_get(o, "what").string));
    print_inputs(o, true);
    print_inputs(o, false);
}

static void print_settings_of(struct json_value kind, bool secret)
{
    struct json_iter it = {0};
    struct json_value s;
    while (json_next(json_get(kind, "settings"), &it, NULL, &s)) {
        if (json_get(s, "is_secret").boolean != secret) continue;
        struct str by_default = json_get(s, "default").string;
        printf("  %-9s %.*s%s: %.*s", secret ? "secret" : "setting", STR_ARG(json_get(s, "name").string),
               json_get(s, "is_required").boolean ? "*" : "", STR_ARG(json_get(s, "what").string));
        if (by_default.len) printf(" (%.*s)", STR_ARG(by_default));
        puts("");
    }
}

static void print_settings(struct json_value kind)
{
    printf("%.*s: %.*s\n", STR_ARG(json_get(kind, "name").string), STR_ARG(json_get(kind, "title").string));
    print_settings_of(kind, false);
    print_settings_of(kind, true);
}

void print_kind_in_short(struct json_value kind)
{
    print_settings(kind);
    print_names("operations", json_get(kind, "operations"));
}

void print_kind(struct json_value kind)
{
    struct json_iter it = {0};
    struct json_value operation;
    print_settings(kind);
    while (json_next(json_get(kind, "operations"), &it, NULL, &operation)) print_operation(operation);
}

/* ---- connections ---- */

static void print_state(struct json_value c)
{
    struct json_value d = json_get(c, "destination"), again = json_get(c, "must_be_saved_again");
    if (again.boolean) printf("  its secrets must be saved again");
    if (d.type == JSON_OBJECT)
        printf("  %.*s, %lld waiting, %lld given up", STR_ARG(json_get(d, "state").string),
               (long long)json_get(d, "waiting").integer, (long long)json_get(d, "given_up").integer);
    if (d.type == JSON_OBJECT && json_get(d, "last_error").string.len)
        printf(": %.*s", STR_ARG(json_get(d, "last_error").string));
}

/* What came of the newest trial, in a list's row. */
static void print_tried(struct json_value t)
{
    if (t.type != JSON_OBJECT) return;
    printf("  tried %.*s: %s", STR_ARG(json_get(t, "tried_date").string),
           json_get(t, "is_working").boolean ? "works" : "does not work: ");
    if (!json_get(t, "is_working").boolean) printf("%.*s", STR_ARG(json_get(t, "sentence").string));
}

void print_connection_row(struct json_value c)
{
    printf("%10lld  %-12.*s %.*s", (long long)json_get(c, "connection_id").integer, STR_ARG(json_get(c, "kind").string),
           STR_ARG(json_get(c, "label").string));
    print_state(c);
    print_tried(json_get(c, "test"));
    puts("");
}

void print_trial(struct json_value t)
{
    if (t.type != JSON_OBJECT) return;
    if (json_get(t, "is_working").boolean)
        puts("It works.");
    else
        printf("It does not work: %.*s\n", STR_ARG(json_get(t, "sentence").string));
}

static void print_members(struct json_value object, const char *label)
{
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    while (json_next(object, &it, &key, &v)) {
        if (v.type == JSON_STRING) printf("  %-9s %.*s = %.*s\n", label, STR_ARG(key), STR_ARG(v.string));
        if (v.type == JSON_BOOL) printf("  %-9s %.*s %s\n", label, STR_ARG(key), v.boolean ? "is set" : "is not set");
    }
}

static void print_delivery(struct json_value a)
{
    struct str answer = json_get(a, "answer").string;
    printf("  %.*s  event %lld, attempt %lld: %.*s%s%.*s\n", STR_ARG(json_get(a, "created_date").string),
           (long long)json_get(a, "event_id").integer, (long long)json_get(a, "attempt").integer + 1,
           STR_ARG(json_get(a, "result").string), answer.len ? ": " : "", STR_ARG(answer));
}

static void print_deliveries(struct json_value log)
{
    struct json_iter it = {0};
    struct json_value a;
    while (json_next(log, &it, NULL, &a)) print_delivery(a);
}

static void print_newest_trial(struct json_value c, const char *account)
{
    struct json_value t = json_get(c, "test");
    long long id = json_get(c, "connection_id").integer;
    if (t.type != JSON_OBJECT) {
        printf("  tried     not since it was saved (pennypost connection test %lld --account %s)\n", id, account);
        return;
    }
    printf("  tried     %.*s  ", STR_ARG(json_get(t, "tried_date").string));
    print_trial(t);
    if (!json_get(t, "is_working").boolean)
        printf("            It is kept as it is. To try it again: pennypost connection test %lld --account %s\n", id, account);
}

void print_connection(struct json_value c, const char *account)
{
    struct json_value requests = json_get(c, "requests");
    printf("connection %lld, %.*s: %.*s\n ", (long long)json_get(c, "connection_id").integer,
           STR_ARG(json_get(c, "title").string), STR_ARG(json_get(c, "label").string));
    print_state(c);
    puts("");
    print_members(json_get(c, "settings"), "setting");
    print_members(json_get(c, "secrets"), "secret");
    printf("  requests  %s\n", json_get(requests, "has_token").boolean ? "are taken" : "are not taken (connection hook)");
    if (json_get(requests, "last_refusal").string.len)
        printf("  refused   %.*s  %.*s\n", STR_ARG(json_get(requests, "last_refused_date").string),
               STR_ARG(json_get(requests, "last_refusal").string));
    print_newest_trial(c, account);
    print_deliveries(json_get(c, "last_deliveries"));
}

/* ---- subscriptions ---- */

static void print_of(struct json_value s)
{
    struct str source = json_get(s, "source").string;
    long long id = json_get(s, "source_id").integer;
    char text[60];
    if (str_eq(source, STR("drop"))) source = STR("mail drop");
    if (id)
        snprintf(text, sizeof text, "%.*s %lld", STR_ARG(source), id);
    else
        snprintf(text, sizeof text, "all %.*ss", STR_ARG(source));
    printf("  %-16s", text);
}

/* As words_delay reads it. */
static void print_delay(long long seconds)
{
    static const struct {
        int seconds;
        char letter;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int i = 0;
    while (seconds % units[i].seconds != 0) i++;
    if (seconds)
        printf("  after %lld%c", seconds / units[i].seconds, units[i].letter);
    else
        printf("  at once");
}

void print_subscription_row(struct json_value s)
{
    struct json_iter it = {0};
    struct json_value event;
    const char *before = "  ";
    struct str name = json_get(s, "name").string;
    printf("%10lld", (long long)json_get(s, "subscription_id").integer);
    print_of(s);
    while (json_next(json_get(s, "events"), &it, NULL, &event)) {
        printf("%s%.*s", before, STR_ARG(event.string));
        before = ",";
    }
    print_delay((long long)json_get(s, "delay_s").integer);
    if (!json_get(s, "is_enabled").boolean) printf("  switched off");
    if (name.len) printf("  (%.*s)", STR_ARG(name));
    puts("");
}
