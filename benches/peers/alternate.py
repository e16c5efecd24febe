"""Runs commands that time themselves in turns (A B A B), so that a machine's good and bad minutes fall on all alike."""

import json
import math
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
from dataclasses import dataclass, field

HEADER = "| model | threads | contender | ms an image | fastest | CPU ms | × first | × 1 thread | cosine |\n|" + "---|" * 9


@dataclass(frozen=True)
class Contender:
    """A name for the table and the words of a command, with places for {model}, {threads}, {batch} and {seconds}."""

    label: str
    words: tuple


@dataclass
class Result:
    """What a contender's processes printed for one model and number of threads, in order."""

    model: str
    threads: int
    label: str
    samples: list = field(default_factory=list)

    def of(self, key):
        """That number of every sample, or nothing where the contender does not say it."""
        return [sample[key] for sample in self.samples if key in sample]

    def as_json(self):
        samples = [{key: value for key, value in sample.items() if key != "embedding"} for sample in self.samples]
        return {"model": self.model, "threads": self.threads, "contender": self.label, "samples": samples}


def contender(text, arguments):
    """Reads `NAME=cmd:COMMAND`, `cmd:COMMAND` or the name of a peer."""
    label, marker, command = text.partition("=cmd:")
    if marker:
        return Contender(label, tuple(shlex.split(command)))
    if text.startswith("cmd:"):
        words = tuple(shlex.split(text.removeprefix("cmd:")))
        return Contender(pathlib.Path(words[0]).name, words)
    script = str(pathlib.Path(__file__).with_name("encoders.py"))
    places = ("--model", "{model}", "--threads", "{threads}", "--batch", "{batch}", "--seconds", "{seconds}")
    return Contender(text, (sys.executable, script, "time", "--contender", text, *places, "--onnx", str(arguments.onnx)))


def run(contenders, arguments):
    """All results so far, after each process; every contender, model and number of threads comes once in each round."""
    results = {}
    for turn in range(arguments.rounds):
        for model in arguments.model:
            for one in contenders:
                for threads in arguments.threads:
                    places = {"model": model, "threads": threads, "batch": arguments.batch, "seconds": arguments.seconds}
                    sample = run_once(one, places)
                    result = results.setdefault((model, threads, one.label), Result(model, threads, one.label))
                    result.samples.append(sample)
                    said = f"{model}, threads {threads}, {one.label}: {sample['ms_per_image']:.1f} ms an image"
                    print(f"round {turn + 1}: {said}", file=sys.stderr)
                    yield [results[key] for key in sorted(results, key=lambda key: key[:2])]


def run_once(one, places):
    """Runs one contender on the first processors we may use; the last line of its output that is its answer."""
    command = [fill(word, places) for word in one.words]
    threads = places["threads"]
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")}

    def pin():
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])

    try:
        done = subprocess.run(command, env=os.environ | limits, preexec_fn=pin, capture_output=True, text=True)
    except OSError as error:
        sys.exit(f"`{shlex.join(command)}` could not be started: {error}")
    sample = answer(done.stdout)
    if done.returncode != 0 or sample is None:
        sys.exit(f"{done.stderr}\n`{shlex.join(command)}` did not print its time (exit code {done.returncode})")
    return sample


def fill(word, places):
    for place, value in places.items():
        word = word.replace("{" + place + "}", str(value))
    return word


def answer(output):
    """The last line that is a JSON object with a time that can be one."""
    for line in reversed(output.splitlines()):
        try:
            sample = json.loads(line)
        except ValueError:
            continue
        milliseconds = sample.get("ms_per_image") if isinstance(sample, dict) else None
        if isinstance(milliseconds, (int, float)) and math.isfinite(milliseconds) and milliseconds > 0:
            return sample
    return None


def table(results):
    """A Markdown table: medians over the processes, the fastest forward of all, and medians of the ratios in a round."""
    lines = [HEADER]
    for result in results:
        first = next(other for other in results if (other.model, other.threads) == (result.model, result.threads))
        single = [other for other in results if (other.model, other.label) == (result.model, result.label) and other.threads == 1]
        cells = (
            result.model,
            result.threads,
            result.label,
            f"{statistics.median(result.of('ms_per_image')):.1f}",
            f"{min(result.of('fastest_ms_per_image') or result.of('ms_per_image')):.1f}",
            f"{statistics.median(result.of('cpu_ms_per_image')):.1f}" if result.of("cpu_ms_per_image") else "–",
            f"{faster(first, result):.2f}",
            f"{faster(single[0], result):.2f}" if single else "–",
            likeness(first, result),
        )
        lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    return "\n".join(lines)


def faster(slow, fast):
    """How many times as fast `fast` is, round by round; a last round that was cut short counts for neither."""
    pairs = zip(slow.of("ms_per_image"), fast.of("ms_per_image"))
    return statistics.median(before / after for before, after in pairs)


def likeness(first, other):
    """The cosine of what the two computed for the same picture, where both say it."""
    if not (first.of("embedding") and other.of("embedding")):
        return "–"
    a, b = first.of("embedding")[-1], other.of("embedding")[-1]
    if len(a) != len(b):
        return f"{len(b)} values"
    product = sum(x * y for x, y in zip(a, b))
    return f"{product / math.hypot(*a) / math.hypot(*b):.5f}"
