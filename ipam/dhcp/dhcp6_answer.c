/* SPDX-License-Identifier: Apache-2.0 */
#include "dhcp6_answer.h"

#include "cleanup.h"
#include "dhcp_search.h"

#include <string.h>

#define IA_HEADER      12 /* IAID, T1, T2 */
#define ADDRESS_HEADER 24 /* address, preferred and valid lifetime */

void dhcp6_answer_clear(struct dhcp6_answer *answer)
{
	cni_dns_clear(&answer->dns);
	*answer = (struct dhcp6_answer){.status = DHCP6_SUCCESS};
}

void dhcp6_answer_take(struct dhcp6_answer *to, struct dhcp6_answer *from)
{
	dhcp6_answer_clear(to);
	*to = *from;
	*from = (struct dhcp6_answer){.status = DHCP6_SUCCESS};
}

/* ---- addresses ---- */

struct cni_ip dhcp6_ip(const uint8_t bytes[16])
{
	struct cni_ip ip = {.family = AF_INET6};

	memcpy(ip.bytes, bytes, 16);
	return ip;
}

const char *dhcp6_fault_of_host(const struct cni_ip *ip)
{
	static const uint8_t zeroes[16];

	if (ip->bytes[0] == 0xff)
		return "its address is a multicast address";
	if (cni_ip_is_link_local(ip))
		return "its address is link-local";
	/* ::, ::1 and the IPv4-compatible addresses; ::ffff:0:0/96 (RFC 4291, section 2.5.5). */
	if (!memcmp(ip->bytes, zeroes, 12))
		return "its address is in ::/96";
	if (!memcmp(ip->bytes, zeroes, 10) && ip->bytes[10] == 0xff && ip->bytes[11] == 0xff)
		return "its address is IPv4-mapped";
	return NULL;
}

static uint16_t status_in(struct dhcp6_span options)
{
	struct dhcp6_option option;

	return dhcp6_find(options, DHCP6_STATUS, &option) && option.value.size >= 2
		       ? dhcp6_u16(option.value.bytes)
		       : DHCP6_SUCCESS;
}

/* RFC 8415, section 21.4: the client chooses times that are zero; section 14.2 recommends half and four fifths of the
 * shortest preferred lifetime. */
static void set_times(struct dhcp6_answer *answer, uint32_t t1, uint32_t t2, uint32_t preferred)
{
	uint32_t base = preferred ? preferred : answer->valid;

	answer->renewal = t1 ? t1 : base == DHCP6_FOREVER ? base : base / 2;
	answer->rebinding = t2 ? t2 : base == DHCP6_FOREVER ? base : (uint32_t)(base * 4ULL / 5);
	if (answer->rebinding > answer->valid)
		answer->rebinding = answer->valid;
	/* A server that answers at once must not be asked without a pause. */
	if (!answer->rebinding && answer->valid)
		answer->rebinding = 1;
	if (answer->renewal > answer->rebinding || !answer->renewal)
		answer->renewal = answer->rebinding;
}

static const char *read_address(struct dhcp6_span value, const uint8_t *times,
				const struct cni_ip *held, struct dhcp6_answer *answer)
{
	uint32_t preferred;
	struct cni_ip ip;
	const char *fault;
	uint16_t status;

	if (value.size < ADDRESS_HEADER)
		return "its address is damaged";
	ip = dhcp6_ip(value.bytes);
	fault = dhcp6_fault_of_host(&ip);
	if (fault)
		return fault;
	status = status_in(
		(struct dhcp6_span){value.bytes + ADDRESS_HEADER, value.size - ADDRESS_HEADER});
	if (status != DHCP6_SUCCESS) {
		answer->status = answer->status ? answer->status : status;
		return "a server refuses the address";
	}
	preferred = dhcp6_u32(value.bytes + 16);
	if (preferred > dhcp6_u32(value.bytes + 20))
		return "its preferred lifetime is longer than the valid one";
	/* An address with a time takes precedence over one that is taken back, and the held one over others. */
	if (cni_ip_is_set(&answer->ip) && !(held && cni_ip_equal(&ip, held)) && answer->valid)
		return NULL;
	if (cni_ip_is_set(&answer->ip) && answer->valid && !dhcp6_u32(value.bytes + 20))
		return NULL;
	answer->ip = ip;
	answer->valid = dhcp6_u32(value.bytes + 20);
	set_times(answer, dhcp6_u32(times), dhcp6_u32(times + 4), preferred);
	return NULL;
}

/* The association with our identifier. */
static const char *read_association(struct dhcp6_span value, const struct cni_ip *held,
				    struct dhcp6_answer *answer)
{
	const uint8_t *times = value.bytes + 4;
	struct dhcp6_span rest = {value.bytes + IA_HEADER, value.size - IA_HEADER};
	uint32_t t1 = dhcp6_u32(times);
	uint32_t t2 = dhcp6_u32(times + 4);
	const char *fault = NULL;
	struct dhcp6_option option;

	if (t1 && t2 && t1 > t2)
		return "its time to renew (T1) is after the one to rebind (T2)";
	if (!answer->status)
		answer->status = status_in(rest);
	while (dhcp6_next(&rest, &option)) {
		const char *found = NULL;

		if (option.code == DHCP6_IA_ADDRESS)
			found = read_address(option.value, times, held, answer);
		fault = found ? found : fault;
	}
	if (rest.size)
		return "an option runs over the end of another";
	return cni_ip_is_set(&answer->ip) || answer->status ? NULL : fault;
}

static const char *read_associations(struct dhcp6_span options, uint32_t iaid,
				     const struct cni_ip *held, struct dhcp6_answer *answer)
{
	const char *fault = NULL;
	struct dhcp6_option option;

	while (!cni_ip_is_set(&answer->ip) && dhcp6_next(&options, &option)) {
		if (option.code != DHCP6_IA_NA)
			continue;
		if (option.value.size < IA_HEADER)
			fault = "its association of addresses is damaged";
		else if (dhcp6_u32(option.value.bytes) != iaid)
			fault = "its association of addresses is for another interface (IAID)";
		else
			fault = read_association(option.value, held, answer);
	}
	return fault;
}

/* ---- resolver ---- */

static void add_once(char ***items, size_t *count, size_t most, const char *text)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp((*items)[i], text))
			return;
	if (*count < most)
		cni_dns_add(items, count, text);
}

void dhcp6_nameservers_read(struct dhcp6_span list, struct cni_dns *dns)
{
	for (size_t at = 0; at + 16 <= list.size; at += 16) {
		struct cni_ip ip = dhcp6_ip(list.bytes + at);
		char text[CNI_IP_TEXT_SIZE];

		if (!dhcp6_fault_of_host(&ip))
			add_once(&dns->nameservers, &dns->nameserver_count, DHCP6_NAMESERVERS_MAX,
				 cni_ip_format(&ip, text));
	}
}

void dhcp6_search_read(struct dhcp6_span list, struct cni_dns *dns)
{
	struct cni_dns found = {.search_count = 0};

	dhcp_search_read(list.bytes, list.size, &found);
	for (size_t i = 0; i < found.search_count; i++)
		add_once(&dns->search, &dns->search_count, DHCP_SEARCH_MAX, found.search[i]);
	cni_dns_clear(&found);
}

/* ---- all of it ---- */

static void read_number(struct dhcp6_span options, uint16_t code, uint32_t *ret_number)
{
	uint8_t bytes[4];

	if (dhcp6_find_exact(options, code, bytes, sizeof(bytes)))
		*ret_number = dhcp6_u32(bytes);
}

static void read_rest(struct dhcp6_span options, struct dhcp6_answer *answer)
{
	struct dhcp6_option option;

	dhcp6_find_exact(options, DHCP6_PREFERENCE, &answer->preference, 1);
	answer->is_rapid = dhcp6_find(options, DHCP6_RAPID_COMMIT, &option);
	read_number(options, DHCP6_REFRESH_TIME, &answer->refresh);
	read_number(options, DHCP6_SOL_MAX_RT, &answer->sol_max);
	if (dhcp6_find(options, DHCP6_NAMESERVERS, &option))
		dhcp6_nameservers_read(option.value, &answer->dns);
	if (dhcp6_find(options, DHCP6_SEARCH, &option))
		dhcp6_search_read(option.value, &answer->dns);
}

const char *dhcp6_answer_read(const struct dhcp6_packet *packet, uint32_t iaid,
			      const struct cni_ip *held, struct dhcp6_answer *ret_answer)
{
	struct dhcp6_span options = dhcp6_options(packet);
	const char *fault;

	*ret_answer = (struct dhcp6_answer){.status = status_in(options)};
	if (!dhcp6_find_duid(options, DHCP6_SERVER_ID, &ret_answer->server))
		return "it does not name its server";
	fault = read_associations(options, iaid, held, ret_answer);
	if (fault && !cni_ip_is_set(&ret_answer->ip)) {
		*ret_answer = (struct dhcp6_answer){.status = DHCP6_SUCCESS};
		return fault;
	}
	read_rest(options, ret_answer);
	return NULL;
}
