#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""hold_report.py DIR - what `make hold` measured, DIR/runs.jsonl, as DIR/hold.rst and
DIR/hold.json: for each stress and system the shortest heartbeat with which the leader stayed,
gaps between a leader's messages, counter-checks."""

import json
import sys

sys.dont_write_bytecode = True
from report import table, title  # noqa: E402

SYSTEMS = ["raft.ko", "libraft", "etcd"]
STORAGES = ["mem", "stable", "nvme", "disk"]
STRESS = ["none", "busy", "fifo1", "fifo50", "leader50", "memory", "leadermem", "io", "leaderio", "flood", "fork"]
MS = 1e-6


def silent(run):
    """A leader that nobody heard for the longest election timeout held nothing, though its
    followers slept as well."""
    gap = (run.get("gap_ns") or {}).get("max", 0)
    return gap * MS > 10 * run["heartbeat"]


def held(run):
    return run["held"] and not silent(run)


def cells(runs):
    """{(storage, stress, system): {heartbeat: [run]}}"""
    found = {}
    for r in runs:
        if r["what"] == "hold":
            cell = found.setdefault((r["storage"], r["stress"], r["system"]), {})
            cell.setdefault(r["heartbeat"], []).append(r)
    return found


def smallest(cell):
    """The last heartbeat, from the longest on, that held in one of its tries."""
    best = None
    for h in sorted(cell, reverse=True):
        if not any(held(r) for r in cell[h]):
            break
        best = h
    return best


def smallest_text(cell):
    if not cell:
        return "-"
    best = smallest(cell)
    return f"> {max(cell)}" if best is None else str(best)


def keys(found):
    for storage in STORAGES:
        for stress in STRESS:
            if any(k[:2] == (storage, stress) for k in found):
                yield storage, stress


def ms(ns):
    return "-" if ns is None else f"{ns * MS:.3g}" if ns * MS < 100 else f"{ns * MS:.0f}"


def gap_rows(found):
    for storage, stress in keys(found):
        cell = found.get((storage, stress, "raft.ko"), {})
        for h in sorted(cell, reverse=True):
            for r in cell[h]:
                g, late = r.get("gap_ns"), r.get("late_ns")
                if g:
                    yield [storage, stress, h, "yes" if held(r) else "silent" if r["held"] else "no",
                           *(ms(g[q]) for q in ("p50", "p99", "p999", "max")),
                           ms(late["p99"] if late else None), ms(late["max"] if late else None),
                           r.get("done", 0), ms(r.get("p50_ns")), r.get("host_load")]


def check_rows(runs):
    for r in runs:
        if r["what"] == "hold":
            continue
        yield [r["storage"], r["stress"], r["what"], r["heartbeat"], ms(r.get("down_ns")), ms(r.get("led_ns")),
               ms(r.get("silent_ns")), r.get("host_load")]


def write_rst(path, runs):
    found = cells(runs)
    with open(path, "w", encoding="utf-8") as f:
        f.write(".. SPDX-License-Identifier: GPL-2.0\n\n===============\nLeadership hold\n===============\n\n"
                "Made by ``make hold``; performance.rst says what was done, and on what. All times in ms.\n")
        f.write(title("Shortest heartbeat with which the leader stayed"))
        f.write(table(["log", "stress"] + SYSTEMS,
                      [[a, b] + [smallest_text(found.get((a, b, s))) for s in SYSTEMS] for a, b in keys(found)]))
        f.write(title("raft.ko: gaps between messages of the leader at its followers"))
        f.write(table(["log", "stress", "heartbeat", "held", "p50", "p99", "p99.9", "max", "deadline p99", "max late",
                       "commits", "commit p50", "host"], list(gap_rows(found))))
        rows = list(check_rows(runs))
        if rows:
            f.write(title("raft.ko: counter-checks"))
            f.write(table(["log", "stress", "check", "heartbeat", "old one down", "new one", "without a leader", "host"],
                          rows))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(f"{sys.argv[1]}/runs.jsonl", encoding="utf-8") as f:
        runs = [json.loads(line) for line in f]
    if not runs:
        sys.exit("hold_report.py: nothing was measured")
    write_rst(f"{sys.argv[1]}/hold.rst", runs)
    found = cells(runs)
    with open(f"{sys.argv[1]}/hold.json", "w", encoding="utf-8") as f:
        json.dump({"smallest_ms": [dict(zip(("storage", "stress", "system", "ms"), (*k, smallest(c))))
                                   for k, c in found.items()], "runs": runs}, f, indent=1)
        f.write("\n")
    for storage, stress in keys(found):
        print(f"{storage}, {stress}: " + ", ".join(
            f"{s} {smallest_text(found.get((storage, stress, s)))}" for s in SYSTEMS))


main()
