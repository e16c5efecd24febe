"""Times image encoders against each other on the same formula weights and pictures.

    python encoders.py time --contender onnxruntime-f32 --model clip-vit-b-32 --threads 1 --batch 8
    python encoders.py compare --model clip-vit-b-32 --threads 1,2 --rounds 5 \\
        --contender onnxruntime-f32 --contender torch-eager \\
        --contender 'ours=cmd:target/release/encode {model} --threads {threads} --batch {batch}'

A contender is a command that loads its model, warms up, times forwards of one batch for about three seconds and prints one
line of JSON: {"ms_per_image": median}. It may add "fastest_ms_per_image", "cpu_ms_per_image" (processor time of all its
threads, which other programs disturb less) and "embedding" (that of the first picture, `image-a`), from which `compare` tells
whether all computed the same thing. `time` is that command for the peers; `compare` runs the commands in turns, A B A B, each
in a fresh process on as many processors as it has threads, and prints medians and ratios.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import alternate

WARM_UP_SECONDS = 1.0
WARM_UP_ROUNDS = 2
LEAST_ROUNDS = 5
DEFAULT_FOLDER = pathlib.Path(__file__).resolve().parents[2] / "target" / "peers"


def measure(encode, pictures, seconds):
    """Runs `encode` on one batch until `seconds` have passed; what `time` prints."""
    started, rounds = time.perf_counter(), 0
    while rounds < WARM_UP_ROUNDS or time.perf_counter() - started < WARM_UP_SECONDS:
        embeddings = encode(pictures)
        rounds += 1
    wall, cpu, started = [], [], time.perf_counter()
    while len(wall) < LEAST_ROUNDS or time.perf_counter() - started < seconds:
        wall_before, cpu_before = time.perf_counter(), time.process_time()
        encode(pictures)
        wall.append(time.perf_counter() - wall_before)
        cpu.append(time.process_time() - cpu_before)
    per_image = 1000 / len(pictures)
    return {
        "ms_per_image": statistics.median(wall) * per_image,
        "fastest_ms_per_image": min(wall) * per_image,
        "cpu_ms_per_image": statistics.median(cpu) * per_image,
        "rounds": len(wall),
        "embedding": [float(value) for value in embeddings[0]],
    }


def time_one(arguments):
    """Times one peer in this process."""
    from contenders import CONTENDERS
    from pictures import MEAN_AND_STD, batch_of_pictures

    for name, known in ((arguments.contender, CONTENDERS), (arguments.model, MEAN_AND_STD)):
        if name not in known:
            sys.exit(f"`{name}` is not one of {', '.join(known)}")
    encode = CONTENDERS[arguments.contender](arguments.model, arguments.threads, arguments.onnx)
    result = measure(encode, batch_of_pictures(arguments.model, arguments.batch), arguments.seconds)
    print(json.dumps(result))


def compare(arguments):
    """Times all contenders in turns and prints the table."""
    contenders = [alternate.contender(text, arguments) for text in arguments.contender]
    if len({contender.label for contender in contenders}) < len(contenders):
        sys.exit("two contenders have the same name\nhint: --contender 'name=cmd:COMMAND'")
    results = []
    try:
        for results in alternate.run(contenders, arguments):
            if arguments.json:
                arguments.json.write_text(json.dumps([result.as_json() for result in results], indent=1) + "\n")
    except KeyboardInterrupt:
        print("interrupted: the table holds what was measured before", file=sys.stderr)
    print(alternate.table(results))


def names(text):
    return text.split(",")


def numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--batch", type=int, default=8, help="pictures in a forward. Default: 8")
    common.add_argument("--seconds", type=float, default=3, help="timed seconds of a peer's process. Default: 3")
    common.add_argument("--onnx", type=pathlib.Path, default=DEFAULT_FOLDER, help="ONNX files. Default: target/peers")

    one = actions.add_parser("time", parents=[common], help="time one peer and print its line of JSON")
    one.add_argument("--contender", required=True)
    one.add_argument("--model", required=True)
    one.add_argument("--threads", type=int, default=1, help="Default: 1")

    all_of_them = actions.add_parser("compare", parents=[common], help="time contenders in turns and print a table")
    all_of_them.add_argument("--contender", action="append", required=True, help="a peer's name, or [NAME=]cmd:COMMAND")
    all_of_them.add_argument("--model", type=names, default=["clip-vit-b-32", "resnet50"], help="Default: both")
    all_of_them.add_argument("--threads", type=numbers, default=[1, 2], help="Default: 1,2")
    all_of_them.add_argument("--rounds", type=int, default=5, help="processes of each contender. Default: 5")
    all_of_them.add_argument("--json", type=pathlib.Path, help="file that gets every single measurement")

    arguments = parser.parse_args()
    time_one(arguments) if arguments.action == "time" else compare(arguments)


if __name__ == "__main__":
    main()
