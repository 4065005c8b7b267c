/* SPDX-License-Identifier: Apache-2.0 */
#include "readiness.h"

#include "cleanup.h"
#include "file.h"
#include "mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define READY	  "ready: "
#define STATE_MAX ((size_t)16 << 10)

int readiness_write(const char *path, bool is_ready, const char *text, struct cni_error *err)
{
	freeing char *line = cni_format("%s%s\n", is_ready ? READY : "waiting: ", text);

	return cni_file_replace_at(AT_FDCWD, path, line, strlen(line), err);
}

int readiness_print(const char *path)
{
	freeing char *line = NULL;
	struct cni_error err;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, path, false, STATE_MAX, &line, &size, &err) < 0) {
		printf("waiting: %s\n", err.msg);
		return 1;
	}
	fputs(line, stdout);
	return strncmp(line, READY, strlen(READY)) == 0 ? 0 : 1;
}
