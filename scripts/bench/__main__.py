"""Run the parts that are named, or all; exit code 1 when a goal is missed."""

import argparse
import os
import signal
import sys

from app.terminal import progress
from scripts.bench import encoder, long_chat, outbox, parse, risk, scoring, training, turn
from scripts.bench.figures import Part

PARTS: dict[str, Part] = {
    "encoder": encoder.measure,
    "outbox": outbox.measure,
    "parse": parse.measure,
    "risk": risk.measure,
    "scoring": scoring.measure,
    "training": training.measure,
    "turn": turn.measure,
    "long-chat": long_chat.measure,
}


def main() -> None:
    asked = argparse.ArgumentParser(prog="bench", description=__doc__)
    asked.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    names = asked.parse_args().parts or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        asked.error(f"expected parts among {', '.join(PARTS)}, got {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the processes it started end with it
    missed = 0
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load {load:.1f} before the first part", flush=True)
    for name in names:
        print(name, flush=True)
        with progress() as report:
            for figure in PARTS[name](report):
                missed += figure.missed
                print(figure, flush=True)
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
