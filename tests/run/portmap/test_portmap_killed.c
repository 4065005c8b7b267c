/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 at each system call of portmap, and the calls after it. The quick run tries some of the
 * calls, with CNI_C_SLOW in the environment all of them. */
#include "cleanup.h"
#include "published.h"
#include "test.h"
#include "trace.h"

#define PORTS_OF_RED PORTS(PORT(8080, 80, "tcp") "," PORT_AT("192.0.2.1", 53, 53, "udp"))
#define VALID(list)  ",'cni.dev/valid-attachments':[" list "]"

static struct pod red;
static struct pod blue;

static void attach(struct pod *pod, const char *name)
{
	freeing char *config = bridge_config("1.1.0", GATEWAY "," IPAM46);

	pod_open(pod, name);
	pod_add(pod, config);
}

static int setup(void **state)
{
	if (bridge_setup(state) < 0)
		return -1;
	attach(&red, "red");
	attach(&blue, "blue");
	return 0;
}

static int teardown(void **state)
{
	pod_close(&red);
	pod_close(&blue);
	return bridge_teardown(state);
}

#define killed_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Kills an ADD of red again and again; each time `clean` must make the host what it was. */
static void kill_everywhere(unsigned int stride, const struct plugin_call *clean)
{
	freeing char *config = portmap_config("1.1.0", PORTS_OF_RED);
	freeing char *with = pod_config(&red, config);
	struct plugin_call asked = portmap_call(&red, "ADD", with);
	freeing char *before = sandbox_snapshot();
	bool was_killed = true;
	unsigned int step = 0;

	for (; was_killed; step += stride) {
		was_killed = trace_kill(&asked, step);
		plugin_succeeds(clean);
		sandbox_assert_unchanged(before);
	}
	/* It did not end before anything was done. */
	assert_true(step > 25);
}

static void add__killed_anywhere_is_cleaned_up_by_del(void **state)
{
	freeing char *config = portmap_config("1.1.0", PORTS_OF_RED);
	struct plugin_call del = portmap_call(&red, "DEL", config);

	(void)state;
	kill_everywhere(trace_sparse_stride(13), &del);
}

/* The runtime may know neither the namespace any more nor the mappings. */
static void add__killed_anywhere_is_cleaned_up_by_a_del_that_knows_nothing(void **state)
{
	freeing char *config = portmap_config("1.1.0", "");
	struct plugin_call del = portmap_call(&red, "DEL", config);

	(void)state;
	del.netns = "";
	kill_everywhere(trace_sparse_stride(17), &del);
}

/* Beside ports that are valid, and stay. */
static void add__killed_anywhere_is_cleaned_up_by_gc(void **state)
{
	freeing char *of_blue = portmap_config("1.1.0", PORTS(PORT(8081, 80, "tcp")));
	freeing char *config = portmap_config("1.1.0", "'snat':true" VALID("{'containerID':'blue',"
									   "'ifname':'eth0'}"));
	struct plugin_call gc = portmap_call(&red, "GC", config);

	(void)state;
	gc.container = gc.netns = gc.ifname = NULL;
	pod_publish(&blue, of_blue);
	kill_everywhere(trace_sparse_stride(13), &gc);
	pod_check_published(&blue, of_blue);
}

/* The next ADD, of the same or another port, completes the rest of a killed one. */
static void add__killed_anywhere_is_completed_by_the_next(void **state)
{
	freeing char *config = portmap_config("1.1.0", PORTS_OF_RED);
	freeing char *other = portmap_config("1.1.0", PORTS(PORT(8088, 80, "tcp")));
	freeing char *with = pod_config(&red, config);
	struct plugin_call asked = portmap_call(&red, "ADD", with);
	freeing char *before = sandbox_snapshot();
	bool was_killed = true;

	(void)state;
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(17)) {
		was_killed = trace_kill(&asked, step);
		pod_publish(&red, step % 2 ? config : other);
		pod_check_published(&red, step % 2 ? config : other);
		pod_unpublish(&red, config);
		sandbox_assert_unchanged(before);
	}
}

/* A DEL that is killed is sent again. */
static void del__killed_anywhere_is_completed_by_the_next(void **state)
{
	freeing char *config = portmap_config("1.1.0", PORTS_OF_RED);
	struct plugin_call del = portmap_call(&red, "DEL", config);
	freeing char *before = sandbox_snapshot();
	bool was_killed = true;

	(void)state;
	for (unsigned int step = 0; was_killed; step += trace_sparse_stride(13)) {
		pod_publish(&red, config);
		was_killed = trace_kill(&del, step);
		plugin_succeeds(&del);
		sandbox_assert_unchanged(before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		killed_test(add__killed_anywhere_is_cleaned_up_by_del),
		killed_test(add__killed_anywhere_is_cleaned_up_by_a_del_that_knows_nothing),
		killed_test(add__killed_anywhere_is_cleaned_up_by_gc),
		killed_test(add__killed_anywhere_is_completed_by_the_next),
		killed_test(del__killed_anywhere_is_completed_by_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
