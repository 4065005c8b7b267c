/* SPDX-License-Identifier: Apache-2.0 */
#include "part_calls.h"

#include "kernel.h"
#include "sandbox.h"

#include <string.h>

struct cni_call part_call;
struct cni_result part_result;
struct cni_attachment part_at;
char part_host[CNI_IFNAME_SIZE];
struct cni_bridge_part part_bridge = {.name = "br0"};
struct cni_veth_part part_veth = {.master = "br0"};

static int visit(struct cni_attachment *at, const void *data, struct cni_error *err)
{
	(void)data;
	return cni_up_part_ops.visit(at, &(struct cni_up_part){.dad = true}, err);
}

static void open_for(enum cni_command command)
{
	struct cni_error err;

	part_call = (struct cni_call){
		.env = {.command = command,
			.container = "c1",
			.netns = "/run/netns/red",
			.ifname = "eth0",
			.args = "",
			.path = ""},
		.conf = {.name = "blue", .version = CNI_1_0_0},
		.owner = cni_owner_make("blue", "c1", "eth0"),
	};
	cni_attachment_begin(&part_call, &part_result, &(struct cni_visit){visit, NULL}, &part_at);
	if (cni_attachment_open(&part_at, &err) < 0)
		fail_msg("%s", err.msg);
}

void part_next(enum cni_command command)
{
	cni_attachment_close(&part_at);
	open_for(command);
}

int part_setup(void **state)
{
	if (sandbox_setup(state) < 0)
		return -1;
	sandbox_add_netns("red");
	part_result = (struct cni_result){0};
	open_for(CNI_ADD);
	cni_attachment_share(&part_at);
	strcpy(part_host, part_at.owner->key);
	return 0;
}

int part_teardown(void **state)
{
	(void)state;
	cni_attachment_close(&part_at);
	cni_result_clear(&part_result);
	sandbox_del_netns("red");
	return 0;
}

void part_add_pair(void)
{
	part_bridge.made = false;
	must(cni_bridge_part_ops.add(&part_at, &part_bridge, &err));
	must(cni_veth_part_ops.add(&part_at, &part_veth, &err));
}

void part_add_ip(const char *address, const char *gateway)
{
	const struct cni_result_ip ip = {
		.address = kernel_net(address), .gateway = kernel_ip(gateway), .interface = 2};

	cni_result_add_ip(&part_result, &ip);
}
