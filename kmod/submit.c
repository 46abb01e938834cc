// SPDX-License-Identifier: GPL-2.0
/*
 * submit.c - the ioctls of those who propose commands, and of the state machine:
 * RAFT_IOC_PROPOSE, RAFT_IOC_PROPOSE_BATCH, RAFT_IOC_SESSION, RAFT_IOC_APPLIED.
 *
 * Owns the way of their arguments in and of what came of them out.  What becomes
 * of a proposal is in propose.c, of a result in result.c.
 *
 * Once a command is proposed -EFAULT would be a lie: the UAPI says that such an
 * error means "never applied".  So what comes out is written once before, and a
 * failure to write it afterwards, when the caller unmaps it meanwhile, is not an
 * error.
 *
 * Any process may enter, many at once on one file; everything here may sleep.
 */
#define pr_fmt(fmt) "raft: " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>

#include "chardev.h"
#include "group.h"
#include "ioctl.h"
#include "payload.h"
#include "result.h"
#include "submit.h"

static_assert(RAFT_SESSIONS_MAX == RAFT_MAX_CLIENTS);

/* Structures of version 1: a smaller size was never valid. */
#define RAFT_PROPOSE_V1		offsetofend(struct raft_ioc_propose, serial)
/* Of version 2. */
#define RAFT_PROPOSE_V2		offsetofend(struct raft_ioc_propose, result_state)
#define RAFT_SESSION_V2		offsetofend(struct raft_ioc_session, client)
#define RAFT_APPLIED_V2		offsetofend(struct raft_ioc_applied, reserved)
/* Of version 4. */
#define RAFT_BATCH_V4		offsetofend(struct raft_ioc_propose_batch, reserved)
#define RAFT_COMMAND_V4		offsetofend(struct raft_ioc_command, reserved2)

static bool session_valid(u64 client, u64 client_serial)
{
	return !client == !client_serial && client <= RAFT_MAX_INDEX;
}

static bool propose_valid(const struct raft_ioc_propose *p)
{
	bool result = p->flags & RAFT_PROPOSE_RESULT;

	if (p->flags & ~(RAFT_PROPOSE_NONBLOCK | RAFT_PROPOSE_NOWAIT |
			 RAFT_PROPOSE_RESULT))
		return false;
	/* Who has no place for it cannot learn whether there was one. */
	if (result && (p->size < RAFT_PROPOSE_V2 ||
		       p->flags & RAFT_PROPOSE_NOWAIT))
		return false;
	if (!result && (p->result || p->result_len))
		return false;
	return session_valid(p->client, p->client_serial) && p->len;
}

/* Bytes from user space; ERR_PTR: -ENOMEM, -EFAULT. */
static struct raft_payload *payload_copy(u64 from, u32 len)
{
	struct raft_payload *payload = raft_payload_alloc(len, GFP_KERNEL);

	if (!payload)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(payload->data, u64_to_user_ptr(from), len)) {
		raft_payload_put(payload);
		return ERR_PTR(-EFAULT);
	}
	return payload;
}

static u32 result_room(const struct raft_ioc_propose *p)
{
	return min_t(u32, p->result_len, RAFT_RESULT_MAX);
}

/* What will be true if nothing can be written later. */
static int propose_before(struct raft_ioc_propose *p, void __user *arg)
{
	p->index = 0;
	p->term = 0;
	p->serial = 0;
	p->result_state = RAFT_RESULT_NOT_ASKED;
	if (clear_user(u64_to_user_ptr(p->result), result_room(p)))
		return -EFAULT;
	return raft_ioctl_copy_out(arg, p, sizeof(*p));
}

static void propose_after(struct raft_ioc_propose *p, void __user *arg,
			  const struct raft_proposing *in)
{
	const struct raft_command *c = in->commands;
	struct raft_payload *result = in->result;
	u32 len;

	p->index = c->index;
	p->term = c->term;
	p->serial = c->serial;
	p->result_state = in->result_state;
	if (result) {
		len = min(result->len, result_room(p));
		p->result_len = result->len;
		if (copy_to_user(u64_to_user_ptr(p->result), result->data, len))
			pr_debug("propose: nowhere to put the result\n");
	}
	if (raft_ioctl_copy_out(arg, p, sizeof(*p)))
		pr_debug("propose: nowhere to put the outcome\n");
}

/* A file that does not wait for room, see open(2). */
static u32 file_flags(const struct file *file)
{
	return file->f_flags & O_NONBLOCK ? RAFT_PROPOSE_NONBLOCK : 0;
}

/* Racily: it may become one, or cease to be one, at any time. */
static bool is_witness(const struct raft_group *g)
{
	return READ_ONCE(g->pub.st.flags) & RAFT_MEMBER_WITNESS;
}

/**
 * raft_submit_propose() - RAFT_IOC_PROPOSE
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_propose
 *
 * Context: process, waits killably.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_submit_propose(struct file *file, void __user *arg)
{
	struct raft_command c = {};
	struct raft_proposing in = { .commands = &c, .n = 1 };
	struct raft_ioc_propose p;
	struct raft_group *g;
	int err;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	err = raft_ioctl_copy_in(&p, sizeof(p), RAFT_PROPOSE_V1, arg);
	if (err)
		return err;
	if (!propose_valid(&p))
		return -EINVAL;
	if (p.len > RAFT_COMMAND_MAX)
		return -EMSGSIZE;
	c.payload = payload_copy(p.data, p.len);
	if (IS_ERR(c.payload))
		return PTR_ERR(c.payload);
	err = propose_before(&p, arg);
	if (err)
		goto put_payload;

	g = raft_chardev_group(file);
	err = PTR_ERR_OR_ZERO(g);
	if (err)
		goto put_payload;
	/* No state machine here will ever say what it came to. */
	if (p.flags & RAFT_PROPOSE_RESULT && is_witness(g)) {
		err = -EOPNOTSUPP;
		goto put_payload;
	}
	in.flags = p.flags | file_flags(file);
	in.timeout_ms = p.timeout_ms;
	c.client = p.client;
	c.client_serial = p.client_serial;
	err = raft_group_propose(g, &in);
	propose_after(&p, arg, &in);
	raft_payload_put(in.result);

put_payload:
	raft_payload_put(c.payload);
	return err;
}

static int batch_valid(const struct raft_ioc_propose_batch *b)
{
	if (b->flags & ~(RAFT_PROPOSE_NONBLOCK | RAFT_PROPOSE_NOWAIT) ||
	    b->reserved || !b->n_commands || b->n_commands > RAFT_BATCH_MAX ||
	    b->command_size < RAFT_COMMAND_V4)
		return -EINVAL;
	return b->command_size > PAGE_SIZE ? -E2BIG : 0;
}

static void __user *batch_at(const struct raft_ioc_propose_batch *b, u32 i)
{
	return u64_to_user_ptr(b->commands + (u64)i * b->command_size);
}

static int command_copy(struct raft_command *c, void __user *from, size_t size,
			u32 *room)
{
	struct raft_ioc_command ioc;
	struct raft_payload *payload;
	int err;

	err = copy_struct_from_user(&ioc, sizeof(ioc), from, size);
	if (err)
		return err;
	if (!ioc.len || ioc.reserved || ioc.reserved2 ||
	    !session_valid(ioc.client, ioc.client_serial))
		return -EINVAL;
	if (ioc.len > RAFT_COMMAND_MAX || ioc.len > *room)
		return -EMSGSIZE;
	*room -= ioc.len;
	payload = payload_copy(ioc.data, ioc.len);
	if (IS_ERR(payload))
		return PTR_ERR(payload);
	c->payload = payload;
	c->client = ioc.client;
	c->client_serial = ioc.client_serial;
	return 0;
}

static int batch_copy(struct raft_command *c,
		      const struct raft_ioc_propose_batch *b)
{
	u32 room = RAFT_BATCH_BYTES, i;
	int err = 0;

	for (i = 0; i < b->n_commands && !err; i++)
		err = command_copy(&c[i], batch_at(b, i), b->command_size,
				   &room);
	return err;
}

/* What became of each; with @error, or without @c, the same of all. */
static int batch_tell(const struct raft_ioc_propose_batch *b,
		      const struct raft_command *c, int error)
{
	struct raft_ioc_command ioc = { .error = -error };
	size_t at = offsetof(struct raft_ioc_command, index);
	size_t len = offsetofend(struct raft_ioc_command, error) - at;
	u32 i;

	for (i = 0; i < b->n_commands; i++) {
		if (!error) {
			ioc.index = c[i].index;
			ioc.term = c[i].term;
			ioc.serial = c[i].serial;
			ioc.error = -c[i].error;
		}
		if (copy_to_user(batch_at(b, i) + at, &ioc.index, len))
			return -EFAULT;
	}
	return 0;
}

static int batch_propose(struct file *file, struct raft_proposing *in,
			 const struct raft_ioc_propose_batch *b)
{
	struct raft_group *g;
	int err;

	err = batch_copy(in->commands, b);
	/* True whatever comes, should nothing be written later. */
	if (!err)
		err = batch_tell(b, NULL, -ETIMEDOUT);
	g = err ? NULL : raft_chardev_group(file);
	if (IS_ERR(g))
		err = PTR_ERR(g);
	if (err) {
		batch_tell(b, NULL, err);
		return err;
	}
	in->n = b->n_commands;
	in->flags = b->flags | file_flags(file);
	in->timeout_ms = b->timeout_ms;
	err = raft_group_propose(g, in);
	if (batch_tell(b, in->commands, 0))
		pr_debug("propose: nowhere to put the outcomes\n");
	return err;
}

/**
 * raft_submit_batch() - RAFT_IOC_PROPOSE_BATCH
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_propose_batch
 *
 * Context: process, waits killably.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_submit_batch(struct file *file, void __user *arg)
{
	struct raft_ioc_propose_batch b;
	struct raft_proposing in = {};
	u32 i;
	int err;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	err = raft_ioctl_copy_in(&b, sizeof(b), RAFT_BATCH_V4, arg);
	if (!err)
		err = batch_valid(&b);
	if (err)
		return err;
	in.commands = kcalloc(b.n_commands, sizeof(*in.commands),
			      GFP_KERNEL_ACCOUNT);
	if (!in.commands) {
		batch_tell(&b, NULL, -ENOMEM);
		return -ENOMEM;
	}
	err = batch_propose(file, &in, &b);
	for (i = 0; i < b.n_commands; i++)
		raft_payload_put(in.commands[i].payload);
	kfree(in.commands);
	return err;
}

/**
 * raft_submit_session() - RAFT_IOC_SESSION
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_session
 *
 * Context: process, waits killably.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_submit_session(struct file *file, void __user *arg)
{
	struct raft_command c = {};
	struct raft_proposing in = {
		.commands = &c,
		.n = 1,
		.flags = file_flags(file),
	};
	struct raft_ioc_session s;
	struct raft_group *g;
	int err;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	err = raft_ioctl_copy_in(&s, sizeof(s), RAFT_SESSION_V2, arg);
	if (err)
		return err;
	if (s.flags || s.reserved)
		return -EINVAL;
	g = raft_chardev_group(file);
	if (IS_ERR(g))
		return PTR_ERR(g);
	s.client = 0;
	err = raft_ioctl_copy_out(arg, &s, sizeof(s));
	if (err)
		return err;
	in.timeout_ms = s.timeout_ms;
	err = raft_group_propose(g, &in);
	s.client = c.index;
	if (raft_ioctl_copy_out(arg, &s, sizeof(s)))
		pr_debug("session: nowhere to put its id\n");
	return err;
}

static int applied_check(const struct raft_ioc_applied *a)
{
	if (a->flags & ~RAFT_APPLIED_RESULT || a->reserved || !a->index)
		return -EINVAL;
	if (!(a->flags & RAFT_APPLIED_RESULT))
		return a->result || a->result_len ? -EINVAL : 0;
	return a->result_len > RAFT_RESULT_MAX ? -EMSGSIZE : 0;
}

/* @result may be NULL. */
static int applied_give(struct file *file, struct raft_group *g, u64 index,
			struct raft_payload *result)
{
	struct raft_entry e;
	bool command;
	int err;

	err = raft_chardev_state(g);
	if (err)
		return err;
	err = raft_chardev_entry(file, index, &e);
	if (err)
		return err == -ENOENT ? -EINVAL : err;
	raft_payload_put(e.payload);
	/* Nobody can have read it here. */
	if (raft_entry_is_bare(&e))
		return -EOPNOTSUPP;
	command = e.type == RAFT_ENTRY_COMMAND && e.flags & RAFT_ENTRY_APPLIED;
	if (result && !command)
		return -EINVAL;
	return raft_result_give(&g->results, index, command ? e.client : 0,
				result);
}

/**
 * raft_submit_applied() - RAFT_IOC_APPLIED
 * @file: an open /dev/raft
 * @arg: user pointer to a struct raft_ioc_applied
 *
 * Context: process, may sleep.
 * Return: 0; see uapi/linux/raft.h.
 */
long raft_submit_applied(struct file *file, void __user *arg)
{
	struct raft_payload *result = NULL;
	struct raft_ioc_applied a;
	struct raft_group *g;
	int err;

	if (!(file->f_mode & FMODE_WRITE))
		return -EBADF;
	err = raft_ioctl_copy_in(&a, sizeof(a), RAFT_APPLIED_V2, arg);
	if (err)
		return err;
	err = applied_check(&a);
	if (err)
		return err;
	if (a.flags & RAFT_APPLIED_RESULT)
		result = payload_copy(a.result, a.result_len);
	if (IS_ERR(result))
		return PTR_ERR(result);
	g = raft_chardev_group(file);
	err = PTR_ERR_OR_ZERO(g);
	if (!err)
		err = applied_give(file, g, a.index, result);
	raft_payload_put(result);
	return err;
}
