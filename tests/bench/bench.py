"""Runs the same load against portlabd and another server in turn, and prints the ratios. See ./run."""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

import cases
import peers


def machine():
    """The machine and the date, for the heading of the table."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Linux {platform.release()}, "
            f"{datetime.date.today().isoformat()}")


class Progress:
    """One line on the terminal: what is being measured now."""

    def __init__(self):
        self.shown = sys.stderr.isatty()

    def show(self, text):
        if self.shown:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)

    def done(self):
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def compare(case, peer_name, bench, progress, begun):
    """Measures both in turn. Returns a row of the table, or None if the peer is not installed."""
    ours, theirs = [], []
    with contextlib.ExitStack() as stack:
        options = case.our_options(bench)
        stack.callback(case.finish)
        our_server = stack.enter_context(bench.servers.portlabd(*case.services, **options))
        their_server = case.peer(bench, peer_name, our_server)
        if their_server is None:
            return None
        with their_server:
            for pair in range(bench.pairs):
                progress.show(f"{begun}  {case.name} beside {peer_name}: pair {pair + 1} of {bench.pairs}")
                ours.append(case.measure(bench, our_server, "portlabd"))
                theirs.append(case.measure(bench, their_server, peer_name))
    if any(b["figure"] == 0 for b in theirs):
        raise RuntimeError("its figure is 0 in one of the measurements")
    ratios = [case.ratio(a["figure"], b["figure"]) for a, b in zip(ours, theirs)]
    median = statistics.median
    row = {"case": case.name, "beside": peer_name, "unit": case.unit,
           "ours": median(a["figure"] for a in ours), "theirs": median(b["figure"] for b in theirs),
           "ratio": median(ratios), "ratio_min": min(ratios), "ratio_max": max(ratios),
           "goal": case.goal_beside(peer_name), "lower_is_better": case.lower_is_better,
           "note": case.note(bench)}
    for side, measured in (("our", ours), ("their", theirs)):
        cpu = [m["cpu"] for m in measured if m.get("cpu") is not None]
        row[f"{side}_cpu_seconds_per_million"] = median(cpu) if cpu else None
    goal, row["absolute_goal"] = row["goal"], case.absolute_goal()
    if goal is not None:
        row["met"] = row["ratio"] <= goal if case.lower_is_better else row["ratio"] >= goal
    if row["absolute_goal"] is not None:
        row["met"] = row.get("met", True) and row["ours"] <= row["absolute_goal"]
    return row


def figure(value):
    if value is None:
        return ""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def table(rows, left_out, where):
    lines = [f"Measured on {where}. One worker each, on loopback; the ratio is the median of the "
             "ratios of the pairs; the smallest and the largest are in parentheses.", "",
             "| case | beside | portlabd | peer | ratio | CPU s per million: ours, theirs | goal |",
             "|---|---|--:|--:|--:|--:|---|"]
    for row in rows:
        sign = "≤" if row["lower_is_better"] else "≥"
        goals = [] if row["goal"] is None else [f"{sign} {row['goal']:g} ×"]
        if row["absolute_goal"] is not None:
            goals.append(f"≤ {row['absolute_goal']} {row['unit']}")
        goal = f"{', '.join(goals)} {'✔' if row['met'] else '✘'}" if goals else ""
        cpu = ", ".join(filter(None, (figure(row["our_cpu_seconds_per_million"]),
                                      figure(row["their_cpu_seconds_per_million"]))))
        unit = f" {row['unit']}" if row["unit"] else ""
        lines.append(f"| {row['case']} | {row['beside']} | {figure(row['ours'])}{unit} | "
                     f"{figure(row['theirs'])}{unit} | {row['ratio']:.2f} "
                     f"({row['ratio_min']:.2f}–{row['ratio_max']:.2f}) | {cpu} | {goal} |")
    notes = sorted({f"{row['case']}: {row['note']}" for row in rows if row["note"]})
    notes += [f"{case} beside {peer}: omitted, {reason}" for case, peer, reason in left_out]
    if notes:
        lines += [""] + [f"- {note}" for note in notes]
    return "\n".join(lines) + "\n"


class Bench:
    """The settings of this run, for the cases."""

    def __init__(self, options, folder):
        count = os.cpu_count() or 1
        separate = count > 1
        self.build = pathlib.Path(options.build).resolve()
        self.seconds, self.pairs = options.seconds, options.pairs
        self.cores = count
        self.load_cpus = {count - 1} if separate else None
        self.servers = peers.Servers(folder, self.build, {0} if separate else None, options.earlier)

    def run(self, *command, cpus=True, may_fail=False, **options):
        """Runs a load until it ends, and returns its output. `may_fail`: with any exit status."""
        pinned = self.load_cpus if cpus else None
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120, check=False,
                              preexec_fn=lambda: pinned and os.sched_setaffinity(0, pinned),
                              **options)
        if done.returncode != 0 and not may_fail:
            raise RuntimeError(f"{command[0]}: {(done.stderr or done.stdout)[-400:]}")
        return done.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--earlier")
    parser.add_argument("--out", default="build-bench")
    options = parser.parse_args()
    chosen = [case for case in cases.ALL
              if not options.only or any(re.search(rf"\b{re.escape(only)}", case.name) for only in options.only)]
    if options.list:
        for case in chosen:
            print(f"{case.name:32} beside {', '.join(case.peers)}")
        return 0
    if not chosen:
        print(f"no case has {' or '.join(options.only)} in its name: --list prints the names",
              file=sys.stderr)
        return 2
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    progress, rows, left_out = Progress(), [], []
    if options.earlier:
        todo = [(case, peers.EARLIER) for case in chosen if case.earlier_too]
    else:
        todo = [(case, peer) for case in chosen for peer in case.peers]
    with tempfile.TemporaryDirectory(prefix="portlab-bench-") as folder:
        bench = Bench(options, folder)
        for number, (case, peer) in enumerate(todo, 1):
            try:
                row = compare(case, peer, bench, progress, f"[{number}/{len(todo)}]")
            except (RuntimeError, subprocess.TimeoutExpired, OSError) as error:
                left_out.append((case.name, peer, str(error).strip().splitlines()[-1]))
                continue
            if row is None:
                left_out.append((case.name, peer, "not installed"))
            else:
                rows.append(row)
    progress.done()
    text = table(rows, left_out, machine())
    print(text)
    out = pathlib.Path(options.out)
    out.mkdir(exist_ok=True)
    (out / "bench.md").write_text(text, encoding="utf-8")
    (out / "bench.json").write_text(json.dumps(
        {"machine": machine(), "seconds": options.seconds, "pairs": options.pairs, "rows": rows,
         "left_out": left_out}, indent=1) + "\n", encoding="utf-8")
    return 0 if rows else 1


if __name__ == "__main__":
    sys.exit(main())
