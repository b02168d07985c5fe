#!/usr/bin/env python3
"""Random scenarios through the real Alertmanager, through a model of it, and through our core.

usage: alertmanager_fuzz.py [--seed N] [--count N] [--real N] [--parallel N] [--reloads] [--keep FOLDER]

1. Our core must tell what the model tells that has our one deliberate difference (`tell_ends`): all scenarios, virtual time.
2. Alertmanager must tell what the model without it tells; and our core the same, unless the two models differ: the first
   `--real` scenarios, in real time, so many at once as `--parallel` says. What differs is run again: it counts when two
   runs of the real program agree with each other.

A scenario is used only if it comes out the same when everything happens a little later (`robust`), since a real clock is never
exact. Differences are kept in the folder, each as a scenario that says what everybody told.
"""
import argparse
import concurrent.futures
import json
import os
import random
import sys
import tempfile

import yaml

from alertmanager_model import Model, secs
from alertmanager_run import build_ours, differences, run_ours, run_real

NAMES = {"alertname": ["Down", "Slow", "Full"], "job": ["a", "b", ""], "zone": ["x", "y", ""]}


def a_matcher(r):
    name = r.choice(list(NAMES))
    kind = r.choice(["=", "=", "!=", "=~", "!~"])
    if "~" in kind:
        some = [v for v in NAMES[name] if v]
        value = r.choice(["|".join(r.sample(some, 2)), some[0][0] + ".*", ".+", some[-1], "(?i)" + some[0].upper(), ""])
    else:
        value = r.choice(NAMES[name])
    return f'{name}{kind}"{value}"'


def seconds(r, low, high):
    return f"{round(r.uniform(low, high) * 100) * 10}ms"


def a_group_by(r):
    return r.choice([[], ["..."], ["alertname"], ["job"], ["alertname", "job"], ["zone", "job"], ["nothing"]])


def a_route(r, receivers, intervals, depth):
    route = {"receiver": r.choice(receivers)}
    root = depth == 0
    if root or r.random() < .5:
        route["group_by"] = a_group_by(r)
    if root or r.random() < .4:
        route["group_wait"] = r.choice(["0s", seconds(r, .3, 2.5), seconds(r, .3, 1)])
    if root or r.random() < .4:
        route["group_interval"] = seconds(r, .6, 3)
    if root or r.random() < .4:
        route["repeat_interval"] = r.choice([seconds(r, .3, 3), seconds(r, 2, 9), "1ms", "1h", "1h"])
    if not root:
        route["matchers"] = [a_matcher(r) for _ in range(r.choice([1, 1, 1, 2]))]
        if r.random() < .4:
            route["continue"] = True
        if intervals and r.random() < .6:
            route[r.choice(["mute_time_intervals", "active_time_intervals"])] = [r.choice(intervals)["name"]]
    routes, seen = [], set()
    for _ in range(r.choice([0, 1, 2, 3]) if depth < 2 else 0):
        child = a_route(r, receivers, intervals, depth + 1)
        # Alertmanager takes siblings with the same matchers for one and mixes up their logs.
        text = tuple(sorted(child["matchers"]))
        if text not in seen:
            seen.add(text)
            routes.append(child)
    if routes:
        route["routes"] = routes
    return route


def labels(r):
    return {name: value for name, values in NAMES.items() if (value := r.choice(values))}


def alerts(r, pool, at, known):
    rows = []
    for which in r.sample(range(len(pool)), min(len(pool), r.choice([1, 1, 1, 2, 3]))):
        row = {"labels": pool[which]}
        past = lambda low, high: round(max(-20.0, at - r.uniform(low, high)), 2)
        kind = r.random()
        start = known.get(which)
        if kind < .38 or start is None and kind < .8:
            if r.random() < .5:
                row["starts_at"] = past(0, .3) if r.random() < .7 else past(.3, 6)
            if r.random() < .2:
                row["ends_at"] = round(at + r.uniform(.4, 5), 2)
        elif kind < .6:
            if start is not None:
                row["starts_at"] = start
            if r.random() < .2:
                row["ends_at"] = round(at + r.uniform(.4, 5), 2)
        else:
            row["ends_at"] = past(.16, .4) if r.random() < .8 else past(.4, 4)
            if start is not None and r.random() < .8 and start <= row["ends_at"]:
                row["starts_at"] = start
            elif r.random() < .5:
                row["starts_at"] = round(row["ends_at"] - r.uniform(0, 4), 2)
        if r.random() < .15:
            row["annotations"] = {"note": r.choice(["one", "two", "three"])}
        if row.get("starts_at") is not None and ("ends_at" not in row or row["ends_at"] > at):
            known[which] = row["starts_at"]
        elif "ends_at" not in row:
            known[which] = round(at, 2)
        rows.append(row)
    return rows


def generate(r, reloads=False):
    length = round(r.uniform(8, 40), 1)
    receivers = ["u", "v", "w"][:r.choice([1, 2, 3])]
    hooks = lambda: [{"send_resolved": r.random() < .7} for _ in range(r.choice([1, 1, 2]))]
    scenario = {"name": "fuzz"}
    intervals = []
    if r.random() < .15:
        second = r.randrange(60)
        scenario["start"] = f"2026-01-01T10:00:{second:02}Z"
        start, end = r.choice([("10:01", "10:09"), ("09:30", "10:01")])
        intervals = [{"name": "now", "time_intervals": [{"times": [{"start_time": start, "end_time": end}]}]}]
    st = {"route": a_route(r, receivers, intervals, 0), "receivers": [{"name": n, "webhook": hooks()} for n in receivers]}
    if intervals:
        st["time_intervals"] = intervals
    if r.random() < .5:
        st["resolve_timeout"] = r.choice([seconds(r, 1.5, 6), seconds(r, 4, 12)])
    if r.random() < .5:
        rules = []
        for _ in range(r.choice([1, 1, 2])):
            rule = {"source_matchers": [a_matcher(r)], "target_matchers": [a_matcher(r)], "equal": r.choice([[], ["job"], ["zone"], ["job", "zone"]])}
            rules.append(rule)
        st["inhibit_rules"] = rules
    scenario["settings"] = st
    pool = []
    while len(pool) < r.choice([2, 3, 4, 5]):
        one = labels(r)
        if one and one not in pool:
            pool.append(one)
    steps, known = [], {}
    busy = length * r.choice([.5, .8, 1])
    times = sorted(round(r.uniform(.3, busy), 2) for _ in range(r.randrange(3, 15)))
    for at in times:
        steps.append({"at": at, "push": alerts(r, pool, at, known)})
    for n in range(r.choice([0, 0, 1, 1, 2, 3])):
        at = round(r.uniform(0, length * .8), 2)
        start = round(at + r.choice([r.uniform(-2, 0), r.uniform(.2, 4)]), 2)
        until = round(max(start, at) + r.uniform(.4, 8), 2)
        some = [a_matcher(r)]
        if some[0].endswith('""') or "!" in some[0]:
            some.append('alertname=~".+"')
        steps.append({"at": at, "silence": {"id": f"s{n}", "matchers": some, "from": start, "until": until}})
        if r.random() < .3 and until - at > .6:
            steps.append({"at": round(r.uniform(at + .3, until - .2), 2), "unsilence": f"s{n}"})
    if reloads:
        for _ in range(r.choice([1, 1, 2])):
            steps.append({"at": round(r.uniform(1, length * .8), 2), "reload": True})
    scenario["steps"] = sorted(steps, key=lambda s: s["at"])
    scenario["until"] = length
    return scenario


def clock(scenario):
    """Empty groups are forgotten at each half minute: of the process there, of the clock here. How far that is apart."""
    return int(scenario.get("start", "00Z")[-3:-1]) % 30


def robust(scenario, told, tell_ends):
    pushes = [s["at"] for s in scenario["steps"]]
    if any(b - a < .1 for a, b in zip(pushes, pushes[1:])):
        return False
    reloads = [s["at"] for s in scenario["steps"] if "reload" in s]
    if any(abs(s["at"] - at) < .2 for at in reloads for s in scenario["steps"] if s["at"] != at or "reload" not in s):
        return False
    for seed, (jitter, offset) in enumerate([(.09, 0), (.09, .9), (.09, .3), (.15, .6), (.05, 0), (0, clock(scenario) - .1),
                                            (0, clock(scenario) + .1)]):
        other = Model(scenario, tell_ends=tell_ends, jitter=jitter, seed=seed, offset=offset).run()
        if any(differences(told, other, scenario["until"])):
            return False
    return True


def nudge(r, scenario):
    """The same at slightly different times."""
    steps = []
    for step in scenario["steps"]:
        by = round(r.uniform(-.3, .3), 2)
        if step["at"] + by < .1:
            by = 0
        moved = {**step, "at": round(step["at"] + by, 2)}
        if "push" in step:
            moved["push"] = [{k: round(v + by, 2) if k in ("starts_at", "ends_at") else v for k, v in a.items()} for a in step["push"]]
        if "silence" in step and step["silence"]["until"] < moved["at"] + .2:
            moved = step
        steps.append(moved)
    return {**scenario, "steps": sorted(steps, key=lambda s: s["at"])}


def make(arguments):
    """A robust scenario, with what the model tells with and without the deliberate difference."""
    seed, reloads = arguments
    r = random.Random(seed)
    while True:
        scenario = generate(r, reloads)
        for _ in range(12):
            plain = Model(scenario).run()
            if not plain:
                break
            if robust(scenario, plain, False):
                ours = Model(scenario, tell_ends=True, offset=clock(scenario)).run()
                if robust(scenario, ours, True):
                    scenario["name"] = f"fuzz {seed}"
                    return scenario, plain, ours
            scenario = nudge(r, scenario)


def keep(folder, name, scenario, **told):
    with open(f"{folder}/{name}.yaml", "w", encoding="utf-8") as file:
        yaml.safe_dump(scenario, file, sort_keys=False, width=160, default_flow_style=None)
        for who, lines in told.items():
            for line in lines or []:
                file.write(f"# {who:8} {json.dumps(line)}\n")


def judge(scenario, plain, tell, ours):
    """Runs the real program; gives what differs: from its model, from our core."""
    until = scenario["until"]

    def run():
        try:
            return run_real(scenario)
        except (OSError, RuntimeError):
            return run_real(scenario)  # Another process had taken the port, or a request came too late.

    excused = any(differences(plain, tell, until, .01))
    wanted = {"model": plain} if excused else {"model": plain, "ours": ours}
    real = run()
    wrong = {who for who, lines in wanted.items() if any(differences(lines, real, until))}
    if wrong:
        again = run()
        if any(differences(real, again, until)):
            return real, "unsteady", excused
        wrong = {who for who in wrong if any(differences(wanted[who], again, until))}
    return real, "+".join(sorted(wrong)), excused


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--real", type=int, default=40)
    parser.add_argument("--parallel", type=int, default=24)
    parser.add_argument("--reloads", action="store_true")
    parser.add_argument("--keep", default=None, help="where differences are kept (a new folder in /tmp, if not said)")
    parser.add_argument("--program", default=None, help="our scenario runner; built, if not said")
    args = parser.parse_args()
    program = args.program or build_ours()
    folder = args.keep or tempfile.mkdtemp(prefix="alertmanager-fuzz-")
    os.makedirs(folder, exist_ok=True)
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        made = list(pool.map(make, ((args.seed * 1_000_000 + n, args.reloads) for n in range(args.count)), chunksize=4))
    with tempfile.TemporaryDirectory() as scratch:
        files = [f"{scratch}/{n}.yaml" for n in range(len(made))]
        for file, (scenario, _, _) in zip(files, made):
            with open(file, "w", encoding="utf-8") as out:
                json.dump(scenario, out)
        told = run_ours(program, files)
    # Our check refuses a route behind one that takes all its alerts, which Alertmanager does not.
    made = [one for one, file in zip(made, files) if file in told]
    ours = [told[file] for file in files if file in told]
    bad = 0
    for n, ((scenario, plain, tell), lines) in enumerate(zip(made, ours)):
        if any(differences(tell, lines, scenario["until"], .02)):
            bad += 1
            keep(folder, f"ours-{args.seed}-{n}", scenario, wanted=tell, ours=lines, plain=plain)
    other = sum(any(differences(p, t, s["until"], .01)) for s, p, t in made)
    messages = sum(len(t) for _, _, t in made)
    print(f"model: {len(made)} scenarios ({messages} messages; {other} with the deliberate difference), {bad} differ from ours", flush=True)
    counts = {}
    with concurrent.futures.ThreadPoolExecutor(max(1, args.parallel)) as pool:
        jobs = {pool.submit(judge, *made[n], ours[n]): n for n in range(min(args.real, len(made)))}
        for job in concurrent.futures.as_completed(jobs):
            n = jobs[job]
            scenario, plain, tell = made[n]
            try:
                real, verdict, excused = job.result()
            except Exception as error:  # noqa: BLE001: one run that fails must not end the others.
                print(f"  {n}: {error!r}", flush=True)
                real, verdict, excused = None, "failed", False
            verdict = verdict or ("same as the model; ours differs on purpose" if excused else "same")
            counts[verdict] = counts.get(verdict, 0) + 1
            if not verdict.startswith("same"):
                keep(folder, f"real-{args.seed}-{n}-{verdict}", scenario, real=real, plain=plain, ours=ours[n])
    print("real:", counts, flush=True)
    if bad or any(not v.startswith("same") and v != "unsteady" for v in counts):
        print("kept in", folder)
        sys.exit(1)


if __name__ == "__main__":
    main()
