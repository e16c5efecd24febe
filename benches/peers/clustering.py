"""Times clustering algorithms against each other on the same rows.

    python clustering.py compare --count 20000 --task dbscan --task threshold
    python clustering.py compare --count 5000 --task dbscan --contender imgcluster --contender petal
    python clustering.py time --contender scikit-learn --task dbscan --rows rows.npy --options '{"eps": 0.3, "min_samples": 2}'

`compare` makes the rows (see embeddings.py), then runs all contenders in turns, A B A B, each in a fresh process on as many
processors as it has threads, and prints a table of medians and ratios and whether what they found agrees. `time` is such a
process for the peers; for imgcluster and for other crates it is the program `clustering` of imgcluster-benches. Rows and labels
are kept in a temporary folder; nothing else is written but the file of `--json`.
"""

import argparse
import json
import pathlib
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field

import numpy as np

import turns
from agreement import JUDGES
from clusterers import PEERS
from embeddings import embeddings, nearest_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
OURS = "imgcluster"
# What each task is asked with, and the other crates that know it.
TASKS = {
    "threshold": ({"similarity": 0.85}, ()),
    "dbscan": ({"eps": 0.3, "min_samples": 2}, ("petal", "linfa")),
    "hdbscan": ({"min_cluster_size": 5, "min_samples": 3}, ("petal", "hdbscan-crate")),
    "kmeans": ({"clusters": 200, "iterations": 25}, ("linfa",)),
    "ward": ({"clusters": 100}, ("kodama",)),
    "average": ({"clusters": 100}, ("kodama",)),
    "silhouette": ({"clusters": 200}, ()),
    "knn": ({"k": 10}, ()),
}
# They take minutes where the others take seconds, so they must be asked for.
SLOW = ("petal", "linfa", "hdbscan-crate")
WARM_UP_ROWS = 1024
HEADER = (
    "| rows | task | contender | threads | seconds | fastest | CPU s | peak MB | × imgcluster | in CPU s | × 1 thread | agreement |\n|"
    + "---|" * 12
)


@dataclass
class Result:
    """What a contender's processes said to one task, in order; `failed` says why there is nothing."""

    task: str
    contender: str
    threads: int
    samples: list = field(default_factory=list)
    agreement: list = field(default_factory=list)
    failed: str = ""

    def of(self, key):
        return [sample[key] for sample in self.samples if sample.get(key) is not None]

    def as_json(self):
        return self.__dict__


def time_one(arguments):
    """Times one peer in this process."""
    rows = np.load(arguments.rows)
    try:
        run = PEERS[arguments.task][arguments.contender](**arguments.options)
        # Threads are started, and what is compiled on the first call is.
        run(rows[:WARM_UP_ROWS])
    except ImportError as error:
        print(json.dumps({"failed": "not installed: " + " ".join(str(error).split())}))
        return
    start_bytes, seconds = turns.resident_bytes(), []
    before, started = turns.processor_seconds(), time.perf_counter()
    while not seconds or time.perf_counter() - started < arguments.seconds:
        call = time.perf_counter()
        found = run(rows)
        seconds.append(time.perf_counter() - call)
    spent = turns.processor_seconds() - before
    arrays = [found[key] for key in ("labels", "neighbors") if key in found]
    sample = {
        "seconds": statistics.median(seconds),
        "fastest_seconds": min(seconds),
        "cpu_seconds": spent / len(seconds),
        "calls": len(seconds),
        "start_bytes": start_bytes,
        "peak_bytes": turns.resident_bytes("VmHWM"),
        "score": found.get("score"),
        "iterations": found.get("iterations"),
    }
    if arrays and arguments.labels:
        np.save(arguments.labels, np.asarray(arrays[0], np.int64))
    print(json.dumps(sample))


def compare(arguments):
    """Times all contenders in turns and prints the table."""
    # Stopped by whatever keeps the time, it still says what it knows.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rows = np.load(arguments.rows) if arguments.rows else embeddings(arguments.count, arguments.dim, arguments.seed)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        np.save(folder / "rows.npy", rows)
        np.save(folder / "of.npy", nearest_of(rows, TASKS["silhouette"][0]["clusters"], arguments.seed))
        try:
            for turn in range(arguments.rounds):
                for task in arguments.task:
                    one_round(turn, task, rows, folder, results, arguments)
                    if arguments.json:
                        said = [result.as_json() for result in results.values()]
                        arguments.json.write_text(json.dumps(said, indent=1) + "\n")
        except KeyboardInterrupt:
            print("interrupted: the table holds what was measured before", file=sys.stderr)
    print(table(results, len(rows)))


def one_round(turn, task, rows, folder, results, arguments):
    """Runs every contender once, ours first, and compares what was found."""
    ours = None
    for contender, threads in contenders(task, arguments):
        result = results.setdefault((task, contender, threads), Result(task, contender, threads))
        if result.failed:
            continue
        labels = folder / "labels.npy"
        labels.unlink(missing_ok=True)
        sample = sampled(task, contender, threads, turn, folder, arguments)
        said = f"round {turn + 1}: {task}, {contender}, threads {threads}: "
        if "failed" in sample:
            result.failed = sample["failed"]
            print(said + result.failed, file=sys.stderr)
            continue
        print(said + f"{sample['seconds']:.3f} s", file=sys.stderr)
        result.samples.append(sample)
        found = {"score": sample["score"]}
        if labels.exists():
            found["neighbors" if task == "knn" else "labels"] = np.load(labels)
        if ours is None and contender == OURS:
            ours = found
        elif ours is not None:
            result.agreement.append(JUDGES[task][0](rows, ours, found))


def contenders(task, arguments):
    """Everyone who knows the task and was asked for; ours with every number of threads, the others with one."""
    known = [OURS, *PEERS[task], *TASKS[task][1]]
    asked = arguments.contender or [name for name in known if name not in SLOW]
    for name in known:
        if name in asked:
            yield from ((name, threads) for threads in (arguments.threads if name == OURS else [1]))


def sampled(task, contender, threads, turn, folder, arguments):
    """One process; for k-means a second one of one iteration, as the difference has no share of the seeding."""
    options = dict(TASKS[task][0])
    if task == "silhouette":
        options = {"of": str(folder / "of.npy")}
    if task != "kmeans":
        return asked(task, contender, threads, options, folder, arguments)
    options["seed"] = turn
    long = asked(task, contender, threads, options, folder, arguments)
    short_options = options | {"iterations": 1}
    # Its labels are not those that count.
    with tempfile.TemporaryDirectory() as elsewhere:
        (pathlib.Path(elsewhere) / "rows.npy").symlink_to(folder / "rows.npy")
        short = asked(task, contender, threads, short_options, pathlib.Path(elsewhere), arguments)
    if "failed" in long or "failed" in short:
        return long if "failed" in long else short
    counts = [sample["iterations"] or chosen["iterations"] for sample, chosen in ((long, options), (short, short_options))]
    if counts[0] > counts[1]:
        for key in ("seconds", "cpu_seconds"):
            if long[key] is not None:
                long[f"{key}_an_iteration"] = (long[key] - short[key]) / (counts[0] - counts[1])
    return long


def asked(task, contender, threads, options, folder, arguments):
    """Runs the contender's process on the rows in the folder; its labels go there as well."""
    files = ["--rows", str(folder / "rows.npy"), "--labels", str(folder / "labels.npy")]
    if contender in PEERS[task]:
        command = [sys.executable, __file__, "time", "--contender", contender, "--task", task]
        command += ["--options", json.dumps(options)]
    else:
        command = [str(arguments.binary), contender, task, "--threads", str(threads)]
        command += [word for key, value in options.items() for word in ("--" + key.replace("_", "-"), str(value))]
    return turns.run_once([*command, *files, "--seconds", str(arguments.seconds)], threads, arguments)


def table(results, count):
    """A Markdown table: medians over the processes, the fastest call of all, and medians of the ratios in a round."""
    lines = [HEADER]
    for result in results.values():
        if not result.samples:
            why = result.failed or "interrupted"
            lines.append(f"| {count} | {result.task} | {result.contender} | {result.threads} | {why} |" + " – |" * 7)
            continue
        lines.append(line(results, result, count, "seconds", result.task, "cpu_seconds"))
        if result.of("seconds_an_iteration"):
            name = f"{result.task}, an iteration"
            lines.append(line(results, result, count, "seconds_an_iteration", name, "cpu_seconds_an_iteration"))
    return "\n".join(lines)


def line(results, result, count, key, name, cpu):
    """A line of the table by the times under these keys."""
    ours = results.get((result.task, OURS, result.threads))
    single = results.get((result.task, result.contender, 1))
    whole = key == "seconds"
    cells = (
        count,
        name,
        result.contender,
        result.threads,
        f"{statistics.median(result.of(key)):.4g}",
        f"{min(result.of('fastest_seconds')):.4g}" if whole else "–",
        f"{statistics.median(result.of(cpu)):.4g}" if result.of(cpu) else "–",
        f"{max(result.of('peak_bytes')) / 1e6:.0f}" if whole and result.of("peak_bytes") else "–",
        ratio(result, ours, key),
        ratio(result, ours, cpu),
        ratio(single, result, key) if result.threads > 1 else "–",
        JUDGES[result.task][1](result.agreement) if whole and result.agreement else "–",
    )
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def ratio(slow, fast, key):
    """How many times as long one takes, round by round; a last round that was cut short counts for neither."""
    if slow is None or fast is None:
        return "–"
    both = [before / after for before, after in zip(slow.of(key), fast.of(key)) if after > 0]
    return f"{statistics.median(both):.2f}" if both else "–"


def write_rows(arguments):
    np.save(arguments.file, embeddings(arguments.count, arguments.dim, arguments.seed))


def numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    formula = argparse.ArgumentParser(add_help=False)
    formula.add_argument("--count", type=int, default=5000, help="how many rows to make. Default: 5000")
    formula.add_argument("--dim", type=int, default=512, help="values of a row. Default: 512")
    formula.add_argument("--seed", type=int, default=7, help="chooses the rows. Default: 7")
    repeat = argparse.ArgumentParser(add_help=False)
    repeat.add_argument("--rows", type=pathlib.Path, help=".npy of f32 rows of length one")
    repeat.add_argument("--seconds", type=float, default=3, help="calls follow each other for so long. Default: 3")

    one = actions.add_parser("time", parents=[repeat], help="time one peer and print its line of JSON")
    one.add_argument("--contender", required=True)
    one.add_argument("--task", required=True, choices=TASKS)
    one.add_argument("--options", type=json.loads, required=True, help="what the task is asked with, JSON")
    one.add_argument("--labels", type=pathlib.Path, help="gets the labels or neighbours, .npy of i64")

    everyone = actions.add_parser("compare", parents=[formula, repeat], help="time contenders in turns and print a table")
    everyone.add_argument("--task", action="append", choices=TASKS, help="Default: all")
    everyone.add_argument("--contender", action="append", help=f"Default: all but {', '.join(SLOW)}, which are slow")
    everyone.add_argument("--threads", type=numbers, default=[1, 2], help="of imgcluster; the others get one. Default: 1,2")
    everyone.add_argument("--rounds", type=int, default=3, help="processes of each contender. Default: 3")
    everyone.add_argument("--timeout", type=float, default=400, help="the most seconds of a process. Default: 400")
    everyone.add_argument("--most-gib", type=float, default=16, help="the most address space of a process. Default: 16")
    everyone.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/clustering", help="Default: in target/release")
    everyone.add_argument("--json", type=pathlib.Path, help="file that gets every single measurement")

    rows = actions.add_parser("rows", parents=[formula], help="write the rows")
    rows.add_argument("file", type=pathlib.Path)

    arguments = parser.parse_args()
    if arguments.action == "compare":
        arguments.task = arguments.task or list(TASKS)
        arguments.most_bytes = int(arguments.most_gib * 2**30)
        if not arguments.binary.exists():
            hint = "hint: cargo build --release -p imgcluster-benches --bin clustering"
            sys.exit(f"`{arguments.binary}` does not exist\n{hint}")
        known = {OURS, *(name for task in TASKS for name in (*PEERS[task], *TASKS[task][1]))}
        if unknown := sorted(set(arguments.contender or ()) - known):
            sys.exit(f"`{unknown[0]}` is not one of {', '.join(sorted(known))}")
    {"time": time_one, "compare": compare, "rows": write_rows}[arguments.action](arguments)


if __name__ == "__main__":
    main()
