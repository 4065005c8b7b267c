/* SPDX-License-Identifier: Apache-2.0 */
/* host-device: moves a device of the host into the container, and gives it back. */
#include "host_local.h"
#include "link_plan.h"
#include "names.h"

#include <string.h>

struct host_device_conf {
	const char *device;
	const char *hwaddr;
	const char *kernelpath;
	const char *pci_bus_id;
	const char *device_id; /* runtimeConfig.deviceID */
	const char *id_of_multus;
	bool dpdk_mode;
	/* worked out by validate() */
	struct cni_device_request request;
	bool in_userspace;
};

static const struct cni_field fields[] = {
	CNI_FIELD(struct host_device_conf, "device", device, "The name of the link"),
	CNI_FIELD(struct host_device_conf, "hwaddr", hwaddr, "The link's MAC",
		  .type = CNI_TYPE_MAC),
	CNI_FIELD(struct host_device_conf, "kernelpath", kernelpath,
		  "A directory below /sys/devices/ that has a directory net"),
	CNI_FIELD(struct host_device_conf, "pciBusID", pci_bus_id,
		  "A PCI device, such as 0000:03:00.0"),
	CNI_FIELD(struct host_device_conf, "deviceID", id_of_multus,
		  "The device that Multus writes beside the same pciBusID, and that is "
		  "ignored"),
	CNI_FIELD(struct host_device_conf, "dpdkMode", dpdk_mode,
		  "The device has no link: a program drives it"),
	CNI_FIELD(struct host_device_conf, "deviceID", device_id,
		  "A PCI device or an auxiliary device: overrides pciBusID",
		  .section = {"runtimeConfig"}),
	{0},
};

/* Takes note of a key that names a device; a second one is refused. */
static int take(struct host_device_conf *conf, enum cni_device_by by, const char *key,
		const char *value, struct cni_error *err)
{
	if (!value || !*value)
		return 0;
	if (conf->request.value)
		return cni_fail(err, CNI_ECONFIG,
				"'%s' is \"%.128s\" and '%s' is \"%.128s\", expected one of them",
				conf->request.key, conf->request.value, key, value);
	conf->request = (struct cni_device_request){by, key, value};
	return 0;
}

/* The name of a directory in /sys/bus/<bus>/devices. */
static int check_id(const char *key, const char *id, struct cni_error *err)
{
	if (!strchr(id, '/') && *id != '.' && strlen(id) <= 63)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'%s' is \"%.64s\", expected a device such as \"0000:03:00.0\"", key, id);
}

/* Multus writes the device of a network with a resource name into every configuration, twice. */
static bool is_of_multus(const struct host_device_conf *conf)
{
	return conf->request.value && conf->pci_bus_id && conf->id_of_multus &&
	       !strcmp(conf->pci_bus_id, conf->id_of_multus);
}

/* It overrides pciBusID, as the PCI device or the auxiliary device that it is. */
static int take_device_id(struct host_device_conf *conf, struct cni_error *err)
{
	static const char key[] = "runtimeConfig.deviceID";
	const char *id = conf->device_id;

	if ((!id || !*id) && is_of_multus(conf))
		return 0;
	if (!id || !*id)
		return take(conf, CNI_DEVICE_BY_PCI, "pciBusID", conf->pci_bus_id, err);
	if (check_id(key, id, err) < 0)
		return -1;
	if (cni_device_is_on_bus("pci", id))
		return take(conf, CNI_DEVICE_BY_PCI, key, id, err);
	if (cni_device_is_on_bus("auxiliary", id))
		return take(conf, CNI_DEVICE_BY_AUXILIARY, key, id, err);
	return cni_fail(err, CNI_ECONFIG,
			"runtime config DeviceID %s not found or unsupported: '%s' must be in "
			"/sys/bus/pci/devices or /sys/bus/auxiliary/devices",
			id, key);
}

static int check_request(const struct cni_device_request *request, struct cni_error *err)
{
	uint8_t mac[CNI_MAC_SIZE];

	switch (request->by) {
	case CNI_DEVICE_BY_NAME:
		return cni_name_check_existing(request->value, "'device'", err);
	case CNI_DEVICE_BY_MAC:
		if (cni_mac_parse(request->value, mac) == 0)
			return 0;
		return cni_fail(err, CNI_ECONFIG,
				"'hwaddr' is \"%.64s\", expected a MAC address such as "
				"\"0a:58:0a:f4:00:02\"",
				request->value);
	case CNI_DEVICE_BY_PATH:
		if (!strncmp(request->value, "/sys/devices/", strlen("/sys/devices/")) &&
		    !strstr(request->value, "/../"))
			return 0;
		return cni_fail(err, CNI_ECONFIG,
				"kernel device path \"%.128s\" must be absolute and begin with "
				"/sys/devices/: 'kernelpath'",
				request->value);
	case CNI_DEVICE_BY_PCI:
	case CNI_DEVICE_BY_AUXILIARY:
		break;
	}
	return check_id(request->key, request->value, err);
}

/* The runtime chooses the device of a network with the capability deviceID, and only for an attachment: STATUS
 * and VALIDATE have none. */
static int require(const struct cni_call *call, const struct host_device_conf *conf,
		   struct cni_error *err)
{
	if (conf->request.value || call->env.command == CNI_STATUS ||
	    call->env.command == CNI_VALIDATE)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"specify either \"device\", \"hwaddr\", \"kernelpath\" or \"pciBusID\": "
			"none is there, nor 'runtimeConfig.deviceID'");
}

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct host_device_conf *conf = data;

	if (cni_link_plan_check(call, NULL, call->conf.ipam_type != NULL, err) < 0)
		return -1;
	conf->in_userspace = conf->dpdk_mode;
	if (take(conf, CNI_DEVICE_BY_NAME, "device", conf->device, err) < 0 ||
	    take(conf, CNI_DEVICE_BY_MAC, "hwaddr", conf->hwaddr, err) < 0 ||
	    take(conf, CNI_DEVICE_BY_PATH, "kernelpath", conf->kernelpath, err) < 0 ||
	    take_device_id(conf, err) < 0 || require(call, conf, err) < 0)
		return -1;
	if (!conf->request.value)
		return 0;
	if (check_request(&conf->request, err) < 0)
		return -1;
	if (conf->request.by != CNI_DEVICE_BY_PCI || call->env.command == CNI_VALIDATE ||
	    cni_device_is_in_userspace(conf->request.value, &conf->in_userspace, err) == 0)
		return 0;
	if (call->env.command == CNI_STATUS)
		err->code = CNI_EUNAVAILABLE;
	return -1;
}

/* DEL goes by the record, and gives back a device also if a program has it by now. */
static void host_device_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct host_device_conf *conf = data;
	const struct cni_moved_link_part device = {.device = conf->request,
						   .in_userspace = conf->in_userspace};
	const char *ipam = call->conf.ipam_type;

	if (!conf->in_userspace) {
		cni_link_plan(plan, call, NULL, &cni_moved_link_part_ops, &device);
		return;
	}
	if (ipam)
		cni_plan_lease(plan, .type = ipam);
	cni_plan_push(plan, &cni_moved_link_part_ops, &device);
	if (ipam)
		cni_plan_acquire(plan, .type = ipam);
}

static const struct cni_plugin host_device = {
	.type = "host-device",
	.version = CNI_C_VERSION,
	.delegates = true,
	.contained = &host_local_contained,
	.oldest = CNI_0_1_0,
	.conf_size = sizeof(struct host_device_conf),
	.fields = fields,
	.validate = validate,
	.plan = host_device_plan,
	.about = "Moves a device of the host into the container, and gives it back",
};

int main(void)
{
	return cni_plan_main(&host_device);
}
