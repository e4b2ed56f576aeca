/* salesforce_reading.h: an import under way, between the job that keeps its row (salesforce_import.c) and what reads a page of it into its file
 * (salesforce_reading.c). */
#pragma once
#include "links/imports.h"
#include "links/salesforce/salesforce_wish.h"

struct sf_reading { /* an import under way */
    /* the job's, before the first page */
    struct salesforce *sf;
    struct arena *arena; /* as long as the import is read; what is in `row` too, `place` after each page */
    struct arena *page;  /* of one page: the job resets it before each; nothing of it is kept */
    struct json_parser *parser;
    int64_t account;
    struct connection connection;
    struct sf_config config;
    struct sf_wish wish;
    const char *path;    /* of the file */
    struct fault *fault; /* the job's memory: why the last call was false */
    /* as it was stored; a page that was read moves it on, for the job to store */
    struct remote_import row; /* at_byte: bytes of the file that are on the disk and count; what lies behind them does not */
    /* out, beside the fault. They stay as they were set: one that fails is not gone on with */
    bool is_for_now;     /* probably over soon: the retry ladder; else no repetition mends it */
    int64_t pause_until; /* nothing is asked before; 0: the ladder alone */
    /* the job's own */
    bool is_lost; /* the import is not this node's any more, or was removed with its connection */
};

/* The next page, from Salesforce onto the end of the file, durable; then g->row says so (for the caller to store). False: g->fault, and is_for_now,
 * pause_until; then the row is as it was, or, when Salesforce has lost the query or we the file, at the beginning (to be stored too). Waits. */
bool sf_reading_page(struct sf_reading *g);
bool sf_reading_is_over(const struct sf_reading *g); /* the last page is in the file */
void sf_reading_restart(struct sf_reading *g); /* from the first page on, whatever was read; the file is cut by the next page */
