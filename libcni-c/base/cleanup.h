/* SPDX-License-Identifier: Apache-2.0 */
/* Ownership in the declaration: `closing int fd`, `freeing char *text`. The only way out of them is
 * take_fd() and take_ptr(), which leave nothing behind to release. */
#ifndef CNI_CLEANUP_H
#define CNI_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

static inline void cni_close_fdp(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cni_free_ptrp(void *ptr)
{
	free(*(void **)ptr);
}

/* A file descriptor, or -1 for none. */
#define closing __attribute__((cleanup(cni_close_fdp)))
/* A pointer from malloc(), or NULL. */
#define freeing __attribute__((cleanup(cni_free_ptrp)))

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define take_ptr(ptr)                                                                              \
	({                                                                                         \
		__typeof__(ptr) taken_ = (ptr);                                                    \
		(ptr) = NULL;                                                                      \
		taken_;                                                                            \
	})

#endif
