/* status.c: the table of status codes and the two rules of what is news. Called by whatever shows, stores or forwards an event.
 * Static; any thread. */
#include "postal/status.h"

static const struct status_def defs[] = {
#define STATUS(ident, code, api, crm, rank, in_us, in_ca, what) {code, api, crm, what, rank, in_us, in_ca},
#include "postal/status.def"
#undef STATUS
};
#define N_DEFS (sizeof defs / sizeof *defs)

const struct status_def *status_at(size_t i) { return i < N_DEFS ? &defs[i] : NULL; }

const struct status_def *status_find(int64_t code)
{
    for (size_t i = 0; i < N_DEFS; i++)
        if ((int64_t)defs[i].code == code) return &defs[i];
    return NULL;
}

/* The next letter of a name, small; blanks, hyphens and underscores do not count. 0 at the end. */
static char next_letter(struct str *s)
{
    while (s->len > 0) {
        char c = s->ptr[0];
        *s = str_make(s->ptr + 1, s->len - 1);
        if (c == ' ' || c == '-' || c == '_') continue;
        return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c ? c : '\1';
    }
    return 0;
}

static bool is_same(struct str a, struct str b)
{
    for (;;) {
        char of_a = next_letter(&a), of_b = next_letter(&b);
        if (of_a != of_b) return false;
        if (!of_a) return true;
    }
}

const struct status_def *status_by_name(struct str name)
{
    for (size_t i = 0; i < N_DEFS; i++)
        if (is_same(name, str_of(defs[i].crm)) || is_same(name, str_of(defs[i].api))) return &defs[i];
    return is_same(name, STR("created")) ? status_find(STATUS_CREATED) : NULL;
}

static int highest_rank(unsigned codes)
{
    int rank = 0;
    for (size_t i = 0; i < N_DEFS; i++)
        if ((codes & STATUS_BIT(defs[i].code)) && defs[i].rank > rank) rank = defs[i].rank;
    return rank;
}

unsigned status_news(unsigned reached, unsigned caused)
{
    unsigned news = caused & ~reached;
    int rank = highest_rank(reached);
    for (size_t i = 0; i < N_DEFS; i++)
        if (defs[i].rank > 0 && defs[i].rank < rank) news &= ~STATUS_BIT(defs[i].code);
    return news;
}

int status_shown(unsigned reached)
{
    int shown = -1, rank = highest_rank(reached);
    if (reached & STATUS_BIT(STATUS_RETURNED)) return STATUS_RETURNED;
    for (size_t i = 0; i < N_DEFS && rank > 0; i++)
        if (defs[i].rank == rank) shown = (int)defs[i].code;
    if (shown < 0 && (reached & STATUS_BIT(STATUS_REROUTED))) shown = STATUS_REROUTED;
    return shown;
}
