/* SPDX-License-Identifier: Apache-2.0 */
/* An error injected at each system call of portmap, by strace(1). An ADD succeeds in spite of it,
 * or fails with an error in JSON and the host as it was; what a DEL or GC has not done the next one
 * does. The quick run tries some of the calls, with CNI_C_SLOW in the environment all of them. */
#include "cleanup.h"
#include "faults.h"
#include "mem.h"
#include "published.h"
#include "test.h"
#include "trace.h"

#include <stdlib.h>

#define LOG "/run/strace.log"

#define PORTS_OF_RED PORTS(PORT(8080, 80, "tcp") "," PORT_AT("192.0.2.1", 53, 53, "udp"))

static struct pod red;
static struct pod blue;

static int setup(void **state)
{
	freeing char *config = NULL;

	if (bridge_setup(state) < 0)
		return -1;
	config = bridge_config("1.1.0", GATEWAY "," IPAM46);
	pod_open(&red, "red");
	pod_add(&red, config);
	pod_open(&blue, "blue");
	pod_add(&blue, config);
	return 0;
}

static int teardown(void **state)
{
	pod_close(&red);
	pod_close(&blue);
	return bridge_teardown(state);
}

#define faults_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#define skip_unless_possible()                                                                     \
	do {                                                                                       \
		if (!faults_possible())                                                            \
			skip_because("strace is not installed");                                   \
	} while (0)

/* A plugin's call, its system calls, and the host to which everything is to come back. */
struct subject {
	struct plugin_call call;
	struct fault_steps steps;
	char *config; /* what red publishes */
	char *before;
};

typedef void injection(const struct subject *subject, const struct fault_step *step,
		       const char *error);

static struct subject *subject_new(const char *command, const char *config)
{
	struct subject *subject = cni_alloc(sizeof(*subject));

	*subject = (struct subject){.call = portmap_call(&red, command, config),
				    .config = portmap_config("1.1.0", PORTS_OF_RED),
				    .before = sandbox_snapshot()};
	return subject;
}

static void subject_free(struct subject *subject)
{
	free(subject->config);
	free(subject->before);
	free(subject);
}

static void learn(struct subject *subject)
{
	struct plugin_answer answer = faults_learn(&subject->call, LOG, &subject->steps);

	plugin_assert_success(&answer);
	plugin_answer_clear(&answer);
	assert_true(subject->steps.count > 25);
}

static void inject_everywhere(const struct subject *subject, unsigned int stride, injection *inject)
{
	static const char *const errors[] = {"ENOMEM", "EIO", "EINTR"};

	for (size_t i = 0; i < subject->steps.count; i += stride)
		for (size_t j = 0; j < 3; j++)
			if (stride == 1 || j == i / stride % 3)
				inject(subject, &subject->steps.items[i], errors[j]);
}

/* An error that people can read. */
static void assert_said(const struct plugin_answer *answer)
{
	assert_non_null(answer->json);
	plugin_assert_error(answer, cni_json_get(answer->json, "code")->valueint, NULL);
}

/* ---- ADD ---- */

static void inject_into_add(const struct subject *subject, const struct fault_step *step,
			    const char *error)
{
	struct plugin_answer answer = faults_inject(&subject->call, LOG, step, error);

	if (answer.exit_code == 0) {
		pod_check_published(&red, subject->config);
		pod_unpublish(&red, subject->config);
	} else {
		assert_said(&answer);
	}
	plugin_answer_clear(&answer);
	sandbox_assert_unchanged(subject->before);
}

static void assert_add_survives(unsigned int stride)
{
	freeing char *config = portmap_config("1.1.0", PORTS_OF_RED);
	freeing char *with = pod_config(&red, config);
	struct subject *subject = subject_new("ADD", with);

	learn(subject);
	pod_unpublish(&red, config);
	inject_everywhere(subject, stride, inject_into_add);
	subject_free(subject);
}

/* The first port of this host. */
static void add__survives_an_error_of_any_system_call(void **state)
{
	(void)state;
	skip_unless_possible();
	assert_add_survives(trace_fault_stride(9));
}

/* An ADD that finds the table. */
static void add__survives_an_error_beside_others(void **state)
{
	freeing char *config = portmap_config("1.1.0", PORTS(PORT(8081, 80, "tcp")));

	(void)state;
	skip_unless_possible();
	pod_publish(&blue, config);
	assert_add_survives(trace_fault_stride(13));
	pod_check_published(&blue, config);
}

/* ---- DEL, GC ---- */

/* The next DEL restores the host after any answer. */
static void inject_into_del(const struct subject *subject, const struct fault_step *step,
			    const char *error)
{
	struct plugin_answer answer;

	pod_publish(&red, subject->config);
	answer = faults_inject(&subject->call, LOG, step, error);
	if (answer.exit_code != 0) {
		assert_said(&answer);
		plugin_succeeds(&subject->call);
	}
	plugin_answer_clear(&answer);
	sandbox_assert_unchanged(subject->before);
}

static void assert_del_survives(const char *command, const char *more)
{
	freeing char *config = portmap_config("1.1.0", more);
	struct subject *subject = subject_new(command, config);

	pod_publish(&red, subject->config);
	learn(subject);
	inject_everywhere(subject, trace_fault_stride(13), inject_into_del);
	subject_free(subject);
}

static void del__survives_an_error_of_any_system_call(void **state)
{
	(void)state;
	skip_unless_possible();
	assert_del_survives("DEL", "");
}

static void gc__survives_an_error_of_any_system_call(void **state)
{
	(void)state;
	skip_unless_possible();
	assert_del_survives("GC", "'cni.dev/valid-attachments':[]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		faults_test(add__survives_an_error_of_any_system_call),
		faults_test(add__survives_an_error_beside_others),
		faults_test(del__survives_an_error_of_any_system_call),
		faults_test(gc__survives_an_error_of_any_system_call),
	};

	/* Which does not work when traced. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
