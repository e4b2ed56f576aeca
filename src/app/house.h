/* house.h: one running house: store, accounts, press, mail, scheduler, HTTP. `serve` runs one until a signal; a command that
 * finds no server runs one on the operator's socket only, for as long as it needs. */
#pragma once
#include "base/fault.h"
#include "net/http.h"

struct house;
/* What can be refused before anything is made: where to listen, and Chromium without its cage. FAULT_USER. */
bool house_check_settings(struct fault *f);
/* Whether --data (or --db) has one already. False: the fault says how to say where it is. */
bool house_is_there(struct fault *f);
/* with_http false: only the operator's socket, no listening port. */
struct house *house_open(bool with_http, struct fault *f);
/* Where the settings say that the store lies; may hold a password. */
void house_store_address(char *out, size_t n);
void house_close(struct house **h);
int house_port(const struct house *h);
/* Path of the operator's socket in the data folder of the settings; static. */
const char *house_socket(void);
