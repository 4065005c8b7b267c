/* SPDX-License-Identifier: Apache-2.0 */
/* An attachment of a picture (picture.h), from its record in the cache or from its link. */
#ifndef PICTURE_ATTACHMENT_H
#define PICTURE_ATTACHMENT_H

#include "host_links.h"
#include "picture.h"

/* `links` must outlive it. picture_attachment_clear() afterwards. */
struct picture_attachment picture_attachment_of_record(const struct cni_cached *cached,
						       const struct node_links *links);

/* An attachment that is in no cache. False if the alias is not an owner's text. */
bool picture_attachment_of_link(const struct node_link *link, const struct node_links *links,
				struct picture_attachment *ret_attachment);

void picture_attachment_clear(struct picture_attachment *attachment);

/* The value of a key in "KEY=VALUE;KEY=VALUE" (NULL: none), for the caller to free; NULL: it has none. */
char *picture_argument(const char *args, const char *key);

#endif
