/* SPDX-License-Identifier: Apache-2.0 */
/* A value for each address, on disk: "10.1.0.0.keys" holds those of a piece of 65,536 addresses,
 * of which 10.1.0.0 is the first. Missing bytes are zeroes, and the files are sparse. They have
 * no structure that could be damaged, only values, in the byte order of the machine, the only
 * reader. */
#ifndef HOST_LOCAL_PLANE_H
#define HOST_LOCAL_PLANE_H

#include "ip.h"

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

#define PLANE_PIECE 65536

/* The address's place in its piece, and the way back. plane_at(ip, 0) is the base of its piece. */
size_t plane_number(const struct cni_ip *ip);
struct cni_ip plane_at(const struct cni_ip *ip, size_t number);

/* Reads a file of the plane `plane` from its beginning. Returns 1; 0 if there is none: all zeroes;
 * -1 and errno if it cannot be read: zeroes as well. */
int plane_read(int dir, const struct cni_ip *base, const char *plane, void *data, size_t size);

/* The same in two steps: the file, open with `flags` (O_RDWR), or -1 and errno; then what is in it: 0, or -1 and errno
 * and zeroes. */
int plane_open(int dir, const struct cni_ip *base, const char *plane, int flags);
int plane_fill(int fd, void *data, size_t size);

struct plane_span {
	const void *data;
	size_t size;
	size_t offset;
};

/* Writes the spans into an open file. Returns 0, or -1 and errno. */
int plane_write_spans(int fd, const struct plane_span *spans, size_t count);

/* Writes one span. */
int plane_write(int dir, const struct cni_ip *base, const char *plane, const void *data,
		size_t size, size_t offset);

/* The bases of a plane's files, one after the other, in no order. False at the end. */
DIR *plane_walk(int dir); /* NULL and errno if that cannot be; closedir(3) at the end */
bool plane_next(DIR *walk, const char *plane, struct cni_ip *ret_base);

/* Removes all files of a plane. Returns 0, or -1 and errno. */
int plane_remove(int dir, const char *plane);

#endif
