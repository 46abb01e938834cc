#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""hold_trace.py DIR - the lines of DIR/runs.jsonl, which hold_guest.sh left, with what the
tracepoints in DIR/trace-* say of them: gaps between a leader's messages as its followers
take them, how late its deadlines were, when a new leader came."""

import json
import os
import re
import sys

LINE = re.compile(r"\s(\d+\.\d+): (\w+): (.*)")
MESSAGE = re.compile(r"node=(\d+) in (append|heartbeat) from")
STATE = re.compile(r"node=(\d+) role=(\w+) term=(\d+)")
TIMER = re.compile(r"node=(\d+) late_ns=(\d+)")


def events(path):
    """(ns, event, text) of a file of tracefs."""
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = LINE.search(line)
            if m:
                yield round(float(m[1]) * 1e9), m[2], m[3]


def quantiles(values):
    v = sorted(values)
    if not v:
        return None
    return {"n": len(v), "max": v[-1],
            **{n: v[int(q * (len(v) - 1))] for n, q in (("p50", .5), ("p99", .99), ("p999", .999))}}


def gaps(path, leader):
    last, found, late = {}, [], []
    for ns, event, text in events(path):
        m = event == "raft_msg" and MESSAGE.match(text[text.find("node="):])
        if m:
            if m[1] in last:
                found.append(ns - last[m[1]])
            last[m[1]] = ns
        m = event == "raft_timer" and TIMER.search(text)
        if m and int(m[1]) == leader:
            late.append(int(m[2]))
    return {"gap_ns": quantiles(found), "late_ns": quantiles(late)}


def changes(path, leader):
    """From the mark, or the leader's last message if that came later, to the first state of
    another leader; and to when the old one was none any more."""
    begun, heard, out = None, None, {}
    for ns, event, text in events(path):
        if event == "tracing_mark_write" and "hold-check" in text:
            begun = ns
        if begun is None:
            continue
        if event == "raft_msg" and MESSAGE.search(text) and "led_ns" not in out:
            heard = ns
        m = event == "raft_state" and STATE.search(text)
        if m and int(m[1]) == leader and m[2] != "leader":
            out.setdefault("down_ns", ns - begun)
        if m and int(m[1]) != leader and m[2] == "leader":
            out.setdefault("led_ns", ns - begun)
            out.setdefault("silent_ns", ns - (heard or begun))
    return out


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    path = f"{sys.argv[1]}/runs.jsonl"
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as f:
        for line in f:
            run = json.loads(line)
            if run["what"] == "hold" and "cannot" not in run:
                trace = f"{sys.argv[1]}/trace-{run['heartbeat']}-{run['try']}"
                if os.path.exists(trace):
                    run.update(gaps(trace, run["leader"]))
            elif run["what"] != "hold":
                trace = f"{sys.argv[1]}/trace-{run['what']}-{run['leader']}"
                if os.path.exists(trace):
                    run.update(changes(trace, run["leader"]))
            print(json.dumps(run))


main()
