"""Runs scenarios through the real prometheus-alertmanager in real time, and through our own replay.

A scenario with `start` is begun when the clock stands at the same second of a minute, and its times of day are moved by as many
minutes, so that a mute time begins or ends in the middle of it.
"""
import datetime as dt
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

import yaml

from alertmanager_model import secs


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def ask(url, body=None, method="POST"):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
    return json.loads(text) if text[:1] in b"{[" and text else None


class Sink(http.server.ThreadingHTTPServer):
    """Takes the webhooks."""
    request_queue_size, daemon_threads = 256, True

    def __init__(self):
        self.got = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        at = time.time()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((at, self.path[1:], body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def settings_for(scenario, sink_port, minutes):
    st = scenario["settings"]

    def route(raw):
        raw = {k: v for k, v in raw.items() if k != "escalation"}
        return {**raw, "routes": [route(child) for child in raw.get("routes", [])]}

    def clock(text):
        at = (int(text[:2]) * 60 + int(text[3:]) + minutes) % 1440
        return f"{at // 60:02}:{at % 60:02}"

    def interval(raw):
        times = [{"start_time": clock(t["start_time"]), "end_time": clock(t["end_time"])} for t in raw.get("times", [])]
        return {**raw, "times": times} if times else raw

    named = [{"name": t["name"], "time_intervals": [interval(i) for i in t["time_intervals"]]} for t in st.get("time_intervals", [])]
    receivers = [{"name": r["name"], "webhook_configs": [
        {"url": f"http://127.0.0.1:{sink_port}/{r['name']}", "send_resolved": w.get("send_resolved", True)}
        for w in r.get("webhook", [])]} for r in st.get("receivers", [])]
    return {"global": {"resolve_timeout": st.get("resolve_timeout", "5m")}, "route": route(st["route"]), "receivers": receivers,
            "inhibit_rules": [{k: v for k, v in r.items() if k != "name"} for r in st.get("inhibit_rules", [])],
            "time_intervals": named}


def when_to_begin(scenario):
    """The real instant of second 0, and by how many minutes times of day move."""
    now = time.time()
    if "start" not in scenario:
        return now, 0
    start = dt.datetime.fromisoformat(str(scenario["start"]).replace("Z", "+00:00")).timestamp()
    begin = now + 1.5 + (start - now - 1.5) % 60
    return begin, round((begin - start) / 60)


def matcher(text):
    name, op, value = re.fullmatch(r'\s*([\w.]+)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*', text).groups()
    return {"name": name, "value": value, "isRegex": "~" in op, "isEqual": op[0] == "="}


def run_real(scenario):
    """What Alertmanager tells: a list as `tocsin replay` prints it."""
    sink = Sink()
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    folder, port = tempfile.mkdtemp(prefix="am-"), free_port()
    begin, minutes = when_to_begin(scenario)
    with open(f"{folder}/c.yml", "w", encoding="utf-8") as file:
        yaml.safe_dump(settings_for(scenario, sink.server_port, minutes), file)
    log = open(f"{folder}/log", "w+", encoding="utf-8")
    program = subprocess.Popen(
        ["prometheus-alertmanager", f"--config.file={folder}/c.yml", f"--storage.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", "--log.level=error"], stderr=log, stdout=log)
    base, ids = f"http://127.0.0.1:{port}", {}
    try:
        for _ in range(200):
            try:
                ask(base + "/-/ready", method="GET")
                break
            except OSError:
                if program.poll() is not None:
                    log.seek(0)
                    raise RuntimeError(log.read()[-600:]) from None
                time.sleep(.1)
        if "start" not in scenario:
            begin = time.time()
        iso = lambda at: dt.datetime.fromtimestamp(begin + secs(at), dt.timezone.utc).isoformat()
        for step in sorted(scenario["steps"], key=lambda s: secs(s["at"])):
            time.sleep(max(0.0, begin + secs(step["at"]) - time.time()))
            if "push" in step:
                body = []
                for a in step["push"]:
                    row = {"labels": a["labels"], "annotations": a.get("annotations", {})}
                    row.update({theirs: iso(a[ours]) for ours, theirs in (("starts_at", "startsAt"), ("ends_at", "endsAt")) if ours in a})
                    body.append(row)
                ask(base + "/api/v2/alerts", body)
            elif "silence" in step:
                s = step["silence"]
                body = {"matchers": [matcher(m) for m in s["matchers"]], "startsAt": iso(s["from"]), "endsAt": iso(s["until"]),
                        "createdBy": "x", "comment": "x"}
                ids[s["id"]] = ask(base + "/api/v2/silences", body)["silenceID"]
            elif "unsilence" in step and step["unsilence"] in ids:
                ask(f"{base}/api/v2/silence/{ids[step['unsilence']]}", method="DELETE")
            elif "reload" in step:
                ask(base + "/-/reload")
            elif "unsilence" not in step:
                raise RuntimeError(f"Alertmanager knows no {step}")
        time.sleep(max(0.0, begin + secs(scenario["until"]) - time.time()))
    finally:
        program.kill()
        program.wait()
        sink.shutdown()
        sink.server_close()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)

    def since(text):
        return dt.datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", text.replace("Z", "+00:00"))).timestamp() - begin

    lines = []
    for at, receiver, body in sorted(sink.got, key=lambda got: got[0]):
        if at - begin <= secs(scenario["until"]):
            lines.append({"at": round(at - begin, 3), "receiver": receiver, "alerts": sorted(({
                "labels": a["labels"], "status": a["status"], "starts_at": round(since(a["startsAt"]), 3),
                "ends_at": round(since(a["endsAt"]), 3) if a["status"] == "resolved" else None,
                "annotations": a["annotations"]} for a in body["alerts"]), key=lambda a: sorted(a["labels"].items()))})
    return lines


def run_ours(program, files):
    """What our core tells, by file; nothing for one whose settings our check refuses."""
    told = {file: [] for file in files}
    result = subprocess.run([program, "-"], input="\n".join(files), capture_output=True, text=True, check=True)
    for text in result.stdout.splitlines():
        line = json.loads(text)
        if "error" in line:
            if not line["error"].startswith("settings: route"):
                raise RuntimeError(f"{line['file']}: {line['error']}")
            del told[line["file"]]
            continue
        told[line["file"]].append({
            "at": line["at"], "receiver": line["receiver"],
            "alerts": sorted(line["alerts"], key=lambda a: sorted(a["labels"].items()))})
    return told


def build_ours():
    """The example of shared/replay that prints what scenarios tell."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    subprocess.run(["cargo", "build", "-q", "-p", "replay", "--example", "scenario"], cwd=root, check=True)
    target = os.environ.get("CARGO_TARGET_DIR", f"{root}/target")
    return f"{target}/debug/examples/scenario"


def near(a, b, tolerance):
    return a is None and b is None or a is not None and b is not None and abs(a - b) <= tolerance


def same(a, b, when=.4, inside=.2):
    """Whether two notifications are one."""
    if a["receiver"] != b["receiver"] or abs(a["at"] - b["at"]) > when or len(a["alerts"]) != len(b["alerts"]):
        return False
    return all(x["labels"] == y["labels"] and x["status"] == y["status"] and x["annotations"] == y["annotations"]
               and near(x["starts_at"], y["starts_at"], inside) and near(x["ends_at"], y["ends_at"], inside)
               for x, y in zip(a["alerts"], b["alerts"]))


def differences(one, other, until, when=.4, end=.4):
    """What one has and the other has not, both ways. What happens at the very end may be cut off in one of them."""
    left, missing = list(other), []
    for line in one:
        found = next((l for l in left if same(line, l, when)), None)
        if found is not None:
            left.remove(found)
        elif line["at"] < until - end:
            missing.append(line)
    return missing, [line for line in left if line["at"] < until - end]
