/* SPDX-License-Identifier: Apache-2.0 */
#include "kept_destinations.h"

#include "attachment_file.h"
#include "cleanup.h"
#include "mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "destinations"
#define BEGIN	  "# "
#define LOCK_MS	  10000

int cni_destinations_lock(const char *network, enum cni_lock_kind kind, int *ret_lock,
			  struct cni_error *err)
{
	freeing char *name = cni_format("destinations %s", network);

	if (cni_lock_take(name, kind, LOCK_MS, ret_lock, err) == 0)
		return 0;
	if (err->code == CNI_ELOCKED)
		return cni_fail_within(err, "the destinations of network '%s'", network);
	*ret_lock = -1;
	return 0;
}

bool cni_destinations_have_file(const char *network)
{
	freeing char *path =
		cni_format("/run/cni/" CNI_DESTINATIONS_DIRECTORY "/%s/" FILE_NAME, network);

	return access(path, F_OK) == 0;
}

static int read_text(const char *network, char **ret_text, struct cni_error *err)
{
	*ret_text = NULL;
	if (!cni_destinations_have_file(network))
		return 0;
	return cni_network_file_read(CNI_DESTINATIONS_DIRECTORY, network, FILE_NAME, ret_text, err);
}

int cni_destinations_read(const char *network, struct cni_destinations *ret_destinations,
			  struct cni_error *err)
{
	freeing char *text = NULL;

	*ret_destinations = (struct cni_destinations){.nets = NULL};
	if (read_text(network, &text, err) < 0)
		return -1;
	if (text)
		cni_destinations_parse(text, ret_destinations);
	return 0;
}

const char *cni_destinations_kept_digest(const char *network,
					 char digest[CNI_DESTINATIONS_DIGEST_SIZE])
{
	struct cni_error ignored;
	freeing char *text = NULL;

	*digest = '\0';
	if (read_text(network, &text, &ignored) == 0 && text &&
	    !strncmp(text, BEGIN, strlen(BEGIN)))
		snprintf(digest, CNI_DESTINATIONS_DIGEST_SIZE, "%.32s", text + strlen(BEGIN));
	return digest;
}

bool cni_destinations_are_kept(const char *network, const struct cni_destinations *destinations)
{
	char wanted[CNI_DESTINATIONS_DIGEST_SIZE];
	char kept[CNI_DESTINATIONS_DIGEST_SIZE];

	if (!destinations->count)
		return !cni_destinations_have_file(network);
	return !strcmp(cni_destinations_kept_digest(network, kept),
		       cni_destinations_digest(destinations, wanted));
}

int cni_destinations_keep(const char *network, const struct cni_destinations *destinations,
			  struct cni_error *err)
{
	char digest[CNI_DESTINATIONS_DIGEST_SIZE];
	freeing char *lines = NULL;
	freeing char *text = NULL;

	if (destinations->count) {
		lines = cni_destinations_format(destinations);
		text = cni_format(BEGIN "%s\n%s", cni_destinations_digest(destinations, digest),
				  lines);
		if (cni_network_file_write(CNI_DESTINATIONS_DIRECTORY, network, FILE_NAME, text,
					   err) < 0)
			return cni_fail_within(err, "keep the destinations of network '%s'",
					       network);
		return 0;
	}
	if (cni_destinations_have_file(network) &&
	    cni_network_file_remove(CNI_DESTINATIONS_DIRECTORY, network, FILE_NAME, err) < 0)
		return cni_fail_within(err, "forget the destinations of network '%s'", network);
	return 0;
}
