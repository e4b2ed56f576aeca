/* chromium_cage.c: starts and stops Chromium inside bubblewrap, in the parent process. See chromium.h.
 *
 * In the cage there is a read-only /usr, the fonts, an empty home and an empty /tmp, and nothing else: no network, no other
 * process, no file of ours. Chromium's own sandbox stays on inside it. Two pipes are the only way in and out. */
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include "press/cdp.h"
#include "press/chromium.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ARGS     128
#define FONTS_FD     5 /* in the child; 3 and 4 are the debugging pipe */
#define TMP_BYTES    "268435456"
#define STARTS_IN_MS 20000

static const char *const program_names[] = {"/usr/bin/chromium-headless-shell", "/usr/bin/headless-shell",
                                            "/usr/lib/chromium/headless-shell", "/usr/bin/chromium"};

/* Nothing that talks, waits, asks or reports; text set by the fonts' own measures, as specs/rendering.md §4 found. */
static const char *const flags[] = {"--headless",
                                    "--remote-debugging-pipe",
                                    "--font-render-hinting=none",
                                    "--disable-gpu",
                                    "--no-first-run",
                                    "--no-default-browser-check",
                                    "--disable-background-networking",
                                    "--disable-component-update",
                                    "--disable-default-apps",
                                    "--disable-extensions",
                                    "--disable-sync",
                                    "--disable-breakpad",
                                    "--disable-crash-reporter",
                                    "--disable-client-side-phishing-detection",
                                    "--disable-domain-reliability",
                                    "--metrics-recording-only",
                                    "--mute-audio",
                                    "--no-pings",
                                    "--hide-scrollbars",
                                    "--disable-background-timer-throttling",
                                    "--disable-renderer-backgrounding",
                                    "--disable-backgrounding-occluded-windows",
                                    "--disable-features=Translate,MediaRouter,OptimizationHints,BackForwardCache",
                                    "--enable-features=NetworkServiceInProcess2", /* a process less; there is no network */
                                    "--host-resolver-rules=MAP * ~NOTFOUND",
                                    "--proxy-server=127.0.0.1:1",
                                    "--lang=en-US"};

struct command {
    const char *argv[MAX_ARGS];
    int n;
    struct arena *arena;
};

static void add(struct command *c, const char *arg)
{
    ASSERT(c->n < MAX_ARGS - 1);
    c->argv[c->n++] = arg;
    c->argv[c->n] = NULL;
}

static void add3(struct command *c, const char *option, const char *from, const char *to)
{
    add(c, option);
    add(c, from);
    add(c, to);
}

static bool is_caged(void) { return strcmp(setting_get(SETTING_PRESS_SANDBOX), "off") != 0; }

static const char *program_path(struct fault *f)
{
    const char *set = setting_get(SETTING_PRESS_CHROMIUM);
    if (set[0] && access(set, X_OK) == 0) return set;
    if (set[0]) return fault_operator(f, "press.chromium is %s, which is not there or may not be run", set), NULL;
    for (size_t i = 0; i < sizeof program_names / sizeof *program_names; i++)
        if (access(program_names[i], X_OK) == 0) return program_names[i];
    fault_operator(f, "Chromium is not installed: install chromium-headless-shell, or set press.chromium");
    return NULL;
}

/* A folder outside /usr that must be seen inside. */
static void add_folder(struct command *c, const char *path)
{
    if (strncmp(path, "/usr/", 5) != 0) add3(c, "--ro-bind-try", path, path);
}

/* /bin and the like are links into /usr on today's systems, folders on older ones. */
static void add_root_links(struct command *c)
{
    static const char *const names[][2] = {
        {"/bin", "usr/bin"}, {"/sbin", "usr/sbin"}, {"/lib", "usr/lib"}, {"/lib64", "usr/lib64"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct stat st;
        if (lstat(names[i][0], &st) != 0) continue;
        if (S_ISLNK(st.st_mode))
            add3(c, "--symlink", names[i][1], names[i][0]);
        else
            add3(c, "--ro-bind", names[i][0], names[i][0]);
    }
}

/* Root gives up its user first: what breaks out of the cage is nobody. */
static void add_unprivileged(struct command *c)
{
    if (geteuid() != 0) return;
    add(c, "setpriv");
    add(c, "--reuid=65534");
    add(c, "--regid=65534");
    add(c, "--clear-groups");
}

static void add_cage(struct command *c)
{
    static const char *const walls[] = {"bwrap",
                                        "--unshare-all",
                                        "--unshare-user",
                                        "--uid",
                                        "65534",
                                        "--gid",
                                        "65534",
                                        "--die-with-parent",
                                        "--new-session",
                                        "--cap-drop",
                                        "ALL",
                                        "--clearenv",
                                        "--hostname",
                                        "press",
                                        "--ro-bind",
                                        "/usr",
                                        "/usr",
                                        "--proc",
                                        "/proc",
                                        "--dev",
                                        "/dev",
                                        "--size",
                                        TMP_BYTES,
                                        "--tmpfs",
                                        "/tmp",
                                        "--size",
                                        TMP_BYTES,
                                        "--tmpfs",
                                        "/home",
                                        "--chdir",
                                        "/home",
                                        "--setenv",
                                        "HOME",
                                        "/home",
                                        "--setenv",
                                        "PATH",
                                        "/usr/bin:/bin",
                                        "--setenv",
                                        "LANG",
                                        "C.UTF-8",
                                        "--setenv",
                                        "TZ",
                                        "UTC"};
    add_unprivileged(c);
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) add(c, walls[i]);
    add_root_links(c);
    add3(c, "--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig");
    add_folder(c, setting_get(SETTING_PRESS_FONTS));
}

static void add_program(struct command *c, const char *program)
{
    if (is_caged()) {
        add_cage(c);
        add3(c, "--ro-bind-data", "5", "/etc/fonts/fonts.conf");
        const char *slash = strrchr(program, '/');
        if (slash && slash != program) add_folder(c, arena_printf(c->arena, "%.*s", (int)(slash - program), program));
        add(c, "--");
    }
    add(c, program);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) add(c, flags[i]);
    if (!is_caged() && geteuid() == 0) add(c, "--no-sandbox");
    add(c, "about:blank");
}

static void conf_alias(struct buf *b, const char *family, const char *ours)
{
    buf_addf(b,
             "<match><test name=\"family\"><string>%s</string></test><edit name=\"family\" mode=\"assign\" binding=\"strong\">"
             "<string>%s</string></edit></match>\n",
             family, ours);
}

/* The fonts that a creative sees: one folder, so that the same creative prints the same on each machine. */
static int fonts_conf(struct fault *f)
{
    static const char *const aliases[][2] = {
        {"sans-serif", "Noto Sans"},       {"system-ui", "Noto Sans"},     {"Arial", "Noto Sans"},
        {"Helvetica", "Noto Sans"},        {"serif", "Noto Serif"},        {"Times", "Noto Serif"},
        {"Times New Roman", "Noto Serif"}, {"Georgia", "Noto Serif"},      {"monospace", "Noto Sans Mono"},
        {"Courier New", "Noto Sans Mono"}, {"Monospace", "Noto Sans Mono"}};
    struct buf b = BUF_INIT;
    buf_addz(&b, "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n");
    buf_addf(&b, "<dir>%s</dir>\n<cachedir>/var/cache/fontconfig</cachedir>\n<cachedir>/tmp/fontconfig</cachedir>\n",
             setting_get(SETTING_PRESS_FONTS));
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) conf_alias(&b, aliases[i][0], aliases[i][1]);
    buf_addz(&b,
             "<match><edit name=\"family\" mode=\"append_last\"><string>Noto Sans</string></edit></match>\n</fontconfig>\n");
    int fd = memfd_create("fonts.conf", MFD_CLOEXEC);
    bool ok = fd >= 0 && write(fd, b.data, b.len) == (ssize_t)b.len && lseek(fd, 0, SEEK_SET) == 0;
    buf_finish(&b);
    if (ok) return fd;
    fault_errno(f, "the list of fonts cannot be written");
    if (fd >= 0) close(fd);
    return -1;
}

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0) close(pair[i]);
}

static bool start_with(struct chromium_cage *c, const char *program, int fonts_fd, int to[2], int from[2], struct fault *f)
{
    static const char *const plain_env[] = {
        "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "TZ=UTC", "HOME=/tmp", "FONTCONFIG_FILE=/dev/fd/5", NULL};
    struct command cmd = {.arena = arena_create(4096)};
    int fds[] = {-1, -1, -1, to[0], from[1], fonts_fd};
    add_program(&cmd, program);
    if (!is_caged()) log_warning("press", "Chromium runs without its cage, as press.sandbox is off");
    struct process_spec spec = {
        .argv = cmd.argv, .env = is_caged() ? NULL : plain_env, .fds = fds, .n_fds = FONTS_FD + 1, .die_with_parent = false};
    bool ok = process_start(&c->process, &spec, f);
    arena_destroy(&cmd.arena);
    return ok;
}

bool chromium_cage_start(struct chromium_cage *c, struct fault *f)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1}, fonts_fd = -1;
    *c = (struct chromium_cage){.to_fd = -1, .from_fd = -1};
    const char *program = program_path(f);
    bool ok = program && (fonts_fd = fonts_conf(f)) >= 0;
    if (ok && (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)) ok = fault_errno(f, "no pipe to Chromium");
    /* Ours only: Chromium's ends block. Done here because a sealed worker may not. */
    if (ok && (fcntl(to[1], F_SETFL, O_NONBLOCK) != 0 || fcntl(from[0], F_SETFL, O_NONBLOCK) != 0))
        ok = fault_errno(f, "no pipe to Chromium");
    if (ok) ok = start_with(c, program, fonts_fd, to, from, f);
    if (ok) {
        c->to_fd = to[1], c->from_fd = from[0];
        to[1] = from[0] = -1;
    }
    close_pair(to);
    close_pair(from);
    if (fonts_fd >= 0) close(fonts_fd);
    return ok;
}

void chromium_cage_stop(struct chromium_cage *c)
{
    process_kill(&c->process); /* the cage's first process goes with bubblewrap, and all others with it */
    if (c->to_fd >= 0) close(c->to_fd);
    if (c->from_fd >= 0) close(c->from_fd);
    c->to_fd = c->from_fd = -1;
}

bool chromium_cage_over_memory(struct chromium_cage *c, int64_t *mb)
{
    if (c->process.pid <= 0) return false;
    int64_t used = process_group_pss_mb(c->process.pid);
    if (mb) *mb = used;
    if (used <= limit_get(LIMIT_PRESS_CHROMIUM_MEMORY_MB)) return false;
    process_kill(&c->process);
    return true;
}

/* ---- can it be done here? ---- */

static bool try_walls(struct fault *f)
{
    struct command cmd = {.arena = arena_create(1024)};
    struct buf out = BUF_INIT;
    struct fault why = {0};
    add_cage(&cmd);
    add(&cmd, "--");
    add(&cmd, "/usr/bin/true");
    bool ok = process_run(cmd.argv, STR(""), &out, STARTS_IN_MS, &why);
    if (!ok)
        fault_operator(f,
                       "Chromium cannot start: its cage cannot be built (%.300s). Allow user namespaces and "
                       "install bubblewrap, or set press.sandbox=off, which runs Chromium without "
                       "its cage and is allowed on a loopback address only",
                       why.text);
    buf_finish(&out);
    arena_destroy(&cmd.arena);
    return ok;
}

static bool try_chromium(struct fault *f)
{
    struct chromium_cage cage;
    struct fault why = {0};
    if (!chromium_cage_start(&cage, f)) return false;
    struct cdp *cdp = cdp_create(cage.to_fd, cage.from_fd);
    cdp_set_deadline(cdp, clock_mono_ms() + STARTS_IN_MS, NULL);
    bool ok = cdp_call(cdp, "Browser.getVersion", STR_NULL, NULL, &why);
    if (!ok) fault_operator(f, "Chromium cannot start: %s. Run it by hand to see why", why.text);
    cdp_destroy(&cdp);
    chromium_cage_stop(&cage);
    return ok;
}

bool chromium_is_available(struct fault *f)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool is_known;
    struct fault why = {0};
    pthread_mutex_lock(&lock);
    is_known = is_known || (program_path(&why) && (!is_caged() || try_walls(&why)) && try_chromium(&why));
    bool is_available = is_known;
    pthread_mutex_unlock(&lock);
    if (!is_available && f) *f = why;
    return is_available;
}
