// SPDX-License-Identifier: GPL-2.0
/*
 * grpc.c - unary gRPC calls over one HTTP/2 connection; libnghttp2 does the work.
 */
#include "grpc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static ssize_t body_read(nghttp2_session *session, int32_t stream, uint8_t *buf,
			 size_t size, uint32_t *flags,
			 nghttp2_data_source *source, void *user)
{
	struct grpc_call *call = source->ptr;
	size_t n = call->len - call->sent;

	(void)session;
	(void)stream;
	(void)user;
	if (n > size)
		n = size;
	memcpy(buf, call->body + call->sent, n);
	call->sent += n;
	if (call->sent == call->len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return n;
}

static int header(nghttp2_session *session, const nghttp2_frame *frame,
		  const uint8_t *name, size_t namelen, const uint8_t *value,
		  size_t valuelen, uint8_t flags, void *user)
{
	static const char status[] = "grpc-status";
	struct grpc_call *call;

	(void)flags;
	(void)user;
	call = nghttp2_session_get_stream_user_data(session,
						    frame->hd.stream_id);
	if (call && valuelen && namelen == sizeof(status) - 1 &&
	    !memcmp(name, status, namelen))
		call->status = atoi((const char *)value);
	return 0;
}

static int stream_close(nghttp2_session *session, int32_t stream,
			uint32_t error, void *user)
{
	struct grpc_call *call;
	struct grpc *g = user;

	call = nghttp2_session_get_stream_user_data(session, stream);
	if (!call)
		return 0;
	if (error)
		call->status = -1;
	g->done(call);
	return 0;
}

static int session_start(struct grpc *g)
{
	static const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
	};
	nghttp2_session_callbacks *cb;
	int ret;

	if (nghttp2_session_callbacks_new(&cb))
		return -ENOMEM;
	nghttp2_session_callbacks_set_on_header_callback(cb, header);
	nghttp2_session_callbacks_set_on_stream_close_callback(cb, stream_close);
	ret = nghttp2_session_client_new(&g->session, cb, g);
	nghttp2_session_callbacks_del(cb);
	if (!ret)
		ret = nghttp2_submit_settings(g->session, 0, settings, 1);
	return ret ? -ENOMEM : 0;
}

/**
 * grpc_connect() - connect
 * @g: @done is set; the rest (out)
 * @address: IPv4 address:port; must stay
 *
 * Return: 0, -EINVAL if that is no address, -ENOMEM, or what connect() says.
 */
int grpc_connect(struct grpc *g, const char *address)
{
	struct raft_ioc_member m = { };
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct raft_addr addr;
	int one = 1;

	if (raft_addr_parse(address, &addr) || raft_addr_resolve(&addr, &m) ||
	    m.family != AF_INET)
		return -EINVAL;
	in.sin_port = htons(m.port);
	memcpy(&in.sin_addr, m.addr, sizeof(in.sin_addr));
	g->address = address;
	g->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (g->fd < 0)
		return -errno;
	if (connect(g->fd, (struct sockaddr *)&in, sizeof(in)) ||
	    setsockopt(g->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one))) {
		one = -errno;
		close(g->fd);
		return one;
	}
	return session_start(g);
}

#define HEADER(n, v) { (uint8_t *)(n), (uint8_t *)(v), strlen(n), strlen(v), 0 }

/**
 * grpc_start() - make a call; grpc_run() sends it
 * @g: the connection
 * @path: "/package.Service/Method"
 * @call: @body and @len are set
 *
 * Return: 0 or -ENOMEM.
 */
int grpc_start(struct grpc *g, const char *path, struct grpc_call *call)
{
	const nghttp2_nv headers[] = {
		HEADER(":method", "POST"),
		HEADER(":scheme", "http"),
		HEADER(":path", path),
		HEADER(":authority", g->address),
		HEADER("content-type", "application/grpc"),
		HEADER("te", "trailers"),
	};
	nghttp2_data_provider body = {
		.source.ptr = call,
		.read_callback = body_read,
	};
	uint32_t len = htonl(call->len - GRPC_HEAD);

	call->body[0] = 0;	/* not compressed */
	memcpy(call->body + 1, &len, sizeof(len));
	call->sent = 0;
	call->status = -1;
	if (nghttp2_submit_request(g->session, NULL, headers,
				   sizeof(headers) / sizeof(headers[0]), &body,
				   call) < 0)
		return -ENOMEM;
	return 0;
}

/* All that HTTP/2 lets us send now. */
static int out(struct grpc *g)
{
	const uint8_t *data;
	ssize_t n, done, ret;

	while ((n = nghttp2_session_mem_send(g->session, &data)) > 0)
		for (done = 0; done < n; done += ret) {
			ret = send(g->fd, data + done, n - done, MSG_NOSIGNAL);
			if (ret < 0)
				return -errno;
		}
	return n < 0 ? -EPROTO : 0;
}

/**
 * grpc_run() - send, wait once and take what came; calls g->done
 * @g: the connection
 * @wait_ns: for so long at most; < 0: until something comes
 *
 * Return: 0, -ECONNRESET if the other end hung up, -EPROTO, or what the socket
 * says.
 */
int grpc_run(struct grpc *g, int64_t wait_ns)
{
	struct pollfd p = { .fd = g->fd, .events = POLLIN };
	struct timespec ts = {
		.tv_sec = wait_ns / (int64_t)RAFT_NS_PER_S,
		.tv_nsec = wait_ns % (int64_t)RAFT_NS_PER_S,
	};
	uint8_t buf[16384];
	ssize_t n;
	int ret;

	ret = out(g);
	if (ret)
		return ret;
	ret = ppoll(&p, 1, wait_ns < 0 ? NULL : &ts, NULL);
	if (ret <= 0)
		return ret ? -errno : 0;
	n = recv(g->fd, buf, sizeof(buf), 0);
	if (n <= 0)
		return n ? -errno : -ECONNRESET;
	return nghttp2_session_mem_recv(g->session, buf, n) < 0 ? -EPROTO : 0;
}

/**
 * grpc_close() - end the connection
 * @g: the connection
 */
void grpc_close(struct grpc *g)
{
	nghttp2_session_del(g->session);
	close(g->fd);
}
