/* SPDX-License-Identifier: Apache-2.0 */
/* A failure travels in a plain struct on main's stack: filled where it happens, given context on
 * the way up, printed once by main(). Nothing to free, nothing to leak. */
#ifndef CNI_ERROR_H
#define CNI_ERROR_H

#include "decls.h"

CNI_BEGIN_DECLS

/* Values of `code`. 1 to 99 are the specification's (CNI SPEC, section 5, "Error"); ours start at
 * 100 and are documented in docs/compatibility.md. */
enum cni_code {
	CNI_EVERSION = 1,      /* the plugin cannot speak this cniVersion, or the verb is younger */
	CNI_EFIELD = 2,	       /* a field of the configuration is not supported */
	CNI_ECONTAINER = 3,    /* the container is unknown */
	CNI_EENV = 4,	       /* an environment variable is missing or malformed */
	CNI_EIO = 5,	       /* reading or writing a file or a pipe failed */
	CNI_EDECODE = 6,       /* the input is not the JSON it should be */
	CNI_ECONFIG = 7,       /* a key of the network configuration has a wrong value */
	CNI_EAGAIN = 11,       /* try again later */
	CNI_EUNAVAILABLE = 50, /* STATUS: ADD would not work */
	CNI_ELIMITED = 51,     /* STATUS: ADD would work, with limited connectivity */
	CNI_EMEMORY = 100,     /* out of memory */
	CNI_EKERNEL = 101,     /* the kernel refused; `details` holds its own words */
	CNI_EMISMATCH = 102,   /* CHECK: something is not as ADD left it */
	CNI_EDELEGATE = 103,   /* a delegated plugin could not be run or did not answer */
	CNI_EEXHAUSTED = 104,  /* a range set has no address left */
	CNI_ETAKEN = 105,      /* an address, a name or a reservation is another owner's */
	CNI_ELOCKED = 106,     /* a lock was not free before its deadline */
	CNI_EMISSING = 107,    /* a plugin, a file or a network that is needed is not there */
};

/* All zeroes is no failure. */
struct cni_error {
	int code;	    /* enum cni_code, or what a delegated plugin said */
	int errnum;	    /* errno of the failed call; 0 if no call failed */
	char msg[640];	    /* the story, in the caller's words: names, values, what was expected */
	char details[1024]; /* what others said (the kernel, a delegated plugin); may be empty */
};

/* Fills `err` and returns -1, so that failing is one statement. `err` must not be NULL. Control
 * characters in the text and what is not UTF-8 become '?'. Text that does not fit is cut. */
int cni_fail(struct cni_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As cni_fail(), and appends ": " and the text of `errnum`, which is kept. */
int cni_fail_errno(struct cni_error *err, int code, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Puts "<context>: " before the message of a failure. Returns -1. */
int cni_fail_within(struct cni_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets `details`. Returns -1, to be used like the others. */
int cni_fail_details(struct cni_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* For a walk that goes on after a failure (DEL, GC): keeps the first one. `first` begins as {0}. */
void cni_fail_first(struct cni_error *first, const struct cni_error *next);

/* The end of such a walk: 0 if nothing failed; otherwise fills `err` with the first failure and
 * returns -1. */
int cni_fail_if_any(const struct cni_error *first, struct cni_error *err);

/* A thing that is missing (errnum ENODEV or ENOENT) is a failure of its own: as cni_fail(). Other
 * failures stay in `err` as they are. Returns -1. */
int cni_fail_missing(struct cni_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints the error JSON of the specification on stdout, without allocating memory, and exits with
 * 1: for a failure after which nothing can be relied on. `text` needs no escaping in JSON. DEL
 * removes what is half made. */
void cni_die(int code, const char *text) __attribute__((noreturn));

/* The cniVersion that cni_die() prints: that of the configuration, once it was read. `version` must
 * outlive the process. */
void cni_die_with_version(const char *version);

CNI_END_DECLS

#endif
