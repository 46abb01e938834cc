#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""guard.py RUNS.JSONL RESULTS.JSON - judges a short run of bench.sh by what is on record:
raft.ko beside libraft, measured in the same rounds, must not be worse than half as good as
then, in the best round. TAP on stdout.

Only what a busy host spares is judged: with 64 clients both systems have always something
to do, and what other processes take from the one they take from the other. The latency of
one client is a matter of when the host lets the other processor run, milliseconds."""

import json
import sys

sys.dont_write_bytecode = True
import report  # noqa: E402

WORSE = 2.0
# Of 256 bytes: the metric, clients, whether more is better, and its name.
LOOKED_AT = [
    ("per_second", 64, True, "commits per second of 64 clients"),
    ("cpu_ns", 64, False, "processor time per commit of 64 clients"),
]


def on_record(results, metric, storage, clients):
    """The same ratio of the medians that were recorded; None if they were not."""
    def of(system):
        for r in results["qemu"]["runs"]:
            if (r["system"], r["storage"], r["what"], r.get("size"), r.get("threads")) == \
                    (system, storage, "commit", 256, clients):
                return r[metric]["median"]
        return None

    ours, theirs = of("raft.ko"), of("libraft")
    return ours / theirs if ours and theirs else None


def judge(runs, results, metric, clients, more, storage):
    """(line of TAP after its "ok" or "not ok", whether it is good)"""
    key = {"what": "commit", "storage": storage, "size": 256, "threads": clients}
    now = report.ratio(runs.get(metric, system="raft.ko", **key),
                       runs.get(metric, system="libraft", **key))
    then = on_record(results, metric, storage, clients)
    if not then:
        return "is not on record", False
    if not now:
        why = "; ".join(c["cannot"] for c in runs.cannot) or "it was not measured"
        return f"# SKIP {why}", True
    best = now[2] if more else now[1]
    good = best * WORSE >= then if more else best <= then * WORSE
    return f"{best:.3g} of libraft's in the best of the rounds, {then:.3g} on record", good


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    runs = report.Runs(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as f:
        results = json.load(f)
    bad = 0
    for metric, clients, more, name in LOOKED_AT:
        for storage in report.FULL:
            text, good = judge(runs, results, metric, clients, more, storage)
            bad |= not good
            print(f"{'ok' if good else 'not ok'} - {name}, {storage}: {text}")
    sys.exit(bad)


main()
