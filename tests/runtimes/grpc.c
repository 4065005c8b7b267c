/* SPDX-License-Identifier: Apache-2.0 */
#include "grpc.h"

#include "mem.h"
#include "test.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_S   60
#define PREFIX_SIZE 5 /* before each message: whether it is compressed, and its size */

struct transfer {
	struct grpc_call *call;
	CURL *curl;
	struct grpc_bytes body; /* what is sent */
	struct grpc_bytes got;	/* what has come */
	char *status;		/* of gRPC: a number, at the end of everything */
	char *message;		/* the words to it */
};

static void append(struct grpc_bytes *to, const void *data, size_t size)
{
	if (!size)
		return;
	to->data = cni_realloc_array(to->data, to->size + size, 1);
	memcpy(to->data + to->size, data, size);
	to->size += size;
}

static void clear(struct grpc_bytes *bytes)
{
	free(bytes->data);
	*bytes = (struct grpc_bytes){0};
}

static void add_prefix(struct grpc_bytes *to, size_t size)
{
	const uint8_t prefix[PREFIX_SIZE] = {0, (uint8_t)(size >> 24), (uint8_t)(size >> 16),
					     (uint8_t)(size >> 8), (uint8_t)size};

	append(to, prefix, sizeof(prefix));
}

static size_t take_data(char *data, size_t size, size_t count, void *to)
{
	append(to, data, size * count);
	return size * count;
}

/* "<name>: <value>\r\n", or NULL if it is another one. The caller frees. */
static char *header_value(const char *line, size_t size, const char *name)
{
	size_t length = strlen(name);

	if (size < length + 2 || strncasecmp(line, name, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	size -= length + 1;
	while (size && *line == ' ') {
		line++;
		size--;
	}
	while (size && (line[size - 1] == '\r' || line[size - 1] == '\n'))
		size--;
	return cni_strndup(line, size);
}

/* The status comes behind the answer, or with the headers if there is none. */
static size_t take_header(char *line, size_t size, size_t count, void *to)
{
	struct transfer *transfer = to;
	char *status = header_value(line, size * count, "grpc-status");
	char *message = header_value(line, size * count, "grpc-message");

	if (status) {
		free(transfer->status);
		transfer->status = status;
	}
	if (message) {
		free(transfer->message);
		transfer->message = message;
	}
	return size * count;
}

static void begin(struct transfer *transfer, const char *socket, struct curl_slist *headers)
{
	struct grpc_call *call = transfer->call;
	char *url = cni_format("http://localhost%s", call->method);
	CURL *curl = cni_need(curl_easy_init());

	add_prefix(&transfer->body, call->request.size);
	append(&transfer->body, call->request.data, call->request.size);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)transfer->body.size);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, transfer->body.data);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer->got);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, transfer);
	transfer->curl = curl;
	free(url);
}

static char *error_of(const struct transfer *transfer, CURLcode code)
{
	char *words;
	char *error;

	if (transfer->status && !strcmp(transfer->status, "0"))
		return NULL;
	if (!transfer->status)
		return cni_strdup(code != CURLE_OK ? curl_easy_strerror(code)
						   : "an answer without a status");
	words = curl_easy_unescape(transfer->curl, transfer->message ? transfer->message : "", 0,
				   NULL);
	error = cni_format("status %s: %s", transfer->status, words);
	curl_free(words);
	return error;
}

static void end(struct transfer *transfer, CURLcode code)
{
	struct grpc_call *call = transfer->call;

	curl_easy_getinfo(transfer->curl, CURLINFO_TOTAL_TIME, &call->seconds);
	call->error = error_of(transfer, code);
	if (transfer->got.size > PREFIX_SIZE)
		append(&call->answer, transfer->got.data + PREFIX_SIZE,
		       transfer->got.size - PREFIX_SIZE);
}

static void run_all(CURLM *multi)
{
	int running = 1;
	int left;
	CURLMsg *message;

	while (running) {
		assert_int_equal(curl_multi_perform(multi, &running), CURLM_OK);
		while ((message = curl_multi_info_read(multi, &left))) {
			struct transfer *transfer = NULL;

			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
			end(transfer, message->data.result);
		}
		if (running)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
}

void grpc_run(const char *socket, struct grpc_call *calls, size_t count)
{
	struct transfer *transfers = cni_alloc(count * sizeof(*transfers));
	struct curl_slist *headers = NULL;
	CURLM *multi = cni_need(curl_multi_init());

	/* A connection for each call. */
	curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	headers = curl_slist_append(headers, "Content-Type: application/grpc");
	headers = cni_need(curl_slist_append(headers, "TE: trailers"));
	for (size_t i = 0; i < count; i++) {
		transfers[i].call = &calls[i];
		begin(&transfers[i], socket, headers);
		assert_int_equal(curl_multi_add_handle(multi, transfers[i].curl), CURLM_OK);
	}
	run_all(multi);
	for (size_t i = 0; i < count; i++) {
		curl_multi_remove_handle(multi, transfers[i].curl);
		curl_easy_cleanup(transfers[i].curl);
		clear(&transfers[i].body);
		clear(&transfers[i].got);
		free(transfers[i].status);
		free(transfers[i].message);
	}
	curl_multi_cleanup(multi);
	curl_slist_free_all(headers);
	free(transfers);
}

void grpc_assert_success(const struct grpc_call *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (calls[i].error)
			fail_msg("%s: %s", calls[i].method, calls[i].error);
}

void grpc_clear(struct grpc_call *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		clear(&calls[i].request);
		clear(&calls[i].answer);
		free(calls[i].error);
		calls[i] = (struct grpc_call){0};
	}
}
