/* SPDX-License-Identifier: Apache-2.0 */
/* Who something belongs to: one attachment, that is network, container and interface. Everything we
 * make bears its owner, so that DEL and GC find it without a namespace, a prevResult or a valid
 * configuration. */
#ifndef CNI_OWNER_H
#define CNI_OWNER_H

#include "decls.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* Room for an owner's text, with its NUL. nft(8) prints element comments up to 128 bytes, an
 * interface alias holds 255 (IFALIASZ, linux/if.h). */
#define CNI_OWNER_TEXT_SIZE 128

/* As IFNAMSIZ (linux/if.h), for those who do not speak to the kernel. */
#define CNI_IFNAME_SIZE 16

/* The strings belong to the caller. */
struct cni_owner {
	const char *network;   /* the network's name */
	const char *container; /* CNI_CONTAINERID */
	const char *ifname;    /* CNI_IFNAME */
};

/* "blue/4f1c…/eth0": what nf_tables comments and link aliases hold. A name or an id too long to fit
 * is cut and ends in '~' and 16 digits of its SHA-512, so that equal texts mean equal owners.
 * Returns `text`. */
const char *cni_owner_format(const struct cni_owner *owner, char text[CNI_OWNER_TEXT_SIZE]);

/* The beginning of the text of each owner in `network`: "blue/". Returns `text`. */
const char *cni_owner_format_network(const char *network, char text[CNI_OWNER_TEXT_SIZE]);

/* Is `text` (an alias, a comment; NULL allowed) that of an owner in `network`? */
bool cni_owner_text_is_of(const char *text, const char *network);

/* The name of the host's end: `prefix` (at most 4 characters) and 11 hexadecimal digits of the
 * SHA-512 of the owner's text. The same owner always gets the same name. Returns `name`. */
const char *cni_owner_ifname(const struct cni_owner *owner, const char *prefix,
			     char name[CNI_IFNAME_SIZE]);

/* The same from the text, which an alias or a comment holds. */
const char *cni_owner_text_ifname(const char *text, const char *prefix, char name[CNI_IFNAME_SIZE]);

/* The part of an owner's text that tells the container, as a copy that the caller frees; "" if
 * `text` is no owner's. Equal parts mean equal containers. */
char *cni_owner_text_container(const char *text);

/* Does this name look like one of those? */
bool cni_owner_is_ifname(const char *name, const char *prefix);

/* The attachments that a runtime says are valid (GC), sorted by cni_owners_sort(). */
struct cni_owners {
	struct cni_owner *items; /* the network's name is the same in all of them */
	size_t count;
};

/* Sorts, so that cni_owners_has() takes the logarithm of their number. */
void cni_owners_sort(struct cni_owners *owners);

/* Is this container's interface one of them? The network is not compared. */
bool cni_owners_has(const struct cni_owners *owners, const char *container, const char *ifname);

/* What GC takes away in a network: all that bears an owner's text and is of no valid one. */
struct cni_stale {
	const char *network;
	char **valid; /* the valid owners' texts, sorted */
	size_t count;
};

/* `network` must outlive it; `valid` is copied. */
struct cni_stale cni_stale_make(const char *network, const struct cni_owners *valid);
/* Frees what `stale` holds. */
void cni_stale_clear(struct cni_stale *stale);

/* Is `text` (an alias, a comment; NULL allowed) that of an owner in the network who is not valid?
 * Takes the logarithm of the number of valid ones. */
bool cni_stale_has(const struct cni_stale *stale, const char *text);

CNI_END_DECLS

#endif
