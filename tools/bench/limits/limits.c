// SPDX-License-Identifier: GPL-2.0
/*
 * limits.c - measures what a commit rests on, inside the kernel: a datagram to
 * another network namespace and back, and a synchronous write; and what many
 * datagrams cost: that beside the transfer of a snapshot.  Never installed.
 *
 * A process writes to /dev/limits in the namespace that it means:
 *
 *   server PORT                   echoes until the module is unloaded
 *   client ADDRESS PORT COUNT LEN round trips
 *   copy ADDRESS PORT MIB LEN     sends so much to a server, and prints how long
 *   write PATH COUNT              4 KiB O_DIRECT|O_DSYNC overwrites in place, at
 *                                 the start of a file that must be 1 MiB long
 *
 * All print to the kernel's log.  A copy is as bare as may be: as many datagrams as
 * the window allows, of which the server sends one in COPY_ACK back, and nobody
 * looks at the bytes.
 */
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/in.h>
#include <linux/inet.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <net/sock.h>

#define MSG_MAX		2048
#define COUNT_MAX	1000000
#define WRITE_LEN	4096
#define WRITE_BLOCKS	256
#define COPY		0x79706f63	/* the first four bytes of a copy's */
#define COPY_ACK	32		/* datagrams that are confirmed together */
#define COPY_WINDOW	(16 * COPY_ACK)	/* datagrams on the way */
#define RCVBUF		(4 << 20)	/* raft.ko's */

static DEFINE_MUTEX(lock);
static struct socket *server_sock;	/* [lock] */
static struct task_struct *server;	/* [lock] */

static int socket_open(struct net *net, u16 port, struct socket **sock)
{
	struct sockaddr_in in = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};
	int ret;

	ret = sock_create_kern(net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, sock);
	if (ret)
		return ret;
	sock_set_rcvbuf((*sock)->sk, RCVBUF / 2);
	ret = kernel_bind(*sock, (struct sockaddr *)&in, sizeof(in));
	if (ret)
		sock_release(*sock);
	return ret;
}

static int server_run(void *arg)
{
	struct sockaddr_in from;
	struct socket *sock = arg;
	u32 *buf = kmalloc(MSG_MAX, GFP_KERNEL);
	u32 copied = 0;
	int n;

	sched_set_fifo(current);
	while (buf && !kthread_should_stop()) {
		struct msghdr msg = { .msg_name = &from };
		struct kvec vec = { buf, MSG_MAX };

		n = kernel_recvmsg(sock, &msg, &vec, 1, MSG_MAX, 0);
		if (n < 0)
			continue;
		if (n >= 4 && *buf == COPY) {
			if (++copied % COPY_ACK)
				continue;
			n = 4;
		}
		msg = (struct msghdr) {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
		};
		vec.iov_base = buf;
		vec.iov_len = n;
		kernel_sendmsg(sock, &msg, &vec, 1, n);
	}
	kfree(buf);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return 0;
}

static int server_start(struct net *net, int port)
{
	int ret;

	if (server)
		return -EBUSY;
	ret = socket_open(net, port, &server_sock);
	if (ret)
		return ret;
	server_sock->sk->sk_rcvtimeo = HZ / 5;
	server = kthread_run(server_run, server_sock, "limits");
	if (!IS_ERR(server))
		return 0;
	ret = PTR_ERR(server);
	server = NULL;
	sock_release(server_sock);
	return ret;
}

static int s64_cmp(const void *a, const void *b)
{
	s64 x = *(const s64 *)a, y = *(const s64 *)b;

	return x < y ? -1 : x > y;
}

static void print(s64 *ns, int got, int count, int len)
{
	if (!got)
		return;
	sort(ns, got, sizeof(*ns), s64_cmp, NULL);
	pr_info("limits: len %d n %d lost %d p50 %lld p99 %lld p99.9 %lld max %lld ns\n",
		len, got, count - got, ns[got / 2], ns[got * 99ll / 100],
		ns[got * 999ll / 1000], ns[got - 1]);
}

static int round_trip(struct socket *sock, struct sockaddr_in *to, char *buf,
		      int len)
{
	struct msghdr msg = { .msg_name = to, .msg_namelen = sizeof(*to) };
	struct kvec vec = { buf, len };
	int ret;

	ret = kernel_sendmsg(sock, &msg, &vec, 1, len);
	if (ret < 0)
		return ret;
	memset(&msg, 0, sizeof(msg));
	vec.iov_base = buf;
	vec.iov_len = MSG_MAX;
	return kernel_recvmsg(sock, &msg, &vec, 1, MSG_MAX, 0);
}

static void measure(struct socket *sock, struct sockaddr_in *to, char *buf,
		    s64 *ns, int count, int len)
{
	int i, got = 0;
	u64 t;

	for (i = 0; i < count && !signal_pending(current); i++) {
		t = ktime_get_ns();
		if (round_trip(sock, to, buf, len) >= 0)
			ns[got++] = ktime_get_ns() - t;
	}
	print(ns, got, count, len);
}

static int copy_ack(struct socket *sock)
{
	struct msghdr msg = {};
	char ack[4];
	struct kvec vec = { ack, sizeof(ack) };

	return kernel_recvmsg(sock, &msg, &vec, 1, sizeof(ack), 0);
}

static void copy(struct socket *sock, struct sockaddr_in *to, char *buf,
		 int mib, int len)
{
	u64 n = DIV_ROUND_UP_ULL((u64)mib << 20, len), acked = 0, i, t;
	int lost = 0;

	*(u32 *)buf = COPY;
	/* All is confirmed at the end. */
	n = roundup(n, COPY_ACK);
	t = ktime_get_ns();
	for (i = 0; acked < n && !signal_pending(current);) {
		struct msghdr msg = {
			.msg_name = to,
			.msg_namelen = sizeof(*to),
		};
		struct kvec vec = { buf, len };

		if (i < n && i - acked < COPY_WINDOW) {
			kernel_sendmsg(sock, &msg, &vec, 1, len);
			i++;
			continue;
		}
		if (copy_ack(sock) < 0)
			lost++;
		acked += COPY_ACK;
	}
	pr_info("limits: copy mib %d len %d lost %d ns %llu\n", mib, len, lost,
		ktime_get_ns() - t);
}

static int client_open(struct net *net, struct socket **sock)
{
	int ret = socket_open(net, 0, sock);

	if (!ret)
		(*sock)->sk->sk_rcvtimeo = HZ;
	return ret;
}

static int copy_run(struct net *net, struct sockaddr_in *to, int mib, int len)
{
	struct socket *sock;
	char *buf;
	int ret;

	if (mib < 1 || len < 4 || len > MSG_MAX)
		return -EINVAL;
	buf = kzalloc(MSG_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	ret = client_open(net, &sock);
	if (!ret) {
		copy(sock, to, buf, mib, len);
		sock_release(sock);
	}
	kfree(buf);
	return ret;
}

static int client_run(struct net *net, struct sockaddr_in *to, int count,
		      int len)
{
	struct socket *sock;
	int ret = -ENOMEM;
	char *buf;
	s64 *ns;

	if (count < 1 || count > COUNT_MAX || len < 1 || len > MSG_MAX)
		return -EINVAL;
	ns = kvmalloc_array(count, sizeof(*ns), GFP_KERNEL);
	buf = kzalloc(MSG_MAX, GFP_KERNEL);
	if (!ns || !buf)
		goto free;
	ret = client_open(net, &sock);
	if (ret)
		goto free;
	measure(sock, to, buf, ns, count, len);
	sock_release(sock);
free:
	kfree(buf);
	kvfree(ns);
	return ret;
}

static int write_block(struct file *file, struct page *page, loff_t pos)
{
	struct bio_vec vec = {
		.bv_page = page,
		.bv_len = WRITE_LEN,
	};
	struct iov_iter iter;
	ssize_t n;

	iov_iter_bvec(&iter, WRITE, &vec, 1, WRITE_LEN);
	n = vfs_iter_write(file, &iter, &pos, 0);
	return n == WRITE_LEN ? 0 : n < 0 ? n : -EIO;
}

static int write_run(const char *path, int count)
{
	int i, ret = -ENOMEM;
	struct file *file;
	struct page *page;
	s64 *ns;
	u64 t;

	if (count < 1 || count > COUNT_MAX)
		return -EINVAL;
	ns = kvmalloc_array(count, sizeof(*ns), GFP_KERNEL);
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!ns || !page)
		goto free;
	file = filp_open(path, O_RDWR | O_DSYNC | O_DIRECT, 0);
	if (file == ERR_PTR(-EINVAL))	/* tmpfs of 6.1 */
		file = filp_open(path, O_RDWR | O_DSYNC, 0);
	ret = PTR_ERR_OR_ZERO(file);
	if (ret)
		goto free;
	for (i = 0; i < count && !ret && !signal_pending(current); i++) {
		t = ktime_get_ns();
		ret = write_block(file, page, i % WRITE_BLOCKS * WRITE_LEN);
		ns[i] = ktime_get_ns() - t;
	}
	if (!ret)
		print(ns, i, count, WRITE_LEN);
	filp_close(file, NULL);
free:
	if (page)
		__free_page(page);
	kvfree(ns);
	return ret;
}

static ssize_t limits_write(struct file *file, const char __user *data,
			    size_t size, loff_t *pos)
{
	struct net *net = current->nsproxy->net_ns;
	struct sockaddr_in to = { .sin_family = AF_INET };
	int port, count, len, ret = -EINVAL;
	char text[128], what[8], ip[32], path[100];

	if (size >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, data, size))
		return -EFAULT;
	text[size] = '\0';
	/* Without the lock: what several disks do at once is worth knowing, too. */
	if (sscanf(text, "write %99s %d", path, &count) == 2)
		return write_run(path, count) ?: size;
	mutex_lock(&lock);
	if (sscanf(text, "server %d", &port) == 1) {
		ret = server_start(net, port);
	} else if (sscanf(text, "%7s %31s %d %d %d", what, ip, &port, &count,
			  &len) == 5) {
		to.sin_port = htons(port);
		to.sin_addr.s_addr = in_aton(ip);
		if (!strcmp(what, "client"))
			ret = client_run(net, &to, count, len);
		else if (!strcmp(what, "copy"))
			ret = copy_run(net, &to, count, len);
	}
	mutex_unlock(&lock);
	return ret ?: size;
}

static const struct file_operations limits_fops = {
	.owner = THIS_MODULE,
	.write = limits_write,
};

static struct miscdevice limits_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "limits",
	.fops = &limits_fops,
};

static int __init limits_init(void)
{
	return misc_register(&limits_device);
}

static void __exit limits_exit(void)
{
	misc_deregister(&limits_device);
	if (!server)
		return;
	kthread_stop(server);
	sock_release(server_sock);
}

module_init(limits_init);
module_exit(limits_exit);
MODULE_DESCRIPTION("what a commit rests on: UDP round trip, synchronous write");
MODULE_LICENSE("GPL");
