/* test_cdp.c: the pipe's messages against a scripted peer that hands out one byte at a time, or floods, or hangs. */
#include "base/clock.h"
#include "press/cdp.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

struct peer {
    int in, out;        /* it reads commands here, writes there */
    const char *script; /* what it says after the first command; "|" stands for NUL */
    size_t flood;       /* bytes of one event before that, written while nobody reads commands */
    bool is_slow;
    size_t heard;
    pthread_t thread;
};

static void say(struct peer *p, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n;) {
        ssize_t w = write(p->out, bytes + i, p->is_slow ? 1 : n - i);
        if (w <= 0) return;
        i += (size_t)w;
    }
}

static void flood(struct peer *p)
{
    char *text = malloc(p->flood);
    assert_non_null(text);
    memset(text, 'x', p->flood);
    const char *before = "{\"method\":\"Big\",\"params\":{\"x\":\"";
    say(p, before, strlen(before));
    say(p, text, p->flood);
    say(p, "\"}}", 4);
    free(text);
}

static void *peer_run(void *arg)
{
    struct peer *p = arg;
    char c = 1;
    if (p->flood) flood(p);
    while (c && read(p->in, &c, 1) == 1) p->heard++;
    size_t n = strlen(p->script);
    for (size_t i = 0; i < n; i++) say(p, p->script[i] == '|' ? "" : p->script + i, 1);
    close(p->out);
    return NULL;
}

static struct cdp *open_peer(struct peer *p, int fds[2])
{
    int to[2], from[2];
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    p->in = to[0], p->out = from[1];
    fds[0] = to[1], fds[1] = from[0];
    assert_int_equal(pthread_create(&p->thread, NULL, peer_run, p), 0);
    struct cdp *c = cdp_create(fds[0], fds[1]);
    cdp_set_deadline(c, clock_mono_ms() + 5000, NULL);
    return c;
}

static void close_peer(struct peer *p, struct cdp *c, int fds[2])
{
    close(fds[0]);
    close(fds[1]);
    pthread_join(p->thread, NULL);
    close(p->in);
    cdp_destroy(&c);
}

static void on_event(void *ctx, struct str method, struct str session, struct json_value params)
{
    char *seen = ctx;
    size_t n = strlen(seen);
    snprintf(seen + n, 100 - n, "%.*s/%.*s/%zu ", STR_ARG(method), STR_ARG(session), json_get(params, "x").string.len);
}

static const struct {
    const char *name, *script, *events;
    int64_t want; /* result.n; 0: a fault */
    const char *fault;
} cases[] = {
    {"an answer", "{\"id\":1,\"result\":{\"n\":7}}|", "", 7, ""},
    {"events before it",
     "{\"method\":\"A\",\"params\":{\"x\":\"ab\"}}|{\"method\":\"B\",\"sessionId\":\"S\"}|{\"id\":1,\"result\":{\"n\":8}}|",
     "A//2 B/S/0 ", 8, ""},
    {"another's answer before it", "{\"id\":99,\"result\":{\"n\":1}}|{\"id\":1,\"result\":{\"n\":9}}|", "", 9, ""},
    {"an error", "{\"id\":1,\"error\":{\"code\":-1,\"message\":\"No such thing\"}}|", "", 0, "No such thing"},
    {"no JSON", "{\"id\":1,|", "", 0, "cannot be read"},
    {"an end in the middle", "{\"id\":1,\"res", "", 0, "has ended"},
    {"nothing", "", "", 0, "has ended"},
};

static void scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer p = {.script = cases[i].script, .is_slow = true};
        struct json_value r = {0};
        struct fault f = {0};
        char events[100] = "";
        int fds[2];
        struct cdp *c = open_peer(&p, fds);
        cdp_on_event(c, on_event, events);
        bool ok = cdp_call(c, "Do.it", STR("{\"a\":1}"), &r, &f);
        int64_t n = ok ? json_get(r, "n").integer : 0;
        if (n != cases[i].want || !strstr(f.text, cases[i].fault)) fail_msg("%s: %d, %s", cases[i].name, (int)n, f.text);
        assert_string_equal(events, cases[i].events);
        close_peer(&p, c, fds);
    }
}

/* Both sides write more than a pipe holds before either reads: no one may wait for ever. */
static void megabytes_both_ways(void **state)
{
    (void)state;
    struct peer p = {.script = "{\"id\":1,\"result\":{\"n\":5}}|", .flood = 6 << 20};
    struct json_value r = {0};
    struct fault f = {0};
    struct buf params = BUF_INIT;
    char events[100] = "";
    int fds[2];
    buf_addz(&params, "{\"a\":\"");
    for (int i = 0; i < 100000; i++) buf_addz(&params, "0123456789");
    buf_addz(&params, "\"}");
    struct cdp *c = open_peer(&p, fds);
    cdp_set_deadline(c, clock_mono_ms() + 60000, NULL);
    cdp_on_event(c, on_event, events);
    if (!cdp_call(c, "Do.it", buf_str(&params), &r, &f)) fail_msg("%s", f.text);
    assert_int_equal(json_get(r, "n").integer, 5);
    assert_string_equal(events, "Big//6291456 ");
    close_peer(&p, c, fds);
    assert_true(p.heard > params.len);
    buf_finish(&params);
}

static void a_peer_that_hangs(void **state)
{
    (void)state;
    int to[2], from[2];
    struct fault f = {0};
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    struct cdp *c = cdp_create(to[1], from[0]);
    cdp_set_deadline(c, clock_mono_ms() + 150, "too slow");
    int64_t before = clock_mono_ms();
    assert_false(cdp_call(c, "Do.it", STR_NULL, NULL, &f));
    assert_true(clock_mono_ms() - before >= 140 && clock_mono_ms() - before < 3000);
    assert_int_equal(f.whose, FAULT_USER);
    assert_string_equal(f.text, "too slow");
    cdp_destroy(&c);
    for (int i = 0; i < 2; i++) close(to[i]), close(from[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(scripts), cmocka_unit_test(megabytes_both_ways),
                                       cmocka_unit_test(a_peer_that_hangs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
