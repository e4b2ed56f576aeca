/* import_rows.h: the newest imports as rows, for home and for the page of lists. */
#pragma once
#include "web/page.h"
#include "queries.h"

/* The newest `n` imports of the account, in the arena; -1 with a fault. */
int import_rows_read(struct page *p, int n, struct r_web_imports_newest **out, struct fault *f);
/* Adds them as items `imports`. */
void import_rows(struct page *p, const struct r_web_imports_newest *rows, int n);
