/* SPDX-License-Identifier: Apache-2.0 */
/* The versions of the CNI specification, as an ordered enum. */
#ifndef CNI_VERSION_H
#define CNI_VERSION_H

#include "decls.h"
#include "error.h"

CNI_BEGIN_DECLS

/* In order of age, so that `version < CNI_1_0_0` reads as it means. */
enum cni_version {
	CNI_0_1_0,
	CNI_0_2_0,
	CNI_0_3_0,
	CNI_0_3_1,
	CNI_0_4_0,
	CNI_1_0_0,
	CNI_1_1_0,
	CNI_VERSION_COUNT,
};
#define CNI_VERSION_LATEST (CNI_VERSION_COUNT - 1)

/* "1.1.0" */
const char *cni_version_text(enum cni_version version);

/* Finds `text` among the versions of this library; NULL and "" mean 0.1.0, as before cniVersion
 * existed. Fails with CNI_EDECODE if `text` is not a version, and with CNI_EVERSION
 * ("incompatible CNI versions", with the supported ones in `details`) if the version is unknown
 * or older than `oldest`. */
int cni_version_parse(const char *text, enum cni_version oldest, enum cni_version *ret_version,
		      struct cni_error *err);

/* Compares any two dotted versions of up to three numbers, known or unknown. `ret_order` gets
 * <0, 0 or >0. Returns -1 if either is malformed. */
int cni_version_compare(const char *a, const char *b, int *ret_order);

CNI_END_DECLS

#endif
