/* kizen_turn.h: whose action is next. Somebody waits for each, on a thread until it is over; so that another system that hangs keeps nobody else's
 * waiting, half of action.threads are one account's at most at once, and half of the places in action.queue. What has no turn waits, in order of
 * arrival; others may pass it whose account has fewer under way. Thread-safe. */
#pragma once
#include "links/kizen/kizen.h"

struct turns;
/* `run` is called on a thread of its own kind; when it returns, the turn is over (the action may be gone by then). */
struct turns *turns_create(int n_threads, void (*run)(struct kizen_action *x));
enum turn { TURN_GIVEN /* now or later: run will be called */, TURN_ALL_WAIT, TURN_ACCOUNT_WAITS, TURN_STOPPED };
/* All but TURN_GIVEN: it was not taken, because as many wait as may, or the pool is stopped. */
enum turn turns_take(struct turns *t, struct kizen_action *x, int max_waiting);
void turns_stop(struct turns *t); /* runs what was taken; nothing more is */
void turns_destroy(struct turns **t);
