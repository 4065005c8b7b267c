/* SPDX-License-Identifier: Apache-2.0 */
#include "flows.h"

#include "cleanup.h"
#include "sandbox.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

struct flow {
	char protocol[8];
	char source[48];
	char destination[48];
	char target[48]; /* the destination, unless it was translated */
	unsigned int source_port;
	unsigned int port;
	unsigned int target_port;
};

bool flows_possible(void)
{
	return sandbox_run("conntrack --version >/dev/null 2>&1") == 0;
}

static struct flow parse(const char *line)
{
	struct flow flow;
	int count = sscanf(line, "%7s %47s %u %47s %u -> %47s %u", flow.protocol, flow.source,
			   &flow.source_port, flow.destination, &flow.port, flow.target,
			   &flow.target_port);

	if (count != 5 && count != 7)
		fail_msg("'%s' is no flow", line);
	if (count == 5) {
		memcpy(flow.target, flow.destination, sizeof(flow.target));
		flow.target_port = flow.port;
	}
	return flow;
}

/* As "conntrack --output save" writes it. */
static void write_flow(FILE *file, const struct flow *flow)
{
	fprintf(file,
		"-A -t 600 -u ASSURED -s %s -d %s -r %s -q %s -p %s --sport %u --dport %u "
		"--reply-port-src %u --reply-port-dst %u%s\n",
		flow->source, flow->destination, flow->target, flow->source, flow->protocol,
		flow->source_port, flow->port, flow->target_port, flow->source_port,
		!strcmp(flow->protocol, "udp") ? ""
		: !strcmp(flow->protocol, "tcp")
			? " --state ESTABLISHED"
			: " --state ESTABLISHED --orig-vtag 1 --reply-vtag 2");
}

void flows_set(const char *const *lines, size_t count)
{
	FILE *file = fopen(SANDBOX_DIR "/flows", "we");
	freeing char *all = NULL;

	assert_non_null(file);
	for (size_t i = 0; i < count; i++) {
		const struct flow flow = parse(lines[i]);

		write_flow(file, &flow);
	}
	assert_int_equal(fclose(file), 0);
	sandbox_must("conntrack -F 2>/dev/null; conntrack -R " SANDBOX_DIR
		     "/flows >/dev/null 2>" SANDBOX_DIR "/said || { cat " SANDBOX_DIR
		     "/said >&2; exit 1; }; rm " SANDBOX_DIR "/flows " SANDBOX_DIR "/said");
	all = flows_read();
	for (size_t i = 0; i < count; i++)
		if (!flows_have(all, lines[i]))
			fail_msg("'%s' could not be put there", lines[i]);
}

char *flows_read(void)
{
	return sandbox_read("conntrack -L 2>/dev/null | awk '/dport=/ { "
			    "n = 0; for (i = 1; i <= NF; i++) { split($i, part, \"=\"); "
			    "if (part[1] ~ /^(src|dst|sport|dport)$/) value[n++] = part[2] } "
			    "target = value[4] == value[1] && value[6] == value[3] ? \"\" "
			    ": \" -> \" value[4] \" \" value[6]; "
			    "print $1, value[0], value[2], value[1], value[3] target }'");
}

bool flows_have(const char *all, const char *line)
{
	size_t length = strlen(line);

	for (const char *at = all; *at; at += strcspn(at, "\n") + 1)
		if (strcspn(at, "\n") == length && !strncmp(at, line, length))
			return true;
	return false;
}
