/* SPDX-License-Identifier: Apache-2.0 */
#include "moved_link_choice.h"

#include "cleanup.h"
#include "moved_link_holder.h"
#include "moved_link_home.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

/* A device whose attachment had no DEL, and which is on the host again: this makes up for that DEL. Looks on the
 * host alone: the owner may have moved the device into its container just now. */
static int take_over(struct cni_attachment *at, struct cni_moved_link_holder *holder,
		     struct cni_error *err)
{
	struct cni_moved_link_way way = {
		.host = &at->nl[CNI_HOST], .ifname = holder->ifname, .host_alone = true};
	bool is_home;

	if (cni_moved_link_bring_home(&way, &holder->record, &is_home, err) < 0)
		return -1;
	if (is_home)
		return cni_moved_link_record_remove(&holder->owner, &holder->record, err);
	return cni_fail(err, CNI_ETAKEN,
			"device '%s' is in the container of another attachment, %s/%s/%s: "
			"expected one that is on the host",
			holder->record.name, holder->network, holder->container, holder->ifname);
}

static int look_up(struct cni_attachment *at, const struct cni_device_request *request,
		   struct cni_link *ret_link, struct cni_error *err)
{
	clearing_holder struct cni_moved_link_holder holder = {.network = NULL};
	struct cni_device_id id;
	struct cni_error first;

	if (cni_device_look_up(&at->nl[CNI_HOST], request, ret_link, err) < 0) {
		first = *err;
		if (err->errnum != ENODEV || !cni_moved_link_find_holder(request, NULL, &holder)) {
			*err = first;
			return -1;
		}
	} else {
		id = cni_device_identify(ret_link);
		if (!cni_moved_link_is_claimed(&id, at->owner) ||
		    !cni_moved_link_find_holder(request, &id, &holder))
			return 0;
	}
	if (take_over(at, &holder, err) < 0)
		return -1;
	return cni_device_look_up(&at->nl[CNI_HOST], request, ret_link, err);
}

/* Two ADDs may have found the same device: the second one finds it gone, and its record. */
int cni_moved_link_choose(struct cni_attachment *at, const struct cni_device_request *request,
			  struct cni_link *ret_link, int *ret_lock, struct cni_error *err)
{
	struct cni_link now;

	for (int attempt = 0; attempt < 16; attempt++) {
		closing int lock = -1;

		if (look_up(at, request, ret_link, err) < 0 ||
		    cni_moved_link_lock(ret_link->name, &lock, err) < 0)
			return -1;
		if (cni_link_get_by_index(&at->nl[CNI_HOST], ret_link->index, &now, err) < 0) {
			if (err->errnum != ENODEV)
				return -1;
		} else if (!strcmp(now.name, ret_link->name)) {
			*ret_link = now;
			*ret_lock = take_fd(&lock);
			return 0;
		}
	}
	return cni_fail(err, CNI_EAGAIN, "'%s' \"%.128s\": other processes rename the device",
			request->key, request->value);
}

/* A device that the host itself uses goes only if the configuration names it by its name. */
int cni_moved_link_refuse_used(const struct cni_device_request *request,
			       const struct cni_link *link,
			       const struct cni_moved_link_record *record, struct cni_error *err)
{
	const char *used = NULL;

	if (link->flags & IFF_LOOPBACK)
		return cni_fail(err, CNI_ECONFIG,
				"'%s' is \"%.128s\", the loopback of the host, expected a device",
				request->key, request->value);
	if (request->by == CNI_DEVICE_BY_NAME)
		return 0;
	if (record->backup.has_default_route)
		used = "which the default route of the host goes through";
	else if (link->master)
		used = "a port of another link";
	if (!used)
		return 0;
	return cni_fail(err, CNI_ECONFIG,
			"'%s' is \"%.128s\", and that is '%s', %s%s%s: expected another device, or "
			"'device' \"%s\" if it is meant",
			request->key, request->value, link->name, used, *record->master ? ", " : "",
			record->master, link->name);
}
