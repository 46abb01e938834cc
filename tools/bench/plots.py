# SPDX-License-Identifier: GPL-2.0
"""plots.py - the SVG files of report.py, drawn by gnuplot: medians, bars from least to most."""

import subprocess

COLOURS = {"raft.ko": "#c0392b", "raft.ko, batches": "#e59866", "libraft": "#2471a3", "etcd": "#7d8c8d"}
HEAD = """set terminal svg size {width},380 enhanced font "sans,12" background "white"
set output "{path}"
set multiplot layout 1,{columns} title "{title}"
set logscale y
set grid y
set format y "10^{{%T}}"
set key top left
set offsets 0.2, 0.2, 0, 0
set ylabel "{unit}"
"""


def panel(name, xlabel, series):
    """One diagram: series is {system: [(x label, (median, least, most)), ...]}."""
    labels = []
    for points in series.values():
        labels += [x for x, _ in points if x not in labels]
    ticks = ", ".join(f'"{x}" {i}' for i, x in enumerate(labels))
    text = f'set title "{name}"\nset xlabel "{xlabel}"\nset xtics ({ticks})\n'
    text += f"set xrange [-0.3:{len(labels) - 0.7}]\n"
    drawn = []
    for n, (system, points) in enumerate(series.items()):
        text += f"$d{n} << EOD\n"
        text += "".join(f"{labels.index(x) + 0.04 * n} {max(m, 1e-9)} {max(lo, 1e-9)} {max(hi, 1e-9)}\n"
                        for x, (m, lo, hi) in points)
        text += "EOD\n"
        drawn.append(f'$d{n} with yerrorlines title "{system}" linecolor rgb "{COLOURS[system]}" pointtype 7')
    return text + "plot " + ", ".join(drawn) + "\n"


def draw(path, heading, unit, panels):
    """A file with panels (name, x label, series); nothing if none has a point."""
    full = []
    for name, xlabel, series in panels:
        series = {s: p for s, p in series.items() if p}
        if series:
            full.append((name, xlabel, series))
    if not full:
        return
    script = HEAD.format(path=path, title=heading, unit=unit, columns=len(full),
                         width=150 + 375 * len(full))
    script += "".join(panel(*p) for p in full) + "unset multiplot\n"
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def write(out, runs, systems, storages, spread):
    """All plots, into the directory @out."""
    def series(metric, scale, name, values, **key):
        lines = {}
        for system in systems:
            got = ((v, spread(runs.get(metric, system=system, **dict(key, **{name: v})))) for v in values)
            lines[system] = [(v, tuple(x * scale for x in s)) for v, s in got if s]
        return lines

    sizes = runs.values("size", what="commit")
    clients = runs.values("threads", what="commit")
    rates = runs.values("rate", what="open")
    heartbeats = sorted((h for h in runs.values("storage", what="idle") if h.isdigit()), key=int)

    def both(metric, scale, name, values, xlabel, **key):
        return [(text, xlabel, series(metric, scale, name, values, storage=storage, **key))
                for storage, text in storages.items()]

    draw(f"{out}/latency.svg", "Commit latency of one client, median", "us",
         both("p50_ns", 1e-3, "size", sizes, "bytes of a command", what="commit", threads=1))
    draw(f"{out}/throughput.svg", "Commits per second, 256 bytes", "commits/s",
         both("per_second", 1, "threads", clients, "clients", what="commit", size=256))
    draw(f"{out}/cpu.svg", "Processor time of the machine per commit, 256 bytes", "us",
         both("cpu_ns", 1e-3, "threads", clients, "clients", what="commit", size=256))
    draw(f"{out}/open.svg", "Open loop, 99 % of the commits faster than", "ms",
         both("p99_ns", 1e-6, "rate", rates, "commits asked for per second", what="open"))
    draw(f"{out}/idle.svg", "Nothing to do: busy part of one processor", "%",
         [("three nodes", "heartbeat, ms", series("busy", 100, "storage", heartbeats, what="idle"))])
