/* SPDX-License-Identifier: GPL-2.0 */
/*
 * publication.h - what others than the owner may know of a group, made public.
 *
 * They read it by group_view.c.
 */
#ifndef _RAFT_PUBLICATION_H
#define _RAFT_PUBLICATION_H

struct raft_group_priv;

void raft_publication_make(struct raft_group_priv *p);
void raft_publication_pass(struct raft_group_priv *p);

#endif /* _RAFT_PUBLICATION_H */
