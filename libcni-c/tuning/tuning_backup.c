/* SPDX-License-Identifier: Apache-2.0 */
#include "tuning_backup.h"

#include "cleanup.h"
#include "json.h"
#include "link.h"
#include "mem.h"
#include "netns_cookie.h"
#include "sysctl_path.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* ---- which namespace and link ---- */

/* The inode number is handed out again. Together with the index that the other end of a veth has on
 * the host, where indices go up, it is not. */
static int about_without_cookie(const struct cni_tuning_place *place,
				struct cni_tuning_about *about, struct cni_error *err)
{
	struct cni_error ignored;
	struct cni_link link;
	struct stat st;

	if (fstat(place->netns, &st) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "stat the network namespace");
	if (cni_link_get(place->nl, place->ifname, &link, &ignored) < 0)
		link.peer = 0;
	snprintf(about->netns, sizeof(about->netns), "%" PRIu64 ".%d", (uint64_t)st.st_ino,
		 link.peer);
	return 0;
}

int cni_tuning_about(const struct cni_tuning_place *place, const struct cni_tuning_about *known,
		     struct cni_tuning_about *ret_about, struct cni_error *err)
{
	bool is_numbered = strchr(known->netns, '.') != NULL;
	uint64_t cookie = is_numbered ? 0 : cni_netns_cookie(mnl_socket_get_fd(place->nl->socket));

	*ret_about = (struct cni_tuning_about){.index = place->index};
	if (!cookie)
		return about_without_cookie(place, ret_about, err);
	snprintf(ret_about->netns, sizeof(ret_about->netns), "%" PRIu64, cookie);
	return 0;
}

/* ---- the text ---- */

static void read_link(const cJSON *json, struct cni_link_settings *link)
{
	const char *mac = cni_json_get_string(json, "mac");
	const cJSON *promisc = cni_json_get(json, "promisc");
	const cJSON *allmulti = cni_json_get(json, "allmulti");
	const cJSON *txqlen = cni_json_get(json, "txQLen");
	const cJSON *mtu = cni_json_get(json, "mtu");

	if (mac && cni_mac_parse(mac, link->mac) == 0)
		link->given |= 1U << CNI_LINK_MAC;
	if (cJSON_IsBool(promisc)) {
		link->promisc = cJSON_IsTrue(promisc);
		link->given |= 1U << CNI_LINK_PROMISC;
	}
	if (cJSON_IsBool(allmulti)) {
		link->allmulti = cJSON_IsTrue(allmulti);
		link->given |= 1U << CNI_LINK_ALLMULTI;
	}
	if (cJSON_IsNumber(txqlen) && txqlen->valueint >= 0) {
		link->txqlen = (uint32_t)txqlen->valueint;
		link->given |= 1U << CNI_LINK_TXQLEN;
	}
	if (cJSON_IsNumber(mtu) && mtu->valueint > 0) {
		link->mtu = (uint32_t)mtu->valueint;
		link->given |= 1U << CNI_LINK_MTU;
	}
}

/* Where the last comma before `end` is, outside of strings, and what closes all that is open there,
 * innermost first. 0: there is none, or it is nested deeper than any of ours. */
#define DEPTH 8
static size_t find_cut(const char *text, const char *end, char ret_closing[DEPTH + 1])
{
	char open[DEPTH];
	size_t depth = 0;
	size_t cut = 0;
	bool quoted = false;
	bool is_behind_value = false;

	for (const char *c = text; *c && c < end; c++) {
		if (*c == '\\' && quoted && c[1])
			c++;
		else if (*c == '"')
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (strchr("{[", *c) && depth == DEPTH)
			return 0;
		else if (strchr("{[", *c))
			open[depth++] = *c == '{' ? '}' : ']';
		else if (strchr("}]", *c) && depth)
			depth--;
		else if (*c == ',' && depth && is_behind_value) {
			cut = (size_t)(c - text);
			for (size_t i = 0; i < depth; i++)
				ret_closing[i] = open[depth - 1 - i];
			ret_closing[depth] = '\0';
		}
		if (!isspace((unsigned char)*c))
			is_behind_value = quoted || !strchr(",:{[", *c);
	}
	return cut;
}

cJSON *cni_tuning_backup_json(const char *text)
{
	char closing_text[DEPTH + 1] = "";
	freeing char *whole = NULL;
	struct cni_error ignored;
	const char *end = text;
	cJSON *json = NULL;
	size_t cut;

	if (cni_json_parse_object(text, strlen(text), "it", &json, &ignored) == 0)
		return json;
	/* The Go plugin writes in place: a full disk or a power cut truncates the file. */
	cJSON_Delete(cJSON_ParseWithOpts(text, &end, false));
	cut = find_cut(text, end, closing_text);
	whole = cni_format("%.*s%s", (int)cut, text, closing_text);
	if (cni_json_parse_object(whole, strlen(whole), "it", &json, &ignored) < 0)
		return NULL;
	return json;
}

bool cni_tuning_backup_parse(const char *text, struct cni_tuning_backup *ret_backup)
{
	freeing_json cJSON *json = cni_tuning_backup_json(text);
	const char *netns;
	const cJSON *index;
	const cJSON *item;

	*ret_backup = (struct cni_tuning_backup){.about = {.index = 0}};
	if (!json)
		return false;
	netns = cni_json_get_string(json, "netns");
	index = cni_json_get(json, "ifindex");
	if (netns)
		snprintf(ret_backup->about.netns, CNI_TUNING_NETNS_SIZE, "%s", netns);
	if (cJSON_IsNumber(index))
		ret_backup->about.index = index->valueint;
	read_link(json, &ret_backup->earlier.link);
	cJSON_ArrayForEach (item, cni_json_get(json, "sysctls")) {
		const char *path = cni_json_get_string(item, "path");

		if (path && cni_sysctl_path_is_valid(path))
			cni_tuning_add_sysctl(&ret_backup->earlier, path,
					      cni_json_get_string(item, "value"));
	}
	return true;
}

void cni_tuning_backup_clear(struct cni_tuning_backup *backup)
{
	cni_tuning_clear(&backup->earlier);
	*backup = (struct cni_tuning_backup){.about = {.index = 0}};
}

static void write_link(cJSON *json, const struct cni_link_settings *link)
{
	char text[CNI_LINK_SETTING_TEXT_SIZE];

	if (cni_link_settings_have(link, CNI_LINK_MAC))
		cni_json_add_string(json, "mac", cni_link_setting_format(link, CNI_LINK_MAC, text));
	if (cni_link_settings_have(link, CNI_LINK_PROMISC))
		cni_json_add(json, "promisc", cJSON_CreateBool(link->promisc));
	if (cni_link_settings_have(link, CNI_LINK_MTU))
		cni_json_add_number(json, "mtu", link->mtu);
	if (cni_link_settings_have(link, CNI_LINK_ALLMULTI))
		cni_json_add(json, "allmulti", cJSON_CreateBool(link->allmulti));
	if (cni_link_settings_have(link, CNI_LINK_TXQLEN))
		cni_json_add_number(json, "txQLen", link->txqlen);
}

static cJSON *write_sysctls(const struct cni_tuning *tuning)
{
	cJSON *list = cni_json_array();

	for (size_t i = 0; i < tuning->sysctl_count; i++) {
		const struct cni_tuning_sysctl *sysctl = &tuning->sysctls[i];
		cJSON *item = cni_json_object();

		cni_json_add_string(item, "path", sysctl->path);
		if (sysctl->value)
			cni_json_add(item, "value", cJSON_CreateString(sysctl->value));
		cJSON_AddItemToArray(list, item);
	}
	return list;
}

char *cni_tuning_backup_print(const struct cni_owner *owner, const struct cni_tuning_backup *backup)
{
	freeing_json cJSON *json = cni_json_object();

	write_link(json, &backup->earlier.link);
	cni_json_add_string(json, "network", owner->network);
	cni_json_add_string(json, "container", owner->container);
	cni_json_add_string(json, "ifname", owner->ifname);
	cni_json_add_string(json, "netns", backup->about.netns);
	if (backup->about.index)
		cni_json_add_number(json, "ifindex", backup->about.index);
	if (backup->earlier.sysctl_count)
		cni_json_add(json, "sysctls", write_sysctls(&backup->earlier));
	return cni_json_print(json);
}

void cni_tuning_backup_add(struct cni_tuning_backup *backup, const struct cni_tuning *now)
{
	struct cni_link_settings link = now->link;

	/* The current values; those of the backup override them. */
	if (cni_link_settings_have(&backup->earlier.link, CNI_LINK_MAC))
		memcpy(link.mac, backup->earlier.link.mac, sizeof(link.mac));
	if (cni_link_settings_have(&backup->earlier.link, CNI_LINK_PROMISC))
		link.promisc = backup->earlier.link.promisc;
	if (cni_link_settings_have(&backup->earlier.link, CNI_LINK_ALLMULTI))
		link.allmulti = backup->earlier.link.allmulti;
	if (cni_link_settings_have(&backup->earlier.link, CNI_LINK_TXQLEN))
		link.txqlen = backup->earlier.link.txqlen;
	if (cni_link_settings_have(&backup->earlier.link, CNI_LINK_MTU))
		link.mtu = backup->earlier.link.mtu;
	link.given |= backup->earlier.link.given;
	backup->earlier.link = link;
	for (size_t i = 0; i < now->sysctl_count; i++)
		if (!cni_tuning_find_sysctl(&backup->earlier, now->sysctls[i].path))
			cni_tuning_add_sysctl(&backup->earlier, now->sysctls[i].path,
					      now->sysctls[i].value);
}
