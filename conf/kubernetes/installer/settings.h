/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of the installer: environment variables, see conf/kubernetes/README.md. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "error.h"

/* The texts are the environment's, or constants. */
struct settings {
	const char *node;	  /* NODE_NAME: spec.nodeName of the installer's own pod */
	const char *host;	  /* KUBERNETES_SERVICE_HOST: address or name of the API server */
	const char *port;	  /* KUBERNETES_SERVICE_PORT */
	const char *account;	  /* ACCOUNT_DIR: `token` and `ca.crt` of the service account */
	const char *executables;  /* EXECUTABLES_DIR: the image's plugins */
	const char *bin_dir;	  /* BIN_DIR: the node's plugin directory */
	const char *conf_dir;	  /* CONF_DIR: the node's directory of networks */
	const char *conf_name;	  /* CONF_NAME: the conflist's name in there */
	const char *network;	  /* NETWORK: the conflist without ranges */
	const char *state;	  /* STATE: where readiness is written */
	const char *over;	  /* TAKE_PRECEDENCE_OVER: names of files, separated by spaces */
	unsigned int interval_ms; /* INTERVAL_MS: between two requests after success */
	unsigned int
		retry_ms; /* RETRY_MS: the first wait after a failure, doubled up to the interval */
};

/* Reads the environment. Fails with CNI_EENV, naming variable, value and expectation. */
int settings_read(struct settings *ret_settings, struct cni_error *err);

/* The value of STATE alone, for the readiness probe. */
const char *settings_state(void);

#endif
