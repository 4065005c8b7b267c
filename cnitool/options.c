/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "cache.h"
#include "cleanup.h"
#include "mem.h"
#include "names.h"

#include <getopt.h>
#include <string.h>

const char options_help[] =
	"Options, anywhere on the line:\n"
	"  -i, --ifname NAME    the interface in the container (CNI_IFNAME, else eth0)\n"
	"      --cache-dir DIR  where results are kept (CNI_CACHE_DIR, else " CNI_CACHE_DIR ")\n"
	"      --keep ID/NAME   gc: this container's interface stays; may be repeated\n"
	"      --stale          ipam release: what is reserved since an earlier boot\n"
	"      --gone           gc: only what is of no namespace that lives (the default)\n"
	"      --all            gc: what lives goes, too; reconcile: all networks\n"
	"      --dry-run        gc, purge, reconcile, ipam release: only show what would be done\n"
	"      --only GROUP     doctor: this group of checks, or this check\n"
	"      --strict         doctor: a warning counts as a failure\n"
	"      --list           doctor: only show the checks\n"
	"      --textfile PATH  metrics: into this file, for a node exporter\n"
	"      --report         doctor: a text for a bug report, without secrets\n"
	"  -j, --json           errors, lists, usage, versions, and what gc, purge, "
	"reconcile and doctor do, as JSON\n"
	"  -h, --help           this text; after a command, more about it\n"
	"      --version        the version of cnitool\n"
	"\n"
	"Environment:\n"
	"  NETCONFPATH  the directory of network configurations (else /etc/cni/net.d)\n"
	"  CNI_PATH     the directories of plugins, separated by ':' (else " CNI_C_PLUGIN_DIR ")\n"
	"  CNI_ARGS     arguments for all plugins: KEY=VALUE;KEY=VALUE\n"
	"  CAP_ARGS     arguments for capabilities, a JSON object:\n"
	"               {\"portMappings\": [{\"hostPort\": 8080, \"containerPort\": 80, "
	"\"protocol\": \"tcp\"}]}\n";

enum {
	OPTION_KEEP = 256,
	OPTION_JSON,
	OPTION_CACHE_DIR,
	OPTION_STALE,
	OPTION_DRY_RUN,
	OPTION_ALL,
	OPTION_GONE,
	OPTION_VERSION,
	OPTION_STRICT,
	OPTION_LIST,
	OPTION_REPORT,
	OPTION_ONLY,
	OPTION_TEXTFILE,
};

static const struct option longs[] = {
	{"ifname", required_argument, NULL, 'i'},
	{"cache-dir", required_argument, NULL, OPTION_CACHE_DIR},
	{"keep", required_argument, NULL, OPTION_KEEP},
	{"stale", no_argument, NULL, OPTION_STALE},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"all", no_argument, NULL, OPTION_ALL},
	{"gone", no_argument, NULL, OPTION_GONE},
	{"json", no_argument, NULL, OPTION_JSON},
	{"strict", no_argument, NULL, OPTION_STRICT},
	{"list", no_argument, NULL, OPTION_LIST},
	{"report", no_argument, NULL, OPTION_REPORT},
	{"only", required_argument, NULL, OPTION_ONLY},
	{"textfile", required_argument, NULL, OPTION_TEXTFILE},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

static const char *from_environment(const char *name, const char *otherwise)
{
	const char *value = getenv(name);

	return value && *value ? value : otherwise;
}

/* "CONTAINERID/IFNAME"; neither of them can hold a '/'. */
static int read_keep(char *text, struct cni_owners *keep, struct cni_error *err)
{
	const char *container = strsep(&text, "/");

	if (!text)
		return cni_fail(err, CNI_EENV,
				"--keep '%s': expected a container's id, '/' and an interface",
				container);
	if (cni_name_check_container(container, err) < 0 ||
	    cni_name_check_interface(text, "the interface", CNI_EENV, err) < 0)
		return cni_fail_within(err, "--keep");
	keep->items = cni_realloc_array(keep->items, keep->count + 1, sizeof(*keep->items));
	keep->items[keep->count++] = (struct cni_owner){.container = container, .ifname = text};
	return 0;
}

/* False for another option. */
static bool read_later_option(int option, struct options *options)
{
	switch (option) {
	case OPTION_STRICT:
		options->strict = true;
		return true;
	case OPTION_LIST:
		options->list = true;
		return true;
	case OPTION_REPORT:
		options->report = true;
		return true;
	case OPTION_ONLY:
		options->only = optarg;
		return true;
	case OPTION_TEXTFILE:
		options->textfile = optarg;
		return true;
	default:
		return false;
	}
}

static int read_option(int option, char **argv, struct options *options, struct cni_error *err)
{
	switch (option) {
	case 'i':
		options->ifname = optarg;
		return 0;
	case 'h':
		options->help = true;
		return 0;
	case OPTION_CACHE_DIR:
		options->cache_dir = optarg;
		return 0;
	case OPTION_KEEP:
		return read_keep(optarg, &options->keep, err);
	case OPTION_STALE:
		options->stale = true;
		return 0;
	case OPTION_DRY_RUN:
		options->dry_run = true;
		return 0;
	case OPTION_ALL:
		options->all = true;
		return 0;
	case OPTION_GONE:
		options->gone = true;
		return 0;
	case 'j':
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_VERSION:
		options->version = true;
		return 0;
	case ':':
		return cni_fail(err, CNI_EENV, "option '%s' needs a value", argv[optind - 1]);
	default:
		if (read_later_option(option, options))
			return 0;
		if (optopt && optopt < OPTION_KEEP)
			return cni_fail(err, CNI_EENV, "unknown option '-%c'", optopt);
		return cni_fail(err, CNI_EENV,
				"option '%s' is unknown, ambiguous or takes no value",
				argv[optind - 1]);
	}
}

/* Plugins split at ';' and '=' and refuse what is no pair; so this is checked before the first
 * plugin runs. */
static int check_args(const char *args, struct cni_error *err)
{
	freeing char *copy = cni_strdup(args);
	char *rest = copy;

	for (char *pair = strsep(&rest, ";"); pair; pair = strsep(&rest, ";")) {
		const char *equals = strchr(pair, '=');

		if (!equals || equals == pair || !equals[1] || strchr(equals + 1, '='))
			return cni_fail(err, CNI_EENV,
					"CNI_ARGS holds \"%s\", expected KEY=VALUE;KEY=VALUE",
					pair);
	}
	return 0;
}

int options_read(int argc, char **argv, struct options *ret_options, struct cni_error *err)
{
	struct options options = {
		.ifname = from_environment("CNI_IFNAME", "eth0"),
		.cache_dir = from_environment("CNI_CACHE_DIR", CNI_CACHE_DIR),
		.conf_dir = from_environment("NETCONFPATH", "/etc/cni/net.d"),
		.plugin_path = from_environment("CNI_PATH", CNI_C_PLUGIN_DIR),
		.args = from_environment("CNI_ARGS", NULL),
		.cap_args = from_environment("CAP_ARGS", NULL),
	};
	int failed = 0;
	int option;

	opterr = 0;
	/* After a failure it is only whether --json was asked for that is still of interest. */
	while ((option = getopt_long(argc, argv, ":i:hj", longs, NULL)) >= 0)
		if (!failed || option == OPTION_JSON || option == 'j')
			failed |= read_option(option, argv, &options, err);
	if (optind < argc)
		options.command = argv[optind++];
	options.operands = argv + optind;
	options.operand_count = (size_t)(argc - optind);
	cni_owners_sort(&options.keep);
	if (!failed && options.args)
		failed = check_args(options.args, err);
	*ret_options = options;
	return failed;
}

void options_clear(struct options *options)
{
	free(options->keep.items);
	*options = (struct options){0};
}
