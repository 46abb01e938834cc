// SPDX-License-Identifier: GPL-2.0
/*
 * inbox_kunit.c - posts and reports for the owner thread: order, bounds, the
 * race with the end.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../inbox.h"

#define POSTS	1000

struct post {
	struct llist_node node;
	int n;
};

static struct post posts[POSTS];

static void raft_inbox_test_order(struct kunit *test)
{
	struct raft_inbox inbox;
	struct llist_node *node;
	int i;

	raft_inbox_init(&inbox, POSTS);
	for (i = 0; i < POSTS; i++) {
		posts[i].n = i;
		KUNIT_EXPECT_EQ(test, raft_inbox_post(&inbox, &posts[i].node),
				0);
	}
	node = raft_inbox_take(&inbox);
	for (i = 0; node; node = node->next, i++)
		KUNIT_EXPECT_EQ(test,
				llist_entry(node, struct post, node)->n, i);
	KUNIT_EXPECT_EQ(test, i, POSTS);
	KUNIT_EXPECT_TRUE(test, !raft_inbox_take(&inbox));
}

static void raft_inbox_test_bound(struct kunit *test)
{
	struct raft_inbox inbox;

	raft_inbox_init(&inbox, 2);
	KUNIT_EXPECT_EQ(test, raft_inbox_post(&inbox, &posts[0].node), 0);
	KUNIT_EXPECT_EQ(test, raft_inbox_post(&inbox, &posts[1].node), 0);
	KUNIT_EXPECT_EQ(test, raft_inbox_post(&inbox, &posts[2].node), -EAGAIN);
	raft_inbox_take(&inbox);
	KUNIT_EXPECT_EQ(test, raft_inbox_post(&inbox, &posts[2].node), 0);
}

static void raft_inbox_test_close(struct kunit *test)
{
	struct raft_inbox inbox;

	raft_inbox_init(&inbox, 4);
	KUNIT_EXPECT_EQ(test, raft_inbox_post(&inbox, &posts[0].node), 0);
	raft_inbox_close(&inbox);
	KUNIT_EXPECT_TRUE(test, raft_inbox_take(&inbox) == &posts[0].node);
	/* The late poster finds his own post. */
	KUNIT_EXPECT_EQ(test, raft_inbox_post(&inbox, &posts[1].node),
			-ECANCELED);
	KUNIT_EXPECT_TRUE(test, raft_inbox_take(&inbox) == &posts[1].node);
}

struct race {
	struct raft_inbox inbox;
	int taken;
	struct completion done;
};

/* Posts until told that it is over, and then empties the inbox as it must. */
static int race_poster(void *arg)
{
	struct race *r = arg;
	struct llist_node *node;
	int i, taken = 0, err = 0;

	for (i = 0; i < POSTS && !err; i++) {
		err = raft_inbox_post(&r->inbox, &posts[i].node);
		cond_resched();
	}
	for (node = err ? raft_inbox_take(&r->inbox) : NULL; node;
	     node = node->next)
		taken++;
	r->taken = taken;
	posts[0].n = i;
	complete(&r->done);
	return 0;
}

static void raft_inbox_test_race(struct kunit *test)
{
	struct task_struct *task;
	struct llist_node *node;
	struct race *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	int taken = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r);
	raft_inbox_init(&r->inbox, POSTS);
	init_completion(&r->done);
	task = kthread_run(race_poster, r, "raft_inbox_test");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	cond_resched();
	raft_inbox_close(&r->inbox);
	for (node = raft_inbox_take(&r->inbox); node; node = node->next)
		taken++;
	wait_for_completion(&r->done);
	/* Those that were posted after our take he took, if he met the end. */
	KUNIT_EXPECT_EQ(test, taken + r->taken, posts[0].n);
}

static void raft_inbox_test_reports(struct kunit *test)
{
	struct raft_report report = {};
	struct raft_reports *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	u64 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r);
	raft_reports_init(r);
	KUNIT_EXPECT_FALSE(test, raft_reports_take(r, &report));
	/* Eight too many: the newest nine become one. */
	for (i = 1; i <= RAFT_REPORTS_MAX + 8; i++) {
		report = (struct raft_report) {
			.seq = i,
			.index = i > RAFT_REPORTS_MAX + 7 ? 0 : 100 + i,
			.term = i > RAFT_REPORTS_MAX + 7 ? 0 : 1,
		};
		raft_reports_put(r, &report);
	}
	for (i = 1; i < RAFT_REPORTS_MAX; i++) {
		KUNIT_ASSERT_TRUE(test, raft_reports_take(r, &report));
		KUNIT_EXPECT_EQ(test, report.seq, i);
	}
	KUNIT_ASSERT_TRUE(test, raft_reports_take(r, &report));
	KUNIT_EXPECT_EQ(test, report.seq, (u64)RAFT_REPORTS_MAX + 8);
	KUNIT_EXPECT_EQ(test, report.index, (u64)RAFT_REPORTS_MAX + 107);
	KUNIT_EXPECT_FALSE(test, raft_reports_take(r, &report));
}

static struct kunit_case raft_inbox_cases[] = {
	KUNIT_CASE(raft_inbox_test_order),
	KUNIT_CASE(raft_inbox_test_bound),
	KUNIT_CASE(raft_inbox_test_close),
	KUNIT_CASE(raft_inbox_test_race),
	KUNIT_CASE(raft_inbox_test_reports),
	{}
};

static struct kunit_suite raft_inbox_suite = {
	.name = "raft_inbox",
	.test_cases = raft_inbox_cases,
};

kunit_test_suite(raft_inbox_suite);
