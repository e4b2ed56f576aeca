/* show.c: the words of the pages: numbers, times, sizes, and the one table of each kind of state: glyph, tint, word. A ground
 * ("need") only where a person is needed. Called by all pages; pure. */
#include "web/show.h"
#include "base/log.h"
#include "base/text.h"
#include "base/clock.h"
#include <stdio.h>
#include <time.h>

struct state {
    const char *glyph, *tint, *word;
};

static const struct state of_batch[BATCH_STATES] = {
    [BATCH_OPEN] = {"ring", "", "Open"},
    [BATCH_CLOSED] = {"sheets", "", "Closed"},
    [BATCH_RENDERING] = {"play", "blue", "Being written"},
    [BATCH_READY] = {"sheet", "", "Written"},
    [BATCH_HANDING_OVER] = {"arrow", "blue", "Handing over"},
    [BATCH_HANDED_OVER] = {"check", "green", "Handed over"},
    [BATCH_DONE] = {"check", "green", "Done"},
    [BATCH_CANCELLED] = {"slash", "", "Cancelled"},
    [BATCH_FAILED] = {"cross", "red need", "Failed"},
    [BATCH_UNKNOWN] = {"question", "red need", "Outcome unknown"},
};
/* A piece that has its seat goes where its batch goes. */
static const struct state of_seated[BATCH_STATES] = {
    [BATCH_OPEN] = {"ring", "", "Accepted"},
    [BATCH_CLOSED] = {"sheets", "", "Batched"},
    [BATCH_RENDERING] = {"play", "blue", "Being written"},
    [BATCH_READY] = {"sheet", "", "Written"},
    [BATCH_HANDING_OVER] = {"arrow", "blue", "Handing over"},
    [BATCH_HANDED_OVER] = {"check", "green", "Handed over"},
    [BATCH_DONE] = {"check", "green", "Handed over"},
    [BATCH_CANCELLED] = {"slash", "", "Cancelled"},
    [BATCH_FAILED] = {"cross", "red need", "Its batch failed"},
    [BATCH_UNKNOWN] = {"question", "red need", "Outcome unknown"},
};
static const struct state piece_refused_state = {"cross", "red", "Refused"};
static const struct state piece_recalled_state = {"slash", "", "Recalled"};
static const struct state of_intake[] = {
    [INTAKE_KEPT] = {"clock", "", "Waiting"},
    [INTAKE_RUNNING] = {"play", "blue", "Being read"},
    [INTAKE_DONE] = {"check", "green", "Done"},
    [INTAKE_FAILED] = {"cross", "red need", "Failed"},
};
static const struct state of_template[] = {
    [TEMPLATE_DRAFT] = {"ring", "", "Draft"},
    [TEMPLATE_PUBLISHING] = {"play", "blue", "Being laid out"},
    [TEMPLATE_PUBLISHED] = {"check", "green", "Ready to print"},
    [TEMPLATE_REFUSED] = {"cross", "red need", "Refused"},
};

void show_state(struct view *v, const char *glyph, const char *tint, const char *word)
{
    struct view *item = view_item(v, "state");
    view_strz(item, "glyph", glyph);
    view_strz(item, "tint", tint);
    view_strz(item, "state_word", word);
}

static void add_state(struct view *v, const struct state *s)
{
    ASSERT(s->word);
    show_state(v, s->glyph, s->tint, s->word);
}

void show_batch_state(struct view *v, enum batch_state s)
{
    ASSERT(s >= 0 && s < BATCH_STATES);
    add_state(v, &of_batch[s]);
}

void show_piece_state(struct view *v, const struct piece *p, enum batch_state s)
{
    ASSERT(s >= 0 && s < BATCH_STATES);
    switch (p->state) {
    case PIECE_SEATED: add_state(v, &of_seated[s]); break;
    case PIECE_REFUSED: add_state(v, &piece_refused_state); break;
    case PIECE_CANCELLED: add_state(v, &piece_recalled_state); break;
    }
}

void show_intake_state(struct view *v, const struct intake *in) { add_state(v, &of_intake[in->state]); }
void show_template_state(struct view *v, enum template_state s) { add_state(v, &of_template[s]); }

void show_drop_state(struct view *v, enum drop_state s)
{
    static const struct state draft = {"ring", "", "Draft"}, pending = {"clock", "", "Takes pieces"},
                              sent = {"check", "green", "Sent"}, processing = {"play", "blue", "Processing"},
                              failed = {"cross", "red need", "Failed"};
    add_state(v, s == DROP_SENT         ? &sent
                 : s == DROP_PROCESSING ? &processing
                 : s == DROP_DRAFT      ? &draft
                 : s == DROP_FAILED     ? &failed
                                        : &pending);
}

void show_count(struct view *v, const char *name, int64_t n)
{
    char digits[24], out[32];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n), at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0 && digits[i - 1] != '-') out[at++] = ',';
        out[at++] = digits[i];
    }
    view_fmt(v, name, "%.*s", at, out);
}

void show_span(struct view *v, const char *name, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *word;
    } units[] = {{86400000, "day"}, {3600000, "hour"}, {60000, "minute"}, {1000, "second"}};
    size_t i = 0;
    while (i < sizeof units / sizeof *units - 1 && ms % units[i].ms != 0) i++;
    int64_t n = ms / units[i].ms;
    if (ms == 0)
        view_strz(v, name, "at once");
    else
        view_fmt(v, name, "%lld %s%s", (long long)n, units[i].word, n == 1 ? "" : "s");
}

void show_bytes(struct view *v, const char *name, int64_t n)
{
    if (n < 100000)
        view_fmt(v, name, "%.2f MB", (double)n / 1e6);
    else
        view_fmt(v, name, "%.1f MB", (double)n / 1e6);
}

static struct tm utc(int64_t ms)
{
    time_t t = (time_t)(ms / 1000);
    struct tm out;
    gmtime_r(&t, &out);
    return out;
}

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void show_time(struct view *v, const char *name, int64_t ms)
{
    char iso[21];
    if (ms <= 0) return; /* DB_NULL too */
    struct tm t = utc(ms), now = utc(clock_now_ms());
    struct view *item = view_item(v, name);
    text_iso8601(ms, iso);
    view_fmt(item, "iso", "%s", iso);
    if (t.tm_year == now.tm_year)
        view_fmt(item, "text", "%d %s %02d:%02d", t.tm_mday, months[t.tm_mon], t.tm_hour, t.tm_min);
    else
        view_fmt(item, "text", "%d %s %d %02d:%02d", t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min);
}

void show_day(struct view *v, const char *name, int64_t ms)
{
    struct tm t = utc(ms), now = utc(clock_now_ms());
    struct view *item = view_item(v, name);
    view_fmt(item, "iso", "%04d-%02d-%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday);
    if (t.tm_year == now.tm_year)
        view_fmt(item, "text", "%d %s", t.tm_mday, months[t.tm_mon]);
    else
        view_fmt(item, "text", "%d %s %d", t.tm_mday, months[t.tm_mon], t.tm_year + 1900);
}

const char *show_size(int size)
{
    switch (size) {
    case SIZE_LETTER: return "letter";
    case SIZE_4X6: return "4x6 postcard";
    case SIZE_6X9: return "6x9 postcard";
    case SIZE_6X11: return "6x11 postcard";
    case SIZE_12X9: return "12x9 bifold";
    case SIZE_6X18: return "6x18 bifold";
    default: return "unknown size";
    }
}

void show_forgotten(struct view *v, const struct batch *b)
{
    if (batch_is_forgotten(b)) view_number(v, "forgotten_days", limit_get(LIMIT_KEEP_BATCH_DAYS));
}

void show_refusal(struct view *v, int refusal)
{
    char *text = arena_strz(view_arena(v), piece_refusal_text(refusal));
    if (*text >= 'a' && *text <= 'z') *text = (char)(*text - 'a' + 'A');
    view_strz(v, "reason", text);
}

struct str show_name(struct arena *a, const struct str *values, int n_values)
{
    struct str first = n_values > FIELD_FIRST_NAME ? values[FIELD_FIRST_NAME] : STR_NULL;
    struct str last = n_values > FIELD_LAST_NAME ? values[FIELD_LAST_NAME] : STR_NULL;
    struct str company = n_values > FIELD_COMPANY ? values[FIELD_COMPANY] : STR_NULL;
    if (first.len && last.len) return str_of(arena_printf(a, "%.*s %.*s", STR_ARG(first), STR_ARG(last)));
    if (first.len || last.len) return first.len ? first : last;
    return company.len ? company : STR("No name");
}

struct str show_sentence(struct arena *a, struct str said)
{
    if (!said.len || str_ends(said, STR("."))) return said;
    return str_of(arena_printf(a, "%.*s.", STR_ARG(said)));
}
