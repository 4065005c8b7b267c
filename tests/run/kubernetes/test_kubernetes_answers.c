/* SPDX-License-Identifier: Apache-2.0 */
/* The installer of conf/kubernetes and an API server that refuses, or is not what it should be: the installer says
 * so, writes nothing, and goes on. */
#include "kubernetes_scene.h"

#include "bridge.h"
#include "cleanup.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define FAILURE(message) "{'kind':'Status','status':'Failure','message':'" message "'}"

/* ---- the token ---- */

/* kubelet replaces the token by a link to a new directory. */
static void token__is_read_for_each_request(void **state)
{
	(void)state;
	sandbox_must("cd " ACCOUNT " && mkdir 1 2 && mv token 1/ && printf t2 >2/token && "
		     "ln -s 1 data && ln -s data/token token");
	kubernetes_node(BOTH_CIDRS);
	installer_start(NULL);
	installer_await("ready");
	api_server_set_token(api, "t2");
	installer_await("waiting: GET https://127.0.0.1:6443/api/v1/nodes/n1");
	installer_await("status 401: the API server refuses the token of the service account "
			"(Unauthorized)");
	assert_true(api->refused > 0);
	installer_assert_installed(RANGES_BOTH);
	sandbox_must("cd " ACCOUNT " && ln -s 2 new && mv -T new data");
	installer_await("ready");
	/* From now on the old one is refused. */
	sandbox_must("cd " ACCOUNT " && ln -s 1 new && mv -T new data");
	installer_await("status 401");
}

static void token__is_one_line(void **state)
{
	static const struct {
		const char *make;
		const char *text;
	} cases[] = {
		{"rm token", "waiting: the token of the service account: open"},
		{": >token", "holds no token: expected one line of printable characters"},
		{"printf '\\n\\n' >token", "holds no token"},
		{"printf 't1\\r\\nX: 1\\n' >token", "holds no token"},
		{"head -c 70000 /dev/zero | tr '\\0' t >token", "holds more than 65536 bytes"},
		{"rm token && mkdir token", "is not a regular file"},
	};

	(void)state;
	kubernetes_node(BOTH_CIDRS);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		sandbox_must("cd " ACCOUNT " && %s", cases[i].make);
		installer_start(NULL);
		installer_await(cases[i].text);
		installer_end(SIGTERM);
	}
	assert_int_equal(api->requests, 0);
	installer_assert_wrote_nothing(NULL);
}

/* ---- the certificate ---- */

static void certificate__is_of_the_cluster(void **state)
{
	static const char *const strangers[] = {"stranger", "elsewhere"};

	(void)state;
	for (size_t i = 0; i < sizeof(strangers) / sizeof(*strangers); i++) {
		kubernetes_serve(strangers[i]);
		kubernetes_node(BOTH_CIDRS);
		installer_start(NULL);
		installer_await("SSL peer certificate or SSH remote key was not OK");
		/* The server has not seen the token. */
		assert_int_equal(api->requests, 0);
		installer_assert_wrote_nothing(NULL);
		kubernetes_serve("server");
		kubernetes_node(BOTH_CIDRS);
		installer_await("ready");
		installer_end(SIGTERM);
		sandbox_must("rm " NODE_BIN "/* " CONFLIST);
	}
	sandbox_must("rm " ACCOUNT "/ca.crt");
	installer_start(NULL);
	installer_await("Problem with the SSL CA cert");
	sandbox_must("cp " SANDBOX_DIR "/ca.crt " ACCOUNT);
	installer_await("ready");
}

/* ---- answers ---- */

static void answer__that_is_no_node_is_waited_out(void **state)
{
	static const struct {
		const char *status;
		const char *body;
		const char *text;
	} cases[] = {
		{"403 Forbidden", FAILURE("nodes n1 is forbidden"),
		 "status 403: the service account may not get nodes: the ClusterRole or its "
		 "binding "
		 "is missing (nodes n1 is forbidden)"},
		{"404 Not Found", FAILURE("nodes n1 not found"),
		 "status 404: there is no Node of this name: NODE_NAME must be spec.nodeName"},
		{"429 Too Many Requests", "slow down", "nodes/n1: status 429"},
		{"500 Internal Server Error", FAILURE("etcd"), "nodes/n1: status 500 (etcd)"},
		{"503 Service Unavailable", "<html>", "nodes/n1: status 503"},
		{"302 Found", NODE(BOTH_CIDRS), "nodes/n1: status 302"},
		{"201 Created", NODE(BOTH_CIDRS), "nodes/n1: status 201"},
		{"200 OK", "", "an empty answer"},
		{"200 OK", "<html>", "the answer of the API server"},
		{"200 OK", "[]", "the answer of the API server"},
		{"200 OK", "{}", "is about nothing '', expected Node 'n1'"},
		{"200 OK", FAILURE("odd"), "is about Status '', expected Node 'n1'"},
		{"200 OK", NODE_NAMED("n2", BOTH_CIDRS), "is about Node 'n2', expected Node 'n1'"},
		{"200 OK", NODE("'podCIDRs':'10.244.1.0/24'"),
		 "spec.podCIDRs of node 'n1' is \"10.244.1.0/24\", expected a list of one prefix "
		 "of "
		 "each family"},
		{"200 OK", NODE("'podCIDRs':[7]"), "is [7], expected a list of one prefix"},
		{"200 OK", NODE("'podCIDRs':['10.244.1.0']"), "expected a list of one prefix"},
		{"200 OK", NODE("'podCIDRs':['10.244.1.0/33']"), "expected a list of one prefix"},
		{"200 OK", NODE("'podCIDRs':['']"), "expected a list of one prefix"},
		{"200 OK", NODE("'podCIDRs':['10.244.1.0/24','10.244.2.0/24']"),
		 "expected a list of one prefix"},
		{"200 OK", NODE("'podCIDRs':[" CIDR4 "," CIDR6 "," CIDR4 "]"),
		 "expected a list of one prefix"},
		{"200 OK", "{'kind':'Node','metadata':[],'spec':7}", "is about Node ''"},
	};

	(void)state;
	kubernetes_node("");
	installer_start(NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		kubernetes_answer(cases[i].status, cases[i].body);
		installer_await(cases[i].text);
		installer_assert_wrote_nothing(NULL);
	}
	kubernetes_node(BOTH_CIDRS);
	installer_await("ready");
	installer_assert_installed(RANGES_BOTH);
}

static void answer__is_bounded(void **state)
{
	(void)state;
	kubernetes_node(BOTH_CIDRS);
	api->mode = API_IS_ENDLESS;
	installer_start(NULL);
	installer_await("the answer has more than 2097152 bytes");
	api->mode = API_CUTS_OFF;
	installer_await("Transferred a partial file");
	installer_assert_wrote_nothing(NULL);
	api->mode = API_ANSWERS;
	installer_await("ready");
}

static void server__that_is_not_there_is_waited_for(void **state)
{
	(void)state;
	api_server_stop(api);
	api = NULL;
	installer_start(NULL);
	installer_await("Couldn't connect to server (");
	/* A wait that grows: in 20 ms and more there are tens of requests, not thousands. */
	sandbox_must("[ $(grep -c connect " INSTALLER_LOG ") = 1 ]");
	kubernetes_serve("server");
	kubernetes_node(BOTH_CIDRS);
	installer_await("ready");
}

/* A version that is no word would be a part of the URL. */
static void version__is_a_word(void **state)
{
	static const char *const versions[] = {"'1&x=y'", "'../pods'", "'1 2'", "7", "null"};
	char body[512];

	(void)state;
	installer_start(NULL);
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++) {
		snprintf(body, sizeof(body),
			 "{'kind':'Node','metadata':{'name':'n1','resourceVersion':%s},"
			 "'spec':{" BOTH_CIDRS "}}",
			 versions[i]);
		kubernetes_answer("200 OK", body);
		api_server_await(api, api->requests + 3);
		assert_string_equal(api->target, "/api/v1/nodes/n1");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		kubernetes_test(token__is_read_for_each_request),
		kubernetes_test(token__is_one_line),
		kubernetes_test(certificate__is_of_the_cluster),
		kubernetes_test(answer__that_is_no_node_is_waited_out),
		kubernetes_test(answer__is_bounded),
		kubernetes_test(server__that_is_not_there_is_waited_for),
		kubernetes_test(version__is_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
