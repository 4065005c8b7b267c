/* SPDX-License-Identifier: Apache-2.0 */
/* A request, written attribute by attribute: see nl.h. */
#include "nl.h"

#include <string.h>

void *cni_nl_init(struct cni_nl_message *m, uint16_t type, uint16_t flags, size_t extra)
{
	m->overflowed = false;
	m->header = mnl_nlmsg_put_header(m->buffer);
	m->header->nlmsg_type = type;
	m->header->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return mnl_nlmsg_put_extra_header(m->header, extra);
}

void cni_nl_put(struct cni_nl_message *m, uint16_t type, const void *data, size_t size)
{
	if (!mnl_attr_put_check(m->header, sizeof(m->buffer), type, size, data))
		m->overflowed = true;
}

void cni_nl_put_u8(struct cni_nl_message *m, uint16_t type, uint8_t value)
{
	cni_nl_put(m, type, &value, sizeof(value));
}

void cni_nl_put_u16(struct cni_nl_message *m, uint16_t type, uint16_t value)
{
	cni_nl_put(m, type, &value, sizeof(value));
}

void cni_nl_put_u32(struct cni_nl_message *m, uint16_t type, uint32_t value)
{
	cni_nl_put(m, type, &value, sizeof(value));
}

void cni_nl_put_string(struct cni_nl_message *m, uint16_t type, const char *text)
{
	cni_nl_put(m, type, text, strlen(text) + 1);
}

void cni_nl_put_ip(struct cni_nl_message *m, uint16_t type, const struct cni_ip *ip)
{
	if (cni_ip_is_set(ip))
		cni_nl_put(m, type, ip->bytes, cni_ip_size(ip));
}

void *cni_nl_put_header(struct cni_nl_message *m, size_t size)
{
	static char nowhere[256];

	if (mnl_nlmsg_get_payload_len(m->header) + size + NLMSG_HDRLEN > sizeof(m->buffer)) {
		m->overflowed = true;
		return nowhere;
	}
	return mnl_nlmsg_put_extra_header(m->header, size);
}

struct nlattr *cni_nl_nest_begin(struct cni_nl_message *m, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start_check(m->header, sizeof(m->buffer), type);

	if (!nest)
		m->overflowed = true;
	return nest;
}

void cni_nl_nest_end(struct cni_nl_message *m, struct nlattr *nest)
{
	if (nest)
		mnl_attr_nest_end(m->header, nest);
}
