/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of a netlink message that are safe to read. A reader describes what it reads in a
 * table, by attribute type; an attribute whose length or text does not fit its row is treated as
 * missing. The getters rely on that.
 *
 *	static const struct cni_nl_policy policy[IFLA_MAX + 1] = {
 *		[IFLA_IFNAME] = {MNL_TYPE_NUL_STRING},
 *		[IFLA_MTU] = {MNL_TYPE_U32},
 *	};
 *	const struct nlattr *table[IFLA_MAX + 1];
 *
 *	cni_nl_parse(message, policy, table, IFLA_MAX);
 *	link->mtu = cni_nl_u32(table[IFLA_MTU], 0); */
#ifndef CNI_NL_ATTR_H
#define CNI_NL_ATTR_H

#include "decls.h"
#include "ip.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

CNI_BEGIN_DECLS

/* A row of the table. The row of a type that is not read is all zeroes. */
struct cni_nl_policy {
	/* MNL_TYPE_U8 to MNL_TYPE_U64, MNL_TYPE_NUL_STRING, MNL_TYPE_BINARY or MNL_TYPE_NESTED. */
	enum mnl_attr_data_type type;
	uint16_t least; /* bytes of a MNL_TYPE_BINARY */
	uint16_t most;	/* bytes of a MNL_TYPE_BINARY or, with its NUL, of a text; 0: any number */
};

/* True if the attribute, which lies in its message or nest, fits the row. */
bool cni_nl_fits(const struct nlattr *attribute, const struct cni_nl_policy *policy);

/* From here on types are nfnetlink's, whose upper byte is a subsystem; below, rtnetlink's. */
#define CNI_NL_NFNL_TYPES 0x100

/* The size of the struct with which a message of this type begins: struct ifinfomsg of RTM_NEWLINK,
 * struct nfgenmsg of everything of nfnetlink, struct nlmsgerr of NLMSG_ERROR. SIZE_MAX for types
 * that no reader here knows. */
size_t cni_nl_header_size(uint16_t type);

/* True if `left` bytes at `message` begin with a message. libmnl's mnl_nlmsg_ok() accepts a
 * length of 2^31 and more, as a negative number. */
bool cni_nl_is_there(const struct nlmsghdr *message, int left);

/* True if the message holds that struct, and a NLMSG_ERROR or NLMSG_DONE a number that is an
 * error's (-4095 to 0, the kernel's include/linux/err.h). No reader sees another message. */
bool cni_nl_is_whole(const struct nlmsghdr *message);

/* Indexes the attributes behind the message's struct by type. `policy` and `table` have max + 1
 * entries each; an entry of `table` is NULL if there is no such attribute, or none that fits. */
void cni_nl_parse(const struct nlmsghdr *message, const struct cni_nl_policy *policy,
		  const struct nlattr **table, uint16_t max);

/* The attributes of a nest, an attribute of MNL_TYPE_NESTED; NULL has none. */
void cni_nl_parse_nested(const struct nlattr *nest, const struct cni_nl_policy *policy,
			 const struct nlattr **table, uint16_t max);

/* The attributes in `size` bytes at `bytes`, which are aligned to four bytes. */
void cni_nl_parse_bytes(const void *bytes, size_t size, const struct cni_nl_policy *policy,
			const struct nlattr **table, uint16_t max);

/* Values of attributes out of such a table; `otherwise` (or "") if the attribute is missing. */
uint8_t cni_nl_u8(const struct nlattr *attribute, uint8_t otherwise);
uint16_t cni_nl_u16(const struct nlattr *attribute, uint16_t otherwise);
uint32_t cni_nl_u32(const struct nlattr *attribute, uint32_t otherwise);
uint64_t cni_nl_u64(const struct nlattr *attribute, uint64_t otherwise);
const char *cni_nl_string(const struct nlattr *attribute);

/* The bytes of a MNL_TYPE_BINARY, aligned to four; NULL if it is missing. `ret_size` may be NULL.
 */
const void *cni_nl_binary(const struct nlattr *attribute, size_t *ret_size);

/* An address of `family` (AF_INET, AF_INET6) out of a MNL_TYPE_BINARY. False, and `ret_ip` unset,
 * if the attribute is missing or has another family's length. */
bool cni_nl_ip(const struct nlattr *attribute, uint8_t family, struct cni_ip *ret_ip);

CNI_END_DECLS

#endif
