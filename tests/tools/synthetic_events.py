#!/usr/bin/env python3
"""Writes alarms of CloudWatch as EventBridge has them, a line each, for `tocsin replay --events`: 5,000 alarms of 50
functions that fire and recover in turn over a day.

usage: synthetic_events.py COUNT > events.jsonl
"""
import datetime
import json
import sys

ALARMS = 5_000


def main():
    count = int(sys.argv[1])
    start = datetime.datetime(2026, 11, 23, tzinfo=datetime.timezone.utc)
    for number in range(count):
        at = (start + datetime.timedelta(seconds=86_400 * number / count)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        alarm, fires = number % ALARMS, number // ALARMS % 2 == 0
        name = f"function-{alarm % 50}-errors-{alarm // 50}"
        state, before = ("ALARM", "OK") if fires else ("OK", "ALARM")
        print(json.dumps({"at": at, "event": {
            "version": "0", "id": f"{number:032x}", "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
            "account": "123456789012", "time": at, "region": "eu-west-1",
            "resources": [f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}"],
            "detail": {
                "alarmName": name, "state": {"value": state, "reason": "Threshold Crossed: 1 datapoint (7.0) was greater than the threshold (5.0)", "timestamp": at},
                "previousState": {"value": before},
                "configuration": {"metrics": [{"id": "m", "metricStat": {"metric": {"namespace": "AWS/Lambda", "name": "Errors", "dimensions": {"FunctionName": f"function-{alarm % 50}"}}, "period": 60, "stat": "Sum"}}]},
            },
        }}))


if __name__ == "__main__":
    main()
