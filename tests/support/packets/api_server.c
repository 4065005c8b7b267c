/* SPDX-License-Identifier: Apache-2.0 */
#include "api_server.h"

#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S   60
#define REQUEST_SIZE 16384
#define ENDLESS_SIZE (3U << 20)

/* ---- one request ---- */

/* Headers end with an empty line; a GET has no body. */
static bool read_request(SSL *ssl, char request[REQUEST_SIZE])
{
	size_t size = 0;

	*request = '\0';
	while (!strstr(request, "\r\n\r\n")) {
		int got = SSL_read(ssl, request + size, (int)(REQUEST_SIZE - 1 - size));

		if (got <= 0)
			return false;
		size += (size_t)got;
		request[size] = '\0';
		if (size == REQUEST_SIZE - 1)
			return false;
	}
	return true;
}

struct texts {
	char token[sizeof(((struct api_server *)0)->token)];
	char status[sizeof(((struct api_server *)0)->status)];
	char body[sizeof(((struct api_server *)0)->body)];
};

static void copy_texts(struct api_server *server, struct texts *ret_texts)
{
	pthread_mutex_lock(&server->lock);
	memcpy(ret_texts->token, server->token, sizeof(server->token));
	memcpy(ret_texts->status, server->status, sizeof(server->status));
	memcpy(ret_texts->body, server->body, sizeof(server->body));
	pthread_mutex_unlock(&server->lock);
}

static bool has_token(const char *token, const char *request)
{
	char header[256];

	snprintf(header, sizeof(header), "\r\nAuthorization: Bearer %s\r\n", token);
	return strstr(request, header);
}

static void send_text(SSL *ssl, const char *text)
{
	if (*text)
		SSL_write(ssl, text, (int)strlen(text));
}

static void send_head(SSL *ssl, const char *status, size_t size)
{
	char head[256];

	snprintf(head, sizeof(head),
		 "HTTP/1.1 %s\r\nContent-Type: application/json\r\nLocation: /elsewhere\r\n"
		 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		 status, size);
	send_text(ssl, head);
}

static void send_endless(SSL *ssl)
{
	char spaces[16384];

	memset(spaces, ' ', sizeof(spaces));
	send_head(ssl, "200 OK", ENDLESS_SIZE);
	for (size_t sent = 0; sent < ENDLESS_SIZE; sent += sizeof(spaces))
		if (SSL_write(ssl, spaces, sizeof(spaces)) <= 0)
			return;
}

static void answer(SSL *ssl, struct api_server *server, const char *request)
{
	const char *refusal = "{\"kind\":\"Status\",\"status\":\"Failure\","
			      "\"message\":\"Unauthorized\",\"code\":401}";
	struct texts texts;

	copy_texts(server, &texts);
	if (!has_token(texts.token, request)) {
		server->refused++;
		send_head(ssl, "401 Unauthorized", strlen(refusal));
		send_text(ssl, refusal);
	} else if (server->mode == API_IS_ENDLESS) {
		send_endless(ssl);
	} else {
		send_head(ssl, texts.status,
			  strlen(texts.body) + (server->mode == API_CUTS_OFF ? 100 : 0));
		send_text(ssl, texts.body);
	}
}

static void serve_one(SSL *ssl, struct api_server *server)
{
	char request[REQUEST_SIZE];
	char target[sizeof(server->target)];

	if (SSL_accept(ssl) != 1 || !read_request(ssl, request))
		return;
	if (sscanf(request, "GET %255s HTTP/1.1\r\n", target) == 1)
		memcpy(server->target, target, sizeof(target));
	if (server->mode == API_IS_SILENT) {
		char rest;

		/* Until the client gives up. */
		server->requests++;
		SSL_read(ssl, &rest, 1);
		return;
	}
	answer(ssl, server, request);
	server->requests++;
	SSL_shutdown(ssl);
}

/* ---- the process ---- */

static int listen_on_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(API_SERVER_PORT),
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0)
		return -1;
	return fd;
}

static _Noreturn void serve(struct api_server *server, SSL_CTX *context, int listener)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		SSL *ssl = SSL_new(context);

		if (fd < 0 || !ssl)
			_exit(1);
		SSL_set_fd(ssl, fd);
		serve_one(ssl, server);
		SSL_free(ssl);
		close(fd);
	}
}

static void init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

struct api_server *api_server_start(const char *cert, const char *key)
{
	struct api_server *server = mmap(NULL, sizeof(*server), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	int listener = listen_on_port();
	pid_t pid;

	assert_true(server != MAP_FAILED);
	assert_true(listener >= 0);
	assert_non_null(context);
	init_lock(&server->lock);
	if (SSL_CTX_use_certificate_chain_file(context, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		fail_msg("%s: %s", cert, ERR_error_string(ERR_get_error(), NULL));
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		serve(server, context, listener);
	}
	server->pid = pid;
	close(listener);
	SSL_CTX_free(context);
	return server;
}

void api_server_stop(struct api_server *server)
{
	if (!server)
		return;
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	munmap(server, sizeof(*server));
}

static void set_text(char *to, size_t size, const char *text)
{
	assert_true(strlen(text) < size);
	memcpy(to, text, strlen(text) + 1);
}

void api_server_set(struct api_server *server, const char *status, const char *body)
{
	pthread_mutex_lock(&server->lock);
	set_text(server->status, sizeof(server->status), status);
	set_text(server->body, sizeof(server->body), body);
	pthread_mutex_unlock(&server->lock);
}

void api_server_set_token(struct api_server *server, const char *token)
{
	pthread_mutex_lock(&server->lock);
	set_text(server->token, sizeof(server->token), token);
	pthread_mutex_unlock(&server->lock);
}

void api_server_await(const struct api_server *server, uint32_t count)
{
	const struct timespec moment = {.tv_nsec = 2000000};
	time_t start = time(NULL);

	while ((int32_t)(server->requests - count) < 0) {
		if (time(NULL) - start > PATIENCE_S)
			fail_msg("the installer asks no more: %u requests, expected %u",
				 server->requests, count);
		nanosleep(&moment, NULL);
	}
}
