/* privileges.h: from root to the user `pennypost`, once, before any thread is made. */
#pragma once
#include "base/fault.h"

/* Nothing when we are not root. Makes the data folder if need be, gives it and what lies directly in it to the user, and
 * becomes him for good. A fault says what is missing: the user, or his way to the folder. */
bool privileges_drop(const char *data_dir, struct fault *f);
