/* press.c: the pool of press workers and the talk with one of them, on the caller's side. A worker is started when it is first
 * needed and lives until the press is destroyed or until it failed: a worker that crashed, hung, lied or was stopped in the
 * middle is killed together with its Chromium, and the next job gets a new one. Thread-safe: a thread holds a worker while it
 * talks to it, and waits when all are taken. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/process.h"
#include "base/settings.h"
#include "press/press_private.h"
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define MAX_FROM_WORKER ((size_t)64 << 20) /* outcomes are small; nothing else comes from there */
enum { READY_TIMEOUT_MS = 60000, FRAME_TIMEOUT_MS = 10000, LOOK_MS = 100 };

struct press_worker {
    struct process process; /* pid 0: not started */
    int sock;
    struct press_cage cage;
    bool is_taken;
};
struct press {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    pthread_cond_t kept; /* a Chromium waits for its next job, or the press is being destroyed */
    pthread_t tidier;
    bool is_ending;
    int n;
    struct press_worker *workers;
};

static void *tidy_thread(void *arg);

struct press *press_create(int n_workers, struct fault *f)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct press *p = calloc(1, sizeof *p);
    ASSERT(p);
    p->n = n_workers > 0 ? n_workers : cores > 0 ? (int)cores : 1;
    p->workers = calloc((size_t)p->n, sizeof *p->workers);
    ASSERT(p->workers);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->freed, NULL);
    pthread_cond_init(&p->kept, NULL);
    for (int i = 0; i < p->n; i++) p->workers[i].sock = -1;
    if (pthread_create(&p->tidier, NULL, tidy_thread, p) == 0) return p;
    fault_operator(f, "there is no thread for the press");
    pthread_mutex_destroy(&p->lock);
    free(p->workers);
    free(p);
    return NULL;
}

int press_workers(const struct press *p) { return p->n; }

static void worker_end(struct press_worker *w)
{
    press_cage_drop(&w->cage);
    if (w->sock >= 0) close(w->sock);
    process_kill(&w->process);
    w->sock = -1;
}

void press_destroy(struct press **p)
{
    if (!*p) return;
    pthread_mutex_lock(&(*p)->lock);
    (*p)->is_ending = true;
    pthread_cond_signal(&(*p)->kept);
    pthread_mutex_unlock(&(*p)->lock);
    pthread_join((*p)->tidier, NULL);
    for (int i = 0; i < (*p)->n; i++) worker_end(&(*p)->workers[i]);
    pthread_mutex_destroy(&(*p)->lock);
    pthread_cond_destroy(&(*p)->freed);
    pthread_cond_destroy(&(*p)->kept);
    free((*p)->workers);
    free(*p);
    *p = NULL;
}

/* The free worker that is best for the owner: with a Chromium of its own, else with none, else any. NULL: all are taken. */
static struct press_worker *worker_choose(struct press *p, int64_t owner)
{
    struct press_worker *best = NULL;
    int best_rank = 0;
    for (int i = 0; i < p->n; i++) {
        struct press_worker *w = &p->workers[i];
        int rank = w->is_taken ? 0 : !w->cage.is_running ? 2 : w->cage.owner == owner ? 3 : 1;
        if (rank > best_rank) best = w, best_rank = rank;
    }
    return best;
}

static struct press_worker *worker_take(struct press *p, int64_t owner)
{
    struct press_worker *w;
    pthread_mutex_lock(&p->lock);
    while (!(w = worker_choose(p, owner))) pthread_cond_wait(&p->freed, &p->lock);
    w->is_taken = true;
    pthread_mutex_unlock(&p->lock);
    return w;
}

static void worker_give_back(struct press *p, struct press_worker *w)
{
    pthread_mutex_lock(&p->lock);
    w->is_taken = false;
    pthread_cond_signal(&p->freed);
    if (w->cage.is_running) pthread_cond_signal(&p->kept);
    pthread_mutex_unlock(&p->lock);
}

/* Ends what has waited too long. Returns how many still wait. */
static int idle_end(struct press *p)
{
    int64_t longest_ms = limit_get(LIMIT_PRESS_CHROMIUM_IDLE_S) * 1000;
    int n = 0;
    for (int i = 0; i < p->n; i++) {
        struct press_worker *w = &p->workers[i];
        if (w->is_taken || !w->cage.is_running) continue;
        if (clock_mono_ms() - w->cage.kept_ms >= longest_ms)
            press_cage_end(&w->cage);
        else
            n++;
    }
    return n;
}

/* A Chromium that nobody needs does not stay: it holds memory, and the last thing that an account printed. */
static void *tidy_thread(void *arg)
{
    struct press *p = arg;
    pthread_mutex_lock(&p->lock);
    while (!p->is_ending) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        if (idle_end(p))
            pthread_cond_timedwait(&p->kept, &p->lock, &until);
        else
            pthread_cond_wait(&p->kept, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- starting ---- */

static bool hello(struct press_worker *w, struct fault *f)
{
    struct buf body = BUF_INIT;
    struct frame ready;
    for (int i = 0; i < LIMIT_COUNT; i++) wire_put_int(&body, limit_get((enum limit)i));
    wire_put_str(&body, str_of(setting_get(SETTING_PRESS_FONTS)));
    bool is_sent = frame_send(w->sock, FRAME_HELLO, buf_str(&body), -1, f);
    buf_finish(&body);
    if (!is_sent || !frame_recv(w->sock, MAX_FROM_WORKER, READY_TIMEOUT_MS, &ready, f)) return false;
    struct wire_in in = {.rest = buf_str(&ready.body)};
    if (ready.kind == FRAME_FAULT)
        wire_get_fault(&in, f);
    else if (ready.kind != FRAME_READY)
        fault_ours(f, "a press worker does not greet back");
    buf_finish(&ready.body);
    return ready.kind == FRAME_READY;
}

static int64_t address_space_mb(void)
{
#ifdef __SANITIZE_ADDRESS__
    return 0; /* its shadow memory is all of the address space */
#else
    return limit_get(LIMIT_PRESS_WORKER_MEMORY_MB);
#endif
}

/* Nothing of our environment, but for what a build for tests hands on. */
static void environment(struct arena *a, const char *env[8])
{
    static const char *const names[] = {
        "PATH",
        "LANG",
        "TZ",
#ifdef PENNYPOST_FAILPOINTS
        "PENNYPOST_FAILPOINT",
        "PENNYPOST_FAILPOINT_HITS",
#endif
    };
    int n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i])) env[n++] = arena_printf(a, "%s=%s", names[i], getenv(names[i]));
    env[n] = NULL;
}

static bool worker_start(struct press_worker *w, struct fault *f)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return fault_errno(f, "a press worker gets no socket");
    struct arena *a = arena_create(1024);
    const char *env[8], *const argv[] = {"/proc/self/exe", "press-worker", NULL};
    int fds[] = {-1, -1, STDERR_FILENO, pair[1]};
    struct timeval patience = {.tv_sec = 60};
    environment(a, env);
    struct process_spec spec = {.argv = argv, .env = env, .fds = fds, .n_fds = 4, .max_address_space_mb = address_space_mb()};
    bool is_started =
        setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 && process_start(&w->process, &spec, f);
    close(pair[1]);
    arena_destroy(&a);
    w->sock = pair[0];
    return is_started && hello(w, f);
}

/* ---- talking ---- */

/* What a worker says about its work is checked: it has read what strangers made. */
static bool outcome_is_true(const struct press_job *job, const struct press_outcome *o, const int *pages, bool is_compile)
{
    struct stat st;
    int printed = 0, next = 1;
    for (int i = 0; i < job->n_pieces; i++) {
        bool is_printed = o->first_page[i] != 0;
        if (is_printed != (o->refusal[i] == PRESS_OK) || is_printed != (pages[i] > 0)) return false;
        if (!is_printed) continue;
        if (o->first_page[i] != next || (!is_compile && pages[i] != o->pages_each)) return false;
        printed++, next += pages[i];
    }
    if (printed != o->n_printed || o->n_refused != job->n_pieces - printed) return false;
    return fstat(job->out_fd, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_size == o->bytes);
}

enum said { SAID_MORE, SAID_DONE, SAID_FAULT, SAID_BROKEN };

static enum said done_take(const struct press_call *call, struct wire_in *in, struct arena *a, struct press_outcome *out,
                           struct fault *f)
{
    if (wire_get_outcome(in, a, out, call->pages, call->job->n_pieces) &&
        outcome_is_true(call->job, out, call->pages, call->ask == FRAME_COMPILE))
        return SAID_DONE;
    fault_ours(f, "a press worker's account of its work is wrong; its file is not used");
    return SAID_BROKEN;
}

static enum said frame_take(struct press_worker *w, const struct press_call *call, struct frame *fr, struct arena *a,
                            struct press_outcome *out, struct fault *f)
{
    struct wire_in in = {.rest = buf_str(&fr->body)};
    int64_t done, refused;
    switch (fr->kind) {
    case FRAME_PROGRESS:
        done = wire_int(&in, 0, call->job->n_pieces), refused = wire_int(&in, 0, call->job->n_pieces);
        if (call->job->progress) call->job->progress(call->job->ctx, (int)done, (int)refused);
        return in.is_bad ? SAID_BROKEN : SAID_MORE;
    case FRAME_CAGE_WANTED: return press_cage_give(&w->cage, w->sock, f) ? SAID_MORE : SAID_BROKEN;
    case FRAME_DONE: return done_take(call, &in, a, out, f);
    case FRAME_FAULT: wire_get_fault(&in, f); return in.is_bad ? SAID_BROKEN : SAID_FAULT;
    default: fault_ours(f, "a press worker says what nobody asked"); return SAID_BROKEN;
    }
}

/* False with SAID_MORE's end: the worker said nothing for too long, or the caller wants to stop. */
static bool may_wait(const struct press_call *call, int64_t heard_ms, struct fault *f)
{
    int64_t silence = limit_get(LIMIT_PRESS_WORKER_SILENCE_S);
    if (call->job->stop && call->job->stop(call->job->ctx)) return fault_operator(f, "the job was stopped");
    if (clock_mono_ms() - heard_ms < silence * 1000) return true;
    return fault_ours(f, "a press worker said nothing for %lld s and was stopped", (long long)silence);
}

static enum said listen_to(struct press_worker *w, const struct press_call *call, struct arena *a, struct press_outcome *out,
                           struct fault *f)
{
    enum said said = SAID_MORE;
    int64_t heard_ms = clock_mono_ms();
    while (said == SAID_MORE) {
        struct pollfd p = {.fd = w->sock, .events = POLLIN};
        struct frame fr;
        int ready = poll(&p, 1, LOOK_MS);
        press_cage_watch(&w->cage);
        if (!may_wait(call, heard_ms, f)) return SAID_BROKEN;
        if (ready <= 0) continue;
        if (!frame_recv(w->sock, MAX_FROM_WORKER, FRAME_TIMEOUT_MS, &fr, f)) {
            fault_ours(f, "a press worker ended in the middle of its job; nothing of it is kept");
            return SAID_BROKEN;
        }
        heard_ms = clock_mono_ms();
        said = frame_take(w, call, &fr, a, out, f);
        if (fr.fd >= 0) close(fr.fd);
        buf_finish(&fr.body);
    }
    return said;
}

static enum said talk(struct press_worker *w, const struct press_call *call, struct arena *a, struct press_outcome *out,
                      struct fault *f)
{
    struct buf body = BUF_INIT;
    if (w->sock < 0 && !worker_start(w, f)) return SAID_BROKEN;
    if (!press_cage_ready(&w->cage, w->sock, call->job->creative->owner, f)) return SAID_BROKEN;
    wire_put_job(&body, call->job);
    bool is_sent = frame_send(w->sock, call->ask, buf_str(&body), call->job->out_fd, f);
    buf_finish(&body);
    enum said said = is_sent ? listen_to(w, call, a, out, f) : SAID_BROKEN;
    if (said == SAID_DONE) out->chromium_peak_mb = w->cage.peak_mb, out->chromium_starts = w->cage.starts;
    return said;
}

/* After a fault nobody knows what state its Chromium is in; the worker lets go of it as well. */
bool press_talk(struct press *p, const struct press_call *call, struct arena *a, struct press_outcome *out, struct fault *f)
{
    struct press_outcome told = {0};
    struct press_worker *w = worker_take(p, call->job->creative->owner);
    enum said said = talk(w, call, a, &told, f);
    if (said == SAID_DONE)
        press_cage_keep(&w->cage);
    else
        press_cage_drop(&w->cage);
    if (said == SAID_BROKEN) worker_end(w);
    worker_give_back(p, w);
    if (said == SAID_DONE) *out = told;
    return said == SAID_DONE;
}

bool press_run(struct press *p, const struct press_job *job, struct arena *a, struct press_outcome *out, struct fault *f)
{
    struct press_call call = {.ask = FRAME_JOB, .job = job, .pages = ARENA_ARRAY(a, int, job->n_pieces + 1)};
    return press_talk(p, &call, a, out, f);
}

const char *press_refusal_text(enum press_refusal r)
{
    static const char *const texts[] = {"",
                                        "missing field",
                                        "missing glyph",
                                        "overflow",
                                        "address cannot be printed",
                                        "missing asset",
                                        "field too long",
                                        "creative stopped"};
    return texts[r];
}
