/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include "cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define STATE_VARIABLE "STATE"
#define STATE_DEFAULT  "/run/cni-c/state"

/* NULL: the variable has no default. */
static const struct {
	const char *variable;
	const char *standard;
	size_t offset;
} texts[] = {
	{"NODE_NAME", NULL, offsetof(struct settings, node)},
	{"KUBERNETES_SERVICE_HOST", NULL, offsetof(struct settings, host)},
	{"KUBERNETES_SERVICE_PORT", "443", offsetof(struct settings, port)},
	{"ACCOUNT_DIR", "/var/run/secrets/kubernetes.io/serviceaccount",
	 offsetof(struct settings, account)},
	{"EXECUTABLES_DIR", "/plugins", offsetof(struct settings, executables)},
	{"BIN_DIR", "/host/opt/cni/bin", offsetof(struct settings, bin_dir)},
	{"CONF_DIR", "/host/etc/cni/net.d", offsetof(struct settings, conf_dir)},
	{"CONF_NAME", "05-cni-c.conflist", offsetof(struct settings, conf_name)},
	{"NETWORK", "/etc/cni-c/network.conflist", offsetof(struct settings, network)},
	{STATE_VARIABLE, STATE_DEFAULT, offsetof(struct settings, state)},
	{"TAKE_PRECEDENCE_OVER", "", offsetof(struct settings, over)},
};

static const char *environment(const char *variable, const char *standard)
{
	const char *value = getenv(variable);

	return value && *value ? value : standard;
}

const char *settings_state(void)
{
	return environment(STATE_VARIABLE, STATE_DEFAULT);
}

static int read_texts(struct settings *settings, struct cni_error *err)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *value = environment(texts[i].variable, texts[i].standard);

		if (!value)
			return cni_fail(err, CNI_EENV, "%s is not set in the environment",
					texts[i].variable);
		*(const char **)((char *)settings + texts[i].offset) = value;
	}
	return 0;
}

static int read_number(const char *variable, unsigned int standard, unsigned int max,
		       unsigned int *ret, struct cni_error *err)
{
	const char *text = environment(variable, NULL);
	unsigned long value = standard;
	char *end = NULL;

	if (text) {
		errno = 0;
		value = strtoul(text, &end, 10);
	}
	if (text && (errno || *end || *text < '0' || *text > '9' || value < 1 || value > max))
		return cni_fail(err, CNI_EENV, "%s is '%s', expected a number from 1 to %u",
				variable, text, max);
	*ret = (unsigned int)value;
	return 0;
}

static bool consists_of(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

#define LETTERS	      "abcdefghijklmnopqrstuvwxyz"
#define DIGITS	      "0123456789"
#define NAME_SIZE_MAX 253

/* Host, port and node become a URL: these characters need no escaping in it. */
static int check_url(const struct settings *settings, struct cni_error *err)
{
	unsigned int port;

	/* RFC 1123, as Kubernetes has it for names of nodes. */
	if (!consists_of(settings->node, LETTERS DIGITS ".-") || strspn(settings->node, ".-") ||
	    strlen(settings->node) > NAME_SIZE_MAX)
		return cni_fail(err, CNI_EENV,
				"NODE_NAME is '%s', expected the name of a node (spec.nodeName)",
				settings->node);
	if (!consists_of(settings->host, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS ".:-") ||
	    strlen(settings->host) > NAME_SIZE_MAX)
		return cni_fail(err, CNI_EENV,
				"KUBERNETES_SERVICE_HOST is '%s', expected an address or a name",
				settings->host);
	return read_number("KUBERNETES_SERVICE_PORT", 443, 65535, &port, err);
}

static int check_conf_name(const char *name, struct cni_error *err)
{
	const char *dot = strrchr(name, '.');

	if (*name == '.' || strchr(name, '/') || !dot || strcmp(dot, ".conflist") != 0)
		return cni_fail(err, CNI_EENV,
				"CONF_NAME is '%s', expected the name of a file that ends in "
				".conflist",
				name);
	return 0;
}

#define INTERVAL_MAX_MS (24U * 60 * 60 * 1000)

int settings_read(struct settings *ret_settings, struct cni_error *err)
{
	struct settings settings = {0};

	if (read_texts(&settings, err) < 0 || check_url(&settings, err) < 0 ||
	    check_conf_name(settings.conf_name, err) < 0 ||
	    read_number("INTERVAL_MS", 60000, INTERVAL_MAX_MS, &settings.interval_ms, err) < 0 ||
	    read_number("RETRY_MS", 1000, INTERVAL_MAX_MS, &settings.retry_ms, err) < 0)
		return -1;
	*ret_settings = settings;
	return 0;
}
