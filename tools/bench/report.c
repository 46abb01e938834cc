// SPDX-License-Identifier: GPL-2.0
/*
 * report.c - prints what was measured, for a person or as JSON.
 */
#include "bench.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/**
 * bench_fail() - say what went wrong
 * @fmt: as printf, without a newline
 *
 * Return: 1, the exit code.
 */
int bench_fail(const char *fmt, ...)
{
	va_list ap;

	fputs("bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	putc('\n', stderr);
	return 1;
}

static double rate(const struct bench_result *r)
{
	return r->elapsed_ns ? r->hist.n * 1e9 / r->elapsed_ns : 0;
}

static void result_json(const struct bench_args *args,
			const struct bench_result *r)
{
	const struct raft_hist *h = &r->hist;
	struct raft_json j;

	raft_json_init(&j, stdout);
	raft_json_open(&j, NULL, '{');
	raft_json_str(&j, "mode", args->mode);
	raft_json_u64(&j, "threads", args->threads);
	if (args->batch > 1)
		raft_json_u64(&j, "batch", args->batch);
	if (args->read)
		raft_json_bool(&j, "lease", args->lease);
	else
		raft_json_u64(&j, "size", args->size);
	if (args->rate)
		raft_json_u64(&j, "rate", args->rate);
	raft_json_u64(&j, "done", h->n);
	raft_json_u64(&j, "failed", r->failed);
	raft_json_u64(&j, "unknown", r->unknown);
	raft_json_u64(&j, "elapsed_ns", r->elapsed_ns);
	raft_json_u64(&j, "per_second", rate(r) + 0.5);
	if (r->busy_ns)
		raft_json_u64(&j, "busy_ns", r->busy_ns);
	raft_json_u64(&j, "min_ns", h->min);
	raft_json_u64(&j, "mean_ns", h->n ? h->sum / h->n : 0);
	raft_json_u64(&j, "p50_ns", raft_hist_quantile(h, 0.50));
	raft_json_u64(&j, "p90_ns", raft_hist_quantile(h, 0.90));
	raft_json_u64(&j, "p99_ns", raft_hist_quantile(h, 0.99));
	raft_json_u64(&j, "p999_ns", raft_hist_quantile(h, 0.999));
	raft_json_u64(&j, "max_ns", h->max);
	if (r->note)
		raft_json_str(&j, "note", r->note);
	raft_json_close(&j, '}');
	raft_json_end(&j);
}

static void result_print(const struct bench_args *args,
			 const struct bench_result *r)
{
	static const double q[] = { 0.50, 0.90, 0.99, 0.999, 1 };
	static const char * const names[] = { "p50", "p90", "p99", "p99.9",
					      "max" };
	char text[32];
	size_t i;

	if (!r->hist.n && r->busy_ns) {
		printf("%s: %.2f %% of a processor\n", args->mode,
		       100.0 * r->busy_ns / r->elapsed_ns);
		return;
	}
	printf("%s: %" PRIu64, args->mode, r->hist.n);
	if (args->read)
		printf(" %s", args->lease ? "barriers, leases" : "barriers");
	else
		printf(" of %u bytes", args->size);
	printf(" by %u", args->threads);
	if (args->batch > 1)
		printf(", batches of %u,", args->batch);
	printf(" in %.2f s, %.0f/s", r->elapsed_ns / 1e9, rate(r));
	if (r->failed || r->unknown)
		printf("; %" PRIu64 " failed, %" PRIu64 " unknown", r->failed,
		       r->unknown);
	if (args->rate)
		printf("; one each %.3g ms, latency from when it was due",
		       1e3 / args->rate);
	if (r->busy_ns && r->hist.n) {
		raft_duration_format(r->busy_ns / r->hist.n, text, sizeof(text));
		printf("; %s of processors each", text);
	}
	if (r->note)
		printf(" (%s)", r->note);
	raft_duration_format(r->hist.min, text, sizeof(text));
	printf("\nlatency: min %s", text);
	for (i = 0; i < sizeof(q) / sizeof(q[0]); i++) {
		raft_duration_format(raft_hist_quantile(&r->hist, q[i]), text,
				     sizeof(text));
		printf(", %s %s", names[i], text);
	}
	putchar('\n');
}

/**
 * bench_report() - print a result
 * @args: what was asked for; the format
 * @r: the result
 */
void bench_report(const struct bench_args *args, const struct bench_result *r)
{
	if (args->json)
		result_json(args, r);
	else
		result_print(args, r);
	fflush(stdout);
}
