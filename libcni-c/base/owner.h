/* SPDX-License-Identifier: Apache-2.0 */
/* An owner is one attachment: network, container and interface. Everything we make names its owner,
 * so DEL and GC find it without a namespace, a prevResult or a valid configuration. */
#ifndef CNI_OWNER_H
#define CNI_OWNER_H

#include "decls.h"

#include <stdbool.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* Room for an owner's text, with its NUL. nft(8) prints element comments up to 128 bytes, an
 * interface alias holds 255 (IFALIASZ, linux/if.h). */
#define CNI_OWNER_TEXT_SIZE 128

/* As IFNAMSIZ (linux/if.h), for code that does not speak to the kernel. */
#define CNI_IFNAME_SIZE 16

/* The strings belong to the caller. `text` and `key` are empty unless cni_owner_make() or
 * cni_owner_of_text() has filled them: each may cost a SHA-512, and files, lists and the cache need
 * neither. Element comments, link aliases and ways back need both. */
struct cni_owner {
	const char *network;   /* the network's name */
	const char *container; /* CNI_CONTAINERID */
	const char *ifname;    /* CNI_IFNAME */
	/* "blue/4f1c…/eth0". A name or an id too long to fit is cut and ends in '~' and 16 digits
	 * of its SHA-512, so equal texts mean equal owners. */
	char text[CNI_OWNER_TEXT_SIZE];
	/* The name of the host's end: "veth" and 11 hexadecimal digits of the text's SHA-512. */
	char key[CNI_IFNAME_SIZE];
};

/* An owner with its texts. The names must outlive the owner. */
struct cni_owner cni_owner_make(const char *network, const char *container, const char *ifname);

/* The owner that a comment or an alias names: `text` and `key` only, the names are NULL. */
struct cni_owner cni_owner_of_text(const char *text);

/* The text alone, for an owner without its texts. Returns `text`. */
const char *cni_owner_format(const struct cni_owner *owner, char text[CNI_OWNER_TEXT_SIZE]);

/* The beginning of the text of each owner in `network`: "blue/". Returns `text`. */
const char *cni_owner_format_network(const char *network, char text[CNI_OWNER_TEXT_SIZE]);

/* True if `text` (an alias, a comment; NULL allowed) names an owner in `network`. */
bool cni_owner_text_is_of(const char *text, const char *network);

/* The name of another link of the owner: `prefix` (at most 4 characters) and the digits of the key.
 * Returns `name`. */
const char *cni_owner_ifname(const struct cni_owner *owner, const char *prefix,
			     char name[CNI_IFNAME_SIZE]);

/* The container's part of an owner's text, as a copy that the caller frees; "" if `text` names no
 * owner. Equal parts mean equal containers. */
char *cni_owner_text_container(const char *text);

/* True if the name has the form of a cni_owner_ifname(); of a key. */
bool cni_owner_is_ifname(const char *name, const char *prefix);
bool cni_owner_is_key(const char *name);

/* The attachments that a runtime says are valid (GC), sorted by cni_owners_sort(). */
struct cni_owners {
	struct cni_owner *items; /* the network's name is the same in all of them */
	size_t count;
};

/* Sorts by container and interface: cni_owners_has() then takes the logarithm of their number. */
void cni_owners_sort(struct cni_owners *owners);

/* True if this container's interface is among them. The network is not compared. */
bool cni_owners_has(const struct cni_owners *owners, const char *container, const char *ifname);
/* True if any interface of the container is among them. */
bool cni_owners_has_container(const struct cni_owners *owners, const char *container);

/* GC removes what has the text of an owner in the network that is not valid. */
struct cni_stale {
	const char *network;
	char **valid; /* the valid owners' texts, sorted */
	size_t count;
};

/* `network` must outlive the struct; `valid` is copied. */
struct cni_stale cni_stale_make(const char *network, const struct cni_owners *valid);
/* Frees what `stale` holds. */
void cni_stale_clear(struct cni_stale *stale);

/* True if `text` (an alias, a comment; NULL allowed) names an owner in the network that is not
 * valid. Takes the logarithm of the number of valid ones. */
bool cni_stale_has(const struct cni_stale *stale, const char *text);

CNI_END_DECLS

#endif
