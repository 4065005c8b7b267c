/* SPDX-License-Identifier: Apache-2.0 */
#include "netns_record.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "mem.h"
#include "netns.h"
#include "netns_cookie.h"
#include "seal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void cni_netns_record_clear(struct cni_netns_record *record)
{
	free(record->path);
	*record = (struct cni_netns_record){.path = NULL};
}

char *cni_netns_record_encode(const struct cni_netns_record *record)
{
	freeing char *text =
		cni_format("path %s\ncookie %" PRIu64 "\n", record->path, record->cookie);

	return cni_seal(text);
}

bool cni_netns_record_decode(char *text, struct cni_netns_record *ret_record)
{
	char *rest = text;

	*ret_record = (struct cni_netns_record){.path = NULL};
	if (!cni_seal_open(text))
		return false;
	for (char *line = strsep(&rest, "\n"); rest; line = strsep(&rest, "\n")) {
		const char *key = strsep(&line, " ");

		if (line && !strcmp(key, "path") && !ret_record->path)
			ret_record->path = cni_strdup(line);
		else if (line && !strcmp(key, "cookie"))
			ret_record->cookie = strtoull(line, NULL, 10);
		else
			return false;
	}
	return ret_record->path && ret_record->cookie;
}

/* ---- files ---- */

int cni_netns_record_write(const struct cni_owner *owner, const struct cni_netns_record *record,
			   struct cni_error *err)
{
	freeing char *text = NULL;

	if (!record->path || !record->cookie || strchr(record->path, '\n'))
		return 0;
	text = cni_netns_record_encode(record);
	return cni_attachment_file_write(CNI_NETNS_RECORD_PLUGIN, owner, text, err);
}

int cni_netns_record_read(const struct cni_owner *owner, struct cni_netns_record *ret_record,
			  struct cni_error *err)
{
	freeing char *text = NULL;

	*ret_record = (struct cni_netns_record){.path = NULL};
	if (cni_attachment_file_read(CNI_NETNS_RECORD_PLUGIN, owner, &text, err) < 0)
		return -1;
	if (!text || !cni_netns_record_decode(text, ret_record))
		cni_netns_record_clear(ret_record);
	return 0;
}

/* ---- the way there ---- */

int cni_netns_record_open(const struct cni_netns_record *record, struct cni_nl *ret_nl,
			  bool *ret_is_there, struct cni_error *err)
{
	closing int netns = -1;

	*ret_nl = (struct cni_nl){0};
	*ret_is_there = false;
	if (!record->path || !record->cookie)
		return 0;
	if (cni_netns_open(record->path, &netns, err) < 0)
		return cni_netns_may_be_there(err) ? -1 : 0;
	if (cni_netns_is_own(netns))
		return 0;
	if (cni_nl_open(ret_nl, NETLINK_ROUTE, netns, err) < 0)
		return -1;
	*ret_is_there = cni_netns_cookie(mnl_socket_get_fd(ret_nl->socket)) == record->cookie;
	if (!*ret_is_there)
		cni_nl_close(ret_nl);
	return 0;
}
