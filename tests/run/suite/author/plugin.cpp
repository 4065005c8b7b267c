// SPDX-License-Identifier: Apache-2.0
// A plugin in C++, with the headers that its author may include.
#include <cni-c/chain.h>
#include <cni-c/cni.h>
#include <cni-c/parts.h>
#include <cni-c/plan.h>

struct conf {
	const char *text;
	uint32_t mtu;
	bool quiet;
	cni_net range;
};

static const cni_field fields[] = {
	CNI_FIELD(conf, "text", text, "A text"),
	CNI_FIELD(conf, "mtu", mtu, "A number", .section = {"runtimeConfig"}, .max = 65535),
	CNI_MEMBER(conf, "quiet", quiet),
	CNI_FIELD(conf, "range", range, "A prefix"),
	{},
};

static int add(const cni_call *call, cni_result *result, cni_error *err)
{
	conf conf = {};

	if (cni_decode(fields, call->conf.json, &conf, false, err) < 0)
		return -1;
	if (conf.mtu != 1400 || !conf.quiet || conf.range.prefix != 24)
		return cni_fail(err, CNI_ECONFIG, "mtu %u", conf.mtu);
	cni_result_add_interface(result, conf.text, nullptr, call->env.netns);
	return 0;
}

int main()
{
	static const cni_verbs verbs = {.type = "cpp", .version = "3.0.0", .add = add};

	return cni_verbs_main(&verbs);
}
