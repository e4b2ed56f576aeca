/* folder.h: the printer `folder`: a finished package appears in a folder once, whole, under its own name. Settings: {"kind": "folder",
 * "path": an absolute path}. Unfinished copies lie there as .NAME.part. Whoever fetches packages may move or remove finished ones and must
 * leave the unfinished alone. */
#pragma once
#include "mail/handover.h"

extern const struct printer_def printer_folder;
