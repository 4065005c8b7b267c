/* SPDX-License-Identifier: Apache-2.0 */
#include "cri.h"

#include "cleanup.h"
#include "cri.pb-c.h"
#include "grpc.h"
#include "mem.h"
#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define RUNTIME "/runtime.v1.RuntimeService/"
#define IMAGES	"/runtime.v1.ImageService/"

/* ---- messages ---- */

/* The texts of generated structs are not const, although packing only reads them. */
static char *lent(const char *text)
{
	return (char *)text;
}

static void take_text(const char *text, char *ret, size_t size)
{
	if ((size_t)snprintf(ret, size, "%s", text) >= size)
		fail_msg("'%s' is longer than expected", text);
}

static struct grpc_bytes pack(const ProtobufCMessage *message)
{
	struct grpc_bytes bytes = {.size = protobuf_c_message_get_packed_size(message)};

	bytes.data = cni_alloc(bytes.size);
	protobuf_c_message_pack(message, bytes.data);
	return bytes;
}

/* The answer, which is of this type; let_go() of it. */
static void *unpack(const struct grpc_call *call, const ProtobufCMessageDescriptor *type)
{
	void *message = protobuf_c_message_unpack(type, NULL, call->answer.size, call->answer.data);

	if (!message)
		fail_msg("%s: the answer is no %s", call->method, type->name);
	return message;
}

static void let_go(void *message)
{
	protobuf_c_message_free_unpacked(message, NULL);
}

/* ---- readiness and images ---- */

static bool are_true(const Runtime__V1__RuntimeStatus *status)
{
	for (size_t i = 0; status && i < status->n_conditions; i++)
		if (!status->conditions[i]->status)
			return false;
	return status && status->n_conditions > 0;
}

bool cri_is_ready(void)
{
	struct grpc_call call = {.method = RUNTIME "Status"};
	Runtime__V1__StatusResponse *response;
	bool ready = false;

	grpc_run(CRI_SOCKET, &call, 1);
	if (!call.error) {
		response = unpack(&call, &runtime__v1__status_response__descriptor);
		ready = are_true(response->status);
		let_go(response);
	}
	grpc_clear(&call, 1);
	return ready;
}

bool cri_has_image(const char *reference)
{
	Runtime__V1__ImageStatusRequest request = RUNTIME__V1__IMAGE_STATUS_REQUEST__INIT;
	Runtime__V1__ImageSpec image = RUNTIME__V1__IMAGE_SPEC__INIT;
	struct grpc_call call = {.method = IMAGES "ImageStatus"};
	Runtime__V1__ImageStatusResponse *response;
	bool has;

	image.image = lent(reference);
	request.image = &image;
	call.request = pack(&request.base);
	grpc_run(CRI_SOCKET, &call, 1);
	grpc_assert_success(&call, 1);
	response = unpack(&call, &runtime__v1__image_status_response__descriptor);
	has = response->image;
	let_go(response);
	grpc_clear(&call, 1);
	return has;
}

void cri_set_pod_cidrs(const char *cidrs)
{
	Runtime__V1__UpdateRuntimeConfigRequest request =
		RUNTIME__V1__UPDATE_RUNTIME_CONFIG_REQUEST__INIT;
	Runtime__V1__RuntimeConfig config = RUNTIME__V1__RUNTIME_CONFIG__INIT;
	Runtime__V1__NetworkConfig network = RUNTIME__V1__NETWORK_CONFIG__INIT;
	struct grpc_call call = {.method = RUNTIME "UpdateRuntimeConfig"};

	network.pod_cidr = lent(cidrs);
	config.network_config = &network;
	request.runtime_config = &config;
	call.request = pack(&request.base);
	grpc_run(CRI_SOCKET, &call, 1);
	grpc_assert_success(&call, 1);
	grpc_clear(&call, 1);
}

/* ---- starting ---- */

static Runtime__V1__PortMapping mapping_of(const struct cri_port *port)
{
	Runtime__V1__PortMapping mapping = RUNTIME__V1__PORT_MAPPING__INIT;

	mapping.protocol = port->udp ? RUNTIME__V1__PROTOCOL__UDP : RUNTIME__V1__PROTOCOL__TCP;
	mapping.container_port = port->container;
	mapping.host_port = port->host;
	mapping.host_ip = lent(port->host_ip);
	return mapping;
}

static Runtime__V1__PodSandboxConfig__AnnotationsEntry annotation(const char *key,
								  const char *value)
{
	Runtime__V1__PodSandboxConfig__AnnotationsEntry entry =
		RUNTIME__V1__POD_SANDBOX_CONFIG__ANNOTATIONS_ENTRY__INIT;

	entry.key = lent(key);
	entry.value = lent(value);
	return entry;
}

/* Its uid is its name, too. */
static struct grpc_bytes make_request(const struct cri_pod *pod)
{
	Runtime__V1__RunPodSandboxRequest request = RUNTIME__V1__RUN_POD_SANDBOX_REQUEST__INIT;
	Runtime__V1__PodSandboxMetadata metadata = RUNTIME__V1__POD_SANDBOX_METADATA__INIT;
	Runtime__V1__PodSandboxConfig config = RUNTIME__V1__POD_SANDBOX_CONFIG__INIT;
	Runtime__V1__PodSandboxConfig__AnnotationsEntry *annotations[2];
	Runtime__V1__PodSandboxConfig__AnnotationsEntry ingress =
		annotation("kubernetes.io/ingress-bandwidth", pod->ingress);
	Runtime__V1__PodSandboxConfig__AnnotationsEntry egress =
		annotation("kubernetes.io/egress-bandwidth", pod->egress);
	Runtime__V1__PortMapping mappings[CRI_PORTS_MAX];
	Runtime__V1__PortMapping *ports[CRI_PORTS_MAX];

	metadata.name = lent(pod->name);
	metadata.uid = lent(pod->name);
	metadata.namespace_ = lent("tests");
	config.metadata = &metadata;
	config.hostname = lent(pod->name);
	config.log_directory = lent("/run/runtimes/logs");
	config.port_mappings = ports;
	for (size_t i = 0; i < CRI_PORTS_MAX; i++) {
		mappings[i] = mapping_of(&pod->ports[i]);
		if (pod->ports[i].container)
			ports[config.n_port_mappings++] = &mappings[i];
	}
	config.annotations = annotations;
	if (pod->ingress)
		annotations[config.n_annotations++] = &ingress;
	if (pod->egress)
		annotations[config.n_annotations++] = &egress;
	request.config = &config;
	return pack(&request.base);
}

static struct grpc_call *ask_to_start(const struct cri_pod *pods, size_t count)
{
	struct grpc_call *calls = cni_alloc(count * sizeof(*calls));

	for (size_t i = 0; i < count; i++) {
		calls[i].method = RUNTIME "RunPodSandbox";
		calls[i].request = make_request(&pods[i]);
	}
	grpc_run(CRI_SOCKET, calls, count);
	return calls;
}

pid_t cri_ask_to_start(const struct cri_pod *pods, size_t count)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ask_to_start(pods, count);
		_exit(0);
	}
	return pid;
}

void cri_start(struct cri_pod *pods, size_t count)
{
	struct grpc_call *calls = ask_to_start(pods, count);
	Runtime__V1__RunPodSandboxResponse *response;

	grpc_assert_success(calls, count);
	for (size_t i = 0; i < count; i++) {
		response = unpack(&calls[i], &runtime__v1__run_pod_sandbox_response__descriptor);
		take_text(response->pod_sandbox_id, pods[i].id, sizeof(pods[i].id));
		pods[i].seconds = calls[i].seconds;
		let_go(response);
	}
	grpc_clear(calls, count);
	free(calls);
	cri_look(pods, count);
}

void cri_start_fails(struct cri_pod *pod, const char *text)
{
	struct grpc_call call = {.method = RUNTIME "RunPodSandbox", .request = make_request(pod)};

	grpc_run(CRI_SOCKET, &call, 1);
	if (!call.error)
		fail_msg("the pod %s was started", pod->name);
	if (!strstr(call.error, text))
		fail_msg("the pod %s: '%s' does not hold '%s'", pod->name, call.error, text);
	grpc_clear(&call, 1);
}

/* ---- what is about pods that exist ---- */

static struct grpc_call *ask_about(const struct cri_pod *pods, size_t count, const char *method)
{
	Runtime__V1__PodSandboxRequest request = RUNTIME__V1__POD_SANDBOX_REQUEST__INIT;
	struct grpc_call *calls = cni_alloc(count * sizeof(*calls));

	for (size_t i = 0; i < count; i++) {
		request.pod_sandbox_id = lent(pods[i].id);
		calls[i].method = method;
		calls[i].request = pack(&request.base);
	}
	grpc_run(CRI_SOCKET, calls, count);
	grpc_assert_success(calls, count);
	return calls;
}

static void take_addresses(struct cri_pod *pod, const Runtime__V1__PodSandboxNetworkStatus *network)
{
	take_text(network->ip, pod->addresses[0], sizeof(pod->addresses[0]));
	for (size_t i = 0; i < network->n_additional_ips && i + 1 < CRI_ADDRESSES_MAX; i++)
		take_text(network->additional_ips[i]->ip, pod->addresses[i + 1],
			  sizeof(pod->addresses[i + 1]));
}

static void take_status(struct cri_pod *pod, const struct grpc_call *call)
{
	Runtime__V1__PodSandboxStatusResponse *response =
		unpack(call, &runtime__v1__pod_sandbox_status_response__descriptor);

	assert_non_null(response->status);
	if (response->status->state != RUNTIME__V1__POD_SANDBOX_STATE__SANDBOX_READY)
		fail_msg("the pod %s is not ready", pod->name);
	memset(pod->addresses, 0, sizeof(pod->addresses));
	if (response->status->network)
		take_addresses(pod, response->status->network);
	let_go(response);
}

void cri_look(struct cri_pod *pods, size_t count)
{
	struct grpc_call *calls = ask_about(pods, count, RUNTIME "PodSandboxStatus");

	for (size_t i = 0; i < count; i++)
		take_status(&pods[i], &calls[i]);
	grpc_clear(calls, count);
	free(calls);
}

void cri_stop(const struct cri_pod *pods, size_t count)
{
	struct grpc_call *calls = ask_about(pods, count, RUNTIME "StopPodSandbox");

	grpc_clear(calls, count);
	free(calls);
}

void cri_remove(struct cri_pod *pods, size_t count)
{
	struct grpc_call *calls = ask_about(pods, count, RUNTIME "RemovePodSandbox");

	grpc_clear(calls, count);
	free(calls);
	for (size_t i = 0; i < count; i++)
		*pods[i].id = '\0';
}

/* ---- all of them ---- */

/* The caller frees. */
static struct cri_pod *list(size_t *ret_count)
{
	struct grpc_call call = {.method = RUNTIME "ListPodSandbox"};
	Runtime__V1__ListPodSandboxResponse *response;
	struct cri_pod *pods;

	grpc_run(CRI_SOCKET, &call, 1);
	grpc_assert_success(&call, 1);
	response = unpack(&call, &runtime__v1__list_pod_sandbox_response__descriptor);
	*ret_count = response->n_items;
	pods = cni_alloc(response->n_items * sizeof(*pods));
	for (size_t i = 0; i < response->n_items; i++)
		take_text(response->items[i]->id, pods[i].id, sizeof(pods[i].id));
	let_go(response);
	grpc_clear(&call, 1);
	return pods;
}

size_t cri_count(void)
{
	size_t count;

	free(list(&count));
	return count;
}

void cri_remove_all(void)
{
	size_t count;
	freeing struct cri_pod *pods = list(&count);

	if (!count)
		return;
	cri_stop(pods, count);
	cri_remove(pods, count);
}
