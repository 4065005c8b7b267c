/* SPDX-License-Identifier: Apache-2.0 */
/* The declarations of a header have C's linkage, also where C++ includes it. */
#ifndef CNI_DECLS_H
#define CNI_DECLS_H

#ifdef __cplusplus
#define CNI_BEGIN_DECLS extern "C" {
#define CNI_END_DECLS	}
#else
#define CNI_BEGIN_DECLS
#define CNI_END_DECLS
#endif

#endif
