#!/usr/bin/env python3
"""Feeds the same alerts to prometheus-alertmanager over its HTTP API as shared/replay/benches/core.rs feeds to
Tocsin's core: 1,000 routes, 5,000 groups, 1,000 silences, in real time. Measures accepted alerts a second, the time
until every alert was told, processor time and memory. Needs only Python 3 and the program.

usage: alertmanager_bench.py [--alerts 100000] [--batch 100] [--group-wait 30s] [--silences 1000]
"""
import argparse
import datetime
import http.client
import http.server
import json
import os
import socket
import subprocess
import tempfile
import threading
import time

ROUTES, GROUPS, RECEIVERS = 1_000, 5_000, 10


def free_port():
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        return some.getsockname()[1]


class Sink(http.server.ThreadingHTTPServer):
    """Counts the alerts that are told."""

    request_queue_size, daemon_threads = 1024, True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.told, self.messages, self.last = threading.Lock(), set(), 0, 0.0


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.messages += 1
            self.server.told.update(alert["labels"]["number"] for alert in body["alerts"])
            self.server.last = time.monotonic()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def configuration(sink, group_wait):
    # JSON is YAML.
    return json.dumps({
        "route": {
            "receiver": "r0", "group_by": ["team", "alertname"], "group_wait": group_wait, "group_interval": "5m", "repeat_interval": "4h",
            "routes": [{"matchers": [f'team="t{n}"'], "receiver": f"r{n % RECEIVERS}"} for n in range(ROUTES)],
        },
        "receivers": [{"name": f"r{n}", "webhook_configs": [{"url": f"http://127.0.0.1:{sink}/r{n}"}]} for n in range(RECEIVERS)],
        "inhibit_rules": [{"source_matchers": ['severity="critical"'], "target_matchers": ['severity="warning"'], "equal": ["team"]}],
    })


def alert(number, now):
    group = number % GROUPS
    return {
        "labels": {
            "alertname": f"HighErrorRate{group // ROUTES}", "cluster": "eu-west-1", "severity": "warning", "team": f"t{group % ROUTES}",
            "instance": f"10.0.{number // 250 % 250}.{number % 250}:9100", "number": str(number),
        },
        "annotations": {"summary": "5 % of the requests fail"}, "startsAt": now,
    }


def usage(pid):
    """Seconds of processor time, and resident and greatest resident memory in MiB."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    ticks = os.sysconf("SC_CLK_TCK")
    memory = {}
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "VmHWM"):
                memory[name] = int(value.split()[0]) / 1024
    return (int(fields[11]) + int(fields[12])) / ticks, memory["VmRSS"], memory["VmHWM"]


class Api:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def call(self, method, path, body=None):
        text = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        self.connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:200]}")
        return content


def silences(api, count, now):
    end = (now + datetime.timedelta(hours=10)).isoformat()
    for n in range(count):
        other = {"name": "number", "value": f"{n}.*0", "isRegex": True} if n < 100 else {"name": "instance", "value": f"192.168.0.{n}", "isRegex": False}
        matchers = [{"name": "team", "value": f"t{n}", "isRegex": False}, other]
        api.call("POST", "/api/v2/silences", {"matchers": matchers, "startsAt": now.isoformat(), "endsAt": end, "createdBy": "bench", "comment": "bench"})


def held(number, count):
    """Whether a silence holds the alert back; as the expressions above."""
    team = number % GROUPS % ROUTES
    text = str(number)
    return team < min(100, count) and text.startswith(str(team)) and text.endswith("0") and len(text) > len(str(team))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--alerts", type=int, default=100_000)
    arguments.add_argument("--batch", type=int, default=100)
    arguments.add_argument("--group-wait", default="30s")
    arguments.add_argument("--silences", type=int, default=1_000)
    arguments.add_argument("--patience", type=float, default=240, help="seconds without news after which it gives up")
    given = arguments.parse_args()
    sink = Sink()
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        path, port = os.path.join(folder, "c.yml"), free_port()
        with open(path, "w", encoding="utf-8") as file:
            file.write(configuration(sink.server_port, given.group_wait))
        program = subprocess.Popen(
            ["prometheus-alertmanager", f"--config.file={path}", f"--storage.path={folder}/data", "--log.level=error",
             f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="])
        try:
            measure(given, sink, program.pid, port)
        finally:
            program.terminate()
            program.wait()


def measure(given, sink, pid, port):
    api = Api(port)
    for _ in range(100):
        try:
            api.call("GET", "/-/ready")
            break
        except OSError:
            api.connection.close()
            time.sleep(0.1)
    now = datetime.datetime.now(datetime.timezone.utc)
    silences(api, given.silences, now)
    batches = []
    for first in range(0, given.alerts, given.batch):
        numbers = range(first, min(first + given.batch, given.alerts))
        batches.append(json.dumps([alert(number, now.isoformat()) for number in numbers]).encode())
    before, _, _ = usage(pid)
    began = time.monotonic()
    waits = []
    for body in batches:
        sent = time.monotonic()
        api.call("POST", "/api/v2/alerts", body)
        waits.append(time.monotonic() - sent)
    accepted = time.monotonic() - began
    at_accepted, _, _ = usage(pid)
    due = sum(not held(number, given.silences) for number in range(given.alerts))
    sink.last = time.monotonic()
    while len(sink.told) < due and time.monotonic() - sink.last < given.patience:
        time.sleep(0.1)
    spent, resident, most = usage(pid)
    waits.sort()
    version = subprocess.run(["prometheus-alertmanager", "--version"], capture_output=True, text=True, check=False)
    print(json.dumps({
        "version": (version.stdout + version.stderr).split("\n", 1)[0], "alerts": given.alerts, "batch": given.batch,
        "group_wait": given.group_wait, "silences": given.silences,
        "accepted_seconds": round(accepted, 2), "accepted_per_second": round(given.alerts / accepted),
        "post_p50_ms": round(1e3 * waits[len(waits) // 2], 2), "post_p99_ms": round(1e3 * waits[int(len(waits) * 0.99)], 2),
        "told": len(sink.told), "to_be_told": due, "messages": sink.messages, "all_told_seconds": round(sink.last - began, 2),
        "cpu_seconds_accepting": round(at_accepted - before, 2), "cpu_seconds": round(spent - before, 2),
        "rss_mib": round(resident), "greatest_rss_mib": round(most), "machine_load": os.getloadavg(),
    }))


if __name__ == "__main__":
    main()
