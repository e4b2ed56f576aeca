/* template_scan.h: which assets a creative names, and which addresses of other machines it would fetch. */
#pragma once
#include "base/arena.h"

struct template_names {
    struct str *assets; /* what follows "asset:", each once */
    int n_assets;
    struct str *remote; /* http(s) and // addresses in places that are fetched, each once */
    int n_remote;
    bool has_too_many; /* more of one kind than template.max_names: the rest is not here */
};
/* Adds to *out; names point into the source. */
void template_scan(struct arena *a, struct str source, struct template_names *out);
