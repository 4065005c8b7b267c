/* SPDX-License-Identifier: Apache-2.0 */
/* cnitool doctor: looks at the node and reports what is wrong with its networks. Reads only: writes nothing, takes
 * no lock, sends no packet. Plugins receive VERSION, CHECK and STATUS, which do the same.
 *
 * A check is a row of the table `doctor_checks`; from it come --list, the manual and the tests. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "finding.h"
#include "host_links.h"
#include "ip.h"
#include "namespace.h"
#include "tool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct doctor;

struct doctor_check {
	const char *
		id; /* "host.forwarding": stable, for alerts; its group is the part before the dot */
	const char *title;
	void (*run)(struct doctor *doctor);
	bool needs_rights; /* is skipped without them: host.rights reports that */
	/* Parts of messages of CHECK and STATUS that findings of this check explain; ends with NULL. */
	const char *explains[4];
};

extern const struct doctor_check doctor_checks[];
extern const size_t doctor_check_count;

/* The length of a check's group. */
size_t doctor_group_length(const struct doctor_check *check);

/* A configured network, as its own tool: commands of one network work on it. */
struct doctor_network {
	const char *name;
	char *operands[2];
	struct options options;
	struct tool tool; /* `tool.list` is empty if the configuration could not be read */
};

/* An attachment of the cache. */
struct doctor_attachment {
	const struct cni_cached *cached;
	enum cni_namespace_state life;
	struct cni_conflist list; /* of its ADD; without plugins if it cannot be read */
	char owner[CNI_OWNER_TEXT_SIZE];
};

struct doctor {
	const struct options *options;
	const struct doctor_check *check; /* that runs */
	struct doctor_network **networks; /* pointers stay valid */
	size_t network_count;
	struct cni_cached *cached;
	size_t cached_count;
	struct doctor_attachment *attachments; /* of the networks that are looked at */
	size_t attachment_count;
	struct cni_host_links links;  /* of all networks */
	struct cni_warnings warnings; /* of reading configuration and cache */
	struct findings findings;
	bool has_rights;
};

/* ---- what a check uses ---- */

/* Reports what the running check has found. `words` may be NULL. Equal findings become one. */
void doctor_find(struct doctor *doctor, enum finding_level level, const struct finding_words *words,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The same for an error, with its details. */
void doctor_find_error(struct doctor *doctor, enum finding_level level,
		       const struct finding_words *words, const struct cni_error *err);

/* The attachment that the owner's text names, or NULL. */
const struct doctor_attachment *doctor_attachment_of(const struct doctor *doctor,
						     const char *owner);
/* True if a link of this host has the owner's text. */
bool doctor_has_link(const struct doctor *doctor, const char *owner);
/* True if the cache or a link of this host knows the owner. */
bool doctor_knows(const struct doctor *doctor, const char *owner);

/* True if the network is looked at: of the operands, or any if there are none. */
bool doctor_wants(const struct doctor *doctor, const char *network);

/* The network of the name among those that are looked at; NULL: it is not configured. */
const struct doctor_network *doctor_network_of(const struct doctor *doctor, const char *name);

/* The addresses of the cached result, which the caller frees. Returns their number. */
size_t doctor_addresses(const struct doctor_attachment *attachment, struct cni_net **ret_addresses);

/* True if the plugins of the list make the host a router for their containers. */
bool doctor_forwards(const struct cni_conflist *list);

/* The host's interface that the attachment's packets come by: the bridge, or the host side of the veth. "" if the
 * result has none. */
const char *doctor_interface(const struct doctor_attachment *attachment);

/* The first word of a file, NULL if it cannot be read; the caller frees. */
char *doctor_read_word(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The text of a file of at most 1 MiB; NULL if it cannot be read. */
char *doctor_read_text(const char *path);

/* True if --only is absent or names the check or its group. */
bool doctor_is_wanted(const struct doctor *doctor, const struct doctor_check *check);

/* ---- begin and end ---- */

/* Reads networks, cache and links; a failure is a finding of the check that reports it. */
void doctor_open(struct doctor *doctor, const struct options *options);
void doctor_close(struct doctor *doctor);

/* ---- output ---- */

void doctor_print_checks(const struct doctor *doctor);
void doctor_print_text(const struct doctor *doctor, FILE *out);
void doctor_print_json(const struct doctor *doctor);
/* The text for a bug report: versions, networks, attachments and findings, without secrets. */
void doctor_print_report(const struct doctor *doctor);

#endif
