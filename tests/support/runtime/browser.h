/* SPDX-License-Identifier: Apache-2.0 */
/* Chromium without a screen, driven by its DevTools protocol over two pipes. Failures fail the test. */
#ifndef BROWSER_H
#define BROWSER_H

#include "json.h"

#include <stdbool.h>
#include <sys/types.h>

struct browser {
	pid_t pid;
	int to;
	int from;
	int calls;	 /* the number of the last one */
	char *session;	 /* of the only tab */
	char *unread;	 /* bytes behind the last message */
	size_t received; /* their number */
};

/* The name of the executable; NULL: it is not installed. */
const char *browser_executable(void);

/* Starts it with a profile in the directory, which is empty, and a tab. */
void browser_start(struct browser *browser, const char *profile);

/* Sets the size of the tab in CSS pixels; with `dark` pages see a preference for dark colours. */
void browser_resize(struct browser *browser, int width, int height, bool dark);

/* Returns when the page and what it refers to are loaded. */
void browser_open(struct browser *browser, const char *url);

/* The value of the expression, an object, as its JSON text; the caller deletes. */
cJSON *browser_evaluate(struct browser *browser, const char *expression);

/* The whole page as a PNG in the file. */
void browser_shoot(struct browser *browser, const char *path);

/* Ends it; nothing happens if it was not started. */
void browser_stop(struct browser *browser);

#endif
