/* printer_turns.h: how many hand-overs of one printer are under way on this node. A printer that hangs keeps its own batches waiting, and
 * never all threads of the hand-over. In memory; any thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct printer_turns;
/* At most a quarter of the threads, and at least one, are one printer's at a time. */
struct printer_turns *printer_turns_create(int n_threads);
void printer_turns_destroy(struct printer_turns **t);
bool printer_turn_take(struct printer_turns *t, int64_t printer_id); /* false: as many are under way as may be */
void printer_turn_give(struct printer_turns *t, int64_t printer_id);
