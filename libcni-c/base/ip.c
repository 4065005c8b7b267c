/* SPDX-License-Identifier: Apache-2.0 */
#include "ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

int cni_ip_parse(const char *text, struct cni_ip *ret_ip)
{
	struct cni_ip ip = {0};

	if (inet_pton(AF_INET, text, ip.bytes) == 1) {
		ip.family = AF_INET;
	} else if (inet_pton(AF_INET6, text, ip.bytes) == 1) {
		ip.family = AF_INET6;
		if (!memcmp(ip.bytes, mapped_prefix, sizeof(mapped_prefix))) {
			struct cni_ip v4 = {.family = AF_INET};

			memcpy(v4.bytes, ip.bytes + sizeof(mapped_prefix), 4);
			ip = v4;
		}
	} else {
		return -1;
	}
	*ret_ip = ip;
	return 0;
}

int cni_net_parse(const char *text, struct cni_net *ret_net)
{
	const char *slash = strchr(text, '/');
	char address[CNI_IP_TEXT_SIZE];
	struct cni_net net = {0};
	unsigned long prefix;
	char *end;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return -1;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (cni_ip_parse(address, &net.ip) < 0)
		return -1;
	/* strtoul() would take a sign and blanks. */
	if (slash[1] < '0' || slash[1] > '9' || strlen(slash + 1) > 3)
		return -1;
	prefix = strtoul(slash + 1, &end, 10);
	if (*end)
		return -1;
	if (net.ip.family == AF_INET && strchr(address, ':')) {
		/* ::ffff:10.0.0.1/120 is 10.0.0.1/24. */
		if (prefix < 96)
			return -1;
		prefix -= 96;
	}
	if (prefix > cni_ip_bits(&net.ip))
		return -1;
	net.prefix = (uint8_t)prefix;
	*ret_net = net;
	return 0;
}

/* At most three digits, without leading zeroes. Returns the end. */
static char *put_byte(char *end, unsigned int byte)
{
	if (byte >= 100)
		*end++ = (char)('0' + byte / 100);
	if (byte >= 10)
		*end++ = (char)('0' + byte / 10 % 10);
	*end++ = (char)('0' + byte % 10);
	return end;
}

const char *cni_ip_format(const struct cni_ip *ip, char text[CNI_IP_TEXT_SIZE])
{
	char *end = text;

	/* An ADD formats a dozen: musl's inet_ntop() uses printf. */
	if (ip->family == AF_INET) {
		for (size_t i = 0; i < 4; i++) {
			end = put_byte(end, ip->bytes[i]);
			*end++ = '.';
		}
		end[-1] = '\0';
		return text;
	}
	if (!cni_ip_is_set(ip) || !inet_ntop(ip->family, ip->bytes, text, CNI_IP_TEXT_SIZE))
		text[0] = '\0';
	return text;
}

const char *cni_net_format(const struct cni_net *net, char text[CNI_NET_TEXT_SIZE])
{
	char address[CNI_IP_TEXT_SIZE];

	if (!cni_ip_is_set(&net->ip))
		text[0] = '\0';
	else
		snprintf(text, CNI_NET_TEXT_SIZE, "%s/%u", cni_ip_format(&net->ip, address),
			 (unsigned int)net->prefix);
	return text;
}

int cni_ip_compare(const struct cni_ip *a, const struct cni_ip *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, cni_ip_size(a));
}

bool cni_net_equal(const struct cni_net *a, const struct cni_net *b)
{
	return a->prefix == b->prefix && cni_ip_equal(&a->ip, &b->ip);
}

struct cni_ip cni_ip_next(const struct cni_ip *ip)
{
	struct cni_ip next = *ip;

	for (size_t i = cni_ip_size(ip); i-- > 0;)
		if (++next.bytes[i])
			break;
	return next;
}

struct cni_ip cni_ip_previous(const struct cni_ip *ip)
{
	struct cni_ip previous = *ip;

	for (size_t i = cni_ip_size(ip); i-- > 0;)
		if (previous.bytes[i]--)
			break;
	return previous;
}

/* Returns the bits of byte `i` that belong to a prefix of `prefix` bits. */
static uint8_t mask_byte(unsigned int prefix, size_t i)
{
	if (prefix >= (i + 1) * 8)
		return 0xff;
	if (prefix <= i * 8)
		return 0;
	return (uint8_t)(0xff << (8 - (prefix - i * 8)));
}

struct cni_net cni_net_masked(const struct cni_net *net)
{
	struct cni_net masked = *net;

	for (size_t i = 0; i < cni_ip_size(&net->ip); i++)
		masked.ip.bytes[i] &= mask_byte(net->prefix, i);
	return masked;
}

struct cni_ip cni_net_last(const struct cni_net *net)
{
	struct cni_ip last = net->ip;

	for (size_t i = 0; i < cni_ip_size(&net->ip); i++)
		last.bytes[i] |= (uint8_t)~mask_byte(net->prefix, i);
	return last;
}

bool cni_net_contains(const struct cni_net *net, const struct cni_ip *ip)
{
	if (net->ip.family != ip->family)
		return false;
	for (size_t i = 0; i < cni_ip_size(ip); i++)
		if ((net->ip.bytes[i] ^ ip->bytes[i]) & mask_byte(net->prefix, i))
			return false;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The character behind octet `i` of "0a:58:0a:f4:00:02", "0a-58-0a-f4-00-02" or "0a58.0af4.0002"; '\0': the next octet
 * follows at once. */
static char separator_behind(size_t i, char separator)
{
	if (i == CNI_MAC_SIZE - 1 || (separator == '.' && i % 2 == 0))
		return '\0';
	return separator;
}

/* The three forms of Go's net.ParseMAC. */
int cni_mac_parse(const char *text, uint8_t ret_mac[CNI_MAC_SIZE])
{
	char separator = strchr(text, '.') ? '.' : strchr(text, '-') ? '-' : ':';
	uint8_t mac[CNI_MAC_SIZE];

	for (size_t i = 0; i < CNI_MAC_SIZE; i++) {
		char expected = separator_behind(i, separator);
		int high = hex_digit(*text++);
		int low = high < 0 ? -1 : hex_digit(*text++);

		if (low < 0 || (expected && *text++ != expected))
			return -1;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	if (*text)
		return -1;
	memcpy(ret_mac, mac, sizeof(mac));
	return 0;
}

const char *cni_mac_format(const uint8_t mac[CNI_MAC_SIZE], char text[CNI_MAC_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < CNI_MAC_SIZE; i++) {
		text[3 * i] = digits[mac[i] >> 4];
		text[3 * i + 1] = digits[mac[i] & 15];
		text[3 * i + 2] = ':';
	}
	text[CNI_MAC_TEXT_SIZE - 1] = '\0';
	return text;
}
