"""Runs a command in a fresh process on few processors, with little patience and little memory."""

import json
import os
import resource
import shlex
import subprocess

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")


def run_once(command, threads, limits):
    """The JSON object in the last line that a command prints; {"failed": why} where there is none."""
    environment = os.environ | {name: str(threads) for name in THREADS}

    def confine():
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        resource.setrlimit(resource.RLIMIT_AS, (limits.most_bytes, limits.most_bytes))

    try:
        done = subprocess.run(
            command, env=environment, preexec_fn=confine, capture_output=True, text=True, timeout=limits.timeout
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {limits.timeout:.0f} s"}
    except OSError as error:
        return {"failed": f"`{shlex.join(command)}` could not be started: {error}"}
    lines = done.stdout.strip().splitlines()
    try:
        answer = json.loads(lines[-1])
    except (IndexError, ValueError):
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        why = [text for text in said if "rror" in text] or said
        return {"failed": f"exit code {done.returncode}: {why[-1]}"}
    return answer


def processor_seconds():
    """The processor time of all threads of this process."""
    times = os.times()
    return times.user + times.system


def resident_bytes(key="VmRSS"):
    """The memory of this process now, or at most (`VmHWM`); None where Linux does not tell it."""
    try:
        with open("/proc/self/status") as status:
            values = dict(line.split(":", 1) for line in status)
    except OSError:
        return None
    return 1024 * int(values[key].split()[0])
