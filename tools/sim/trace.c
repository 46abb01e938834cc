// SPDX-License-Identifier: GPL-2.0
/*
 * trace.c - what happened, in readable lines.
 *
 * Printed with --trace; the last lines are kept for the report of a failure.
 */
#include "sim.h"

/**
 * sim_trace() - one line of trace
 * @s: simulation
 * @fmt: printf format without newline
 */
void sim_trace(struct sim *s, const char *fmt, ...)
{
	char line[240];
	va_list args;
	int n;

	if (!sim_traced(s))
		return;
	n = snprintf(line, sizeof(line), "%6llu.%06llu ",
		     (unsigned long long)(s->now - SIM_EPOCH) / 1000000,
		     (unsigned long long)(s->now - SIM_EPOCH) % 1000000);
	va_start(args, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, args);
	va_end(args);
	if (s->trace)
		puts(line);
	if (s->remember)
		memcpy(s->ring[s->n_ring++ % SIM_LAST_EVENTS], line,
		       sizeof(line));
}

/**
 * sim_trace_msg() - a message in one line
 * @s: simulation
 * @what: what happens to it
 * @m: the message
 */
void sim_trace_msg(struct sim *s, const char *what, const struct raft_msg *m)
{
	typedef unsigned long long ull;
	char more[120] = "";

	if (!sim_traced(s))
		return;
	switch ((enum raft_msg_type)m->type) {
	case RAFT_MSG_APPEND:
		snprintf(more, sizeof(more),
			 " prev %llu.%llu entries %u commit %llu",
			 (ull)m->index, (ull)m->log_term, m->n_entries,
			 (ull)m->commit);
		break;
	case RAFT_MSG_PREVOTE:
	case RAFT_MSG_VOTE:
		snprintf(more, sizeof(more), " last %llu.%llu", (ull)m->index,
			 (ull)m->log_term);
		break;
	case RAFT_MSG_APPEND_RESP:
		if (m->flags & RAFT_MSG_REJECT)
			snprintf(more, sizeof(more), " no: at %llu, try %llu.%llu",
				 (ull)m->reject_index, (ull)m->index,
				 (ull)m->log_term);
		else
			snprintf(more, sizeof(more), " match %llu",
				 (ull)m->index);
		break;
	case RAFT_MSG_HEARTBEAT:
		snprintf(more, sizeof(more), " commit %llu%s", (ull)m->commit,
			 m->flags & RAFT_MSG_QUIET ? " quiet" : "");
		break;
	case RAFT_MSG_HEARTBEAT_RESP:
		snprintf(more, sizeof(more), " verified %llu durable %llu",
			 (ull)m->index, (ull)m->commit);
		break;
	case RAFT_MSG_FORWARD:
		snprintf(more, sizeof(more), " serial %llu entries %u",
			 (ull)m->serial, m->n_entries);
		break;
	default:
		if (m->flags & RAFT_MSG_REJECT)
			snprintf(more, sizeof(more), " no");
		break;
	}
	sim_trace(s, "%s %u -> %u %s term %llu%s", what, m->from, m->to,
		  raft_msg_name(m->type), (ull)m->term, more);
}

/**
 * sim_trace_last() - print the lines that were kept
 * @s: simulation
 * @to: stream
 */
void sim_trace_last(const struct sim *s, FILE *to)
{
	u64 i = s->n_ring > SIM_LAST_EVENTS ? s->n_ring - SIM_LAST_EVENTS : 0;

	for (; i < s->n_ring; i++)
		fprintf(to, "  %s\n", s->ring[i % SIM_LAST_EVENTS]);
}
