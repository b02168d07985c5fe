"""Alertmanager 0.25 in virtual time, as far as routing goes: what its dispatcher, inhibitor, silencer and notification log do.

Each rule restates a few lines of prometheus/alertmanager (dispatch/dispatch.go, notify/notify.go, types/types.go,
provider/mem/mem.go, inhibit/inhibit.go). `alertmanager_fuzz.py` holds it against the real program, and our core against it.

With `tell_ends` it has the differences that Tocsin wants. Who was told that an alert fires is told that it is over, whether the
alert is held back by then or not. And a reload does not bring back what is over: Alertmanager hands all alerts that it has not
yet thrown away to its new groups, so that ends are told again.
"""
import datetime as dt
import heapq
import itertools
import random
import re

UNIT = {"ms": .001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def secs(value):
    if isinstance(value, (int, float)):
        return float(value)
    return sum(float(n) * UNIT[u] for n, u in re.findall(r"([\d.]+)(ms|s|m|h|d|w)", value))


def read_matcher(text):
    name, op, value = re.fullmatch(r'\s*([\w.]+)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*', text).groups()
    return name, op, value, re.compile(value) if "~" in op else None


def matches(matchers, labels):
    for name, op, value, pattern in matchers:
        have = labels.get(name, "")
        hit = pattern.fullmatch(have) is not None if pattern else have == value
        if hit != (op[0] == "="):
            return False
    return True


class Route:
    def __init__(self, raw, parent, names):
        get = lambda key, default: raw.get(key, default)
        self.matchers = [read_matcher(m) for m in get("matchers", [])]
        self.text = "{" + ",".join(sorted(get("matchers", []))) + "}"
        self.key = (parent.key + "/" if parent else "") + self.text
        self.receiver = get("receiver", parent and parent.receiver)
        self.wait = secs(get("group_wait", parent.wait if parent else "30s"))
        self.interval = secs(get("group_interval", parent.interval if parent else "5m"))
        self.repeat = secs(get("repeat_interval", parent.repeat if parent else "4h"))
        # As route.go: an empty list leaves the parent's, `...` does not clear it.
        self.by, self.by_all = (parent.by, parent.by_all) if parent else (frozenset(), False)
        given = get("group_by", None)
        if given and "..." in given:
            self.by_all = True
        elif given:
            self.by, self.by_all = frozenset(given), False
        self.goes_on = get("continue", False)
        self.mute = get("mute_time_intervals", [])
        self.active = get("active_time_intervals", [])
        self.place = next(names)
        self.routes = [Route(child, self, names) for child in get("routes", [])]

    def match(self, labels):
        if not matches(self.matchers, labels):
            return []
        found = []
        for child in self.routes:
            some = child.match(labels)
            found += some
            if some and not child.goes_on:
                break
        return found or [self]


class Alert:
    __slots__ = ("labels", "annotations", "start", "end", "timeout", "updated")

    def __init__(self, labels, annotations, start, end, timeout, updated):
        self.labels, self.annotations, self.start, self.end = labels, annotations, start, end
        self.timeout, self.updated = timeout, updated

    def over(self, now):
        return self.end <= now

    def merge(self, newer, now):
        """types.Alert.Merge: `newer` is the younger one."""
        end = newer.end
        if newer.over(now):
            if self.over(now) and self.end > newer.end:
                end = self.end
        elif self.end > newer.end and not self.timeout:
            end = self.end
        return Alert(newer.labels, newer.annotations, min(self.start, newer.start), end, newer.timeout, newer.updated)


class Group:
    def __init__(self, route, labels):
        self.route, self.labels = route, labels
        self.alerts, self.flushed, self.gone = {}, False, False
        self.timer = 0
        # Per integration: alerts told as firing and not yet as over (`tell_ends`).
        self.told = {}


class Entry:
    def __init__(self, firing, resolved, at):
        self.firing, self.resolved, self.at = firing, resolved, at


class Model:
    def __init__(self, scenario, tell_ends=False, jitter=0.0, seed=0, offset=0.0):
        self.settings, self.scenario = scenario["settings"], scenario
        self.root = Route(self.settings["route"], None, itertools.count())
        self.receivers = {r["name"]: r.get("webhook", []) for r in self.settings.get("receivers", [])}
        self.rules = [([read_matcher(m) for m in r["source_matchers"]], [read_matcher(m) for m in r["target_matchers"]],
                       r.get("equal", [])) for r in self.settings.get("inhibit_rules", [])]
        self.timeout = secs(self.settings.get("resolve_timeout", "5m"))
        # `jitter` delays what happens by up to so many seconds, as a real clock does.
        self.tell_ends, self.jitter, self.random = tell_ends, jitter, random.Random(seed)
        self.start = scenario.get("start")
        self.alerts, self.groups, self.log = {}, {}, {}
        self.caches = [{} for _ in self.rules]
        self.silences = {}
        self.queue, self.count, self.out = [], itertools.count(), []
        self.told = {}
        self.offset = offset
        self.pushes = itertools.count()

    def shake(self):
        return self.random.uniform(0, self.jitter) if self.jitter else 0.0

    def at(self, time, what, *rest):
        heapq.heappush(self.queue, (time, next(self.count), what, rest))

    def run(self):
        until = secs(self.scenario["until"])
        for step in sorted(self.scenario["steps"], key=lambda s: secs(s["at"])):
            self.at(secs(step["at"]) + self.shake(), self.step, step)
        self.dispatcher = 0
        self.at(30.0 - self.offset, self.clean, 0)
        while self.queue:
            now, _, what, rest = heapq.heappop(self.queue)
            if now > until:
                break
            what(now, *rest)
        return self.out

    def step(self, now, step):
        if "push" in step:
            for raw in step["push"]:
                self.push(now, raw)
        elif "silence" in step:
            s = step["silence"]
            start, end = max(now, secs(s["from"])), secs(s["until"])
            self.silences[s["id"]] = ([read_matcher(m) for m in s["matchers"]], start, end)
        elif step.get("unsilence") in self.silences:
            matchers, start, end = self.silences[step["unsilence"]]
            self.silences[step["unsilence"]] = (matchers, min(start, now), min(end, now))
        elif "reload" in step:
            self.reload(now)

    def reload(self, now):
        for group in self.groups.values():
            group.gone = True
        before, self.groups = self.groups, {}
        if self.tell_ends:
            for key, old in before.items():
                if old.alerts:
                    group = self.groups[key] = Group(old.route, old.labels)
                    group.alerts, group.told = old.alerts, old.told
                    waited = any(a.start + old.route.wait < now for a in old.alerts.values())
                    self.wake(group, now + (0 if waited else old.route.wait) + self.shake())
            return
        self.dispatcher += 1
        self.at(now + 30, self.clean, self.dispatcher)
        self.caches = [{} for _ in self.rules]
        for alert in list(self.alerts.values()):
            self.hand(now, alert)

    def clean(self, now, dispatcher):
        if dispatcher != self.dispatcher:
            return
        for key, group in list(self.groups.items()):
            if not group.alerts:
                group.gone = True
                del self.groups[key]
        self.at(now + 30, self.clean, dispatcher)

    def push(self, now, raw):
        labels = {k: v for k, v in raw["labels"].items() if v}
        start = secs(raw["starts_at"]) if "starts_at" in raw else None
        end = secs(raw["ends_at"]) if "ends_at" in raw else None
        timeout = end is None
        if start is None:
            start = now if timeout else end
        if timeout:
            end = now + self.timeout
        if end < start:
            return
        alert = Alert(labels, raw.get("annotations", {}), start, end, timeout, next(self.pushes))
        name = tuple(sorted(labels.items()))
        old = self.alerts.get(name)
        if old and (old.start < alert.end < old.end or old.start < alert.start < old.end):
            alert = old.merge(alert, now)
        self.alerts[name] = alert
        self.hand(now, alert)

    def hand(self, now, alert):
        """To the inhibitor and the dispatcher."""
        name = tuple(sorted(alert.labels.items()))
        for (source, _, _), cache in zip(self.rules, self.caches):
            if matches(source, alert.labels):
                cache[name] = alert
        for route in self.root.match(alert.labels):
            names = alert.labels.keys() if route.by_all else route.by
            labels = tuple(sorted((n, alert.labels[n]) for n in names if n in alert.labels))
            key = (route.place, labels)
            group = self.groups.get(key)
            if group is None:
                group = self.groups[key] = Group(route, labels)
                if self.tell_ends:
                    group.told = self.told.setdefault((route.key, route.place, labels), {})
                self.wake(group, now + route.wait + self.shake())
            group.alerts[name] = alert
            if not group.flushed and alert.start + route.wait < now:
                self.wake(group, now + self.shake())

    def wake(self, group, at):
        group.timer += 1
        self.at(at, self.tick, group, group.timer)

    def tick(self, now, group, timer):
        if group.gone or timer != group.timer:
            return
        group.flushed = True
        self.wake(group, now + group.route.interval + self.shake() / 10)
        if group.alerts:
            self.flush(group, now)

    def inhibited(self, labels, now):
        for (source, target, equal), cache in zip(self.rules, self.caches):
            if not matches(target, labels):
                continue
            both = matches(source, labels)
            for other in cache.values():
                if other.over(now) or any(other.labels.get(n, "") != labels.get(n, "") for n in equal):
                    continue
                if both and matches(target, other.labels):
                    continue
                return True
        return False

    def silenced(self, labels, now):
        return any(start <= now < end and matches(m, labels) for m, start, end in self.silences.values())

    def closed(self, route, now):
        if not (route.mute or route.active):
            return False
        at = dt.datetime.fromisoformat(str(self.start).replace("Z", "+00:00")) + dt.timedelta(seconds=now)
        named = {t["name"]: t["time_intervals"] for t in self.settings.get("time_intervals", [])}
        inside = lambda names: any(any(in_interval(i, at) for i in named[n]) for n in names)
        return (bool(route.active) and not inside(route.active)) or inside(route.mute)

    def flush(self, group, now):
        standing = {name: (alert, alert.over(now)) for name, alert in group.alerts.items()}
        closed = self.closed(group.route, now)
        told = {name for names in group.told.values() for name in names} if self.tell_ends else set()
        shown = {}
        for name, (alert, over) in standing.items():
            free = not closed and not self.inhibited(alert.labels, now) and not self.silenced(alert.labels, now)
            if free or (over and name in told):
                shown[name] = (alert, over)
        if shown:
            for place, webhook in enumerate(self.receivers[group.route.receiver]):
                self.notify(group, place, webhook, shown, now)
        for name, (alert, over) in standing.items():
            if over and group.alerts[name].updated == alert.updated:
                del group.alerts[name]
                for names in group.told.values():
                    names.discard(name)

    def notify(self, group, place, webhook, shown, now):
        """DedupStage.needsUpdate, RetryStage, SetNotifiesStage."""
        route, ends = group.route, webhook.get("send_resolved", True)
        firing = {name for name, (_, over) in shown.items() if not over}
        resolved = {name for name, (_, over) in shown.items() if over}
        key = (route.key, group.labels, route.receiver, place)
        entry = self.log.get(key)
        told = group.told.setdefault(place, set()) if self.tell_ends else set()
        if entry is None:
            needed = bool(firing)
        elif not firing <= entry.firing:
            needed = True
        elif not firing:
            needed = bool(entry.firing) or bool(resolved & told)
        elif ends and not resolved <= entry.resolved:
            needed = True
        else:
            needed = entry.at < now - route.repeat + (self.shake() - self.jitter / 2) / 2
        if not needed:
            return
        self.log[key] = Entry(firing, resolved, now)
        told -= resolved
        told |= firing
        sent = [(a, over) for name, (a, over) in shown.items() if ends or not over]
        if not ends and not firing:
            return
        self.out.append({"at": round(now, 3), "receiver": route.receiver, "alerts": sorted(({
            "labels": a.labels, "status": "resolved" if over else "firing", "starts_at": round(a.start, 3),
            "ends_at": round(a.end, 3) if over else None, "annotations": a.annotations} for a, over in sent),
            key=lambda a: sorted(a["labels"].items()))})


DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def in_interval(interval, at):
    """Times of day and days of the week only."""
    if interval.get("times"):
        minute = at.hour * 60 + at.minute
        clock = lambda text: int(text[:2]) * 60 + int(text[3:])
        if not any(clock(t["start_time"]) <= minute < clock(t["end_time"]) for t in interval["times"]):
            return False
    if interval.get("weekdays"):
        day = at.weekday()
        for text in interval["weekdays"]:
            first, _, last = text.partition(":")
            if DAYS.index(first) <= day <= DAYS.index(last or first):
                return True
        return False
    return True
