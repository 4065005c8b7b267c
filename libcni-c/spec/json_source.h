/* SPDX-License-Identifier: Apache-2.0 */
/* The source text of a tree, for details that cJSON does not keep or read. Both functions are
 * linear in its size. */
#ifndef CNI_JSON_SOURCE_H
#define CNI_JSON_SOURCE_H

#include <cjson/cJSON.h>

/* A copy of `data` that cJSON reads, as long to the byte, which the caller frees; NULL if `data` is one
 * itself. Half of a surrogate pair, which cJSON refuses, is U+FFFD in the copy, as Go's encoding/json
 * has it; a number with more than 63 characters, of which cJSON reads a part, is 0 in the copy. */
char *cni_json_source_readable(const char *data);

/* cJSON keeps a number as a double. The digits of each number of `json` that would be printed in
 * another way than `data` has it go to its `valuestring`, which cJSON copies and frees and does not
 * look at otherwise. `json` is what was read from `data`, or from its readable copy. */
void cni_json_source_keep_digits(const char *data, cJSON *json);

/* The first place of `data`, which cJSON has read, that is no JSON (RFC 8259), as Go's encoding/json sees it: a byte
 * order mark, a control character, a number such as 007. NULL: there is none. `ret_why` gets a constant. */
const char *cni_json_source_fault(const char *data, const char **ret_why);

#endif
