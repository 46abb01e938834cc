/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat.h - one spelling of the kernel's interfaces from 6.1 to 7.x.
 *
 * The only file that may ask for a kernel version.  Sources use the newest
 * kernel's names; an older kernel gets them from here.  A fallback is called
 * raft_x() and mapped with a macro, so that a later back-port of x() to a
 * stable kernel does not clash with it.
 */
#ifndef _RAFT_COMPAT_H
#define _RAFT_COMPAT_H

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/version.h>

/* 6.13 has hrtimer_setup(), 6.15 lost hrtimer_init(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void
raft_hrtimer_setup(struct hrtimer *timer,
		   enum hrtimer_restart (*fn)(struct hrtimer *),
		   clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}

#define hrtimer_setup raft_hrtimer_setup
#endif

/* 6.14 has kthread_run_worker(); its kthread_create_worker() does not start it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define kthread_run_worker kthread_create_worker
#endif

/* The namespace became a string in 6.13. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define RAFT_IMPORT_NS(ns)	MODULE_IMPORT_NS(ns)
#else
#define RAFT_IMPORT_NS(ns)	MODULE_IMPORT_NS(#ns)
#endif

/*
 * kernel_bind() takes a struct sockaddr * or, from 6.19 on, a struct
 * sockaddr_unsized *; void * converts to both.
 */
#define raft_kernel_bind(sock, addr, len) \
	kernel_bind(sock, (void *)(addr), len)

/*
 * The callbacks of struct class got a const struct device * in 6.2 (dev_uevent,
 * namespace); the type itself is asked, not the version.
 */
#define raft_class_device(cb, old)					\
	typeof(__builtin_choose_expr(					\
		__builtin_types_compatible_p(typeof(((struct class *)0)->cb), old), \
		(struct device *)0, (const struct device *)0))
#define raft_uevent_device						\
	raft_class_device(dev_uevent,					\
			  int (*)(struct device *, struct kobj_uevent_env *))
#define raft_namespace_device						\
	raft_class_device(namespace, const void *(*)(struct device *))

#endif /* _RAFT_COMPAT_H */
