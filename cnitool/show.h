/* SPDX-License-Identifier: Apache-2.0 */
/* The printers of a picture. */
#ifndef SHOW_H
#define SHOW_H

#include "options.h"
#include "picture.h"

/* A tree of lines. */
void show_text(const struct picture *picture, const struct options *options);

/* [{"name", "file", "cniVersion", "plugins", "masters": [{"name", …, "attachments": […]}]}] */
cJSON *show_json(const struct picture *picture);

/* A graph for mermaid (GitHub draws it in Markdown), or for dot(1). */
void show_mermaid(const struct picture *picture);
void show_dot(const struct picture *picture);

/* "tcp 127.0.0.1:8080", with "*" for any address, for the caller to free. */
char *show_port(const cJSON *port);

/* "default/web-0", or the shortened id, for the caller to free. */
char *show_container(const struct picture_attachment *attachment, bool whole);

#endif
