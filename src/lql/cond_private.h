/* cond_private.h: the compiled form, shared by cond_compile.c and cond_run.c. */
#pragma once
#include "lql/cond.h"

enum cond_op {
    COND_EQ,
    COND_NE,
    COND_CONTAINS,
    COND_NOT_CONTAINS,
    COND_STARTS,
    COND_ENDS,
    COND_EMPTY,
    COND_NOT_EMPTY,
    COND_GT,
    COND_LT,
    COND_GE,
    COND_LE
};
enum cond_act {
    COND_TEST,        /* result = field op value */
    COND_NOT,         /* result = not result */
    COND_IF_FALSE_TO, /* go on at `to` when the result is false, so the rest of an AND is not looked at */
    COND_IF_TRUE_TO   /* the same for OR */
};
/* One step. Jumps only go forward, so a run ends after at most n_steps steps. */
struct cond_step {
    enum cond_act act;
    enum cond_op op;
    int field; /* -1: always empty (lenient) */
    int to;
    bool value_is_number;
    double number;
    struct str value; /* trimmed */
};
struct cond {
    int n_steps;
    struct cond_step *step;
};

/* "1,500.50", "$20", "-3": the number of a text as people write it. */
bool cond_number(struct str s, double *out);
