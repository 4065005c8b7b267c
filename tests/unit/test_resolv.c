/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.conf, read as a resolver reads it. */
#include "resolv.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads `size` bytes out of a file made for this. */
static int read_bytes(const void *data, size_t size, struct cni_dns *dns, struct cni_error *err)
{
	char path[] = "/tmp/resolv.XXXXXX";
	closing int fd = mkstemp(path);
	int failed;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	failed = resolv_read(path, dns, err);
	unlink(path);
	return failed;
}

static void resolv__reads_what_a_resolver_reads(void **state)
{
	static const char text[] = "# comment\n; another\n\nnameserver 10.0.0.1\r\n"
				   "  nameserver\t fd00::1 trailing\ndomain first.example\n"
				   "domain example.org\nsearch a.example b.example\n"
				   "search c.example\noptions ndots:5 rotate\nnameserver\n"
				   "sortlist 10.0.0.0\n#nameserver 10.0.0.9\noptions edns0";
	struct cni_dns dns = {0};
	struct cni_error err;

	(void)state;
	assert_int_equal(read_bytes(text, strlen(text), &dns, &err), 0);
	assert_int_equal(dns.nameserver_count, 2);
	assert_string_equal(dns.nameservers[0], "10.0.0.1");
	assert_string_equal(dns.nameservers[1], "fd00::1");
	assert_string_equal(dns.domain, "example.org");
	assert_int_equal(dns.search_count, 3);
	assert_string_equal(dns.search[2], "c.example");
	assert_int_equal(dns.option_count, 3);
	assert_string_equal(dns.options[0], "ndots:5");
	assert_string_equal(dns.options[2], "edns0");
	cni_dns_clear(&dns);
}

/* A key at the end of the text, after blanks or before them: there is nothing to read behind it. */
static void resolv__takes_a_key_alone(void **state)
{
	static const char *const texts[] = {"nameserver", "nameserver\n", "search",
					    "options \t", "domain\r\n",	  " nameserver",
					    "\t\n \n\r",  "#nameserver",  ";"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct cni_dns dns = {0};
		struct cni_error err;

		assert_int_equal(read_bytes(texts[i], strlen(texts[i]), &dns, &err), 0);
		assert_true(cni_dns_is_empty(&dns));
		cni_dns_clear(&dns);
	}
}

static void resolv__takes_an_empty_file(void **state)
{
	struct cni_dns dns = {0};
	struct cni_error err;

	(void)state;
	assert_int_equal(read_bytes("", 0, &dns, &err), 0);
	assert_true(cni_dns_is_empty(&dns));
}

static void resolv__refuses_what_is_no_text(void **state)
{
	static char large[(64 << 10) + 1];
	struct cni_dns dns = {0};
	struct cni_error err = {0};

	(void)state;
	assert_int_equal(read_bytes("nameserver 10.0.0.1\n\0x", 22, &dns, &err), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_non_null(strstr(err.msg, "NUL"));
	memset(large, '\n', sizeof(large));
	assert_int_equal(read_bytes(large, sizeof(large), &dns, &err), -1);
	assert_int_equal(err.code, CNI_ECONFIG);
	assert_non_null(strstr(err.msg, "more than 65536 bytes"));
	assert_int_equal(read_bytes(large, sizeof(large) - 1, &dns, &err), 0);
	cni_dns_clear(&dns);
}

static void resolv__refuses_what_is_no_file(void **state)
{
	char fifo[] = "/tmp/resolv-fifo.XXXXXX";
	struct cni_dns dns = {0};
	struct cni_error err = {0};

	(void)state;
	assert_int_equal(resolv_read("/nowhere/resolv.conf", &dns, &err), -1);
	assert_int_equal(err.code, CNI_EIO);
	assert_non_null(strstr(err.msg, "'ipam.resolvConf': open '/nowhere/resolv.conf'"));
	assert_int_equal(resolv_read("/tmp", &dns, &err), -1);
	assert_non_null(strstr(err.msg, "not a regular file"));
	close(mkstemp(fifo));
	unlink(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(resolv_read(fifo, &dns, &err), -1);
	unlink(fifo);
	assert_non_null(strstr(err.msg, "not a regular file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolv__reads_what_a_resolver_reads),
		cmocka_unit_test(resolv__takes_a_key_alone),
		cmocka_unit_test(resolv__takes_an_empty_file),
		cmocka_unit_test(resolv__refuses_what_is_no_text),
		cmocka_unit_test(resolv__refuses_what_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
