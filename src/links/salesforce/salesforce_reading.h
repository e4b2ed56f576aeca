/* salesforce_reading.h: an import under way, between the job that keeps its row (salesforce_import.c) and what reads a page of it into its file
 * (salesforce_reading.c). */
#pragma once
#include "links/imports.h"
#include "links/salesforce/salesforce_wish.h"

struct sf_reading { /* an import under way */
    struct salesforce *sf;
    struct arena *arena, *page;
    struct json_parser *parser;
    int64_t account;
    struct remote_import row;
    struct connection connection;
    struct sf_config config;
    struct sf_wish wish;
    const char *path; /* of the file */
    bool is_for_now, is_lost /* the import is not this node's any more, or was removed with its connection */;
    int64_t pause_until; /* nothing is asked before; 0: the ladder alone */
    struct fault *fault;
};

/* The next page, from Salesforce onto the end of the file, durable; then g->row says so (for the caller to store). False: g->fault, and is_for_now, pause_until. */
bool sf_reading_page(struct sf_reading *g);
bool sf_reading_is_over(const struct sf_reading *g); /* the last page is in the file */
void sf_reading_begin(struct sf_reading *g);         /* from the first page on, whatever was read */
