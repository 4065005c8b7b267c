/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child: it is not coming back. */
static int enter(const char *netns)
{
	closing int fd = netns ? open(netns, O_RDONLY | O_CLOEXEC) : -1;

	return netns ? setns(fd, CLONE_NEWNET) : 0;
}

static pid_t start_child(int pipe_ends[2])
{
	pid_t pid;

	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* ---- the server ---- */

/* A single socket for both families: an IPv4 client is ::ffff:10.1.0.2 there. */
static int listen_on_port(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(HTTP_PORT)};
	int both = 0;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof(both)) < 0 ||
	    bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, 16) < 0)
		return -1;
	return fd;
}

static void format_peer(const struct in6_addr *peer, char text[INET6_ADDRSTRLEN])
{
	if (IN6_IS_ADDR_V4MAPPED(peer))
		inet_ntop(AF_INET, &peer->s6_addr[12], text, INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, peer, text, INET6_ADDRSTRLEN);
}

/* A request ends with an empty line; what it says does not matter. */
static void read_request(int fd)
{
	char request[2048];
	size_t size = 0;
	ssize_t got;

	do {
		got = read(fd, request + size, sizeof(request) - 1 - size);
		size += got > 0 ? (size_t)got : 0;
		request[size] = '\0';
	} while (got > 0 && !strstr(request, "\r\n\r\n"));
}

static void answer(int fd, const struct in6_addr *peer)
{
	char text[INET6_ADDRSTRLEN];

	read_request(fd);
	format_peer(peer, text);
	dprintf(fd, "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s",
		strlen(text), text);
}

static _Noreturn void serve(int listener)
{
	for (;;) {
		struct sockaddr_in6 peer = {0};
		socklen_t size = sizeof(peer);
		closing int fd = accept(listener, (struct sockaddr *)&peer, &size);

		if (fd >= 0)
			answer(fd, &peer.sin6_addr);
	}
}

void http_serve(struct http_server *server, const char *netns)
{
	int ready[2];
	char said;

	server->pid = start_child(ready);
	if (server->pid == 0) {
		int listener = enter(netns) < 0 ? -1 : listen_on_port();

		if (listener < 0 || write(ready[1], "!", 1) != 1)
			_exit(1);
		close(ready[1]);
		serve(listener);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &said, 1), 1);
	close(ready[0]);
}

void http_stop(struct http_server *server)
{
	if (!server->pid)
		return;
	kill(server->pid, SIGKILL);
	assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
	server->pid = 0;
}

/* ---- the client ---- */

static size_t pass_on(char *data, size_t size, size_t count, void *to)
{
	ssize_t written = write(*(int *)to, data, size * count);

	return written < 0 ? 0 : (size_t)written;
}

/* Exits with 0 after a whole answer, which it writes to `out`. */
static _Noreturn void fetch(const char *netns, const char *address, unsigned int milliseconds,
			    int out)
{
	char url[INET6_ADDRSTRLEN + 32];
	CURL *curl = NULL;

	snprintf(url, sizeof(url), strchr(address, ':') ? "http://[%s]:%d/" : "http://%s:%d/",
		 address, HTTP_PORT);
	if (enter(netns) < 0)
		_exit(2);
	curl = curl_easy_init();
	if (!curl)
		_exit(2);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)milliseconds);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, pass_on);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &out);
	_exit(curl_easy_perform(curl) == CURLE_OK ? 0 : 1);
}

char *http_get(const char *netns, const char *address, unsigned int milliseconds)
{
	char text[INET6_ADDRSTRLEN] = "";
	int from_child[2];
	int status = 0;
	pid_t pid = start_child(from_child);

	if (pid == 0)
		fetch(netns, address, milliseconds, from_child[1]);
	close(from_child[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	assert_true(read(from_child[0], text, sizeof(text) - 1) >= 0);
	close(from_child[0]);
	return WEXITSTATUS(status) == 0 ? cni_strdup(text) : NULL;
}

void http_assert_seen(const char *netns, const char *address, const char *expected)
{
	/* An answer arrives at once; the long timeout is for a loaded machine. */
	freeing char *seen = http_get(netns, address, expected ? 10000 : 1000);
	const char *from = netns ? netns : "the host";

	if (!expected && seen)
		fail_msg("%s got an answer from %s, which saw %s; expected none", from, address,
			 seen);
	if (expected && !seen)
		fail_msg("%s got no answer from %s", from, address);
	if (expected && strcmp(seen, expected) != 0)
		fail_msg("%s saw %s come from %s, expected %s", address, from, seen, expected);
}
