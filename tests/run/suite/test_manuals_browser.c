/* SPDX-License-Identifier: Apache-2.0 */
/* scripts/test runs it once: sanitizers have nothing to find here. */
/* The pages of docs/html, looked at in Chromium as wide as a desktop and as a phone: nothing is cut off, each has
 * its heads, text can be read, and links lead somewhere. Pictures for people are in build/PRESET/manuals, of a few
 * pages, with CNI_C_SLOW of all. */
#include "browser.h"
#include "cleanup.h"
#include "mem.h"
#include "sandbox.h"
#include "test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGES	 CNI_C_SOURCE_DIR "/docs/html"
#define PICTURES CNI_C_BINARY_DIR "/manuals"

#define DESKTOP 1280
#define PHONE	390

/* Judged by the page itself, in JavaScript. The contrast is that of WCAG 2, 1.4.3, which asks for 4.5. */
static const char look[] =
	"(() => {"
	"  const light = text => { const [r, g, b] = text.match(/[\\d.]+/g).map(v => { v /= 255;"
	"    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });"
	"    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };"
	"  const ground = element => { for (let at = element; at; at = at.parentElement) {"
	"    const colour = getComputedStyle(at).backgroundColor;"
	"    if (!/^rgba\\(.*, 0\\)$/.test(colour)) return colour; } return 'rgb(255, 255, 255)'; "
	"};"
	"  const contrast = element => { const a = light(getComputedStyle(element).color),"
	"    b = light(ground(element)); return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); "
	"};"
	"  const all = selector => [...document.querySelectorAll(selector)];"
	"  const text = element => element.textContent.trim().slice(0, 40);"
	"  const main = document.querySelector('main');"
	"  return {"
	"    width: document.documentElement.scrollWidth, inner: innerWidth,"
	"    outside: all('body *').filter(e => !e.closest('pre') &&"
	"      e.getBoundingClientRect().right > innerWidth + 0.5).map(text),"
	"    heads: all('h1').map(text), sections: all('h2').length,"
	"    styled: getComputedStyle(document.body).maxWidth != 'none',"
	"    faint: all('p, dd, dt, dt b, a, h1, h2, h3, pre, b, i, span').filter(e =>"
	"      text(e) && contrast(e) < 4.5).map(text),"
	"    small: all('p, dd, dt, a, pre').filter(e => text(e) &&"
	"      parseFloat(getComputedStyle(e).fontSize) < 12).map(text),"
	"    measure: main ? main.clientWidth / parseFloat(getComputedStyle(main).fontSize) : 0,"
	"    loose: all('a[href^=\"#\"]').map(a => a.getAttribute('href')).filter(h =>"
	"      !document.getElementById(decodeURIComponent(h.slice(1)))),"
	"    links: all('a[href]').map(a => a.getAttribute('href')).filter(h => !h.startsWith('#'))"
	"  }; })()";

static struct browser browser;

static int end(void **state)
{
	(void)state;
	browser_stop(&browser);
	return 0;
}

static void has_none(const char *page, int width, const cJSON *seen, const char *key)
{
	const cJSON *list = cni_json_get(seen, key);

	if (!cJSON_IsArray(list) || list->child)
		fail_msg("%s, %d wide: %s: %s", page, width, key, cni_json_show(list));
}

static void check_links(const char *page, const cJSON *seen)
{
	const cJSON *link;

	cJSON_ArrayForEach (link, cni_json_get(seen, "links")) {
		freeing char *file = cni_format(PAGES "/%.*s", (int)strcspn(link->valuestring, "#"),
						link->valuestring);

		if (access(file, R_OK) < 0)
			fail_msg("%s has a link to '%s', which is not there", page,
				 link->valuestring);
	}
}

static void check_view(const char *page, int width, bool dark)
{
	freeing_json cJSON *seen = NULL;

	browser_resize(&browser, width, 900, dark);
	seen = browser_evaluate(&browser, look);
	if (cni_json_get(seen, "inner")->valueint != width ||
	    cni_json_get(seen, "width")->valueint > width)
		fail_msg("%s, %d wide: the content has %d of %d", page, width,
			 cni_json_get(seen, "width")->valueint,
			 cni_json_get(seen, "inner")->valueint);
	assert_true(cJSON_IsTrue(cni_json_get(seen, "styled")));
	if (cJSON_GetArraySize(cni_json_get(seen, "heads")) != 1 ||
	    cni_json_get(seen, "sections")->valueint < 2)
		fail_msg("%s has not one head and sections", page);
	/* In em: a line of text has less than 100 characters. */
	if (cni_json_get(seen, "measure")->valuedouble > 52)
		fail_msg("%s, %d wide: lines are too long", page, width);
	has_none(page, width, seen, "outside");
	has_none(page, width, seen, "faint");
	has_none(page, width, seen, "small");
	has_none(page, width, seen, "loose");
	check_links(page, seen);
}

static bool is_for_people(const char *page)
{
	static const char *const pages[] = {"index.html", "cni-bridge.8.html", "cnitool.8.html",
					    "cnitool-doctor.8.html", "conflist.5.html"};

	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++)
		if (!strcmp(page, pages[i]))
			return true;
	return getenv("CNI_C_SLOW");
}

static void look_at(const char *page)
{
	static const struct {
		const char *name;
		int width;
		bool dark;
	} views[] = {
		{"phone", PHONE, false}, {"phone-dark", PHONE, true}, {"desktop", DESKTOP, false}};
	freeing char *url = cni_format("file://" PAGES "/%s", page);

	browser_open(&browser, url);
	for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++) {
		freeing char *picture = cni_format(PICTURES "/%.*s-%s.png", (int)strlen(page) - 5,
						   page, views[i].name);

		check_view(page, views[i].width, views[i].dark);
		if (is_for_people(page))
			browser_shoot(&browser, picture);
	}
}

static void manuals__can_be_read_in_a_browser(void **state)
{
	struct dirent **entries;
	int count;

	(void)state;
	if (!browser_executable())
		skip_because("chromium-headless-shell is not installed, scripts/test --runtimes "
			     "does it");
	assert_true(mkdir(PICTURES, 0755) == 0 || access(PICTURES, W_OK) == 0);
	browser_start(&browser, SANDBOX_DIR);
	count = scandir(PAGES, &entries, NULL, alphasort);
	/* The plugins, the commands, the files, the index. */
	assert_true(count > 18 + 8 + 2);
	for (int i = 0; i < count; i++) {
		freeing char *name = cni_strdup(entries[i]->d_name);
		size_t length = strlen(name);

		free(entries[i]);
		if (length > 5 && !strcmp(name + length - 5, ".html"))
			look_at(name);
	}
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(manuals__can_be_read_in_a_browser, end),
	};

	return cmocka_run_group_tests(tests, sandbox_setup, NULL);
}
