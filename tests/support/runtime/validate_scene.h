/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool validate, with a directory of networks of its own and the plugins that were built. */
#ifndef VALIDATE_SCENE_H
#define VALIDATE_SCENE_H

#include "fake.h"
#include "plugin.h"

/* The state of a test is its struct fake. */
int validate_setup(void **state);
int validate_teardown(void **state);
#define validate_test(name) cmocka_unit_test_setup_teardown(name, validate_setup, validate_teardown)

/* "cnitool validate <line>" with the networks in net.d; words are separated by single spaces. */
struct plugin_answer validate_run(const struct fake *fake, const char *line);

/* Makes net.d/<file> hold `text`, with ' in place of ". */
void validate_write(const struct fake *fake, const char *file, const char *text);

#endif
