// SPDX-License-Identifier: GPL-2.0
/*
 * timer_kunit.c - a deadline that moves: when the owner is woken for it, and what
 * counts as late.  No case asks for a machine that is quick.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "../owner.h"
#include "../transport.h"

#define MS	((u64)NSEC_PER_MSEC)
#define FAR	(1000 * (u64)NSEC_PER_SEC)

/* A group of which there is only what a timer needs; the test is its owner. */
static struct raft_group_priv *make_group(struct kunit *test)
{
	struct raft_group_priv *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->g = kunit_kzalloc(test, sizeof(*p->g), GFP_KERNEL);
	p->ep = kunit_kzalloc(test, sizeof(*p->ep), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, p->g);
	KUNIT_ASSERT_NOT_NULL(test, p->ep);
	p->ep->owner.task = current;
	raft_timer_init(&p->timer);
	return p;
}

static bool woken(struct raft_group_priv *p)
{
	return test_bit(0, &p->ready);
}

/* Before it can fire for the first one, however slow the machine is. */
static void arm_both(struct raft_group_priv *p, u64 first, u64 then)
{
	local_irq_disable();
	raft_timer_arm(&p->timer, first);
	raft_timer_arm(&p->timer, then);
	local_irq_enable();
}

static void await(struct kunit *test, struct raft_group_priv *p)
{
	int i;

	for (i = 0; i < 10000 && !woken(p); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_TRUE(test, woken(p));
}

/* Nothing is set anew for it; whoever waited for the first one is not woken. */
static void raft_timer_test_later(struct kunit *test)
{
	struct raft_group_priv *p = make_group(test);
	u64 first = ktime_get_ns() + 5 * MS, last = first + 100 * MS;

	arm_both(p, first, last);
	KUNIT_EXPECT_LE(test, (u64)hrtimer_get_expires_ns(&p->timer.hrtimer),
			last);
	await(test, p);
	KUNIT_EXPECT_GE(test, ktime_get_ns(), last);
	KUNIT_EXPECT_LE(test, p->timer.late_max, ktime_get_ns() - last);
	raft_timer_stop(&p->timer);
}

static void raft_timer_test_earlier(struct kunit *test)
{
	struct raft_group_priv *p = make_group(test);
	u64 now = ktime_get_ns();

	raft_timer_arm(&p->timer, now + FAR);
	raft_timer_arm(&p->timer, now + FAR / 2);
	KUNIT_EXPECT_EQ(test, (u64)hrtimer_get_expires_ns(&p->timer.hrtimer),
			now + FAR / 2);
	raft_timer_arm(&p->timer, now + FAR);
	KUNIT_EXPECT_EQ(test, (u64)hrtimer_get_expires_ns(&p->timer.hrtimer),
			now + FAR / 2);
	raft_timer_arm(&p->timer, now + MS);
	await(test, p);
	KUNIT_EXPECT_LT(test, ktime_get_ns(), now + FAR / 2);
	raft_timer_stop(&p->timer);
}

/* It fires for a deadline that is no more: nobody is late, nobody is woken. */
static void raft_timer_test_never(struct kunit *test)
{
	struct raft_group_priv *p = make_group(test);
	int i;

	arm_both(p, ktime_get_ns() + MS, U64_MAX);
	for (i = 0; i < 10000 && hrtimer_active(&p->timer.hrtimer); i++)
		usleep_range(1000, 2000);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&p->timer.hrtimer));
	KUNIT_EXPECT_FALSE(test, woken(p));
	KUNIT_EXPECT_EQ(test, p->timer.late_max, 0);
	raft_timer_arm(&p->timer, ktime_get_ns() + MS);
	await(test, p);
	raft_timer_stop(&p->timer);
}

/* For a deadline that has passed it fires once, however often it is asked for. */
static void raft_timer_test_once(struct kunit *test)
{
	struct raft_group_priv *p = make_group(test);
	u64 at = ktime_get_ns() + MS;

	raft_timer_arm(&p->timer, at);
	await(test, p);
	clear_bit(0, &p->ready);
	raft_timer_arm(&p->timer, at);
	KUNIT_EXPECT_FALSE(test, hrtimer_active(&p->timer.hrtimer));
	msleep(20);
	KUNIT_EXPECT_FALSE(test, woken(p));
	raft_timer_stop(&p->timer);
}

/* Stopped before and while it goes on to a later deadline. */
static void raft_timer_test_stop(struct kunit *test)
{
	struct raft_group_priv *p = make_group(test);
	int i;

	for (i = 0; i < 200; i++) {
		raft_timer_arm(&p->timer, ktime_get_ns() + 50000);
		raft_timer_arm(&p->timer, ktime_get_ns() + FAR);
		usleep_range(40, 60);
		raft_timer_stop(&p->timer);
		KUNIT_ASSERT_FALSE(test, hrtimer_active(&p->timer.hrtimer));
	}
}

static struct kunit_case raft_timer_cases[] = {
	KUNIT_CASE(raft_timer_test_later),
	KUNIT_CASE(raft_timer_test_earlier),
	KUNIT_CASE(raft_timer_test_never),
	KUNIT_CASE(raft_timer_test_once),
	KUNIT_CASE(raft_timer_test_stop),
	{}
};

static struct kunit_suite raft_timer_suite = {
	.name = "raft_timer",
	.test_cases = raft_timer_cases,
};

kunit_test_suite(raft_timer_suite);
