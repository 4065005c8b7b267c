/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test --vm runs it as well. */
/* Each plugin that makes an interface: a failed ADD leaves nothing, whichever step fails. */
#include "faults.h"
#include "interface_scene.h"
#include "trace.h"

#include "cleanup.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

#define LOG "/run/strace.log"

/* An IPAM plugin "odd" that prints only this on ADD. */
#define ANSWERS(text, code)                                                                        \
	"cat >/dev/null; [ $CNI_COMMAND = ADD ] || exit 0; echo '" text "'; exit " #code
#define ANSWER(of) ANSWERS("{\"cniVersion\":\"1.0.0\"," of "}", 0)

static const struct failure {
	const char *script; /* NULL: there is no such IPAM plugin */
	int code;
	const char *text;
} failures[] = {
	{NULL, CNI_ECONFIG, "odd"},
	{ANSWERS("{\"cniVersion\":\"1.0.0\",\"code\":11,\"msg\":\"not today\"}", 1), CNI_EAGAIN,
	 "not today"},
	{ANSWERS("nonsense", 0), CNI_EDECODE, "its answer"},
	{ANSWER("\"ips\":[]"), CNI_EDELEGATE, "missing IP config"},
	{ANSWER("\"ips\":[{\"address\":\"10.1.0.9/24\"},{\"address\":\"10.1.0.9/24\"}]"),
	 CNI_EKERNEL, "10.1.0.9/24"},
	{ANSWER("\"ips\":[{\"address\":\"10.1.0.9/24\"}],"
		"\"routes\":[{\"dst\":\"10.9.0.0/16\",\"gw\":\"10.200.0.1\"}]"),
	 CNI_EKERNEL, "10.9.0.0/16"},
};

static void add__failed_leaves_nothing(const struct interface_row *row)
{
	freeing char *config = interface_config(row, "1.0.0", "'ipam':{'type':'odd'}");
	struct pod red;

	interface_open(&red, "red", row);
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		freeing char *before = NULL;

		if (failures[i].script)
			bridge_add_script("odd", failures[i].script);
		before = bridge_snapshot();
		pod_add_fails(&red, config, failures[i].code, failures[i].text);
		bridge_assert_unchanged(before);
		interface_assert_nothing_in(&red);
	}
	pod_close(&red);
}

/* ---- errors of system calls ---- */

static void inject(struct pod *pod, const char *config, const char *before,
		   const struct fault_step *step, const char *error)
{
	struct plugin_call asked = pod_call(pod, "ADD", config);
	struct plugin_answer answer = faults_inject(&asked, LOG, step, error);

	if (answer.exit_code == 0) {
		pod_take(pod, &answer);
		pod_check(pod, config);
		pod_del(pod, config);
	} else {
		assert_non_null(answer.json);
		plugin_assert_error(&answer, cni_json_get(answer.json, "code")->valueint, NULL);
		/* When all is done but to say so, the attachment goes by DEL. */
		if (faults_hit_answer(LOG))
			pod_del(pod, config);
	}
	plugin_answer_clear(&answer);
	bridge_assert_unchanged(before);
	interface_assert_nothing_in(pod);
}

static void add__survives_an_error_of_any_system_call(const struct interface_row *row)
{
	static const char *const errors[] = {"ENOMEM", "EIO", "EINTR"};
	freeing char *config = interface_config(row, "1.1.0", IPAM46);
	freeing char *before = bridge_snapshot();
	freeing struct fault_steps *steps = cni_alloc(sizeof(*steps));
	unsigned int stride = trace_fault_stride(6);
	struct plugin_answer answer;
	struct plugin_call asked;
	struct pod red;

	if (!faults_possible())
		skip_because("strace is not installed");
	interface_open(&red, "red", row);
	asked = pod_call(&red, "ADD", config);
	answer = faults_learn(&asked, LOG, steps);
	pod_take(&red, &answer);
	plugin_answer_clear(&answer);
	pod_del(&red, config);
	assert_true(steps->count > 50);
	for (size_t i = 0; i < steps->count; i += stride)
		for (size_t j = 0; j < 3; j++)
			if (stride == 1 || j == i / stride % 3)
				inject(&red, config, before, &steps->items[i], errors[j]);
	pod_close(&red);
}

int main(void)
{
	static const struct interface_test tests[] = {
		interface_test(add__failed_leaves_nothing),
		interface_test(add__survives_an_error_of_any_system_call),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return interface_run(tests, sizeof(tests) / sizeof(*tests));
}
