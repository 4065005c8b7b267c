/* SPDX-License-Identifier: Apache-2.0 */
#include "mem.h"

#include "error.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void cni_out_of_memory(void)
{
	cni_die(CNI_EMEMORY, "out of memory");
}

void *cni_need(void *ptr)
{
	if (!ptr)
		cni_out_of_memory();
	return ptr;
}

void *cni_alloc(size_t size)
{
	void *ptr = calloc(1, size ? size : 1);

	if (!ptr)
		cni_out_of_memory();
	return ptr;
}

void *cni_realloc_array(void *ptr, size_t count, size_t size)
{
	void *grown = reallocarray(ptr, count ? count : 1, size);

	if (!grown)
		cni_out_of_memory();
	return grown;
}

char *cni_strdup(const char *text)
{
	return text ? cni_strndup(text, strlen(text)) : NULL;
}

char *cni_strndup(const char *text, size_t length)
{
	char *copy = cni_alloc(length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *cni_format(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vasprintf(&text, fmt, args);
	va_end(args);
	if (length < 0)
		cni_out_of_memory();
	return text;
}
