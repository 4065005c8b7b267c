/* SPDX-License-Identifier: Apache-2.0 */
/* bandwidth: limits what an interface may receive and send. Chained behind the plugin that makes
 * the interface, a veth. */
#include "parts.h"

#include <inttypes.h>

/* Bits per second, and bits. */
struct figures {
	uint64_t ingress_rate; /* to the container */
	uint64_t ingress_burst;
	uint64_t egress_rate; /* from the container */
	uint64_t egress_burst;
};

struct bandwidth_conf {
	struct figures own;
	struct figures of_runtime; /* runtimeConfig.bandwidth */
	uint32_t latency;
	bool exact_burst;
	/* worked out by validate() */
	struct cni_limit ingress;
	struct cni_limit egress;
};

/* More than any number that is read. */
#define ABSENT UINT64_MAX
#define NOTHING                                                                                    \
	{                                                                                          \
		ABSENT, ABSENT, ABSENT, ABSENT                                                     \
	}
#define LATENCY_MS     8
#define LATENCY_MS_MAX 1000
static const struct bandwidth_conf defaults = {.own = NOTHING, .latency = LATENCY_MS};

#define RUNTIME .section = {"runtimeConfig", "bandwidth"}
static const struct cni_field fields[] = {
	CNI_FIELD(struct bandwidth_conf, "ingressRate", own.ingress_rate,
		  "Bits per second to the container: 0 is no limit"),
	CNI_FIELD(struct bandwidth_conf, "ingressBurst", own.ingress_burst,
		  "Bits that may come at once: needed with the rate, refused without"),
	CNI_FIELD(struct bandwidth_conf, "egressRate", own.egress_rate,
		  "Bits per second from the container: 0 is no limit"),
	CNI_FIELD(struct bandwidth_conf, "egressBurst", own.egress_burst,
		  "Bits that may go at once: needed with the rate, refused without"),
	CNI_FIELD(struct bandwidth_conf, "latency", latency,
		  "Milliseconds that a packet may wait in the queue", .min = 1,
		  .max = LATENCY_MS_MAX),
	CNI_FIELD(struct bandwidth_conf, "exactBurst", exact_burst,
		  "Takes the burst as it is written, below 4 GB"),
	CNI_FIELD(struct bandwidth_conf, "ingressRate", of_runtime.ingress_rate,
		  "Bits per second to the container: 0 is no limit: ignored if the "
		  "configuration has one of the four keys",
		  RUNTIME),
	CNI_FIELD(struct bandwidth_conf, "ingressBurst", of_runtime.ingress_burst,
		  "Bits that may come at once: needed with the rate, refused without: "
		  "ignored if the configuration has one of the four keys",
		  RUNTIME),
	CNI_FIELD(struct bandwidth_conf, "egressRate", of_runtime.egress_rate,
		  "Bits per second from the container: 0 is no limit: ignored if the "
		  "configuration has one of the four keys",
		  RUNTIME),
	CNI_FIELD(struct bandwidth_conf, "egressBurst", of_runtime.egress_burst,
		  "Bits that may go at once: needed with the rate, refused without: "
		  "ignored if the configuration has one of the four keys",
		  RUNTIME),
	{0},
};

static uint64_t or_zero(uint64_t figure)
{
	return figure == ABSENT ? 0 : figure;
}

/* As the reference: one key of the configuration's own, be it 0, and the runtime's are not looked
 * at, neither direction of them. */
static const struct figures *choose(const struct bandwidth_conf *conf)
{
	const struct figures *own = &conf->own;

	if (own->ingress_rate == ABSENT && own->ingress_burst == ABSENT &&
	    own->egress_rate == ABSENT && own->egress_burst == ABSENT)
		return &conf->of_runtime;
	return own;
}

static int check(const struct cni_limit *limit, const char *direction, struct cni_error *err)
{
	if (limit->rate && !limit->burst)
		return cni_fail(err, CNI_ECONFIG,
				"if rate is set, burst must also be set: '%sRate' is %" PRIu64
				", '%sBurst' is 0",
				direction, limit->rate, direction);
	if (limit->burst && !limit->rate)
		return cni_fail(err, CNI_ECONFIG,
				"if burst is set, rate must also be set: '%sBurst' is %" PRIu64
				", '%sRate' is 0",
				direction, limit->burst, direction);
	if (limit->exact_burst && limit->burst / 8 >= UINT32_MAX)
		return cni_fail(err, CNI_ECONFIG,
				"burst cannot be more than 4GB: '%sBurst' is %" PRIu64 " bits",
				direction, limit->burst);
	return 0;
}

static int validate(const struct cni_call *call, void *data, struct cni_error *err)
{
	struct bandwidth_conf *conf = data;
	const struct figures *chosen = choose(conf);
	struct cni_limit limit = {.latency = conf->latency, .exact_burst = conf->exact_burst};

	(void)call;
	limit.rate = or_zero(chosen->ingress_rate);
	limit.burst = or_zero(chosen->ingress_burst);
	conf->ingress = limit;
	limit.rate = or_zero(chosen->egress_rate);
	limit.burst = or_zero(chosen->egress_burst);
	conf->egress = limit;
	if (check(&conf->ingress, "ingress", err) < 0)
		return -1;
	return check(&conf->egress, "egress", err);
}

static void bandwidth_plan(struct cni_plan *plan, const struct cni_call *call, const void *data)
{
	const struct bandwidth_conf *conf = data;

	(void)call;
	cni_plan_ingress(plan, .limit = conf->ingress);
	cni_plan_egress(plan, .limit = conf->egress);
}

static const struct cni_plugin bandwidth = {
	.type = "bandwidth",
	.version = CNI_C_VERSION,
	.oldest = CNI_0_1_0,
	.chaining = CNI_CHAIN_BEHIND,
	.conf_size = sizeof(struct bandwidth_conf),
	.defaults = &defaults,
	.fields = fields,
	.validate = validate,
	.plan = bandwidth_plan,
	.about = "Limits the traffic of the container",
};

int main(void)
{
	return cni_plan_main(&bandwidth);
}
