/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as in Go's encoding/json, with cJSON: keys match in any case, the last of two wins, and
 * output is indented by four. */
#ifndef CNI_JSON_H
#define CNI_JSON_H

#include "decls.h"
#include "error.h"

#include <cjson/cJSON.h>
#include <stddef.h>

CNI_BEGIN_DECLS

/* For the cleanup attribute. */
static inline void cni_json_deletep(cJSON **json)
{
	cJSON_Delete(*json);
}

/* Parses `size` bytes that must be one JSON object and nothing else but white space; a NUL follows
 * them. `what` names the source in errors. The caller frees with cJSON_Delete().
 * Fails with CNI_EDECODE: empty, not JSON (with the place), not an object, nested deeper than cJSON
 * allows (1,000), a NUL byte raw or escaped (C would cut the string there). */
int cni_json_parse_object(const char *data, size_t size, const char *what, cJSON **ret_json,
			  struct cni_error *err);

/* The same for JSON that is passed on: numbers, which are read as doubles, keep their digits
 * when printed, also in copies of the tree. */
int cni_json_parse_source(const char *data, size_t size, const char *what, cJSON **ret_json,
			  struct cni_error *err);

/* The same for the configurations that runtimes read: fails as well for what cJSON accepts and Go's encoding/json
 * does not (json_source.h). */
int cni_json_parse_configuration(const char *data, size_t size, const char *what, cJSON **ret_json,
				 struct cni_error *err);

/* The last member whose key equals `key` in any case; NULL if there is none, if it is null, or if
 * `object` is NULL or no object. */
cJSON *cni_json_get(const cJSON *object, const char *key);

/* The text of a string member, or NULL if it is absent or not a string. */
const char *cni_json_get_string(const cJSON *object, const char *key);

/* Removes every member whose key equals `key` in any case, then adds `item` (owned by the object
 * afterwards; NULL adds nothing). */
void cni_json_set(cJSON *object, const char *key, cJSON *item);

/* Makers that return memory or exit, never NULL. */
cJSON *cni_json_object(void);
cJSON *cni_json_array(void);
cJSON *cni_json_copy(const cJSON *json);

/* Adds a member; these return nothing because they cannot fail. `text` NULL or "" adds none. */
void cni_json_add(cJSON *object, const char *key, cJSON *item);
void cni_json_add_string(cJSON *object, const char *key, const char *text);
void cni_json_add_number(cJSON *object, const char *key, double number);

/* The text of `json`, indented by four and without a newline at the end, or in one line. The caller
 * frees. */
char *cni_json_print(const cJSON *json);
char *cni_json_print_compact(const cJSON *json);

/* Succeeds if `list` is a list or NULL. `what` names its key. Fails with CNI_ECONFIG otherwise. */
int cni_json_check_list(const cJSON *list, const char *what, struct cni_error *err);

/* "a string", "a number": how an error names what it found where a whole document was expected. */
const char *cni_json_kind(const cJSON *json);

/* How an error shows a value: its JSON, at most 64 bytes of it. NULL is "nothing". The text holds
 * until the next call. */
const char *cni_json_show(const cJSON *json);

CNI_END_DECLS

#endif
