/* robots.c: see robots.h. Some dozen words against one line: no index is needed. */
#include "mail/robots.h"
#include "mail/mail_private.h"
#include "mail/robots_words.h"
#include "mail/visit.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdlib.h>

enum { MAX_BYTES = 1 << 20, AGENT_MOST = 1024 };

struct robots {
    struct buf text; /* lower case */
    struct str *words;
    size_t n;
};

static void lower(char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] >= 'A' && s[i] <= 'Z') s[i] = (char)(s[i] + 32);
}

static bool take_words(struct robots *r, struct fault *f)
{
    int64_t most = limit_get(LIMIT_PURL_ROBOT_WORDS);
    struct str rest = buf_str(&r->text);
    lower(r->text.data, r->text.len);
    r->words = calloc((size_t)most, sizeof *r->words);
    ASSERT(r->words);
    while (rest.ptr) {
        struct str line = str_trim(str_cut(rest, '\n', &rest));
        if (!line.len || line.ptr[0] == '#') continue;
        if (line.len < 3)
            return fault_user(f, 0, "purl.robots: \"%.*s\" is too short a word: it would stand in every browser's name.",
                              STR_ARG(line));
        if ((int64_t)r->n == most)
            return fault_user(f, 0, "purl.robots has more than %lld words (purl.robot_words).", (long long)most);
        r->words[r->n++] = line;
    }
    return r->n > 0 || fault_user(f, 0, "purl.robots has no word.");
}

struct robots *robots_load(const char *path, struct fault *f)
{
    struct robots *r = calloc(1, sizeof *r);
    ASSERT(r);
    bool ok = true;
    if (*path)
        ok = file_read(path, MAX_BYTES, &r->text, f);
    else
        buf_addz(&r->text, ROBOTS_TXT);
    buf_addz(&r->text, "\n");
    if (!ok || !take_words(r, f)) robots_destroy(&r);
    return r;
}

void robots_destroy(struct robots **rp)
{
    struct robots *r = *rp;
    if (!r) return;
    buf_finish(&r->text);
    free(r->words);
    free(r);
    *rp = NULL;
}

bool robots_is_one(const struct robots *r, struct str agent)
{
    char text[AGENT_MOST];
    agent = str_trim(agent);
    if (!agent.len) return true;
    size_t n = agent.len < sizeof text ? agent.len : sizeof text;
    memcpy(text, agent.ptr, n);
    lower(text, n);
    for (size_t i = 0; i < r->n; i++)
        if (memmem(text, n, r->words[i].ptr, r->words[i].len)) return true;
    return false;
}

bool visit_is_robot(const struct mail *m, struct str agent) { return robots_is_one(m->robots, agent); }
