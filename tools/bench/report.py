#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""report.py DIR - what guest.sh measured, DIR/runs.jsonl and, under User-mode Linux,
DIR/runs-um.jsonl, as DIR/results.json, DIR/results.rst and DIR/*.svg: medians over the
rounds with least and most, ratios within each round."""

import json
import statistics
import sys

sys.dont_write_bytecode = True
import plots  # noqa: E402

# Of 64 clients one system has another row: a call for all of them.
SYSTEMS = ["raft.ko", "raft.ko, batches", "libraft", "etcd"]
STORAGES = {"mem": "in memory", "disk": "on the disk, durable", "nvme": "on NVMe, durable",
            "own-1ms": "a disk of its own, 1 ms a write", "own-4ms": "the same, 4 ms"}
SHARED = {"disk": "disk", "nvme": "NVMe"}  # where all systems are durable
FULL = ["mem", *SHARED]  # with all workloads
METRICS = ["per_second", "p50_ns", "p99_ns", "p999_ns", "max_ns", "cpu_ns"]


class Runs:
    """All runs; a metric of those that fit is a list of (round, value)."""

    def __init__(self, path):
        self.runs, self.cannot, self.host_load = [], [], []
        with open(path, encoding="utf-8") as f:
            for line in f:
                run = json.loads(line)
                if "host_load" in run:
                    self.host_load.append((run["round"], run["host_load"]))
                    continue
                if "cannot" in run:
                    self.cannot.append(run)
                    continue
                if run.get("done") and run.get("elapsed_ns"):
                    run["per_second"] = run["done"] * 1e9 / run["elapsed_ns"]
                    run["cpu_ns"] = run.get("busy_ns", 0) / run["done"]
                if run["what"].endswith("idle"):
                    run["busy"] = run.get("busy_ns", 0) / run["elapsed_ns"]
                self.runs.append(run)

    def get(self, metric, **key):
        return [(r["round"], r[metric]) for r in self.runs
                if metric in r and all(r.get(k) == v for k, v in key.items())]

    def values(self, name, **key):
        return sorted({r[name] for r in self.runs if name in r and
                       all(r.get(k) == v for k, v in key.items())})


def spread(pairs):
    """Median, least and most of (round, value); None if there are none."""
    v = [x for _, x in pairs]
    return (statistics.median(v), min(v), max(v)) if v else None


def by_round(pairs):
    """The median of each round."""
    rounds = {}
    for n, v in pairs:
        rounds.setdefault(n, []).append(v)
    return {n: statistics.median(v) for n, v in rounds.items()}


def ratio(over, under):
    """Of what was measured in the same round: median, least, most; None without."""
    a, b = by_round(over), by_round(under)
    return spread([(n, a[n] / b[n]) for n in a if b.get(n)])


def plus(x, y):
    a, b = by_round(x), by_round(y)
    return [(n, a[n] + b[n]) for n in a if n in b]


def targets(runs):
    """What part 2 of the issue asks for: (text, wanted, ratio, whether most or least)."""
    def commit(metric, system, storage, clients):
        return runs.get(metric, what="commit", system=system, storage=storage,
                        size=256, threads=clients)

    def limit(what, storage):
        return runs.get("p50_ns", what=what, system="limit", storage=storage)

    def idle(system):
        base = by_round(runs.get("busy", what="idle", system="none"))
        return [(n, max(v - base.get(n, 0), 0)) for n, v in
                runs.get("busy", what="idle", system=system, storage="10")]

    def grown(metric, what, n, **key):
        return runs.get(metric, what=what, storage=str(n), **key)

    def kernel(storage):
        return runs.get("p50_ns", what="kernel", system="raft.ko", storage=storage)

    def beside(metric, system, storage, other):
        return ratio(commit(metric, system, storage, 64), commit(metric, other, storage, 64))

    def durable(storage, name):
        """One client beside what it rests on."""
        rest = plus(limit("udp", storage), limit("write", storage))
        yield (f"commit p50, 1 client, {name} / (UDP round trip + synchronous write)", "<=", 1.3,
               ratio(commit("p50_ns", "raft.ko", storage, 1), rest))
        yield (f"the same, {name}, inside the kernel", "<=", 1.3, ratio(kernel(storage), rest))

    def many(system, text):
        """64 clients beside the others."""
        for storage, name in SHARED.items():
            for other, wanted in (("libraft", 5), ("etcd", 20)):
                yield (f"commits/s, {text}, {name} / {other}'s", ">=", wanted,
                       beside("per_second", system, storage, other))
        for storage, name in {**SHARED, "mem": "memory"}.items():
            yield (f"CPU per commit, {text}, {name} / libraft's", "<=", 0.2,
                   beside("cpu_ns", system, storage, "libraft"))

    nodes, groups, entries = (max([int(n) for n in runs.values("storage", what=what)] or [0])
                              for what in ("nodes", "groups", "entries"))
    few = min([int(n) for n in runs.values("storage", what="entries")] or [0])
    return [
        ("commit p50, 1 client, memory / UDP round trip", "<=", 3,
         ratio(commit("p50_ns", "raft.ko", "mem", 1), limit("udp", "mem"))),
        ("the same, memory, inside the kernel", "<=", 3, ratio(kernel("mem"), limit("udp", "mem"))),
        *durable("disk", "disk"),
        *durable("nvme", "NVMe"),
        *durable("own-1ms", "a disk of its own, 1 ms a write"),
        *durable("own-4ms", "a disk of its own, 4 ms a write"),
        *many("raft.ko", "64 clients"),
        *many("raft.ko, batches", "64 clients in batches"),
        ("idle CPU, heartbeats of 10 ms / etcd's", "<=", 0.1,
         ratio(idle("raft.ko"), idle("etcd"))),
        (f"CPU per commit, 64 clients, {nodes} nodes / 3 nodes", "<=", nodes / 3,
         ratio(grown("cpu_ns", "nodes", nodes, threads=64), grown("cpu_ns", "nodes", 3, threads=64))),
        (f"commit p50, 1 client, {groups} groups / 1 group", "<=", groups,
         ratio(grown("p50_ns", "groups", groups, threads=1), grown("p50_ns", "groups", 1, threads=1))),
        (f"idle CPU, {groups} groups / 1 group", "<=", groups,
         ratio(grown("busy", "groups-idle", groups), grown("busy", "groups-idle", 1))),
        (f"commit p50, 1 client, {entries} entries / {few} entries", "<=", 1,
         ratio(grown("p50_ns", "entries", entries, threads=1), grown("p50_ns", "entries", few, threads=1))),
        (f"commits/s, 64 clients, {entries} entries / {few} entries", ">=", 1,
         ratio(grown("per_second", "entries", entries, threads=64),
               grown("per_second", "entries", few, threads=64))),
    ]


def number(x):
    if x >= 100:
        return f"{x:.0f}"
    return f"{x:.3g}"


def cell(s, scale=1.0):
    if not s:
        return "-"
    m, lo, hi = (number(x * scale) for x in s)
    return m if lo == hi else f"{m} ({lo} .. {hi})"


def table(head, rows):
    """A simple table of reStructuredText; an empty first cell would go on the row above."""
    rows = [[str(c) for c in r] for r in rows]
    width = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    bar = "  ".join("=" * w for w in width)
    lines = ["  ".join(c.ljust(w) for c, w in zip(r, width)).rstrip() for r in [head] + rows]
    return "\n".join([bar, lines[0], bar] + lines[1:] + [bar]) + "\n"


def title(text):
    return f"\n{text}\n{'-' * len(text)}\n\n"


def load_rows(runs, what):
    us = 1e-3
    for storage in STORAGES:
        for size in runs.values("size", what=what) or [None]:
            for rate in runs.values("rate", what=what) or [None]:
                for clients in runs.values("threads", what=what):
                    for system in SYSTEMS:
                        key = {"what": what, "system": system, "storage": storage, "threads": clients}
                        if size is not None and what != "read":
                            key["size"] = size
                        if rate is not None:
                            key["rate"] = rate
                        m = {n: spread(runs.get(n, **key)) for n in METRICS}
                        if not m["p50_ns"]:
                            continue
                        load = f"{rate}/s" if rate is not None else clients
                        yield [storage, size if what != "read" else "-", load, system,
                               cell(m["per_second"])] + \
                            [cell(m[n], us) for n in METRICS[1:]]


LOAD_HEAD = ["storage", "bytes", "clients", "system", "per second", "p50 us", "p99 us",
             "p99.9 us", "max us", "CPU us each"]


def limits_rows(runs):
    for storage in STORAGES:
        for what, text in (("udp", "UDP round trip, 256 bytes"),
                           ("write", "synchronous write of 4 KiB in place"),
                           ("write3", "the same on three disks at once"),
                           ("switch", "process switch")):
            key = {"what": what, "system": "limit", "storage": storage}
            if runs.get("p50_ns", **key):
                yield [storage, text] + [cell(spread(runs.get(n, **key)), 1e-3) for n in
                                         ("p50_ns", "p99_ns", "p999_ns", "max_ns")]
        if runs.get("p50_ns", what="kernel", storage=storage):
            yield [storage, "raft.ko: first message to commit"] + \
                [cell(spread(runs.get(n, what="kernel", storage=storage)), 1e-3)
                 for n in ("p50_ns", "p99_ns", "p999_ns", "max_ns")]


def idle_rows(runs):
    base = spread(runs.get("busy", what="idle", system="none"))
    yield ["-", "nothing runs", cell(base, 100)]
    for heartbeat in sorted(runs.values("storage", what="idle"), key=lambda h: (len(h), h)):
        for system in SYSTEMS:
            s = spread(runs.get("busy", what="idle", system=system, storage=heartbeat))
            if s:
                yield [heartbeat, system, cell(s, 100)]


def growth_rows(runs):
    for what in ("nodes", "groups", "entries"):
        for n in sorted(runs.values("storage", what=what), key=int):
            for clients in runs.values("threads", what=what):
                m = {k: spread(runs.get(k, what=what, storage=n, threads=clients)) for k in METRICS}
                yield [what, n, clients, cell(m["per_second"]), cell(m["p50_ns"], 1e-3),
                       cell(m["p99_ns"], 1e-3), cell(m["cpu_ns"], 1e-3)]
        for n in sorted(runs.values("storage", what=f"{what}-idle"), key=int):
            yield [what, n, "idle", "-", "-", "-",
                   cell(spread(runs.get("busy", what=f"{what}-idle", storage=n)), 100) + " %"]
        for n in sorted(runs.values("storage", what=f"{what}-node"), key=int):
            yield [what, n, "each node", "-", "-", "-",
                   cell(spread(runs.get("kib", what=f"{what}-node", storage=n))) + " KiB"]


def write_growth(f, runs, head):
    rows = list(growth_rows(runs))
    if rows:
        f.write(head)
        f.write(table(["more", "how many", "clients", "per second", "p50 us", "p99 us", "CPU us each"], rows))


def write_limits(f, runs):
    f.write(table(["storage", "what, inside the kernel", "p50 us", "p99 us", "p99.9 us", "max us"],
                  list(limits_rows(runs))))


def write_targets(f, runs):
    f.write(table(["ratio", "target", "measured"],
                  [[t, f"{op} {want:g}", cell(r)] for t, op, want, r in targets(runs) if r]))


def write_loads(f, runs):
    for what, text in (("commit", "Commits, closed loop"),
                       ("open", "Commits, open loop: latency from when each was due"),
                       ("read", "Reads with the barrier, closed loop")):
        f.write(title(text))
        f.write(table(LOAD_HEAD, list(load_rows(runs, what))))


def write_rst(path, runs, um):
    rounds = len(runs.values("round") or um.values("round"))
    with open(path, "w", encoding="utf-8") as f:
        f.write(".. SPDX-License-Identifier: GPL-2.0\n\n"
                "================\nMeasured figures\n================\n\n"
                f"Made by ``make bench``: {rounds} round(s). A cell is the median of the rounds, "
                "(least .. most).\nWhat the figures mean and what not is in performance.rst; "
                "only ratios mean anything. Load of the host at each round:\n"
                f"{cell(spread(runs.host_load + um.host_load))}.\n")
        f.write(title("Targets"))
        write_targets(f, runs)
        f.write(title("What a commit rests on"))
        write_limits(f, runs)
        write_loads(f, runs)
        f.write(title("Idle: percent of one processor, three nodes and the machine"))
        f.write(table(["heartbeat ms", "system", "busy %"], list(idle_rows(runs))))
        write_growth(f, runs, title("More nodes of one group, more groups of three nodes, more entries in the log, in memory"))
        f.write(title("Memory of three nodes after the loads, MiB, files not counted"))
        f.write(table(["storage", "system", "MiB"],
                      [[st, sy, cell(spread(kib), 1 / 1024)] for st in STORAGES for sy in SYSTEMS
                       if (kib := runs.get("kib", what="memory", system=sy, storage=st))]))
        if um.runs:
            f.write(title("User-mode Linux: kernel code at native speed, one processor"))
            write_targets(f, um)
            f.write("\n")
            write_limits(f, um)
            write_growth(f, um, "\n")
        if runs.cannot or um.cannot:
            f.write(title("What did not run, or not as it should"))
            f.writelines(f"* round {c['round']}: {c['cannot']}\n" for c in runs.cannot + um.cannot)


def groups(runs):
    """Each load with its metrics over the rounds."""
    found = {}
    for r in runs.runs:
        key = tuple((k, r[k]) for k in ("system", "storage", "what", "size", "threads", "rate") if k in r)
        found.setdefault(key, []).append(r)
    for key, rs in found.items():
        entry = dict(key, rounds=len(rs))
        for metric in METRICS + ["busy", "kib"]:
            s = spread([(0, r[metric]) for r in rs if metric in r])
            if s:
                entry[metric] = dict(zip(("median", "min", "max"), (round(x, 6) for x in s)))
        yield entry


def summary(runs):
    return {"targets": [{"ratio": t, "target": f"{op} {want:g}", "median": r[0], "min": r[1], "max": r[2]}
                        for t, op, want, r in targets(runs) if r],
            "host_load": [load for _, load in runs.host_load],
            "runs": list(groups(runs)), "cannot": runs.cannot}


def write_json(path, runs, um):
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"qemu": summary(runs), "um": summary(um)}, f, indent=1)
        f.write("\n")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = sys.argv[1]
    runs, um = Runs(f"{out}/runs.jsonl"), Runs(f"{out}/runs-um.jsonl")
    if not runs.runs + um.runs:
        sys.exit("report.py: nothing was measured")
    write_json(f"{out}/results.json", runs, um)
    write_rst(f"{out}/results.rst", runs, um)
    plots.write(out, runs, SYSTEMS, {s: STORAGES[s] for s in FULL}, spread)
    for where, some in (("QEMU", runs), ("User-mode Linux", um)):
        for text, op, want, r in targets(some):
            if r:
                print(f"{where}: {text}: {cell(r)}, target {op} {want:g}")
        for c in some.cannot:
            print(f"{where}: did not run, or not as it should: round {c['round']}: {c['cannot']}")
    print(f"tables, JSON and plots: {out}/")


if __name__ == "__main__":
    main()
