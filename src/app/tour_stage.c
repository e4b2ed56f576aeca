/* tour_stage.c: see tour_stage.h. Peers and pictures are copied because the user `pennypost` may not reach the checkout. */
#include "app/tour_stage.h"
#include "app/privileges.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/process.h"
#include "base/settings.h"
#include "net/http_client.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEERS   "tests/scenario/peers"
#define BROWSER "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0" /* visits of programs do not count */
enum { START_MS = 20000, END_MS = 10000, ASK_MS = 30000, PAUSE_US = 100000, LARGEST_FILE = 8 << 20 };

struct part {
    struct process process;
    int out; /* its standard output; -1 */
    char address[100];
};
struct tour_stage {
    char folder[512], root[512];
    bool is_made;
    struct part parts[TOUR_PARTS];
    struct json_parser *parser;
    struct buf answer;
};

static const char *const files_needed[] = {"highlevel.py", "salesforce.py", "kizen.py", "scripted.py", "automation.py"};
static const char *const pictures_needed[] = {"image-front.png", "image-back.png"};
enum { N_FILES = sizeof files_needed / sizeof *files_needed, N_PICTURES = sizeof pictures_needed / sizeof *pictures_needed };
static const struct {
    const char *name, *file; /* NULL: this program */
} parts[TOUR_PARTS] = {
    {"HighLevel", "highlevel.py"}, {"Salesforce", "salesforce.py"}, {"Kizen", "kizen.py"}, {"Pennypost", NULL}};

static volatile sig_atomic_t is_stopped;
static void on_stop(int sig) { (void)sig, is_stopped = 1; }

/* The second Ctrl-C ends this process at once. */
static void take_signals(void)
{
    struct sigaction stop = {.sa_handler = on_stop, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
}

/* ---- the folder ---- */

static bool is_checkout(const char *root)
{
    char path[700];
    snprintf(path, sizeof path, "%s/" PEERS "/%s", root, files_needed[0]);
    return access(path, R_OK) == 0;
}

static bool find_checkout(struct tour_stage *s, struct fault *f)
{
    if (getcwd(s->root, sizeof s->root) && is_checkout(s->root)) return true;
    ssize_t n = readlink("/proc/self/exe", s->root, sizeof s->root - 1);
    s->root[n > 0 ? n : 0] = '\0';
    for (char *slash; (slash = strrchr(s->root, '/')) != NULL;) { /* build/src/app/pennypost: the checkout is further up */
        *slash = '\0';
        if (is_checkout(s->root)) return true;
    }
    return fault_operator(f, "the scripted peers (" PEERS " of Pennypost's source) are not here; run the tour in the checkout");
}

static bool copy(const char *from_dir, const char *to_dir, const char *name, struct fault *f)
{
    char from[1100], to[1100];
    struct buf content = BUF_INIT;
    snprintf(from, sizeof from, "%s/%s", from_dir, name), snprintf(to, sizeof to, "%s/%s", to_dir, name);
    bool ok = file_read(from, LARGEST_FILE, &content, f) && durable_write(to, buf_str(&content), 0644, f);
    buf_finish(&content);
    return ok;
}

static bool fill_folder(struct tour_stage *s, const char *share, struct fault *f)
{
    char peers[700], pictures[700], data[700];
    const char *tmp = getenv("TMPDIR");
    if ((size_t)snprintf(s->folder, sizeof s->folder, "%s/pennypost-tour-XXXXXX", tmp && *tmp ? tmp : "/tmp") >=
        sizeof s->folder)
        return fault_operator(f, "TMPDIR is too long");
    if (!mkdtemp(s->folder)) return fault_errno(f, "a folder %s cannot be made", s->folder);
    s->is_made = true;
    snprintf(peers, sizeof peers, "%s/" PEERS, s->root), snprintf(pictures, sizeof pictures, "%s/share/demo", s->root);
    snprintf(data, sizeof data, "%s/data", s->folder);
    for (int i = 0; i < N_FILES; i++)
        if (!copy(peers, s->folder, files_needed[i], f)) return false;
    for (int i = 0; i < N_PICTURES; i++)
        if (!copy(share ? share : pictures, s->folder, pictures_needed[i], f)) return false;
    return make_dirs(data, 0750, f) && setting_set(STR("data"), str_of(data), "tour", f);
}

static bool has_python(struct fault *f)
{
    struct buf out = BUF_INIT;
    bool ok = process_run((const char *const[]){"python3", "--version", NULL}, STR(""), &out, START_MS, NULL);
    buf_finish(&out);
    return ok || fault_operator(f, "python3 does not run here; the tour's HighLevel, Salesforce and Kizen are Python programs "
                                   "(Debian: apt-get install python3)");
}

struct tour_stage *tour_stage_create(const char *share, struct fault *f)
{
    struct tour_stage *s = calloc(1, sizeof *s);
    if (!s) abort();
    for (int i = 0; i < TOUR_PARTS; i++) s->parts[i].out = -1;
    s->parser = json_parser_create();
    take_signals();
    if (!find_checkout(s, f) || !has_python(f) || !fill_folder(s, share, f) || !privileges_drop(s->folder, f))
        tour_stage_destroy(&s, false);
    return s;
}

/* ---- the four ---- */

/* The last line that a part wrote to its log, without its newline. */
static void last_words(const char *log, char *out, size_t n)
{
    struct buf text = BUF_INIT;
    snprintf(out, n, "it says nothing");
    if (file_read(log, LARGEST_FILE, &text, NULL)) {
        struct str all = str_trim(buf_str(&text));
        const char *line = all.ptr && all.len ? memrchr(all.ptr, '\n', all.len) : NULL;
        struct str last = line ? str_make(line + 1, all.len - (size_t)(line + 1 - all.ptr)) : all;
        if (last.len) snprintf(out, n, "%.*s", STR_ARG(last));
    }
    buf_finish(&text);
}

/* Reads "listening on …". */
static bool read_address(struct part *p, enum tour_part which, const char *log, struct fault *f)
{
    char line[200] = "", why[300];
    size_t n = 0;
    for (int64_t until = clock_mono_ms() + START_MS; !strchr(line, '\n');) {
        struct pollfd ready = {.fd = p->out, .events = POLLIN};
        int64_t left = until - clock_mono_ms();
        if (is_stopped) return fault_remote(f, "stopped before its end");
        if (left <= 0) return fault_remote(f, "%s does not listen after %d s", parts[which].name, START_MS / 1000);
        if (poll(&ready, 1, (int)left) <= 0) continue;
        ssize_t got = read(p->out, line + n, sizeof line - 1 - n);
        if (got <= 0) return last_words(log, why, sizeof why), fault_remote(f, "%s did not start: %s", parts[which].name, why);
        line[n += (size_t)got] = '\0';
    }
    struct str words = str_trim(str_of(line));
    if (!str_starts(words, STR("listening on ")))
        return fault_remote(f, "%s began with other words: %s", parts[which].name, line);
    words = str_make(words.ptr + 13, words.len - 13);
    snprintf(p->address, sizeof p->address, "%s%.*s", str_starts(words, STR("http://")) ? "" : "http://", STR_ARG(words));
    return true;
}

static bool start(struct tour_stage *s, enum tour_part which, const char *const *argv, struct fault *f)
{
    struct part *p = &s->parts[which];
    char log[700];
    int out[2];
    snprintf(log, sizeof log, "%s/%s.log", s->folder, parts[which].name);
    int err = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (err < 0) return fault_errno(f, "%s cannot be written", log);
    if (pipe2(out, O_CLOEXEC) != 0) return close(err), fault_errno(f, "a pipe cannot be made");
    struct process_spec spec = {
        .argv = argv, .cwd = s->folder, .fds = (const int[]){-1, out[1], err}, .n_fds = 3, .die_with_parent = true};
    bool ok = process_start(&p->process, &spec, f);
    close(out[1]), close(err);
    p->out = out[0];
    return ok && read_address(p, which, log, f);
}

/* A port that nobody has at the moment: personal URLs name it before the server listens. 0: none. */
static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&at, n) == 0 && getsockname(fd, (struct sockaddr *)&at, &n) == 0;
    if (fd >= 0) close(fd);
    return ok ? ntohs(at.sin_port) : 0;
}

/* Only this server may ask addresses of this machine, and without TLS: its peers are here. It takes scans ten days ahead of its clock,
 * because the tour does not wait for the post. */
static bool start_server(struct tour_stage *s, struct fault *f)
{
    char listen[40];
    snprintf(listen, sizeof listen, "127.0.0.1:%d", free_port());
    return start(s, TOUR_SERVER,
                 (const char *const[]){"/proc/self/exe", "serve", "--data", setting_get(SETTING_DATA), "--listen", listen,
                                       "--set", "outgoing.allow=127.0.0.1/32", "--set", "outgoing.http=on", "--set",
                                       "outgoing.ports=all", "--set", "mail.test_gather_ms=300", "--set", "scan.ahead=240",
                                       NULL},
                 f);
}

bool tour_stage_start(struct tour_stage *s, struct fault *f)
{
    for (int i = 0; i < TOUR_SERVER; i++)
        if (!start(s, (enum tour_part)i, (const char *const[]){"python3", parts[i].file, "--port", "0", NULL}, f)) return false;
    return start_server(s, f);
}

void tour_stage_destroy(struct tour_stage **sp, bool keep)
{
    struct tour_stage *s = *sp;
    if (!s) return;
    *sp = NULL;
    for (int i = TOUR_PARTS - 1; i >= 0; i--) { /* the server first: nobody leaves while it speaks to him */
        struct part *p = &s->parts[i];
        if (i == TOUR_SERVER && p->process.pid && kill(p->process.pid, SIGTERM) == 0) process_wait(&p->process, END_MS, NULL);
        process_kill(&p->process);
        if (p->out >= 0) close(p->out);
    }
    struct fault f = {0};
    if (s->is_made && !keep && !remove_tree(s->folder, &f)) fprintf(stderr, "pennypost tour: %s\n", f.text);
    json_parser_destroy(&s->parser);
    buf_finish(&s->answer);
    free(s);
}

/* ---- asking ---- */

const char *tour_stage_folder(const struct tour_stage *s) { return s->folder; }
const char *tour_stage_name(enum tour_part part) { return parts[part].name; }
const char *tour_stage_address(const struct tour_stage *s, enum tour_part part) { return s->parts[part].address; }
struct str tour_stage_text(const struct tour_stage *s) { return buf_str(&s->answer); }

bool tour_stage_ask(struct tour_stage *s, enum tour_part part, const char *method, const char *target, struct str body,
                    int *status, struct json_value *root, struct fault *f)
{
    struct http_call c = {.address = s->parts[part].address,
                          .user_agent = BROWSER,
                          .timeout_ms = ASK_MS,
                          .method = method,
                          .target = target,
                          .body = body,
                          .content_type = body.ptr ? "application/json" : NULL};
    buf_clear(&s->answer);
    if (!http_call(&c, status, &s->answer, f)) return false;
    buf_reserve(&s->answer, JSON_PADDING);
    return !root || json_parse(s->parser, buf_str(&s->answer), root, f);
}

bool tour_stage_pause(struct tour_stage *s, struct fault *f)
{
    char log[700], why[300];
    if (!is_stopped) usleep(PAUSE_US);
    if (is_stopped) return fault_remote(f, "stopped before its end");
    if (!process_wait(&s->parts[TOUR_SERVER].process, 0, NULL)) return true;
    snprintf(log, sizeof log, "%s/%s.log", s->folder, parts[TOUR_SERVER].name);
    last_words(log, why, sizeof why);
    return fault_remote(f, "the server has ended: %s", why);
}
