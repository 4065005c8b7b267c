/* SPDX-License-Identifier: Apache-2.0 */
/* Ownership in the declaration: `closing int fd`, `freeing char *text`. The only way out of them is
 * take_fd() and take_ptr(), which leave nothing behind to release.
 *
 * All lower-case words of this library are here, and no other header that is installed includes this
 * one: a program that wants the words for itself has them. */
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

/* The same for types of other headers, each of which declares the function. */
#define freeing_json	    __attribute__((cleanup(cni_json_deletep)))	   /* json.h */
#define clearing_stale	    __attribute__((cleanup(cni_stale_clear)))	   /* owner.h */
#define clearing_answer	    __attribute__((cleanup(cni_answer_clear)))	   /* exec.h */
#define closing_nl	    __attribute__((cleanup(cni_nl_close)))	   /* nl.h */
#define visiting	    __attribute__((cleanup(cni_netns_return)))	   /* netns.h */
#define clearing_link_names __attribute__((cleanup(cni_link_names_clear))) /* link_names.h */
#define closing_attachment  __attribute__((cleanup(cni_attachment_close))) /* attachment.h */
#define clearing_plan	    __attribute__((cleanup(cni_plan_clear)))	   /* plan.h */

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
