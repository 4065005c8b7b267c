/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's own words about itself. */
#ifndef ABOUT_H
#define ABOUT_H

#include <stdbool.h>

/* The plugins of this suite, as they are installed; ends with NULL. */
extern const char *const about_types[];

/* The first line that the plugin `type` on `path` prints on stderr when it is not asked anything: "CNI
 * bridge plugin v1.9.1". NULL if it prints nothing. The caller frees. */
char *about_plugin(const char *type, const char *path);

/* True if the line says that the plugin is one of this suite. */
bool about_is_ours(const char *type, const char *path);

#endif
