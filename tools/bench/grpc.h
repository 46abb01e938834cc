/* SPDX-License-Identifier: GPL-2.0 */
/*
 * grpc.h - unary gRPC calls over one HTTP/2 connection, many at a time, in one
 * thread: the least that a client of etcd can be.  Looks at no answer but its
 * status.
 */
#ifndef _RAFT_BENCH_GRPC_H
#define _RAFT_BENCH_GRPC_H

#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct grpc_call - one call; the caller's, free for the next when it is done
 * @body: the message, with room for a head of GRPC_HEAD bytes before it
 * @len: of head and message
 * @sent: of them
 * @status: grpc-status, -1: none came
 */
struct grpc_call {
	uint8_t *body;
	size_t len;
	size_t sent;
	int status;
};

#define GRPC_HEAD	5u

/**
 * struct grpc - a connection
 * @fd: its socket
 * @address: where to
 * @session: HTTP/2
 * @done: is told that a call is done; may make it anew
 */
struct grpc {
	int fd;
	const char *address;
	nghttp2_session *session;
	void (*done)(struct grpc_call *call);
};

int grpc_connect(struct grpc *g, const char *address);
int grpc_start(struct grpc *g, const char *path, struct grpc_call *call);
int grpc_run(struct grpc *g, int64_t wait_ns);
void grpc_close(struct grpc *g);

#endif /* _RAFT_BENCH_GRPC_H */
