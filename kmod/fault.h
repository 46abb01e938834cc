/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault.h - fault hooks of debug builds (make FAULTS=1): lose, keep back and
 * copy messages, stop the thread's work, end without flushing.
 *
 * Normal builds contain none of it: what remains are the empty functions below.
 */
#ifndef _RAFT_FAULT_H
#define _RAFT_FAULT_H

#include <linux/types.h>

struct raft_encoded;
struct raft_group;
struct raft_group_priv;
struct raft_msg;
struct seq_file;

#ifdef RAFT_FAULTS

int raft_fault_init(struct raft_group_priv *p);
void raft_fault_free(struct raft_group_priv *p);
bool raft_fault_tx(struct raft_group_priv *p, const struct raft_msg *m,
		   const struct raft_encoded *enc);
bool raft_fault_paused(const struct raft_group_priv *p);

int raft_fault_command(struct raft_group *g, char *line);
int raft_fault_show(struct seq_file *m, struct raft_group *g);
int raft_fault_log(struct seq_file *m, struct raft_group *g);

#else

static inline int raft_fault_init(struct raft_group_priv *p)
{
	return 0;
}

static inline void raft_fault_free(struct raft_group_priv *p)
{
}

static inline bool raft_fault_tx(struct raft_group_priv *p,
				 const struct raft_msg *m,
				 const struct raft_encoded *enc)
{
	return false;
}

static inline bool raft_fault_paused(const struct raft_group_priv *p)
{
	return false;
}

#endif /* RAFT_FAULTS */

#endif /* _RAFT_FAULT_H */
