/* SPDX-License-Identifier: Apache-2.0 */
#include "browser.h"

#include "base64.h"
#include "cleanup.h"
#include "mem.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The descriptors on which the browser reads and writes messages, each with a NUL behind it. */
#define BROWSER_READS  3
#define BROWSER_WRITES 4

#define PATIENCE_MS 60000
#define CHUNK	    65536

const char *browser_executable(void)
{
	static const char *const paths[] = {"/usr/bin/chromium-headless-shell",
					    "/usr/bin/chromium"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

/* ---- messages ---- */

static void send_message(struct browser *browser, const cJSON *message)
{
	freeing char *text = cni_need(cJSON_PrintUnformatted(message));
	const char *at = text;
	size_t left = strlen(text) + 1;

	while (left) {
		ssize_t written = write(browser->to, at, left);

		if (written < 0)
			fail_msg("write to the browser: %s", strerror(errno));
		at += written;
		left -= (size_t)written;
	}
}

static void receive_more(struct browser *browser)
{
	struct pollfd poll_fd = {.fd = browser->from, .events = POLLIN};
	ssize_t size;

	if (poll(&poll_fd, 1, PATIENCE_MS) != 1)
		fail_msg("the browser does not answer");
	browser->unread = cni_realloc_array(browser->unread, browser->received + CHUNK, 1);
	size = read(browser->from, browser->unread + browser->received, CHUNK);
	if (size <= 0)
		fail_msg("the browser has ended");
	browser->received += (size_t)size;
}

static cJSON *receive_message(struct browser *browser)
{
	size_t searched = 0;
	const char *end;
	size_t size;
	cJSON *message;

	while (!browser->unread ||
	       !(end = memchr(browser->unread + searched, '\0', browser->received - searched))) {
		searched = browser->received;
		receive_more(browser);
	}
	message = cJSON_Parse(browser->unread);
	size = (size_t)(end - browser->unread) + 1;
	browser->received -= size;
	memmove(browser->unread, browser->unread + size, browser->received);
	assert_non_null(message);
	return message;
}

/* The result of the call, which takes the parameters; events before it are dropped. The caller deletes. */
static cJSON *call(struct browser *browser, const char *method, cJSON *params)
{
	freeing_json cJSON *message = cni_json_object();
	cJSON *result;

	cni_json_add_number(message, "id", ++browser->calls);
	cni_json_add_string(message, "method", method);
	cni_json_add_string(message, "sessionId", browser->session);
	cni_json_add(message, "params", params ? params : cni_json_object());
	send_message(browser, message);
	for (;;) {
		freeing_json cJSON *answer = receive_message(browser);
		const cJSON *id = cni_json_get(answer, "id");

		if (!cJSON_IsNumber(id) || id->valueint != browser->calls)
			continue;
		result = cJSON_DetachItemFromObject(answer, "result");
		if (!result)
			fail_msg("%s: %s", method, cni_json_show(cni_json_get(answer, "error")));
		return result;
	}
}

/* ---- the process ---- */

static void execute(const char *profile, const int to[2], const int from[2])
{
	freeing char *directory = cni_format("--user-data-dir=%s", profile);
	const char *const arguments[] = {browser_executable(),
					 "--headless",
					 "--no-sandbox",
					 "--disable-gpu",
					 "--disable-quic",
					 "--no-first-run",
					 "--disable-background-networking",
					 "--disable-component-update",
					 "--disable-sync",
					 "--disable-dev-shm-usage",
					 "--hide-scrollbars",
					 "--remote-debugging-pipe",
					 directory,
					 "about:blank",
					 NULL};
	int quiet = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* Out of the way of those that are made next. */
	int reads = fcntl(to[0], F_DUPFD_CLOEXEC, 10);
	int writes = fcntl(from[1], F_DUPFD_CLOEXEC, 10);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	if (quiet < 0 || reads < 0 || writes < 0 || dup2(quiet, 0) < 0 || dup2(quiet, 1) < 0 ||
	    dup2(quiet, 2) < 0 || dup2(reads, BROWSER_READS) < 0 ||
	    dup2(writes, BROWSER_WRITES) < 0)
		_exit(127);
	setenv("HOME", profile, 1);
	execv(arguments[0], (char *const *)arguments);
	_exit(127);
}

static void open_tab(struct browser *browser)
{
	freeing_json cJSON *target = NULL;
	freeing_json cJSON *attached = NULL;
	cJSON *params = cni_json_object();

	cni_json_add_string(params, "url", "about:blank");
	target = call(browser, "Target.createTarget", params);
	params = cni_json_object();
	cni_json_add_string(params, "targetId", cni_json_get_string(target, "targetId"));
	cni_json_add(params, "flatten", cJSON_CreateBool(true));
	attached = call(browser, "Target.attachToTarget", params);
	browser->session = cni_strdup(cni_json_get_string(attached, "sessionId"));
	assert_non_null(browser->session);
}

void browser_start(struct browser *browser, const char *profile)
{
	int to[2];
	int from[2];

	*browser = (struct browser){0};
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	browser->pid = fork();
	assert_true(browser->pid >= 0);
	if (!browser->pid)
		execute(profile, to, from);
	close(to[0]);
	close(from[1]);
	browser->to = to[1];
	browser->from = from[0];
	signal(SIGPIPE, SIG_IGN);
	open_tab(browser);
}

void browser_stop(struct browser *browser)
{
	if (browser->pid <= 0)
		return;
	/* Its own group: the renderers as well. */
	kill(-browser->pid, SIGKILL);
	kill(browser->pid, SIGKILL);
	waitpid(browser->pid, NULL, 0);
	close(browser->to);
	close(browser->from);
	free(browser->session);
	free(browser->unread);
	*browser = (struct browser){0};
}

/* ---- pages ---- */

void browser_resize(struct browser *browser, int width, int height, bool dark)
{
	cJSON *params = cni_json_object();
	cJSON *feature = cni_json_object();
	cJSON *features = cni_json_array();

	cni_json_add_number(params, "width", width);
	cni_json_add_number(params, "height", height);
	cni_json_add_number(params, "deviceScaleFactor", 1);
	cni_json_add(params, "mobile", cJSON_CreateBool(width < 600));
	cJSON_Delete(call(browser, "Emulation.setDeviceMetricsOverride", params));
	cni_json_add_string(feature, "name", "prefers-color-scheme");
	cni_json_add_string(feature, "value", dark ? "dark" : "light");
	cJSON_AddItemToArray(features, feature);
	params = cni_json_object();
	cni_json_add(params, "features", features);
	cJSON_Delete(call(browser, "Emulation.setEmulatedMedia", params));
}

cJSON *browser_evaluate(struct browser *browser, const char *expression)
{
	cJSON *params = cni_json_object();
	freeing_json cJSON *answer = NULL;
	cJSON *value;

	cni_json_add_string(params, "expression", expression);
	cni_json_add(params, "awaitPromise", cJSON_CreateBool(true));
	cni_json_add(params, "returnByValue", cJSON_CreateBool(true));
	answer = call(browser, "Runtime.evaluate", params);
	if (cni_json_get(answer, "exceptionDetails"))
		fail_msg("%s", cni_json_get_string(cni_json_get(answer, "result"), "description"));
	value = cJSON_DetachItemFromObject(cni_json_get(answer, "result"), "value");
	assert_non_null(value);
	return value;
}

void browser_open(struct browser *browser, const char *url)
{
	cJSON *params = cni_json_object();
	freeing_json cJSON *answer = NULL;

	cni_json_add_string(params, "url", url);
	answer = call(browser, "Page.navigate", params);
	if (cni_json_get(answer, "errorText"))
		fail_msg("%s: %s", url, cni_json_get_string(answer, "errorText"));
	cJSON_Delete(browser_evaluate(
		browser, "new Promise(done => document.readyState == 'complete' ? done({}) : "
			 "addEventListener('load', () => done({})))"));
}

void browser_shoot(struct browser *browser, const char *path)
{
	cJSON *params = cni_json_object();
	freeing_json cJSON *answer = NULL;
	freeing char *bytes = NULL;
	size_t size;
	FILE *file;

	cni_json_add_string(params, "format", "png");
	cni_json_add(params, "captureBeyondViewport", cJSON_CreateBool(true));
	answer = call(browser, "Page.captureScreenshot", params);
	assert_int_equal(cni_base64_decode(cni_json_get_string(answer, "data"), &bytes, &size), 0);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}
