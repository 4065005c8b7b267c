/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* The manifests of conf/kubernetes: each promise of their README, in the files themselves and in what kubectl
 * makes of them. */
#include "bridge.h"
#include "cleanup.h"
#include "sandbox.h"
#include "test.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DIR	  CNI_C_SOURCE_DIR "/conf/kubernetes"
#define PYTHON	  "/usr/bin/python3"
#define OBJECTS	  SANDBOX_DIR "/objects.json" /* a list */
#define SOURCES	  "cat " DIR "/rbac.yaml; echo ---; cat " DIR "/daemonset.yaml"
#define KUSTOMIZE "kubectl kustomize " DIR
#define TO_JSON                                                                                    \
	PYTHON " -c 'import json, sys, yaml; "                                                     \
	       "print(json.dumps(list(yaml.safe_load_all(sys.stdin))))'"

#define skip_without_yaml()                                                                        \
	do {                                                                                       \
		if (sandbox_run(PYTHON " -c 'import yaml' 2>/dev/null") != 0)                      \
			skip_because("python3-yaml is not installed");                             \
	} while (0)
#define skip_without_kubectl()                                                                     \
	do {                                                                                       \
		if (sandbox_run("kubectl kustomize --help >/dev/null 2>&1") != 0)                  \
			skip_because("there is no kubectl with kustomize");                        \
	} while (0)

/* Fails the test unless the jq expression is true for the object of this kind. */
static void assert_true_of(const char *kind, const char *expression)
{
	if (sandbox_run(
		    "jq -e 'map(select(.kind == \"%s\")) | length == 1 and (.[0] | (%s))' " OBJECTS
		    " >/dev/null",
		    kind, expression) != 0)
		fail_msg("%s: not true: %s", kind, expression);
}

#define POD	  ".spec.template.spec"
#define CONTAINER ".spec.template.spec.containers[0]"

static void assert_rights(void)
{
	assert_true_of("ClusterRole", ".rules == [{apiGroups: [\"\"], resources: [\"nodes\"], "
				      "verbs: [\"get\"]}]");
	assert_true_of(
		"ClusterRoleBinding",
		".roleRef == {apiGroup: \"rbac.authorization.k8s.io\", kind: \"ClusterRole\", "
		"name: \"cni-c\"} and .subjects == [{kind: \"ServiceAccount\", "
		"name: \"cni-c\", namespace: \"kube-system\"}]");
	assert_true_of("ServiceAccount",
		       ".metadata.name == \"cni-c\" and .automountServiceAccountToken == false");
	sandbox_must("jq -e '[.[].kind] - [\"ServiceAccount\", \"ClusterRole\", "
		     "\"ClusterRoleBinding\", \"DaemonSet\", \"ConfigMap\"] == []' " OBJECTS
		     " >/dev/null");
}

static void assert_unprivileged(void)
{
	static const char *const promises[] = {
		CONTAINER ".securityContext == {runAsUser: 0, runAsGroup: 0, privileged: false, "
			  "allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, "
			  "capabilities: {drop: [\"ALL\"]}}",
		POD ".securityContext == {seccompProfile: {type: \"RuntimeDefault\"}}",
		"[" POD ".hostPID, " POD ".hostIPC, " POD ".shareProcessNamespace] == "
		"[null, null, null]",
		POD ".containers | length == 1",
		POD ".initContainers == null",
		"[" POD ".volumes[] | select(.hostPath) | .hostPath.path] | sort == "
		"[\"/etc/cni/net.d\", \"/opt/cni/bin\"]",
		"[" POD ".volumes[] | keys - [\"name\"] | .[0]] | sort == "
		"[\"configMap\", \"emptyDir\", \"hostPath\", \"hostPath\"]",
		"[" CONTAINER ".volumeMounts[] | {(.name): .mountPath}] | add == "
		"{bin: \"/host/opt/cni/bin\", \"net-d\": \"/host/etc/cni/net.d\", "
		"network: \"/etc/cni-c\", state: \"/run/cni-c\"}",
		CONTAINER ".ports == null",
	};

	for (size_t i = 0; i < sizeof(promises) / sizeof(*promises); i++)
		assert_true_of("DaemonSet", promises[i]);
}

static void assert_on_each_node(void)
{
	static const char *const promises[] = {
		POD ".tolerations == [{operator: \"Exists\"}]",
		POD ".priorityClassName == \"system-node-critical\"",
		POD ".hostNetwork == true",
		POD ".serviceAccountName == \"cni-c\"",
		POD ".nodeSelector == {\"kubernetes.io/os\": \"linux\"}",
		POD ".affinity == null",
		CONTAINER ".readinessProbe.exec.command == [\"/cni-c-installer\", \"ready\"]",
		CONTAINER ".env | map(select(.name == \"NODE_NAME\")) | .[0].valueFrom == "
			  "{fieldRef: {fieldPath: \"spec.nodeName\"}}",
		CONTAINER ".resources | .limits.memory and .requests.cpu and .requests.memory",
		".spec.selector.matchLabels == .spec.template.metadata.labels",
	};

	for (size_t i = 0; i < sizeof(promises) / sizeof(*promises); i++)
		assert_true_of("DaemonSet", promises[i]);
}

static void assert_promises(const char *yaml)
{
	sandbox_must("{ %s; } | " TO_JSON " >" OBJECTS, yaml);
	assert_rights();
	assert_unprivileged();
	assert_on_each_node();
}

static void files__keep_their_promises(void **state)
{
	(void)state;
	skip_without_yaml();
	assert_promises(SOURCES);
	/* The kustomization names the files above, and the network. */
	sandbox_must(TO_JSON " <" DIR "/kustomization.yaml | jq -e '.[0] | .namespace == "
			     "\"kube-system\" and .resources == [\"rbac.yaml\", "
			     "\"daemonset.yaml\"] and .configMapGenerator == [{name: "
			     "\"cni-c-network\", files: [\"network.conflist\"]}] and "
			     ".patches == null' >/dev/null");
}

static void kustomization__keeps_the_promises(void **state)
{
	(void)state;
	skip_without_yaml();
	skip_without_kubectl();
	assert_promises(KUSTOMIZE);
	sandbox_must("[ $(jq length " OBJECTS ") = 5 ]");
	sandbox_must("jq -e '[.[] | select(.kind | startswith(\"Cluster\") | not) | "
		     ".metadata.namespace] | unique == [\"kube-system\"]' " OBJECTS " >/dev/null");
	/* The DaemonSet mounts the map of the network by the name that has the digest. */
	sandbox_must("jq -e '(map(select(.kind == \"ConfigMap\"))[0]) as $map | "
		     "map(select(.kind == \"DaemonSet\"))[0].spec.template.spec.volumes[] | "
		     "select(.configMap) | .configMap.name == $map.metadata.name' " OBJECTS
		     " >/dev/null");
	sandbox_must(
		"jq -r 'map(select(.kind == \"ConfigMap\"))[0].data[\"network.conflist\"]' " OBJECTS
		" | diff -B - " DIR "/network.conflist");
}

/* Debian's python3-kubernetes is of Kubernetes 1.22: what is valid there is so in later versions. */
static void manifests__are_valid_for_kubernetes(void **state)
{
	bool has_kubectl;

	(void)state;
	if (sandbox_run(PYTHON " -c 'import kubernetes' 2>/dev/null") != 0)
		skip_because("python3-kubernetes is not installed: scripts/test --runtimes does");
	has_kubectl = sandbox_run("kubectl kustomize --help >/dev/null 2>&1") == 0;
	sandbox_must("[ \"$({ " SOURCES "; %s; } | " PYTHON " " CNI_C_SOURCE_DIR
		     "/tests/run/kubernetes/validate.py)\" = %d ]",
		     has_kubectl ? "echo ---; " KUSTOMIZE : "true", has_kubectl ? 9 : 4);
}

/* Both ways give a node the same network. */
static void template__is_the_network_of_the_daemonset(void **state)
{
	(void)state;
	sandbox_must("sed 's/\"ranges\": .*/\"ranges\": []/' " DIR
		     "/containerd-template/10-cni-c.conflist.template | "
		     "jq 'del(.plugins[0].ipam.ranges)' >" SANDBOX_DIR "/a && "
		     "jq . " DIR "/network.conflist | diff - " SANDBOX_DIR "/a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files__keep_their_promises),
		cmocka_unit_test(kustomization__keeps_the_promises),
		cmocka_unit_test(manifests__are_valid_for_kubernetes),
		cmocka_unit_test(template__is_the_network_of_the_daemonset),
	};

	return cmocka_run_group_tests(tests, sandbox_setup, NULL);
}
