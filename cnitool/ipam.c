/* SPDX-License-Identifier: Apache-2.0 */
#include "ipam.h"

#include "cleanup.h"
#include "mem.h"
#include "request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HOST_LOCAL "host-local"
#define DHCP	   "dhcp"

/* ---- plugins ---- */

/* BuildKit's is called buildkit-cni-host-local. */
static bool is_type(const char *type, const char *name)
{
	size_t length = strlen(type);
	const char *end = length < strlen(name) ? "" : type + length - strlen(name);

	return !strcmp(end, name) && (end == type || end[-1] == '-');
}

static bool uses(const cJSON *plugin, const char *name)
{
	const char *type = cni_json_get_string(cni_json_get(plugin, "ipam"), "type");

	return type && is_type(type, name);
}

static int read_call(const struct tool *tool, const cJSON *plugin, struct cni_call *call,
		     struct cni_error *err)
{
	struct cni_request request = {.command = CNI_ADD, .capability_args = tool->capability_args};
	freeing_json cJSON *config = cni_request_config(&request, &tool->list, plugin);
	freeing char *input = cni_json_print_compact(config);
	const char *args = tool->options->args;

	call->env = (struct cni_env){
		.command = CNI_ADD,
		.container = "",
		.netns = "",
		.ifname = tool->options->ifname,
		.args = args ? args : "",
		.path = tool->options->plugin_path,
	};
	return cni_conf_read(input, strlen(input), CNI_ADD, CNI_0_1_0, &call->conf, err);
}

/* With Kubernetes the ranges of a node come from the runtime, and that is not here to say them. */
static int fail_conf(const cJSON *plugin, const struct tool *tool, struct cni_error *err)
{
	const cJSON *declared = cni_json_get(cni_json_get(plugin, "capabilities"), "ipRanges");

	if (cJSON_IsTrue(declared) && !cni_json_get(tool->capability_args, "ipRanges"))
		cni_fail_details(err, "the plugin has the capability 'ipRanges': CAP_ARGS can say "
				      "what the runtime sends for it");
	return cni_fail_within(err, "plugin '%s'", cni_conflist_type(plugin));
}

static int add_plugin(struct ipam *ipam, struct tool *tool, const cJSON *plugin, bool places,
		      struct cni_error *err)
{
	struct ipam_plugin *added;

	ipam->plugins =
		cni_realloc_array(ipam->plugins, ipam->plugin_count + 1, sizeof(*ipam->plugins));
	added = &ipam->plugins[ipam->plugin_count++];
	*added = (struct ipam_plugin){.type = cni_conflist_type(plugin)};
	if (read_call(tool, plugin, &added->call, err) < 0)
		return fail_conf(plugin, tool, err);
	if (host_local_conf_read(&added->call, &added->conf, err) == 0)
		return 0;
	fail_conf(plugin, tool, err);
	if (!places)
		return -1;
	cni_warn(&tool->warnings, "ADD would fail: %s", err->msg);
	added->conf.place = host_local_conf_place(&added->call);
	return 0;
}

/* ---- ledgers ---- */

/* Several paths may name the same directory. */
static bool is_same_place(const struct place *a, const struct place *b)
{
	struct stat one;
	struct stat other;

	if (!strcmp(a->data_dir, b->data_dir))
		return true;
	return stat(a->data_dir, &one) == 0 && stat(b->data_dir, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static struct ipam_ledger *ledger_at(struct ipam *ipam, const struct place *place)
{
	struct ipam_ledger *ledger;

	for (size_t i = 0; i < ipam->ledger_count; i++)
		if (is_same_place(&ipam->ledgers[i].place, place))
			return &ipam->ledgers[i];
	ipam->ledgers =
		cni_realloc_array(ipam->ledgers, ipam->ledger_count + 1, sizeof(*ipam->ledgers));
	ledger = &ipam->ledgers[ipam->ledger_count++];
	*ledger = (struct ipam_ledger){.place = *place};
	return ledger;
}

static void make_ledgers(struct ipam *ipam)
{
	for (size_t i = 0; i < ipam->plugin_count; i++) {
		const struct host_local_conf *conf = &ipam->plugins[i].conf;
		struct ipam_ledger *ledger = ledger_at(ipam, &conf->place);

		ledger->confs = cni_realloc_array(ledger->confs, ledger->conf_count + 1,
						  sizeof(*ledger->confs));
		ledger->confs[ledger->conf_count++] = conf;
	}
}

/* ---- all ---- */

static void add_source(struct ipam *ipam, const struct ipam_source *source)
{
	ipam->sources =
		cni_realloc_array(ipam->sources, ipam->source_count + 1, sizeof(*ipam->sources));
	ipam->sources[ipam->source_count++] = *source;
}

static void make_sources(struct tool *tool, struct ipam *ipam)
{
	struct ipam_source source = {.backend = &ipam_host_local, .tool = tool, .ipam = ipam};

	for (size_t i = 0; i < ipam->ledger_count; i++) {
		source.ledger = &ipam->ledgers[i];
		source.place = source.ledger->place.data_dir;
		add_source(ipam, &source);
	}
	source = (struct ipam_source){
		.backend = &ipam_dhcp, .tool = tool, .ipam = ipam, .place = "/run/cni/" DHCP};
	if (ipam->dhcp)
		add_source(ipam, &source);
}

static int open_ipam(struct tool *tool, bool places, struct ipam *ret_ipam, struct cni_error *err)
{
	const cJSON *plugin;

	*ret_ipam = (struct ipam){0};
	if (tool_load(tool, err) < 0)
		return -1;
	cJSON_ArrayForEach (plugin, tool->list.plugins) {
		if (uses(plugin, DHCP) && !ret_ipam->dhcp)
			ret_ipam->dhcp = plugin;
		if (uses(plugin, HOST_LOCAL) && add_plugin(ret_ipam, tool, plugin, places, err) < 0)
			return cni_fail_within(err, "network '%s'", tool->list.name);
	}
	if (!ret_ipam->plugin_count && !ret_ipam->dhcp)
		return cni_fail(err, CNI_ECONFIG,
				"network '%s' has no ledger: none of its plugins has '" HOST_LOCAL
				"' or '" DHCP "' for its 'ipam.type'",
				tool->list.name);
	make_ledgers(ret_ipam);
	make_sources(tool, ret_ipam);
	return 0;
}

int ipam_open(struct tool *tool, struct ipam *ret_ipam, struct cni_error *err)
{
	return open_ipam(tool, false, ret_ipam, err);
}

int ipam_open_places(struct tool *tool, struct ipam *ret_ipam, struct cni_error *err)
{
	return open_ipam(tool, true, ret_ipam, err);
}

void ipam_close(struct ipam *ipam)
{
	for (size_t i = 0; i < ipam->plugin_count; i++) {
		host_local_conf_clear(&ipam->plugins[i].conf);
		cni_conf_clear(&ipam->plugins[i].call.conf);
	}
	for (size_t i = 0; i < ipam->ledger_count; i++)
		free(ipam->ledgers[i].confs);
	free(ipam->plugins);
	free(ipam->ledgers);
	free(ipam->sources);
	*ipam = (struct ipam){0};
}

/* ---- leases ---- */

const char *ipam_boot(const struct lease *lease, const struct boot_id *now)
{
	if (lease_is_stale(lease, now))
		return "earlier";
	return *lease->boot.digits && *now->digits ? "this" : "unknown";
}

const char *ipam_netns(const struct lease *lease, const struct boot_id *now,
		       const struct census *census)
{
	return lease_is_stale(lease, now) ? "gone" : census_ask(census, &lease->netns);
}

bool ipam_is_gone(const struct lease *lease, const struct boot_id *now, const struct census *census)
{
	return lease->state == LEASE_HELD && !lease_is_stale(lease, now) &&
	       !strcmp(census_ask(census, &lease->netns), "gone");
}

int ipam_check_readable(const struct place *place, const struct listing *leases,
			struct cni_error *err)
{
	for (size_t i = 0; i < leases->count; i++)
		if (leases->items[i].state == LEASE_OPAQUE && leases->items[i].errnum == EACCES)
			return cni_fail_errno(err, CNI_EIO, EACCES,
					      "read the reservations in '%s/%s'", place->data_dir,
					      place->network);
	return 0;
}

bool ipam_has_ledger(const struct cni_conflist *list)
{
	const cJSON *plugin;

	cJSON_ArrayForEach (plugin, list->plugins) {
		if (uses(plugin, HOST_LOCAL) || uses(plugin, DHCP))
			return true;
	}
	return false;
}

const char *ipam_age(time_t since, char text[AGE_TEXT_SIZE])
{
	return ipam_span(difftime(time(NULL), since), text);
}

const char *ipam_span(double seconds, char text[AGE_TEXT_SIZE])
{
	static const struct {
		long seconds;
		char letter;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	/* Clocks are set back. */
	long age = seconds > 0 ? (long)seconds : 0;
	size_t i = 0;

	while (units[i].seconds > 1 && age < units[i].seconds)
		i++;
	snprintf(text, AGE_TEXT_SIZE, "%ld%c", age / units[i].seconds, units[i].letter);
	return text;
}
