/* fetch.c: the fetcher's thread. It takes what others ask for from an inbox, gives it to libcurl when a place is free, waits in epoll for
 * libcurl's sockets, its timer and the inbox, and tells each asker what came of it. A fetcher lives from start-up to shutdown. */
#include "net/fetch_private.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

enum { EVENTS = 64, TIDY_MS = 1000 };

/* ---- an ask's end ---- */

static void end_file(struct asking *q, bool is_kept)
{
    if (q->fd < 0) return;
    close(q->fd);
    if (!is_kept) unlink(q->ask.to_file);
}

void asking_finish(struct asking *q, struct fetch_answer *a)
{
    struct fetcher *f = q->fetcher;
    TAILQ_REMOVE(q->state == ASKING_RUNNING ? &f->running : &f->idle, q, listed);
    if (q->state == ASKING_RUNNING) f->n_running--;
    easy_stop(q);
    if (q->state != ASKING_AT_ENDPOINT) endpoint_leave(q->endpoint);
    a->took_us = clock_mono_us() - q->started_us;
    end_file(q, a->error == FETCH_OK);
    q->done(q->arg, a);
    buf_finish(&q->head);
    buf_finish(&q->body);
    free(q);
}

void asking_fail(struct asking *q, enum fetch_error error, const char *fmt, ...)
{
    struct fetch_answer a = {.error = error, .was_sent = q->was_sent};
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(a.sentence, sizeof a.sentence, fmt, ap);
    va_end(ap);
    asking_finish(q, &a);
}

/* ---- an ask's way ---- */

void asking_ready(struct asking *q)
{
    q->state = ASKING_READY;
    TAILQ_INSERT_TAIL(&q->fetcher->ready, q, queued);
}

static void begin(struct asking *q)
{
    struct fault why;
    if (easy_start(q, &why)) return;
    asking_fail(q, FETCH_REFUSED, "%s", why.text);
}

static void begin_ready(struct fetcher *f)
{
    int most = f->config.max_connections ? f->config.max_connections : (int)limit_get(LIMIT_FETCH_MAX_CONNECTIONS);
    for (struct asking *q; f->n_running < most && (q = TAILQ_FIRST(&f->ready));) {
        TAILQ_REMOVE(&f->ready, q, queued);
        TAILQ_REMOVE(&f->idle, q, listed);
        TAILQ_INSERT_TAIL(&f->running, q, listed);
        q->state = ASKING_RUNNING;
        f->n_running++;
        begin(q);
    }
}

static void arrive(struct asking *q)
{
    struct fault why;
    TAILQ_INSERT_TAIL(&q->fetcher->idle, q, listed);
    bool is_good = web_address_read(q->ask.url, &q->address, &why);
    if (is_good && q->ask.is_guarded)
        is_good = q->fetcher->config.guard ? address_guard_text(q->fetcher->config.guard, q->ask.url, &why)
                                           : fault_ours(&why, "This fetcher has no address guard.");
    if (is_good)
        endpoint_add(endpoint_find(q->fetcher, &q->address), q);
    else
        asking_fail(q, FETCH_REFUSED, "%s", why.text);
}

static void finish_run(struct asking *q, CURLcode code)
{
    struct fetch_answer a = {0};
    answer_make(q, code, &a);
    q->was_sent = a.was_sent;
    if (answer_lets_try_next(q, code)) {
        easy_stop(q);
        q->ip_at++;
        begin(q);
        return;
    }
    if (a.status) endpoint_prefer(q->endpoint, q->ip_at);
    asking_finish(q, &a);
}

static void take_results(struct fetcher *f)
{
    int n;
    for (CURLMsg *m; (m = curl_multi_info_read(f->multi, &n));) {
        if (m->msg != CURLMSG_DONE) continue;
        struct asking *q;
        CURLcode code = m->data.result; /* m goes with the handle */
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &q);
        finish_run(q, code);
    }
}

/* libcurl watches the time of what runs. Those that are late leave their queues before any of them is failed: its place goes to
 * another one, which may fail with it. */
static void end_late(struct fetcher *f)
{
    int64_t now = clock_mono_ms();
    struct asking_list late = TAILQ_HEAD_INITIALIZER(late);
    struct asking *q;
    TAILQ_FOREACH(q, &f->idle, listed)
    {
        if (now < q->deadline_ms) continue;
        TAILQ_REMOVE(q->state == ASKING_READY ? &f->ready : &q->endpoint->waiting, q, queued);
        TAILQ_INSERT_TAIL(&late, q, queued);
    }
    while ((q = TAILQ_FIRST(&late))) {
        TAILQ_REMOVE(&late, q, queued);
        int64_t s = (q->deadline_ms - q->started_us / 1000 + 500) / 1000;
        if (q->state == ASKING_AT_ENDPOINT && q->endpoint->is_resolving)
            asking_fail(q, FETCH_NO_NAME, "the name %s was not answered within %lld s", q->address.host, (long long)s);
        else
            asking_fail(q, FETCH_TIMEOUT, "no connection was free for %s within %lld s", q->address.host, (long long)s);
    }
}

/* ---- the inbox ---- */

static void wake(struct fetcher *f)
{
    uint64_t one = 1;
    ASSERT(write(f->wake, &one, sizeof one) == sizeof one || errno == EAGAIN);
}

void fetcher_post_name(struct fetcher *f, struct name_task *t)
{
    pthread_mutex_lock(&f->lock);
    TAILQ_INSERT_TAIL(&f->answers, t, queued);
    pthread_mutex_unlock(&f->lock);
    wake(f);
}

static void take_names(struct name_list *answers)
{
    for (struct name_task *t; (t = TAILQ_FIRST(answers));) {
        TAILQ_REMOVE(answers, t, queued);
        endpoint_named(t->endpoint, t);
    }
}

/* False when the fetcher stops. */
static bool take_inbox(struct fetcher *f)
{
    struct asking_list asks = TAILQ_HEAD_INITIALIZER(asks);
    struct name_list answers = TAILQ_HEAD_INITIALIZER(answers);
    pthread_mutex_lock(&f->lock);
    TAILQ_CONCAT(&asks, &f->asks, queued);
    TAILQ_CONCAT(&answers, &f->answers, queued);
    bool is_stopping = f->is_stopping;
    pthread_mutex_unlock(&f->lock);
    take_names(&answers);
    for (struct asking *q; (q = TAILQ_FIRST(&asks));) {
        TAILQ_REMOVE(&asks, q, queued);
        arrive(q);
    }
    return !is_stopping;
}

void fetch_start(struct fetcher *f, struct arena *a, const struct fetch_ask *ask, fetch_done *done, void *arg)
{
    struct asking *q = calloc(1, sizeof *q);
    ASSERT(q && ask->n_headers >= 0 && ask->n_headers <= (int)(sizeof ask->headers / sizeof *ask->headers));
    *q = (struct asking){
        .fetcher = f, .arena = a, .ask = *ask, .done = done, .arg = arg, .fd = -1, .started_us = clock_mono_us()};
    if (q->ask.timeout_ms <= 0) q->ask.timeout_ms = (int)(1000 * limit_get(LIMIT_FETCH_TIMEOUT_S));
    if (q->ask.max_answer <= 0) q->ask.max_answer = limit_get(LIMIT_FETCH_MAX_ANSWER_BYTES);
    q->deadline_ms = q->started_us / 1000 + q->ask.timeout_ms;
    pthread_mutex_lock(&f->lock);
    ASSERT(!f->is_stopping || pthread_equal(pthread_self(), f->thread));
    TAILQ_INSERT_TAIL(&f->asks, q, queued);
    pthread_mutex_unlock(&f->lock);
    wake(f);
}

/* ---- epoll ---- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *fetcher, void *known)
{
    struct fetcher *f = fetcher;
    struct epoll_event e = {.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u),
                            .data.fd = fd};
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(f->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    int op = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(f->epoll, op, fd, &e) != 0 && errno == (known ? ENOENT : EEXIST))
        epoll_ctl(f->epoll, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &e);
    curl_multi_assign(f->multi, fd, f);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *fetcher)
{
    (void)multi;
    ((struct fetcher *)fetcher)->timer_ms = ms < 0 ? -1 : clock_mono_ms() + ms;
    return 0;
}

static int wait_ms(const struct fetcher *f)
{
    int64_t ms = TIDY_MS;
    if (!TAILQ_EMPTY(&f->idle)) ms = FETCH_TICK_MS;
    if (f->timer_ms >= 0 && f->timer_ms - clock_mono_ms() < ms) ms = f->timer_ms - clock_mono_ms();
    return ms > 0 ? (int)ms : 0;
}

static void take_events(struct fetcher *f)
{
    struct epoll_event events[EVENTS];
    int running, n = epoll_wait(f->epoll, events, EVENTS, wait_ms(f));
    ASSERT(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; i++) {
        uint64_t count;
        int what = (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? CURL_CSELECT_IN : 0) |
                   (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0) | (events[i].events & EPOLLERR ? CURL_CSELECT_ERR : 0);
        if (events[i].data.fd == f->wake)
            ASSERT(read(f->wake, &count, sizeof count) == sizeof count || errno == EAGAIN);
        else
            curl_multi_socket_action(f->multi, events[i].data.fd, what, &running);
    }
    if (f->timer_ms >= 0 && clock_mono_ms() >= f->timer_ms) {
        f->timer_ms = -1;
        curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
}

/* ---- life ---- */

static void stop_all(struct fetcher *f)
{
    for (struct asking *q; (q = TAILQ_FIRST(&f->idle));) {
        TAILQ_REMOVE(q->state == ASKING_READY ? &f->ready : &q->endpoint->waiting, q, queued);
        asking_fail(q, FETCH_STOPPED, "the server is stopping");
    }
    for (struct asking *q; (q = TAILQ_FIRST(&f->running));) {
        struct fetch_answer a = {0};
        answer_make(q, CURLE_ABORTED_BY_CALLBACK, &a);
        q->was_sent = a.was_sent;
        asking_fail(q, FETCH_STOPPED, "the server is stopping");
    }
}

static void *run(void *arg)
{
    struct fetcher *f = arg;
    pthread_setname_np(pthread_self(), "fetcher");
    while (take_inbox(f)) {
        begin_ready(f);
        take_events(f);
        take_results(f);
        end_late(f);
        int64_t now = clock_mono_ms();
        if (now - f->tidied_ms < TIDY_MS) continue;
        endpoint_tidy(f, now, false);
        f->tidied_ms = now;
    }
    do stop_all(f); /* `done` may have started another */
    while (!TAILQ_EMPTY(&f->asks) && (take_inbox(f), true));
    return NULL;
}

/* Each connection is a descriptor; what a shell or systemd gives at first (1,024) is a courtesy to select(). */
static void raise_file_limit(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= l.rlim_max) return;
    l.rlim_cur = l.rlim_max;
    setrlimit(RLIMIT_NOFILE, &l);
}

static bool open_all(struct fetcher *f, struct fault *why)
{
    struct epoll_event e = {.events = EPOLLIN};
    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    f->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    e.data.fd = f->wake;
    if (f->epoll < 0 || f->wake < 0 || epoll_ctl(f->epoll, EPOLL_CTL_ADD, f->wake, &e) != 0)
        return fault_errno(why, "the fetcher cannot start");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(f->multi = curl_multi_init()))
        return fault_operator(why, "libcurl cannot start");
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
    curl_multi_setopt(f->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(f->multi, CURLMOPT_MAXCONNECTS, (long)limit_get(LIMIT_FETCH_MAX_CONNECTIONS));
    return true;
}

static void close_all(struct fetcher *f)
{
    endpoint_tidy(f, 0, true);
    map_destroy(&f->endpoints);
    if (f->multi) curl_multi_cleanup(f->multi);
    if (f->epoll >= 0) close(f->epoll);
    if (f->wake >= 0) close(f->wake);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static void start_thread(struct fetcher *f)
{
    sigset_t all, before; /* signals are the main thread's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    f->names = fetch_names_create();
    ASSERT(pthread_create(&f->thread, NULL, run, f) == 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct fetcher *fetcher_create(const struct fetcher_config *c, struct fault *why)
{
    struct fetcher *f = calloc(1, sizeof *f);
    ASSERT(f);
    *f = (struct fetcher){.config = *c, .timer_ms = -1, .epoll = -1, .wake = -1, .endpoints = map_create()};
    TAILQ_INIT(&f->idle);
    TAILQ_INIT(&f->running);
    TAILQ_INIT(&f->ready);
    TAILQ_INIT(&f->asks);
    TAILQ_INIT(&f->answers);
    pthread_mutex_init(&f->lock, NULL);
    raise_file_limit();
    if (open_all(f, why)) return start_thread(f), f;
    close_all(f);
    return NULL;
}

void fetcher_destroy(struct fetcher **fetcher)
{
    if (!fetcher || !*fetcher) return;
    struct fetcher *f = *fetcher;
    pthread_mutex_lock(&f->lock);
    f->is_stopping = true;
    pthread_mutex_unlock(&f->lock);
    wake(f);
    pthread_join(f->thread, NULL);
    fetch_names_destroy(&f->names);
    take_names(&f->answers); /* endpoints are free of them */
    close_all(f);
    *fetcher = NULL;
}

/* ---- waiting for one ---- */

struct now {
    pthread_mutex_t lock;
    pthread_cond_t came;
    bool is_done;
    struct fetch_answer answer;
};

static void on_done(void *arg, const struct fetch_answer *answer)
{
    struct now *n = arg;
    pthread_mutex_lock(&n->lock);
    n->answer = *answer;
    n->is_done = true;
    pthread_cond_signal(&n->came);
    pthread_mutex_unlock(&n->lock);
}

void fetch_now(struct fetcher *f, struct arena *a, const struct fetch_ask *ask, struct fetch_answer *answer)
{
    struct now n = {.lock = PTHREAD_MUTEX_INITIALIZER, .came = PTHREAD_COND_INITIALIZER};
    fetch_start(f, a, ask, on_done, &n);
    pthread_mutex_lock(&n.lock);
    while (!n.is_done) pthread_cond_wait(&n.came, &n.lock);
    pthread_mutex_unlock(&n.lock);
    *answer = n.answer;
    pthread_cond_destroy(&n.came);
    pthread_mutex_destroy(&n.lock);
}
