"""Proves the road of a P1 that passes through no function of ours: log event, metric filter, metric, alarm, SNS, SQS, alert-fanout, incident.

The filters and alarms are those of infra/metric-filters.yaml, put one by one: LocalStack's CloudFormation knows no metric filters. Its
metric filters match every line and leave dimensions out; so the line rings the alarms without dimensions, and for the others what
AWS's filter would publish is put beside it. The alarms, their dimensions, SNS and SQS are LocalStack's own.

    python3.13 -m venv V && V/bin/pip install uv
    V/bin/uv pip install -p V/bin/python --exclude-newer 2026-04-05 'localstack-core[runtime]==2026.3.0'
    cargo xtask up                                   # prints the endpoint of a local AWS with Tocsin in it
    V/bin/python tests/tools/native_filters.py --endpoint http://127.0.0.1:PORT

Without --endpoint it ends with the messages in SQS. No part of `cargo xtask test`: LocalStack needs a Python of its own.
"""

import argparse
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import botocore.session
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
GROUP = "/aws/lambda/hasivu-payments"


class Tagged(yaml.SafeLoader):
    """CloudFormation's short forms."""


Tagged.add_constructor("!Ref", lambda loader, node: {"Ref": loader.construct_scalar(node)})
Tagged.add_constructor("!Sub", lambda loader, node: {"Sub": loader.construct_scalar(node)})
# Which log group, and whether there is one: the group is our own.
Tagged.add_multi_constructor("!", lambda loader, tag, node: None)


def client(service, endpoint):
    return botocore.session.get_session().create_client(
        service, region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id="test", aws_secret_access_key="test"
    )


def until(what, seconds, look):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.5)
    sys.exit(f"waited {seconds} s for {what}, in vain")


def resources():
    """The filters for one group and the alarms, as the template has them."""
    template = yaml.load((ROOT / "infra/metric-filters.yaml").read_text(), Tagged)
    filters, alarms = [], []
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            alarms.append(resource["Properties"])
        elif resource["Condition"] == "HasLogGroup0":
            filters.append(resource["Properties"])
    return filters, alarms


def start(port):
    environment = dict(
        os.environ, GATEWAY_LISTEN=f"127.0.0.1:{port}", EAGER_SERVICE_LOADING="0", SKIP_SSL_CERT_DOWNLOAD="1", DISABLE_EVENTS="1"
    )
    return subprocess.Popen(
        [sys.executable, "-m", "localstack.runtime.main"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )


def ready(endpoint):
    try:
        return urllib.request.urlopen(f"{endpoint}/_localstack/health", timeout=2).status == 200
    except OSError:
        return False


def ring(endpoint):
    """Writes the line and gives the alarms' messages, as SQS has them, by the alarms' names."""
    logs, watch, sns, sqs = (client(name, endpoint) for name in ("logs", "cloudwatch", "sns", "sqs"))
    filters, alarms = resources()
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="ingest")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    for at, filter in enumerate(filters):
        names = ("MetricNamespace", "MetricName", "MetricValue", "Unit", "DefaultValue")
        transformations = []
        for one in filter["MetricTransformations"]:
            made = {name[0].lower() + name[1:]: one[name] for name in names if name in one}
            if "Dimensions" in one:
                made["dimensions"] = {pair["Key"]: pair["Value"] for pair in one["Dimensions"]}
            transformations.append(made)
        logs.put_metric_filter(
            logGroupName=GROUP, filterName=f"f{at}", filterPattern=filter["FilterPattern"], metricTransformations=transformations
        )
    line = {"level": "error", "code": "P1001", "event": "data.corruption", "message": "Can't reach database server"}
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=[event])
    expected = set()
    for alarm in alarms:
        name = alarm["AlarmName"]["Sub"].replace("${AlarmPrefix}", "logs-local")
        expected.add(name)
        dimensions = alarm.get("Dimensions", [])
        if dimensions:
            datum = {"MetricName": alarm["MetricName"], "Value": alarm["Threshold"], "Unit": "Count", "Dimensions": dimensions}
            watch.put_metric_data(Namespace=alarm["Namespace"], MetricData=[datum])
        rest = {key: alarm[key] for key in alarm if key not in ("AlarmName", "AlarmActions", "OKActions")}
        watch.put_metric_alarm(AlarmName=name, AlarmActions=[topic], OKActions=[topic], **rest)
    rang, begin = {}, time.monotonic()

    def look():
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            alarm = json.loads(json.loads(message["Body"])["Message"])
            if alarm["NewStateValue"] == "ALARM":
                rang[alarm["AlarmName"]] = message["Body"]
                print(f"{time.monotonic() - begin:5.1f} s  {alarm['AlarmName']} rings, dimensions {alarm['Trigger'].get('Dimensions')}")
        return expected <= rang.keys()

    until(f"{len(expected)} alarms", 180, look)
    return rang


def carry(messages, endpoint, stack):
    """Puts the messages into the stack's ingest queue and waits until each alarm is in an open P1 incident."""
    sqs, table = client("sqs", endpoint), client("dynamodb", endpoint)
    function = client("lambda", endpoint).get_function_configuration(FunctionName=f"{stack}-alert-fanout")
    name = function["Environment"]["Variables"]["TABLE_NAME"]
    queue = sqs.get_queue_url(QueueName=f"{stack}-ingest")["QueueUrl"]
    for body in messages.values():
        sqs.send_message(QueueUrl=queue, MessageBody=body)

    def look():
        items = table.scan(TableName=name, ConsistentRead=True)["Items"]
        open_ones = [item["summary"]["S"] for item in items if item.get("gsi3pk", {}).get("S") == "INCIDENTS#open"]
        found = [text for text in open_ones if json.loads(text).get("priority") == "P1"]
        text = json.dumps([str(item) for item in items])
        return found if found and all(alarm in text for alarm in messages) else None

    for summary in until("P1 incidents", 60, look):
        found = json.loads(summary)
        print(f"incident: {found.get('priority')} {found.get('service')} {found.get('category')}: {found.get('title')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", help="the local AWS with Tocsin in it, as `cargo xtask up` prints it")
    parser.add_argument("--stack", default="tocsin-local")
    arguments = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start(port)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        until("LocalStack", 90, lambda: ready(endpoint))
        messages = ring(endpoint)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
    if arguments.endpoint:
        carry(messages, arguments.endpoint, arguments.stack)
    print(f"{len(messages)} alarms rang")


if __name__ == "__main__":
    main()
