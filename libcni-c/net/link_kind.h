/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of links: one row for each. ADD writes the attributes of a row, CHECK reads them back. */
#ifndef CNI_LINK_KIND_H
#define CNI_LINK_KIND_H

#include "decls.h"
#include "link.h"
#include "nl.h"
#include "word.h"

#include <stdbool.h>
#include <stdint.h>

CNI_BEGIN_DECLS

#define CNI_LINK_VALUES 4

/* Words of configurations and of ip-link(8). */
extern const struct cni_word cni_link_macvlan_modes[];
extern const struct cni_word cni_link_ipvlan_modes[];
extern const struct cni_word cni_link_ipvlan_flags[];

/* A number in IFLA_INFO_DATA. */
struct cni_link_attribute {
	const char *key;	      /* as configurations call it: "mode" */
	uint16_t type;		      /* IFLA_MACVLAN_MODE; 0: the row has no more attributes */
	uint8_t size;		      /* bytes: 1, 2 or 4 */
	const struct cni_word *words; /* NULL: a plain number */
	bool is_exclusive; /* of the links on one parent, in all namespaces, one may have a value */
	/* Older kernels ignore the attribute and show none, newer ones show one in each link. */
	bool is_newer;
};

struct cni_link_kind {
	const char *name; /* IFLA_INFO_KIND */
	bool has_parent;  /* IFLA_LINK names the link that it is on */
	bool shares_mac;  /* it has the MAC of that link, and none can be given */
	/* On a link of its own kind, or of this one, it gets the parent of that link: cni_link_kind_parent(). */
	const char *twin;
	struct cni_link_attribute attributes[CNI_LINK_VALUES];
};

/* The rows. For `macvlan` attribute 0 is the mode, 1 the queue length of broadcasts; for `ipvlan` the mode and the
 * flags, for `vlan` the id, for `vrf` the table, for `bridge` VLAN filtering, for `tap` as CNI_TAP_* says. */
extern const struct cni_link_kind cni_link_bridge;
extern const struct cni_link_kind cni_link_veth;
extern const struct cni_link_kind cni_link_ifb;
extern const struct cni_link_kind cni_link_dummy;
extern const struct cni_link_kind cni_link_macvlan;
extern const struct cni_link_kind cni_link_ipvlan;
extern const struct cni_link_kind cni_link_vlan;
extern const struct cni_link_kind cni_link_vrf;
/* Read only: tap.h makes taps. */
extern const struct cni_link_kind cni_link_tap;
enum { CNI_TAP_TYPE, CNI_TAP_OWNER, CNI_TAP_GROUP, CNI_TAP_MULTI_QUEUE };

/* Values for the attributes of a kind, by their place in the row. */
struct cni_link_values {
	uint32_t given; /* bit i: values[i] is given; otherwise the kernel chooses it */
	uint32_t values[CNI_LINK_VALUES];
};

/* The IFLA_LINK of a link of this kind that is made on `on`: the index of `on`, or of its parent in the parent's
 * namespace (macvlan_common_newlink() and ipvlan_link_new() in the kernel's drivers/net). */
int cni_link_kind_parent(const struct cni_link_kind *kind, const struct cni_link *on);

/* Gives the attribute `index` of the kind the value of a word. Fails with CNI_ECONFIG, naming the words that
 * there are. */
int cni_link_choose(const struct cni_link_kind *kind, size_t index, const char *word,
		    struct cni_link_values *values, struct cni_error *err);

/* A new link, down. The kernel chooses members that are 0 or NULL. */
struct cni_link_new {
	const struct cni_link_kind *kind;
	const char *name;
	int netns;  /* a descriptor of the namespace that gets it; -1: that of the socket */
	int parent; /* an index in the namespace of the socket */
	int master; /* likewise: the bridge that it becomes a port of */
	const uint8_t *mac;
	uint32_t mtu;
	uint32_t
		queues; /* to send, and as many to receive; 0: of a veth one for each possible CPU, and one is used */
	struct cni_link_values values;
	const struct cni_link_new *peer; /* of a veth: name, netns, MAC, MTU and queues count */
};

/* Makes the link in one message: all of it or nothing. Fails with CNI_EKERNEL: errnum EEXIST if a name
 * is taken, EOPNOTSUPP if the kernel does not have the kind or an attribute. */
int cni_link_add(struct cni_nl *nl, const struct cni_link_new *link, struct cni_error *err);

/* Its message, and the words before the kernel's error (returns -1), for a caller that sends it with others. */
void cni_link_put_new(struct cni_nl_message *m, const struct cni_link_new *link);
int cni_link_fail_new(const struct cni_link_new *link, struct cni_error *err);

/* Reads the attributes of the link `index`, which is of this kind. */
int cni_link_get_values(struct cni_nl *nl, int index, const struct cni_link_kind *kind,
			struct cni_link_values *ret_values, struct cni_error *err);

/* Calls `cb` for each link of the kind, with its attributes. The results of `cb` are those of cni_nl_cb;
 * `restart` is as in cni_nl_dump(). */
int cni_link_each_values(struct cni_nl *nl, const struct cni_link_kind *kind,
			 int (*cb)(const struct cni_link *link,
				   const struct cni_link_values *values, void *data,
				   struct cni_error *err),
			 void (*restart)(void *data), void *data, struct cni_error *err);

/* Compares the attributes of a link of the namespace of `nl` with those that are given. Fails with
 * CNI_EMISMATCH, naming the attribute, what was expected and what was found. */
int cni_link_check_values(struct cni_nl *nl, const struct cni_link *link,
			  const struct cni_link_kind *kind, const struct cni_link_values *values,
			  struct cni_error *err);

CNI_END_DECLS

#endif
