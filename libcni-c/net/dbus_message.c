/* SPDX-License-Identifier: Apache-2.0 */
#include "dbus_message.h"

#include <stdio.h>
#include <string.h>

/* Types, flags and header fields (D-Bus Specification, "Message Format", "Header Fields"). */
enum { METHOD_CALL = 1, METHOD_RETURN = 2, ERROR = 3 };
enum { NO_AUTO_START = 2 };
enum {
	PATH = 1,
	INTERFACE = 2,
	MEMBER = 3,
	ERROR_NAME = 4,
	REPLY_SERIAL = 5,
	DESTINATION = 6,
	SIGNATURE = 8,
};

#define OUR_ORDER (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B')

static size_t aligned(size_t at, size_t to)
{
	return (at + to - 1) & ~(to - 1);
}

/* ---- writing ---- */

struct writer {
	uint8_t *bytes;
	size_t room;
	size_t at;
	bool failed;
};

static void put(struct writer *w, const void *data, size_t size)
{
	if (w->failed || size > w->room - w->at) {
		w->failed = true;
		return;
	}
	memcpy(w->bytes + w->at, data, size);
	w->at += size;
}

static void put_u8(struct writer *w, uint8_t value)
{
	put(w, &value, sizeof(value));
}

static void align(struct writer *w, size_t to)
{
	while (!w->failed && w->at != aligned(w->at, to))
		put_u8(w, 0);
}

static void put_u32(struct writer *w, uint32_t value)
{
	align(w, sizeof(value));
	put(w, &value, sizeof(value));
}

static void put_string(struct writer *w, const char *text)
{
	size_t size = strlen(text);

	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			w->failed = true;
	put_u32(w, (uint32_t)size);
	put(w, text, size + 1);
}

static void put_signature(struct writer *w, const char *signature)
{
	put_u8(w, (uint8_t)strlen(signature));
	put(w, signature, strlen(signature) + 1);
}

static void put_field(struct writer *w, uint8_t field, const char *type, const char *value)
{
	align(w, 8);
	put_u8(w, field);
	put_signature(w, type);
	if (*type == 'g')
		put_signature(w, value);
	else
		put_string(w, value);
}

static void put_u32_at(struct writer *w, size_t at, size_t value)
{
	uint32_t number = (uint32_t)value;

	if (!w->failed)
		memcpy(w->bytes + at, &number, sizeof(number));
}

size_t cni_dbus_encode(const struct cni_dbus_call *call, uint32_t serial, uint8_t *bytes,
		       size_t room)
{
	struct writer w = {.bytes = bytes, .room = room};
	char signature[sizeof(call->arguments) / sizeof(*call->arguments) + 1] = "";
	size_t body;

	for (size_t i = 0; call->arguments[i]; i++)
		signature[i] = 's';
	put_u8(&w, OUR_ORDER);
	put_u8(&w, METHOD_CALL);
	put_u8(&w, NO_AUTO_START);
	put_u8(&w, 1);
	put_u32(&w, 0); /* of the body, at 4 */
	put_u32(&w, serial);
	put_u32(&w, 0); /* of the fields, at 12 */
	put_field(&w, PATH, "o", call->path);
	put_field(&w, INTERFACE, "s", call->interface);
	put_field(&w, MEMBER, "s", call->member);
	put_field(&w, DESTINATION, "s", call->destination);
	if (*signature)
		put_field(&w, SIGNATURE, "g", signature);
	put_u32_at(&w, 12, w.at - CNI_DBUS_PRELUDE);
	align(&w, 8);
	body = w.at;
	for (size_t i = 0; call->arguments[i]; i++)
		put_string(&w, call->arguments[i]);
	put_u32_at(&w, 4, w.at - body);
	return w.failed ? 0 : w.at;
}

/* ---- reading ---- */

struct reader {
	const uint8_t *bytes;
	size_t size;
	size_t at;
	bool failed;
};

static const void *take(struct reader *r, size_t size)
{
	const void *data = r->bytes + r->at;

	if (r->failed || r->at > r->size || size > r->size - r->at) {
		r->failed = true;
		return NULL;
	}
	r->at += size;
	return data;
}

static uint8_t take_u8(struct reader *r)
{
	const uint8_t *value = take(r, sizeof(*value));

	return value ? *value : 0;
}

static uint32_t take_u32(struct reader *r)
{
	uint32_t value = 0;
	const void *data;

	r->at = aligned(r->at, sizeof(value));
	data = take(r, sizeof(value));
	if (data)
		memcpy(&value, data, sizeof(value));
	return value;
}

/* "" if it is none. */
static const char *take_text(struct reader *r, size_t size)
{
	const char *text = size < r->size ? take(r, size + 1) : NULL;

	if (text && text[size] == '\0')
		return text;
	r->failed = true;
	return "";
}

static const char *take_string(struct reader *r)
{
	uint32_t size = take_u32(r);

	return take_text(r, size);
}

static const char *take_signature(struct reader *r)
{
	uint8_t size = take_u8(r);

	return take_text(r, size);
}

struct header {
	uint8_t type;
	uint32_t reply_to;
	const char *error;
	const char *signature;
};

static void take_field(struct reader *r, struct header *header)
{
	const char *text = "";
	uint32_t number = 0;
	const char *type;
	uint8_t field;

	r->at = aligned(r->at, 8);
	field = take_u8(r);
	type = take_signature(r);
	if (!strcmp(type, "s") || !strcmp(type, "o"))
		text = take_string(r);
	else if (!strcmp(type, "g"))
		text = take_signature(r);
	else if (!strcmp(type, "u"))
		number = take_u32(r);
	else
		r->failed = true;
	if (field == ERROR_NAME)
		header->error = text;
	else if (field == SIGNATURE)
		header->signature = text;
	else if (field == REPLY_SERIAL)
		header->reply_to = number;
}

static uint32_t u32_at(const uint8_t *bytes, size_t at)
{
	uint32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

size_t cni_dbus_size(const uint8_t prelude[CNI_DBUS_PRELUDE])
{
	uint32_t body = u32_at(prelude, 4);
	uint32_t fields = u32_at(prelude, 12);

	/* Everybody here is on this machine. */
	if (prelude[0] != OUR_ORDER || prelude[3] != 1 || body > CNI_DBUS_MESSAGE_MAX ||
	    fields > CNI_DBUS_MESSAGE_MAX)
		return 0;
	body += (uint32_t)aligned(CNI_DBUS_PRELUDE + fields, 8);
	return body <= CNI_DBUS_MESSAGE_MAX ? body : 0;
}

int cni_dbus_decode(const uint8_t *bytes, size_t size, uint32_t serial,
		    struct cni_dbus_answer *ret_answer)
{
	struct reader r = {.bytes = bytes, .size = size, .at = CNI_DBUS_PRELUDE};
	struct header header = {.type = bytes[1], .error = "", .signature = ""};
	size_t end = CNI_DBUS_PRELUDE + u32_at(bytes, 12);

	while (!r.failed && r.at < end)
		take_field(&r, &header);
	if (r.failed)
		return -1;
	if ((header.type != METHOD_RETURN && header.type != ERROR) || header.reply_to != serial)
		return 0;
	*ret_answer = (struct cni_dbus_answer){.flag = false};
	if (header.type == ERROR)
		snprintf(ret_answer->error, sizeof(ret_answer->error), "%s",
			 *header.error ? header.error : "an error");
	r.at = aligned(end, 8);
	if (*header.signature == 's')
		snprintf(ret_answer->text, sizeof(ret_answer->text), "%s", take_string(&r));
	else if (*header.signature == 'b')
		ret_answer->flag = take_u32(&r) != 0;
	return r.failed ? -1 : 1;
}
