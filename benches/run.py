#!/usr/bin/env python3
"""Runs the benchmarks and writes docs/benchmarks.md. Called by benches/run.sh, which builds what this needs."""

import argparse
import datetime
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

GIB = 1 << 30
MANY = 5000
REPORT = "docs/benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


class Server:
    """ferry-test-server, plain or TLS, for as long as the block runs."""

    def __init__(self, program, *options):
        self.command = [program, "--until-stdin-closes", "--records", "0", *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[1].rstrip("/")
        self.port = self.url.rsplit(":", 1)[1]
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, built, folder):
        programs = os.path.join(built, "benches")
        self.measure = os.path.join(programs, "measure")
        self.ferry = os.path.join(programs, "ferry_bench")
        self.bare = os.path.join(programs, "bare")
        self.server = os.path.join(built, "ferry-test-server")
        self.folder = folder
        self.out = os.path.join(folder, "out")
        self.large = os.path.join(folder, "large")
        self.small = os.path.join(folder, "small")
        self.ca = os.path.join(folder, "ca.pem")
        self.list = os.path.join(folder, "urls")
        make_file(self.large, GIB)
        make_file(self.small, 10 << 10)

    def scenarios(self, plain, tls):
        """Name, what one run carries, the command of each competitor, what must lie in `out` afterwards."""
        url, port = plain.url, plain.port
        ca = ["--cacert", self.ca]
        curl = ["curl", "--silent", "--show-error", "--fail"]
        together = [*curl, "--no-progress-meter", "-Z", "--parallel-max", "10", "--config", self.list]
        get, put, one = f"{url}/zeros/1g", f"{url}/sink", os.path.join(self.out, "1")
        tls_get, tls_put = f"{tls.url}/zeros/1g", f"{tls.url}/sink"
        form = ["-F", f"file=@{self.large}"]
        return {
            "download 1 GiB": {
                "carries": (1, GIB),
                "ferry": [self.ferry, "get", get, one],
                "curl": [*curl, "-o", one, get],
                "bare": [self.bare, "get", port, "/zeros/1g", one],
            },
            "upload 1 GiB": {
                "carries": (0, 0),
                "ferry": [self.ferry, "put", put, self.large],
                "curl": [*curl, *form, put],
                "bare": [self.bare, "put", port, "/sink", self.large],
            },
            "5,000 GETs of 1 KiB": {
                "carries": (MANY, 1 << 10),
                "ferry": [self.ferry, "get-many", f"{url}/bytes/1k", self.out, str(MANY)],
                "curl": together,
                "config": lambda n: f'url = "{url}/bytes/1k"\noutput = "{self.out}/{n}"\n',
                "bare": [self.bare, "get-many", port, "/bytes/1k", self.out, str(MANY)],
            },
            "5,000 uploads of 10 KiB": {
                "carries": (0, 0),
                "ferry": [self.ferry, "put-many", put, self.small, str(MANY)],
                "curl": together,
                "config": lambda n: ("next\nsilent\nfail\n" if n > 1 else "")
                + f'url = "{put}"\nform = "file=@{self.small}"\noutput = "/dev/null"\n',
                "bare": [self.bare, "put-many", port, "/sink", self.small, str(MANY)],
            },
            "TLS download 1 GiB": {
                "carries": (1, GIB),
                "ferry": [self.ferry, "get", tls_get, one, self.ca],
                "curl": [*curl, *ca, "-o", one, tls_get],
            },
            "TLS upload 1 GiB": {
                "carries": (0, 0),
                "ferry": [self.ferry, "put", tls_put, self.large, self.ca],
                "curl": [*curl, *ca, *form, tls_put],
            },
        }

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)
        os.mkdir(self.out)

    def run(self, command, carries):
        """Wall seconds, CPU seconds, peak MiB."""
        self.clear()
        done = subprocess.run([self.measure, *command], stdout=subprocess.PIPE, text=True, check=True)
        wall, cpu, peak, code = done.stdout.split()
        if code != "0":
            sys.exit(f"{os.path.basename(command[0])} ended with {code}: {' '.join(command)}")
        files, size = carries
        found = [os.path.getsize(os.path.join(self.out, name)) for name in os.listdir(self.out)]
        if found != [size] * files:
            sys.exit(f"{' '.join(command)} left {len(found)} files, not {files} of {size} bytes")
        return float(wall), float(cpu), int(peak) / 1024

    def compare(self, scenario, rounds):
        """Each competitor's runs, taken in turn so that a drift of the machine meets all alike."""
        if "config" in scenario:
            with open(self.list, "w", encoding="ascii") as config:
                config.writelines(scenario["config"](n) for n in range(1, MANY + 1))
        names = [name for name in ("ferry", "curl", "bare") if name in scenario]
        runs = {name: [] for name in names}
        for number in range(rounds + 1):
            for name in names:
                result = self.run(scenario[name], scenario["carries"])
                # The first round only warms up.
                if number > 0:
                    runs[name].append(result)
        return runs

    def own(self, how, url, count):
        self.clear()
        command = [self.ferry, how, url, self.out, str(count)]
        return [float(figure) for figure in subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()]


def make_file(path, size):
    """Not sparse: a hole is read faster than data."""
    block = os.urandom(1 << 20)
    with open(path, "wb") as file:
        while size > 0:
            size -= file.write(block[:min(size, len(block))])


def median(runs, figure):
    return statistics.median(run[figure] for run in runs)


def ratio(runs, other, figure):
    return statistics.median(ours[figure] / theirs[figure] for ours, theirs in zip(runs["ferry"], runs[other]))


WALL, CPU, PEAK = range(3)

# Scenario, what is compared, with whom, figure, the target, and whether a larger figure is better.
TARGETS = [
    ("download 1 GiB", "CPU", "curl", CPU, 0.75, False),
    ("download 1 GiB", "wall", "bare", WALL, 1.05, False),
    ("upload 1 GiB", "wall", "curl", WALL, 0.75, False),
    ("5,000 GETs of 1 KiB", "rate", "curl", WALL, 1.5, True),
    ("TLS download 1 GiB", "CPU", "curl", CPU, 0.95, False),
    ("TLS upload 1 GiB", "CPU", "curl", CPU, 0.95, False),
]


def verdict(good):
    return "reached" if good else "**missed**"


def tables(results, own, facts):
    lines = [*facts, ""]
    lines += ["| scenario | program | wall s | CPU s | peak MiB | wall ferry / it | CPU ferry / it |", "|---|---|---:|---:|---:|---:|---:|"]
    for scenario, runs in results.items():
        for name, its in runs.items():
            row = [scenario if name == "ferry" else "", name]
            row += [f"{median(its, WALL):.3f}", f"{median(its, CPU):.3f}", f"{median(its, PEAK):.1f}"]
            row += ["", ""] if name == "ferry" else [f"{ratio(runs, name, WALL):.2f}", f"{ratio(runs, name, CPU):.2f}"]
            lines.append("| " + " | ".join(row) + " |")
    lines += ["", "| target | measured | |", "|---|---:|---|"]
    for scenario, what, other, figure, bound, larger in TARGETS:
        if scenario in results:
            got = ratio(results[scenario], other, figure)
            got = 1 / got if larger else got
            good = got >= bound if larger else got <= bound
            sign = "≥" if larger else "≤"
            lines.append(f"| {scenario}: {what} {sign} {bound:.2f} of {other}'s | {got:.2f} | {verdict(good)} |")
    if own:
        (middle, late, worst), (abort_middle, abort_late, abort_worst), (wakes,) = own["submit"], own["abort"], own["idle"]
        lines += [
            f"| the call that starts a task: p99 ≤ 20 µs | {late:.1f} µs (median {middle:.1f}, worst {worst:.0f}) | {verdict(late <= 20)} |",
            f"| abort to on_fail: p99 ≤ 5 ms | {abort_late / 1000:.2f} ms (median {abort_middle / 1000:.2f}, "
            f"worst {abort_worst / 1000:.2f}) | {verdict(abort_late <= 5000)} |",
            f"| wake-ups of an idle engine in 10 s: 0 | {wakes:.0f} | {verdict(wakes == 0)} |",
        ]
    return "\n".join(lines)


def facts(arguments, folder):
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        model = re.search(r"model name\s*: (.*)", cpuinfo.read())
    curl = subprocess.run(["curl", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[0]
    size = os.path.getsize(os.path.join(arguments.built, "libferry.so")) / 1e6
    system = subprocess.run(["stat", "-f", "-c", "%T", folder], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return [
        f"Measured {datetime.date.today()}, {model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, "
        f"{platform.system()} {platform.release().split('-')[0]}, files on {system}; medians of {arguments.rounds} rounds.",
        f"Beside: {curl.replace('(', '(', 1)}. libferry.so: {size:.2f} MB.",
    ]


def publish(text):
    try:
        with open(REPORT, encoding="utf-8") as report:
            page = report.read()
    except FileNotFoundError:
        page = f"# Benchmarks\n\n{BEGIN}\n{END}\n"
    head, rest = page.split(BEGIN, 1)
    with open(REPORT, "w", encoding="utf-8") as report:
        report.write(f"{head}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--built", default="target/release", help="where libferry.so and the programs are")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds of each scenario (default 5)")
    parser.add_argument("--only", default="", help="scenarios whose name holds this; nothing is written to the report")
    parser.add_argument("--folder", default="/dev/shm", help="the file system to use; 2.5 GiB (default /dev/shm)")
    arguments = parser.parse_args()
    if shutil.which("curl") is None:
        sys.exit("the curl command is needed to compare with")

    results, own = {}, None
    with tempfile.TemporaryDirectory(prefix="ferry-bench-", dir=arguments.folder) as folder:
        bench = Bench(arguments.built, folder)
        with Server(bench.server) as plain, Server(bench.server, "--tls", "--ca-out", bench.ca) as tls:
            for name, scenario in bench.scenarios(plain, tls).items():
                if arguments.only in name:
                    print(f"{name} …", file=sys.stderr)
                    results[name] = bench.compare(scenario, arguments.rounds)
            if arguments.only in "latency and idle":
                print("latency and idle …", file=sys.stderr)
                own = {
                    "submit": bench.own("submit", f"{plain.url}/bytes/1k", 20000),
                    "abort": bench.own("abort", f"{plain.url}/stall-after/1/of/1m", 1000),
                    "idle": bench.own("idle", f"{plain.url}/bytes/1k", 10),
                }
        text = tables(results, own, facts(arguments, folder))
    print(text)
    if not arguments.only:
        publish(text)


main()
