/* fake_press.h: plays the press: package_write makes a folder with a text file, press_compile says yes. A recipient named "Refuse"
 * is refused for a missing glyph; html with "refuse me" is refused; fake_press_fail makes the next n calls fail as a press does
 * that lost its workers. */
#pragma once
#include "press/package.h"
#include <stdatomic.h>

struct press *fake_press(void);
extern _Atomic int fake_press_fail;
extern _Atomic int fake_press_packages;   /* written, not read back */
extern _Atomic int fake_press_compile_ms; /* how long a compile takes */
extern _Atomic bool fake_press_holds;     /* package_write works until it is told to stop */
