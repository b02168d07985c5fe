#!/usr/bin/env python3
"""Grouping accuracy of `tocsin logs mine` over a folder of labelled logs.

Each `*_structured.csv` of the folder has the columns `Content` (the message) and `EventId` (its true template), as the Loghub
samples have. Grouping accuracy is the share of lines whose predicted group has exactly the lines of the true group. Every set is mined
by the same program without any option.

    python3 tests/tools/log_mining_accuracy.py FOLDER [--program target/release/tocsin] [--wrong 5] [--minimum 0.865] [--option=--online]
"""

import argparse
import collections
import csv
import json
import pathlib
import subprocess
import sys


def read(path):
    with open(path, newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = list(csv.DictReader(file))
    # A message of several lines would be several messages to a program that reads lines.
    contents = [row["Content"].replace("\r", " ").replace("\n", " ") for row in rows]
    return contents, [row["EventId"] for row in rows]


def mine(program, contents, options):
    text = "".join(content + "\n" for content in contents).encode("utf-8", errors="surrogateescape")
    done = subprocess.run([program, "logs", "mine", "-", *options], input=text, stdout=subprocess.PIPE, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if [line["line"] for line in lines] != list(range(1, len(contents) + 1)):
        sys.exit(f"{len(contents)} lines went in, and not exactly these came out: {len(lines)}")
    return lines


def groups(names):
    found = collections.defaultdict(list)
    for at, name in enumerate(names):
        found[name].append(at)
    return found


def judge(predicted, true):
    """The share of lines in groups that are right, and the true groups that are wrong."""
    by_prediction, by_truth = groups(predicted), groups(true)
    right = sum(len(lines) for lines in by_prediction.values() if by_truth[true[lines[0]]] == lines)
    wrong = [(len(lines), name) for name, lines in by_truth.items() if by_prediction[predicted[lines[0]]] != lines]
    return right / len(true), sorted(wrong, reverse=True), len(by_prediction), len(by_truth)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--program", default="target/release/tocsin")
    arguments.add_argument("--wrong", type=int, default=0, help="show so many wrong groups of each set")
    arguments.add_argument("--minimum", type=float, help="fail if the mean is below this")
    arguments.add_argument("--option", action="append", default=[], help="an option for the program")
    chosen = arguments.parse_args()
    files = sorted(chosen.folder.glob("*_structured.csv"))
    if not files:
        sys.exit(f"there is no *_structured.csv in {chosen.folder}")
    accuracies = []
    print("| set | lines | groups | true groups | grouping accuracy |\n|---|---|---|---|---|")
    for file in files:
        contents, true = read(file)
        lines = mine(chosen.program, contents, chosen.option)
        predicted = [line["template_id"] for line in lines]
        accuracy, wrong, found, expected = judge(predicted, true)
        accuracies.append(accuracy)
        print(f"| {file.name.split('_')[0]} | {len(true)} | {found} | {expected} | {accuracy:.4f} |")
        for count, name in wrong[: chosen.wrong]:
            pieces = collections.Counter(line["template"] for line, truth in zip(lines, true) if truth == name)
            print(f"    {name}: {count} lines, {len(pieces)} groups")
            for text, part in pieces.most_common(4):
                print(f"      {part:5} {text[:200]}")
    mean = sum(accuracies) / len(accuracies)
    print(f"| mean | | | | {mean:.4f} |")
    if chosen.minimum is not None and mean < chosen.minimum:
        sys.exit(f"the mean {mean:.4f} is below {chosen.minimum}")


if __name__ == "__main__":
    main()
