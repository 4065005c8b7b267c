/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to the API server: HTTPS by libcurl, with the CA and the token of the service account. */
#ifndef API_H
#define API_H

#include "error.h"
#include "settings.h"

#include <stddef.h>

/* Bytes of an answer: a Node with its images and annotations is less, because etcd refuses more than
 * 1.5 MiB. */
#define API_ANSWER_MAX ((size_t)2 << 20)

struct api_answer {
	char *body; /* NUL-terminated; the caller frees */
	size_t size;
};

/* GET of the installer's own Node. `version` is the resourceVersion of the Node that is known: any state
 * that is not older will do, which the API server has in its cache; "" asks for the newest state.
 * Token and CA are read for each request, since kubelet replaces both. `stop` is stop.h's descriptor.
 * No redirection is followed, no proxy is used.
 * Fails with CNI_EAGAIN (no connection, an untrusted certificate, no answer in 30 s, a status that is not 200; the
 * words of the API server or of libcurl are in `details`; `stop` is readable), with CNI_EIO if the token cannot be
 * read, and with CNI_EDECODE for a longer answer. */
int api_get_node(const struct settings *settings, const char *version, int stop,
		 struct api_answer *ret_answer, struct cni_error *err);

#endif
