/* compile_wait.h: who waits for a template's compile. */
#pragma once
#include "mail/mail_private.h"

struct compile_waiters *compile_waiters_create(void);
void compile_waiters_destroy(struct compile_waiters **w); /* calls all that still wait */
/* The template has left Publishing: calls those that wait for it. */
void compile_waiters_call(struct compile_waiters *w, int64_t account, int64_t template_id);
