/* SPDX-License-Identifier: Apache-2.0 */
#include "nl_attr.h"

#include <linux/fib_rules.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define MAX_ERRNO 4095 /* the kernel's include/linux/err.h */

/* ---- messages ---- */

size_t cni_nl_header_size(uint16_t type)
{
	if (type >= CNI_NL_NFNL_TYPES)
		return sizeof(struct nfgenmsg);
	switch (type) {
	case NLMSG_ERROR:
		return sizeof(struct nlmsgerr);
	case NLMSG_DONE:
		/* Kernels before 2.6.21 send no number. */
		return 0;
	case RTM_NEWLINK:
		return sizeof(struct ifinfomsg);
	case RTM_NEWADDR:
		return sizeof(struct ifaddrmsg);
	case RTM_NEWROUTE:
		return sizeof(struct rtmsg);
	case RTM_NEWRULE:
		return sizeof(struct fib_rule_hdr);
	case RTM_NEWQDISC:
	case RTM_NEWTFILTER:
		return sizeof(struct tcmsg);
	case RTM_NEWNSID:
		return NLMSG_ALIGN(sizeof(struct rtgenmsg));
	default:
		return SIZE_MAX;
	}
}

bool cni_nl_is_there(const struct nlmsghdr *message, int left)
{
	return mnl_nlmsg_ok(message, left) && message->nlmsg_len <= (unsigned int)left;
}

bool cni_nl_is_whole(const struct nlmsghdr *message)
{
	size_t size = mnl_nlmsg_get_payload_len(message);
	const int *error = mnl_nlmsg_get_payload(message);

	if (size < cni_nl_header_size(message->nlmsg_type))
		return false;
	if (message->nlmsg_type == NLMSG_ERROR ||
	    (message->nlmsg_type == NLMSG_DONE && size >= sizeof(*error)))
		return *error >= -MAX_ERRNO && *error <= 0;
	return true;
}

/* ---- attributes ---- */

bool cni_nl_fits(const struct nlattr *attribute, const struct cni_nl_policy *policy)
{
	size_t size;

	if (policy->type == MNL_TYPE_UNSPEC || mnl_attr_validate(attribute, policy->type) < 0)
		return false;
	size = mnl_attr_get_payload_len(attribute);
	return size >= policy->least && (!policy->most || size <= policy->most);
}

struct index {
	const struct cni_nl_policy *policy;
	const struct nlattr **table;
	uint16_t max;
};

static int index_attribute(const struct nlattr *attribute, void *data)
{
	uint16_t type = mnl_attr_get_type(attribute);
	const struct index *index = data;

	/* Most attributes are not read. */
	if (type <= index->max && index->policy[type].type != MNL_TYPE_UNSPEC &&
	    cni_nl_fits(attribute, &index->policy[type]))
		index->table[type] = attribute;
	return MNL_CB_OK;
}

void cni_nl_parse_bytes(const void *bytes, size_t size, const struct cni_nl_policy *policy,
			const struct nlattr **table, uint16_t max)
{
	struct index index = {policy, table, max};

	for (size_t i = 0; i <= max; i++)
		table[i] = NULL;
	mnl_attr_parse_payload(bytes, size, index_attribute, &index);
}

void cni_nl_parse(const struct nlmsghdr *message, const struct cni_nl_policy *policy,
		  const struct nlattr **table, uint16_t max)
{
	size_t size = mnl_nlmsg_get_payload_len(message);
	size_t offset = cni_nl_header_size(message->nlmsg_type);

	if (offset > size)
		offset = size;
	cni_nl_parse_bytes((const char *)mnl_nlmsg_get_payload(message) + offset, size - offset,
			   policy, table, max);
}

void cni_nl_parse_nested(const struct nlattr *nest, const struct cni_nl_policy *policy,
			 const struct nlattr **table, uint16_t max)
{
	cni_nl_parse_bytes(nest ? mnl_attr_get_payload(nest) : NULL,
			   nest ? mnl_attr_get_payload_len(nest) : 0, policy, table, max);
}

/* ---- values ---- */

uint8_t cni_nl_u8(const struct nlattr *attribute, uint8_t otherwise)
{
	return attribute ? mnl_attr_get_u8(attribute) : otherwise;
}

uint16_t cni_nl_u16(const struct nlattr *attribute, uint16_t otherwise)
{
	return attribute ? mnl_attr_get_u16(attribute) : otherwise;
}

uint32_t cni_nl_u32(const struct nlattr *attribute, uint32_t otherwise)
{
	return attribute ? mnl_attr_get_u32(attribute) : otherwise;
}

uint64_t cni_nl_u64(const struct nlattr *attribute, uint64_t otherwise)
{
	return attribute ? mnl_attr_get_u64(attribute) : otherwise;
}

const char *cni_nl_string(const struct nlattr *attribute)
{
	return attribute ? mnl_attr_get_str(attribute) : "";
}

const void *cni_nl_binary(const struct nlattr *attribute, size_t *ret_size)
{
	if (ret_size)
		*ret_size = attribute ? mnl_attr_get_payload_len(attribute) : 0;
	return attribute ? mnl_attr_get_payload(attribute) : NULL;
}

bool cni_nl_ip(const struct nlattr *attribute, uint8_t family, struct cni_ip *ret_ip)
{
	*ret_ip = (struct cni_ip){.family = family};
	if (attribute && (family == AF_INET || family == AF_INET6) &&
	    mnl_attr_get_payload_len(attribute) == cni_ip_size(ret_ip)) {
		memcpy(ret_ip->bytes, mnl_attr_get_payload(attribute), cni_ip_size(ret_ip));
		return true;
	}
	*ret_ip = (struct cni_ip){0};
	return false;
}
