/* SPDX-License-Identifier: Apache-2.0 */
#include "tuning_conf.h"

#include "args.h"
#include "cleanup.h"
#include "decode.h"
#include "link.h"
#include "mem.h"
#include "sysctl_allowlist.h"
#include "sysctl_path.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_DATA_DIR "/run/cni/tuning"
#define SYSCTLS_MAX	 1000

#define NOT_GIVEN UINT32_MAX

/* The keys as they stand in it. */
struct keys {
	const char *data_dir;
	const char *mac;
	const char *mac_of_runtime; /* runtimeConfig.mac */
	const char *mac_of_args;    /* args.cni.mac; "" is no MAC, whatever the others say */
	bool promisc;
	uint32_t allmulti; /* enum cni_switch */
	uint32_t mtu;	   /* 0: as it is */
	uint32_t txqlen;   /* or NOT_GIVEN */
	const cJSON *sysctl;
	const cJSON *sysctl_of_args; /* args.cni.sysctl */
};

static const struct keys defaults = {.data_dir = "", .allmulti = CNI_KEEP, .txqlen = NOT_GIVEN};

/* True, false, or nothing said. */
static int decode_switch(const struct cni_field *field, const cJSON *value, void *member,
			 struct cni_error *err)
{
	bool on;

	if (cni_decode_bool(field, value, &on, err) < 0)
		return -1;
	*(uint32_t *)member = on ? CNI_ON : CNI_OFF;
	return 0;
}

#define SWITCH(key_, member_, help_, ...)                                                          \
	{                                                                                          \
		.key = (key_), .offset = offsetof(struct keys, member_), .decode = decode_switch,  \
		.help = CNI_HELP(help_), .type = CNI_TYPE_BOOLEAN, ##__VA_ARGS__                   \
	}

/* Keys that DEL and GC need as well. */
static const struct cni_field place_fields[] = {
	CNI_MEMBER(struct keys, "dataDir", data_dir),
	{0},
};

/* Where two rows are for one member, the later one wins. */
static const struct cni_field fields[] = {
	CNI_FIELD(struct keys, "dataDir", data_dir,
		  "The directory that keeps the earlier values until DEL",
		  .unless = DEFAULT_DATA_DIR),
	CNI_FIELD(struct keys, "mac", mac, "MAC of the interface: an empty one is as it is",
		  .type = CNI_TYPE_MAC, .unless = "as it is"),
	CNI_FIELD(struct keys, "mac", mac_of_runtime,
		  "MAC of the interface: overrides MAC of CNI_ARGS and the key mac",
		  .section = {"runtimeConfig"}, .type = CNI_TYPE_MAC),
	CNI_FIELD(struct keys, "mac", mac_of_args,
		  "MAC of the interface: overrides all others, and leaves it as it is if "
		  "empty",
		  .section = {"args", "cni"}, .type = CNI_TYPE_MAC),
	CNI_FIELD(struct keys, "promisc", promisc, "Promiscuous: false leaves it as it is"),
	CNI_FIELD(struct keys, "promisc", promisc,
		  "Promiscuous: overrides the key of the same name", .section = {"args", "cni"}),
	SWITCH("allmulti", allmulti, "Receives all multicast frames, or does not",
	       .unless = "as it is"),
	SWITCH("allmulti", allmulti,
	       "Receives all multicast frames: overrides the key of the same name",
	       .section = {"args", "cni"}),
	CNI_FIELD(struct keys, "mtu", mtu, "MTU of the interface: 0 is as it is"),
	CNI_FIELD(struct keys, "mtu", mtu,
		  "MTU of the interface: overrides the key of the same name",
		  .section = {"args", "cni"}),
	CNI_FIELD(struct keys, "txQLen", txqlen,
		  "Length of the transmit queue in packets: 0 is a length", .unless = "as it is"),
	CNI_FIELD(struct keys, "txQLen", txqlen,
		  "Length of the transmit queue: overrides the key of the same name",
		  .section = {"args", "cni"}),
	CNI_FIELD(struct keys, "sysctl", sysctl,
		  "Settings below /proc/sys/net in the container, set in their order: "
		  "IFNAME stands for the interface, at most 1,000",
		  .type = CNI_TYPE_MAP),
	CNI_FIELD(struct keys, "sysctl", sysctl_of_args,
		  "Settings of one attachment: override those of sysctl, key by key",
		  .section = {"args", "cni"}, .type = CNI_TYPE_MAP),
	{0},
};

static const struct cni_argument arguments[] = {
	CNI_ARGUMENT("MAC", "MAC of the interface: overrides the key mac"),
	{0},
};

const struct cni_description cni_tuning_description = {
	.about = "Changes settings of the container's interface, and sysctls of its network",
	.role = CNI_ROLE_CHAINED,
	.fields = fields,
	.defaults = &defaults,
	.arguments = arguments,
};

void cni_tuning_conf_clear(struct cni_tuning_conf *conf)
{
	cni_tuning_clear(&conf->wanted);
	free(conf->keys);
	*conf = (struct cni_tuning_conf){.data_dir = NULL};
}

static const char *data_dir_of(const struct keys *keys)
{
	return *keys->data_dir == '/' ? keys->data_dir : DEFAULT_DATA_DIR;
}

static int read_mac(const char *text, struct cni_link_settings *link, struct cni_error *err)
{
	static const uint8_t nobody[CNI_MAC_SIZE];

	if (!text || !*text)
		return 0;
	if (cni_mac_parse(text, link->mac) < 0)
		return cni_fail(err, CNI_ECONFIG,
				"invalid args %.64s for MAC addr: expected a hardware address such "
				"as \"0a:58:0a:f4:00:02\"",
				text);
	if (link->mac[0] & 1 || !memcmp(link->mac, nobody, sizeof(nobody)))
		return cni_fail(err, CNI_ECONFIG,
				"invalid args %.64s for MAC addr: it is %s address, expected one "
				"of a single interface",
				text, link->mac[0] & 1 ? "a multicast" : "nobody's");
	link->given |= 1U << CNI_LINK_MAC;
	return 0;
}

/* The precedence, highest first: args.cni, runtimeConfig, CNI_ARGS, the configuration. */
static int choose_mac(const struct cni_call *call, const struct keys *keys,
		      struct cni_link_settings *link, struct cni_error *err)
{
	freeing char *of_environment = NULL;
	const struct cni_arg known[] = {{"MAC", &of_environment}, {NULL, NULL}};
	const char *chosen = keys->mac_of_args;

	if (cni_args_parse(call->env.args, known, err) < 0)
		return -1;
	if (!chosen && keys->mac_of_runtime && *keys->mac_of_runtime)
		chosen = keys->mac_of_runtime;
	if (!chosen && of_environment && *of_environment)
		chosen = of_environment;
	return read_mac(chosen ? chosen : keys->mac, link, err);
}

static int read_link(const struct cni_call *call, const struct keys *keys,
		     struct cni_link_settings *link, struct cni_error *err)
{
	link->promisc = keys->promisc;
	link->allmulti = keys->allmulti == CNI_ON;
	link->txqlen = keys->txqlen;
	link->mtu = keys->mtu;
	/* Off is not asked for: a link may be promiscuous for reasons of its own. */
	link->given = (keys->promisc ? 1U << CNI_LINK_PROMISC : 0) |
		      (keys->allmulti != CNI_KEEP ? 1U << CNI_LINK_ALLMULTI : 0) |
		      (keys->txqlen != NOT_GIVEN ? 1U << CNI_LINK_TXQLEN : 0) |
		      (keys->mtu ? 1U << CNI_LINK_MTU : 0);
	return choose_mac(call, keys, link, err);
}

/* Keys from `mine` on are of the same object. */
static int add_sysctl(struct cni_tuning_conf *conf, size_t mine, const char *key, const char *value,
		      const char *ifname, struct cni_error *err)
{
	struct cni_tuning_sysctl *same;
	char path[CNI_SYSCTL_PATH_SIZE];

	if (cni_sysctl_path(key, ifname, path, err) < 0)
		return -1;
	same = cni_tuning_find_sysctl(&conf->wanted, path);
	if (same && same >= conf->wanted.sysctls + mine)
		return cni_fail(err, CNI_ECONFIG,
				"duplicated sysctl keys are not allowed: \"%.128s\" and \"%.128s\"",
				conf->keys[same - conf->wanted.sysctls], key);
	if (same) {
		conf->keys[same - conf->wanted.sysctls] = key;
		free(same->value);
		same->value = cni_strdup(value);
		return 0;
	}
	if (conf->wanted.sysctl_count == SYSCTLS_MAX)
		return cni_fail(err, CNI_ECONFIG, "there are more than %d sysctls", SYSCTLS_MAX);
	conf->keys =
		cni_realloc_array(conf->keys, conf->wanted.sysctl_count + 1, sizeof(*conf->keys));
	conf->keys[conf->wanted.sysctl_count] = key;
	cni_tuning_add_sysctl(&conf->wanted, path, value);
	return 0;
}

static int read_sysctls(const struct cni_call *call, const cJSON *object, const char *what,
			struct cni_tuning_conf *conf, struct cni_error *err)
{
	/* STATUS does not know the interface. */
	const char *ifname = *call->env.ifname ? call->env.ifname : "IFNAME";
	size_t mine = conf->wanted.sysctl_count;
	const cJSON *item;

	if (object && !cJSON_IsObject(object))
		return cni_fail(err, CNI_ECONFIG, "'%s' is %s, expected an object", what,
				cni_json_show(object));
	cJSON_ArrayForEach (item, object) {
		if (cJSON_IsNull(item))
			continue;
		if (!cJSON_IsString(item) || !*item->valuestring)
			return cni_fail(err, CNI_ECONFIG,
					"'%s': \"%.128s\" is %s, expected a string such as \"1\"",
					what, item->string, cni_json_show(item));
		if (add_sysctl(conf, mine, item->string, item->valuestring, ifname, err) < 0)
			return cni_fail_within(err, "'%s'", what);
	}
	return 0;
}

int cni_tuning_conf_read(const struct cni_call *call, struct cni_tuning_conf *ret_conf,
			 struct cni_error *err)
{
	struct keys keys = defaults;

	*ret_conf = (struct cni_tuning_conf){.data_dir = NULL};
	if (cni_decode(fields, call->conf.json, &keys, false, err) < 0)
		return -1;
	if (*keys.data_dir && *keys.data_dir != '/')
		return cni_fail(err, CNI_ECONFIG,
				"'dataDir' is \"%.128s\", expected an absolute path",
				keys.data_dir);
	ret_conf->data_dir = data_dir_of(&keys);
	if (read_link(call, &keys, &ret_conf->wanted.link, err) < 0 ||
	    read_sysctls(call, keys.sysctl, "sysctl", ret_conf, err) < 0)
		return -1;
	return read_sysctls(call, keys.sysctl_of_args, "args.cni.sysctl", ret_conf, err);
}

const char *cni_tuning_conf_data_dir(const struct cni_call *call)
{
	struct keys keys = defaults;
	struct cni_error ignored;

	cni_decode(place_fields, call->conf.json, &keys, true, &ignored);
	return data_dir_of(&keys);
}

int cni_tuning_conf_check_allowed(const struct cni_tuning_conf *conf, const char *path,
				  struct cni_error *err)
{
	struct cni_sysctl_allowlist list;
	int failed = 0;

	if (!conf->wanted.sysctl_count)
		return 0;
	if (cni_sysctl_allowlist_read(path, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < conf->wanted.sysctl_count && !failed; i++)
		failed = cni_sysctl_allowlist_check(&list, conf->keys[i], err);
	cni_sysctl_allowlist_clear(&list);
	return failed ? cni_fail_within(err, "'%s'", path) : 0;
}
