/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include "cleanup.h"
#include "file.h"
#include "json.h"
#include "mem.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define CONNECT_MS 10000L
#define TOTAL_MS   30000L
#define TOKEN_MAX  ((size_t)64 << 10)

struct request {
	const char *url;
	char *ca;     /* a path */
	char *bearer; /* the header with the token */
	CURL *curl;
	CURLM *multi;
	struct curl_slist *headers;
	struct api_answer answer;
	bool is_too_long;
	char words[CURL_ERROR_SIZE]; /* libcurl's, on failure */
};

static void clear(struct request *request)
{
	if (request->curl && request->multi)
		curl_multi_remove_handle(request->multi, request->curl);
	curl_easy_cleanup(request->curl);
	curl_multi_cleanup(request->multi);
	curl_slist_free_all(request->headers);
	free(request->ca);
	free(request->bearer);
	free(request->answer.body);
}

#define clearing_request __attribute__((cleanup(clear)))

/* ---- the service account ---- */

/* The file is a link to the newest token. */
static int read_token(const struct settings *settings, char **ret_header, struct cni_error *err)
{
	freeing char *path = cni_format("%s/token", settings->account);
	freeing char *token = NULL;
	size_t size;

	if (cni_file_read_at(AT_FDCWD, path, true, TOKEN_MAX, &token, &size, err) < 0)
		return cni_fail_within(err, "the token of the service account");
	while (size && strchr("\r\n ", token[size - 1]))
		token[--size] = '\0';
	for (size_t i = 0; i < size; i++)
		if (token[i] <= ' ' || token[i] > '~')
			size = 0;
	if (!size)
		return cni_fail(err, CNI_EDECODE,
				"'%s' holds no token: expected one line of printable characters",
				path);
	*ret_header = cni_format("Authorization: Bearer %s", token);
	return 0;
}

/* ---- one request ---- */

static size_t take(char *data, size_t size, size_t count, void *to)
{
	struct request *request = to;
	struct api_answer *answer = &request->answer;
	size_t more = size * count;

	if (more > API_ANSWER_MAX - answer->size) {
		request->is_too_long = true;
		return 0;
	}
	answer->body = cni_realloc_array(answer->body, answer->size + more + 1, 1);
	memcpy(answer->body + answer->size, data, more);
	answer->size += more;
	answer->body[answer->size] = '\0';
	return more;
}

static void add_header(struct request *request, const char *header)
{
	request->headers = cni_need(curl_slist_append(request->headers, header));
}

static int prepare(const struct settings *settings, struct request *request, struct cni_error *err)
{
	if (read_token(settings, &request->bearer, err) < 0)
		return -1;
	request->ca = cni_format("%s/ca.crt", settings->account);
	request->curl = cni_need(curl_easy_init());
	request->multi = cni_need(curl_multi_init());
	add_header(request, request->bearer);
	add_header(request, "Accept: application/json");
	curl_easy_setopt(request->curl, CURLOPT_URL, request->url);
	curl_easy_setopt(request->curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(request->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(request->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(request->curl, CURLOPT_HTTPHEADER, request->headers);
	curl_easy_setopt(request->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(request->curl, CURLOPT_USERAGENT, "cni-c-installer/" CNI_C_VERSION);
	/* These certificates alone: neither the system's nor a directory's. */
	curl_easy_setopt(request->curl, CURLOPT_CAINFO, request->ca);
	curl_easy_setopt(request->curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(request->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(request->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(request->curl, CURLOPT_TIMEOUT_MS, TOTAL_MS);
	curl_easy_setopt(request->curl, CURLOPT_ERRORBUFFER, request->words);
	curl_easy_setopt(request->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(request->curl, CURLOPT_WRITEDATA, request);
	curl_multi_add_handle(request->multi, request->curl);
	return 0;
}

/* Waits for libcurl's sockets and for `stop` at once. */
static int perform(struct request *request, int stop, CURLcode *ret_code, struct cni_error *err)
{
	struct curl_waitfd signal = {.fd = stop, .events = CURL_WAIT_POLLIN};
	CURLMsg *message;
	int running = 1;
	int left;

	for (;;) {
		CURLMcode code = curl_multi_perform(request->multi, &running);

		if (code == CURLM_OK && !running)
			break;
		if (code == CURLM_OK)
			code = curl_multi_poll(request->multi, &signal, 1, (int)TOTAL_MS, NULL);
		if (code != CURLM_OK)
			return cni_fail(err, CNI_EAGAIN, "GET %s: %s", request->url,
					curl_multi_strerror(code));
		if (signal.revents)
			return cni_fail(err, CNI_EAGAIN, "a signal ends the installer");
	}
	message = curl_multi_info_read(request->multi, &left);
	*ret_code = message ? message->data.result : CURLE_GOT_NOTHING;
	return 0;
}

/* ---- failures ---- */

static const char *advice(long status)
{
	switch (status) {
	case 401:
		return ": the API server refuses the token of the service account";
	case 403:
		return ": the service account may not get nodes: the ClusterRole or its binding is "
		       "missing";
	case 404:
		return ": there is no Node of this name: NODE_NAME must be spec.nodeName";
	default:
		return "";
	}
}

/* The API server explains a failure in a Status object. */
static int fail_status(const struct request *request, long status, struct cni_error *err)
{
	freeing_json cJSON *json = NULL;
	struct cni_error ignored;
	const char *words = NULL;

	cni_fail(err, CNI_EAGAIN, "GET %s: status %ld%s", request->url, status, advice(status));
	if (request->answer.body &&
	    cni_json_parse_object(request->answer.body, request->answer.size, "answer", &json,
				  &ignored) == 0)
		words = cni_json_get_string(json, "message");
	return words ? cni_fail_details(err, "%s", words) : -1;
}

static int fail_request(const struct request *request, CURLcode code, struct cni_error *err)
{
	if (request->is_too_long)
		return cni_fail(err, CNI_EDECODE, "GET %s: the answer has more than %zu bytes",
				request->url, API_ANSWER_MAX);
	cni_fail(err, CNI_EAGAIN, "GET %s: %s", request->url, curl_easy_strerror(code));
	return *request->words ? cni_fail_details(err, "%s", request->words) : -1;
}

int api_get_node(const struct settings *settings, const char *version, int stop,
		 struct api_answer *ret_answer, struct cni_error *err)
{
	bool six = strchr(settings->host, ':');
	freeing char *url =
		cni_format("https://%s%s%s:%s/api/v1/nodes/%s%s%s", six ? "[" : "", settings->host,
			   six ? "]" : "", settings->port, settings->node,
			   *version ? "?resourceVersion=" : "", version);
	clearing_request struct request request = {.url = url};
	CURLcode code = CURLE_OK;
	long status = 0;

	if (prepare(settings, &request, err) < 0 || perform(&request, stop, &code, err) < 0)
		return -1;
	if (code != CURLE_OK)
		return fail_request(&request, code, err);
	curl_easy_getinfo(request.curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return fail_status(&request, status, err);
	if (!request.answer.body)
		return cni_fail(err, CNI_EDECODE, "GET %s: an empty answer", url);
	*ret_answer = request.answer;
	request.answer = (struct api_answer){0};
	return 0;
}
