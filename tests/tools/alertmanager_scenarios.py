#!/usr/bin/env python3
"""Asks the real Alertmanager whether it does what the scenarios expect.

usage: alertmanager_scenarios.py [--parallel N] [FILE...]   (all of tests/scenarios, if none is named)

What it cannot play is left out: escalation, acknowledgements, maintenance, flapping, `group_interval: 0s`, and what takes longer
than a minute; and `promise-*`, where Tocsin differs on purpose. A difference counts when two runs agree on it.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import sys

import yaml

from alertmanager_model import secs
from alertmanager_run import near, run_real

HERE = os.path.dirname(os.path.abspath(__file__))
STEPS = {"push", "silence", "unsilence", "reload"}
LATE, INSIDE = .25, .3


def is_judged(name, scenario):
    settings = scenario["settings"]
    ours = {"escalation", "rotations", "flapping", "rules"} & settings.keys()
    strange = any(not STEPS & step.keys() for step in scenario["steps"])
    continuous = '"group_interval": "0s"' in json.dumps(settings)
    return not (ours or strange or continuous or name.startswith("promise-") or secs(scenario["until"]) > 60)


def fits(row, line):
    if row["receiver"] != line["receiver"] or len(row["alerts"]) != len(line["alerts"]):
        return False
    if not secs(row["from"]) - .05 <= line["at"] <= secs(row["until"]) + LATE:
        return False
    left = list(line["alerts"])
    for want in row["alerts"]:
        time = lambda key, have: want.get(key) is None or near(secs(want[key]), have[key], INSIDE)
        found = next((have for have in left if have["labels"] == want["labels"] and have["status"] == want["status"]
                      and want.get("annotations", have["annotations"]) == have["annotations"]
                      and time("starts_at", have) and time("ends_at", have)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def differences(scenario):
    left, missing = run_real(scenario), []
    for row in scenario["expect"]:
        found = next((line for line in left if fits(row, line)), None)
        if found is None:
            missing.append(row)
        else:
            left.remove(found)
    return ["missing " + json.dumps(row) for row in missing] + ["extra   " + json.dumps(line) for line in left]


def judge(scenario):
    try:
        found = differences(scenario)
    except (OSError, RuntimeError):
        found = ["failed"]
    return found and differences(scenario)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parallel", type=int, default=24)
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()
    files = args.files or sorted(glob.glob(f"{HERE}/../scenarios/*.yaml"))
    scenarios = {}
    for path in files:
        with open(path, encoding="utf-8") as file:
            scenarios[os.path.basename(path)] = yaml.safe_load(file)
    judged = {name: scenario for name, scenario in scenarios.items() if is_judged(name, scenario)}
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(args.parallel) as pool:
        for name, found in zip(judged, pool.map(judge, judged.values())):
            bad += bool(found)
            for text in [f"DIFF {name}", *found] if found else []:
                print("  " * (text[:4] != "DIFF") + text)
    print(f"{len(judged)} of {len(scenarios)} scenarios judged by Alertmanager, {bad} differ")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
