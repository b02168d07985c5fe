#!/usr/bin/env python3
"""How fast log patterns are found: this project's miner beside Python's drain3 0.9.11, on the same lines in one run, one core each.

    python3 -m venv .local/drain3-venv && .local/drain3-venv/bin/pip install drain3==0.9.11
    python3 tests/tools/log_mining_bench.py FOLDER [--drain3 .local/drain3-venv/bin/python]

FOLDER has labelled logs (`*_structured.csv` with the columns `Content` and `EventId`). drain3 has its defaults, without masks and with the
masks that its own example configuration has; its time is processor time, after one pass that does not count, as for ours.
"""

import argparse
import csv
import os
import pathlib
import re
import subprocess
import sys

DRAIN3 = r"""
import sys, time
from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig
lines = sys.stdin.read().splitlines()
MASKS = [
    (r"((?<=[^A-Za-z0-9])|^)(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))((?=[^A-Za-z0-9])|$)", "ID"),
    (r"((?<=[^A-Za-z0-9])|^)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})((?=[^A-Za-z0-9])|$)", "IP"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9a-f]{6,} ?){3,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9A-F]{4} ?){4,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)(0x[a-f0-9A-F]+)((?=[^A-Za-z0-9])|$)", "HEX"),
    (r"((?<=[^A-Za-z0-9])|^)([\-\+]?\d+)((?=[^A-Za-z0-9])|$)", "NUM"),
]
for name, masks in (("without masks", []), ("with its example's masks", MASKS)):
    config = TemplateMinerConfig()
    config.profiling_enabled = False
    config.masking_instructions = [MaskingInstruction(pattern, label) for pattern, label in masks]
    miner = TemplateMiner(config=config)
    for line in lines:
        miner.add_log_message(line)
    best = 0.0
    for _ in range(5):
        start = time.process_time()
        for line in lines:
            miner.add_log_message(line)
        best = max(best, len(lines) / (time.process_time() - start))
    print(f"| drain3 0.9.11, {name} | {best:,.0f} | {len(miner.drain.clusters)} |")
"""


def contents(folder):
    for path in sorted(folder.glob("*_structured.csv")):
        with open(path, newline="", encoding="utf-8", errors="replace") as file:
            for row in csv.DictReader(file):
                yield row["Content"].replace("\n", " ")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--drain3", default=".local/drain3-venv/bin/python", help="a Python that has drain3")
    chosen = arguments.parse_args()
    lines = list(contents(chosen.folder))
    if not lines:
        sys.exit(f"there is no *_structured.csv in {chosen.folder}")
    print(f"{len(lines)} lines, {sum(map(len, lines)) // len(lines)} characters on average; lines a second, the best of several passes\n")
    print("| miner | lines a second | patterns |\n|---|---|---|")
    text = "\n".join(lines)
    done = subprocess.run([chosen.drain3, "-c", DRAIN3], input=text, stdout=subprocess.PIPE, text=True, check=True)
    print(done.stdout, end="")
    environment = {**os.environ, "LOG_MINING_SETS": str(chosen.folder.resolve())}
    command = ["cargo", "bench", "-q", "-p", "log-mining", "--bench", "mining"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    scales = {"K": 1e3, "M": 1e6, "G": 1e9, "": 1.0}
    name = None
    for row in done.stdout.splitlines():
        found = re.match(r"[├╰]─ (\w+)", row)
        name = found.group(1) if found else name
        rate = re.search(r"([\d.]+) ([KMG]?)item/s", row)
        if rate and name in ("cold", "warm"):
            words = {"cold": "nothing known before", "warm": "the forms of lines known"}[name]
            print(f"| log-mining, {words} | {float(rate.group(1)) * scales[rate.group(2)]:,.0f} | |")
    print("\n" + done.stdout)


if __name__ == "__main__":
    main()
