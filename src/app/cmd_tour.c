/* cmd_tour.c: `pennypost tour`: one card and what three CRMs see of it, played on this machine: a server and scripted peers
 * (tour_stage.h), leads from Salesforce, a triggered campaign, its scans and a visit. Each act ends when what it is about stands where it
 * should; the first that does not ends the tour with its sentence. Nothing is printed and no other machine is asked. */
#include "app/commands.h"
#include "app/options.h"
#include "app/tour.h"
#include "base/clock.h"
#include <inttypes.h>
#include <stdio.h>

/* ---- asking ---- */

bool tour_ask(struct tour *t, const char *method, const char *target, const char *body, struct json_value *root,
              struct fault *f)
{
    return remote_call(t->remote, method, target, str_of(body), root, f);
}

bool tour_script(struct tour *t, enum tour_part part, const char *body, struct json_value *root, struct fault *f)
{
    int status;
    return tour_stage_ask(t->stage, part, "POST", "/_script", str_of(body), &status, root, f) &&
           (status == 200 || fault_remote(f, "%s does not take its script: %d", tour_stage_name(part), status));
}

const char *tour_text(struct tour *t, struct json_value object, const char *key)
{
    return arena_printf(t->arena, "%.*s", STR_ARG(json_get(object, key).string));
}

bool tour_wait_for(struct tour *t, bool (*look)(struct tour *, bool *is_there, struct fault *), const char *what,
                   struct fault *f)
{
    bool is_there = false;
    for (int64_t until = clock_mono_ms() + TOUR_PATIENCE_MS; look(t, &is_there, f);) {
        if (is_there) return true;
        if (clock_mono_ms() > until) return fault_remote(f, "after %d s %s", TOUR_PATIENCE_MS / 1000, what);
        if (!tour_stage_pause(t->stage, f)) return false;
    }
    return false;
}

/* ---- the whole ---- */

static tour_act *const acts[] = {tour_show_stage, tour_connect, tour_import, tour_make_campaign, tour_subscribe,
                                 tour_send,       tour_kizen,   tour_scans,  tour_visit};

static bool play(struct tour *t, struct fault *f)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (!acts[i](t, f)) return false;
    return true;
}

static bool open_tour(struct tour *t, const char *share, struct fault *f)
{
    return (t->stage = tour_stage_create(share, f)) != NULL && tour_stage_start(t->stage, f) &&
           (t->remote = remote_open(NULL, true, f)) != NULL;
}

int cmd_tour(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    if (!options_read(&o, argc, argv, TAKES_SHARE | TAKES_KEEP, NULL) || !options_no_words(&o, argv[0])) return EXIT_USAGE;
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct tour t = {.arena = arena_create(16384), .started_ms = clock_mono_ms()};
    bool is_open = open_tour(&t, o.share, &f), ok = is_open && play(&t, &f);
    if (!ok) fprintf(stderr, "pennypost tour: %s\n", f.text);
    if (ok) printf("\nEverything stood where it should, after %" PRId64 " s.\n", (clock_mono_ms() - t.started_ms + 999) / 1000);
    if (t.stage && o.keep) printf("Data, the peers' programs and logs lie in %s\n", tour_stage_folder(t.stage));
    remote_close(&t.remote);
    tour_stage_destroy(&t.stage, o.keep);
    arena_destroy(&t.arena);
    return ok ? EXIT_DONE : is_open ? EXIT_REFUSED : EXIT_CANNOT;
}
