/* SPDX-License-Identifier: Apache-2.0 */
/* A transaction of nf_tables: building the messages, sending them, reading the answers. */
#include "nft_tx.h"

#include "cleanup.h"
#include "mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

/* A page holds a whole ADD; the overrun takes the message that passes its end. */
#define PAGE_SIZE    16384
#define OVERRUN_SIZE 8192
/* The kernel's memory for an error, rounded up: each message of a batch may get one.
 */
#define ANSWER_SIZE 2048
/* A batch of more messages gets its errors without the messages in them: their memory is the socket's. */
#define ANSWERS_FEW 32

#define RETRY_SECONDS 10

char *cni_nft_tx_buffer(struct cni_nft_tx *tx)
{
	return nftnl_batch_buffer(tx->batch);
}

void cni_nft_tx_done(struct cni_nft_tx *tx, const char *what)
{
	uint32_t size = ((const struct nlmsghdr *)nftnl_batch_buffer(tx->batch))->nlmsg_len;

	if (nftnl_batch_update(tx->batch) < 0)
		cni_out_of_memory();
	/* The message may have moved to another page. */
	tx->last = (void *)((char *)nftnl_batch_buffer(tx->batch) - size);
	tx->labels = cni_realloc_array(tx->labels, tx->label_count + 1, sizeof(*tx->labels));
	tx->labels[tx->label_count++] = what;
	tx->next_seq++;
}

struct cni_nft_tx *cni_nft_tx_new(struct cni_nl *nl, uint32_t generation)
{
	struct cni_nft_tx *tx = cni_alloc(sizeof(*tx));

	tx->nl = nl;
	tx->batch = cni_need(nftnl_batch_alloc(PAGE_SIZE, OVERRUN_SIZE));
	tx->first_seq = ++nl->seq;
	tx->next_seq = tx->first_seq;
	nftnl_batch_begin(cni_nft_tx_buffer(tx), tx->next_seq);
	if (generation)
		mnl_attr_put_u32(nftnl_batch_buffer(tx->batch), NFNL_BATCH_GENID,
				 htonl(generation));
	cni_nft_tx_done(tx, "begin");
	return tx;
}

void cni_nft_tx_free(struct cni_nft_tx *tx)
{
	if (!tx)
		return;
	nftnl_batch_free(tx->batch);
	free(tx->labels);
	for (size_t i = 0; i < tx->text_count; i++)
		free(tx->texts[i]);
	free(tx->texts);
	free(tx);
}

void cni_nft_tx_freep(struct cni_nft_tx **tx)
{
	cni_nft_tx_free(*tx);
}

uint32_t cni_nft_comment(const char *comment, uint8_t udata[CNI_NFT_COMMENT_SIZE + 2])
{
	size_t size = comment ? strnlen(comment, CNI_NFT_COMMENT_SIZE - 1) : 0;

	if (!size)
		return 0;
	udata[0] = NFTNL_UDATA_RULE_COMMENT;
	udata[1] = (uint8_t)(size + 1);
	memcpy(udata + 2, comment, size);
	udata[2 + size] = '\0';
	return (uint32_t)size + 3;
}

static struct nlmsghdr *begin(struct cni_nft_tx *tx, uint16_t type,
			      const struct cni_nft_table *table, uint16_t flags)
{
	return nftnl_nlmsg_build_hdr(cni_nft_tx_buffer(tx), type, table->family, flags,
				     tx->next_seq);
}

static void put_table(struct cni_nft_tx *tx, uint16_t type, const struct cni_nft_table *table,
		      uint16_t flags, const char *what)
{
	struct nftnl_table *object = cni_need(nftnl_table_alloc());

	nftnl_table_set_str(object, NFTNL_TABLE_NAME, table->name);
	nftnl_table_nlmsg_build_payload(begin(tx, type, table, flags), object);
	nftnl_table_free(object);
	cni_nft_tx_done(tx, what);
}

void cni_nft_add_table(struct cni_nft_tx *tx, const struct cni_nft_table *table)
{
	put_table(tx, NFT_MSG_NEWTABLE, table, NLM_F_CREATE, "add table");
}

void cni_nft_del_table(struct cni_nft_tx *tx, const struct cni_nft_table *table)
{
	put_table(tx, NFT_MSG_DELTABLE, table, 0, "delete table");
}

static struct nftnl_chain *new_chain(const struct cni_nft_table *table, const char *chain)
{
	struct nftnl_chain *object = cni_need(nftnl_chain_alloc());

	nftnl_chain_set_str(object, NFTNL_CHAIN_TABLE, table->name);
	nftnl_chain_set_str(object, NFTNL_CHAIN_NAME, chain);
	return object;
}

static void put_chain(struct cni_nft_tx *tx, uint16_t type, const struct cni_nft_table *table,
		      uint16_t flags, struct nftnl_chain *object, const char *what)
{
	nftnl_chain_nlmsg_build_payload(begin(tx, type, table, flags), object);
	nftnl_chain_free(object);
	cni_nft_tx_done(tx, what);
}

void cni_nft_add_chain(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain,
		       const char *comment)
{
	struct nftnl_chain *object = new_chain(table, chain);
	uint8_t udata[CNI_NFT_COMMENT_SIZE + 2];
	uint32_t size = cni_nft_comment(comment, udata);

	if (size)
		nftnl_chain_set_data(object, NFTNL_CHAIN_USERDATA, udata, size);
	put_chain(tx, NFT_MSG_NEWCHAIN, table, NLM_F_CREATE, object, "add chain");
}

/* Takes over `text`, and returns it. */
static const char *keep_label(struct cni_nft_tx *tx, char *text)
{
	tx->texts = cni_realloc_array(tx->texts, tx->text_count + 1, sizeof(*tx->texts));
	tx->texts[tx->text_count++] = text;
	return text;
}

/* Another program may have a chain with the name, at no hook or at another one: the error names it. */
void cni_nft_add_base_chain(struct cni_nft_tx *tx, const struct cni_nft_table *table,
			    const char *chain, const char *type, uint32_t hook, int32_t priority)
{
	struct nftnl_chain *object = new_chain(table, chain);

	nftnl_chain_set_str(object, NFTNL_CHAIN_TYPE, type);
	nftnl_chain_set_u32(object, NFTNL_CHAIN_HOOKNUM, hook);
	nftnl_chain_set_s32(object, NFTNL_CHAIN_PRIO, priority);
	nftnl_chain_set_u32(object, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	put_chain(tx, NFT_MSG_NEWCHAIN, table, NLM_F_CREATE, object,
		  keep_label(tx, cni_format("add base chain '%s' of table '%s %s'", chain,
					    table->family == NFPROTO_BRIDGE ? "bridge" : "inet",
					    table->name)));
}

void cni_nft_del_chain(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *chain)
{
	put_chain(tx, NFT_MSG_DELCHAIN, table, 0, new_chain(table, chain), "delete chain");
}

void cni_nft_flush_chain(struct cni_nft_tx *tx, const struct cni_nft_table *table,
			 const char *chain)
{
	struct nftnl_rule *object = cni_need(nftnl_rule_alloc());

	nftnl_rule_set_str(object, NFTNL_RULE_TABLE, table->name);
	nftnl_rule_set_str(object, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_nlmsg_build_payload(begin(tx, NFT_MSG_DELRULE, table, 0), object);
	nftnl_rule_free(object);
	cni_nft_tx_done(tx, "flush chain");
}

void cni_nft_add_set(struct cni_nft_tx *tx, const struct cni_nft_table *table,
		     const struct cni_nft_set *set)
{
	/* User data that tells nft(8) the byte order of names (mnl_nft_set_add() in its src/mnl.c):
	 * without it, it prints "". BYTEORDER_HOST_ENDIAN is 1 there. */
	static const struct {
		uint8_t type, size;
		uint32_t order;
	} __attribute__((packed)) host_order = {NFTNL_UDATA_SET_KEYBYTEORDER, 4, 1};
	bool concatenated = set->key[1] != CNI_NFT_NONE;
	uint32_t flags = (set->value[0] != CNI_NFT_NONE ? NFT_SET_MAP : 0) |
			 (set->has_intervals ? NFT_SET_INTERVAL : 0);
	struct nftnl_set *object = cni_need(nftnl_set_alloc());
	uint32_t value_type = cni_nft_fields_type(set->value);

	nftnl_set_set_str(object, NFTNL_SET_TABLE, table->name);
	nftnl_set_set_str(object, NFTNL_SET_NAME, set->name);
	nftnl_set_set_u32(object, NFTNL_SET_FAMILY, table->family);
	nftnl_set_set_u32(object, NFTNL_SET_KEY_TYPE, cni_nft_fields_type(set->key));
	nftnl_set_set_u32(object, NFTNL_SET_KEY_LEN, cni_nft_fields_size(set->key));
	nftnl_set_set_u32(object, NFTNL_SET_FLAGS, flags);
	if (set->key[0] == CNI_NFT_IFNAME && !concatenated)
		nftnl_set_set_data(object, NFTNL_SET_USERDATA, &host_order, sizeof(host_order));
	/* A transaction also knows sets by number. */
	nftnl_set_set_u32(object, NFTNL_SET_ID, tx->next_seq);
	if (value_type == CNI_NFT_VERDICT) {
		nftnl_set_set_u32(object, NFTNL_SET_DATA_TYPE, NFT_DATA_VERDICT);
		nftnl_set_set_u32(object, NFTNL_SET_DATA_LEN, 0);
	} else if (value_type != CNI_NFT_NONE) {
		nftnl_set_set_u32(object, NFTNL_SET_DATA_TYPE, value_type);
		nftnl_set_set_u32(object, NFTNL_SET_DATA_LEN, cni_nft_fields_size(set->value));
	}
	nftnl_set_nlmsg_build_payload(begin(tx, NFT_MSG_NEWSET, table, NLM_F_CREATE), object);
	nftnl_set_free(object);
	cni_nft_tx_done(tx, "add set");
}

void cni_nft_del_set(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set)
{
	struct nftnl_set *object = cni_need(nftnl_set_alloc());

	nftnl_set_set_str(object, NFTNL_SET_TABLE, table->name);
	nftnl_set_set_str(object, NFTNL_SET_NAME, set);
	nftnl_set_nlmsg_build_payload(begin(tx, NFT_MSG_DELSET, table, 0), object);
	nftnl_set_free(object);
	cni_nft_tx_done(tx, "delete set");
}

static void put_element(struct cni_nft_tx *tx, uint16_t type, const struct cni_nft_table *table,
			uint16_t flags, const char *set, struct nftnl_set_elem *element,
			const char *what)
{
	struct nftnl_set *object = cni_need(nftnl_set_alloc());

	nftnl_set_set_str(object, NFTNL_SET_TABLE, table->name);
	nftnl_set_set_str(object, NFTNL_SET_NAME, set);
	nftnl_set_elem_add(object, element);
	nftnl_set_elems_nlmsg_build_payload(begin(tx, type, table, flags), object);
	nftnl_set_free(object); /* and the element */
	cni_nft_tx_done(tx, what);
}

void cni_nft_add_element(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set,
			 const struct cni_nft_element *element)
{
	struct nftnl_set_elem *object = cni_need(nftnl_set_elem_alloc());
	uint8_t udata[CNI_NFT_COMMENT_SIZE + 2];
	uint32_t size = cni_nft_comment(element->comment, udata);

	nftnl_set_elem_set(object, NFTNL_SET_ELEM_KEY, element->key.data, element->key.size);
	if (element->jump[0]) {
		nftnl_set_elem_set_u32(object, NFTNL_SET_ELEM_VERDICT, (uint32_t)NFT_JUMP);
		nftnl_set_elem_set_str(object, NFTNL_SET_ELEM_CHAIN, element->jump);
	}
	if (element->value.size)
		nftnl_set_elem_set(object, NFTNL_SET_ELEM_DATA, element->value.data,
				   element->value.size);
	if (size)
		nftnl_set_elem_set(object, NFTNL_SET_ELEM_USERDATA, udata, size);
	put_element(tx, NFT_MSG_NEWSETELEM, table, NLM_F_CREATE | NLM_F_EXCL, set, object,
		    "add element");
}

void cni_nft_del_element(struct cni_nft_tx *tx, const struct cni_nft_table *table, const char *set,
			 const struct cni_nft_bytes *key)
{
	struct nftnl_set_elem *object = cni_need(nftnl_set_elem_alloc());

	nftnl_set_elem_set(object, NFTNL_SET_ELEM_KEY, key->data, key->size);
	put_element(tx, NFT_MSG_DELSETELEM, table, 0, set, object, "delete element");
}

static int send_batch(struct cni_nft_tx *tx, struct cni_error *err)
{
	int fd = mnl_socket_get_fd(tx->nl->socket);
	int pages = nftnl_batch_iovec_len(tx->batch);
	freeing struct iovec *iov = cni_realloc_array(NULL, (size_t)pages, sizeof(*iov));
	struct msghdr message = {.msg_iovlen = (size_t)pages};
	int answers = (int)tx->label_count * ANSWER_SIZE;
	int room = pages * (PAGE_SIZE + OVERRUN_SIZE) * 2;
	int on = 1;

	nftnl_batch_iovec(tx->batch, iov, (uint32_t)pages);
	message.msg_iov = iov;
	/* A batch is one datagram; GC after a long time may have a large one. Its answers come all
	 * at once, and what the socket has no room for is lost (ENOBUFS). */
	if (tx->label_count > ANSWERS_FEW)
		setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (pages > 1) {
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &answers, sizeof(answers));
	}
	if (sendmsg(fd, &message, 0) < 0)
		return cni_fail_errno(err, CNI_EKERNEL, errno, "send an nf_tables transaction");
	return 0;
}

/* Reads up to the acknowledgement, or the error, of the last message; the errors of others come
 * before, in the order of the messages. An error of the beginning stands for the whole, and nothing
 * follows it. */
static int read_verdict(struct cni_nft_tx *tx, uint32_t last_seq, struct cni_error *err)
{
	const struct nlmsghdr *message;
	struct cni_error later;
	int failed = 0;

	for (;;) {
		int left = cni_nl_receive(tx->nl, &message, failed ? &later : err);

		if (left < 0)
			return failed ? failed : cni_fail_within(err, "nf_tables");
		for (; cni_nl_is_there(message, left); message = mnl_nlmsg_next(message, &left)) {
			uint32_t offset = message->nlmsg_seq - tx->first_seq;

			if (message->nlmsg_type != NLMSG_ERROR || !cni_nl_is_whole(message) ||
			    offset >= tx->label_count)
				continue;
			if (!failed && cni_nl_read_error(message, err) < 0)
				failed = cni_fail_within(err, "nf_tables: %s", tx->labels[offset]);
			if (message->nlmsg_seq == last_seq || (failed && offset == 0))
				return failed;
		}
	}
}

int cni_nft_commit(struct cni_nft_tx *tx, struct cni_error *err)
{
	uint32_t last_seq = tx->next_seq - 1;

	if (tx->label_count == 1)
		return 0;
	tx->last->nlmsg_flags |= NLM_F_ACK;
	nftnl_batch_end(cni_nft_tx_buffer(tx), tx->next_seq);
	cni_nft_tx_done(tx, "end");
	tx->nl->seq = tx->next_seq;
	if (send_batch(tx, err) < 0)
		return -1;
	return read_verdict(tx, last_seq, err);
}

int cni_nft_retry(struct cni_nl *nl,
		  int (*attempt)(struct cni_nl *nl, uint32_t generation, void *data,
				 struct cni_error *err),
		  void *data, struct cni_error *err)
{
	struct timespec start;
	struct timespec now;
	uint32_t generation;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		/* Each refusal means that another process was faster: there is nothing to wait
		 * for, and looking again is all it takes. */
		if (cni_nft_generation(nl, &generation, err) < 0)
			return -1;
		if (attempt(nl, generation, data, err) == 0)
			return 0;
		if (err->errnum != ERESTART)
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < RETRY_SECONDS);
	return cni_fail_within(err, "the rules changed without a pause for %d seconds",
			       RETRY_SECONDS);
}
