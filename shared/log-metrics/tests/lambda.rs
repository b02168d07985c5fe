//! Lambda's own lines, in every documented form, and what the rules about them give.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop with the place"
)]

mod support;

use log_metrics::{State, advice, explain};
use support::{GROUP, START, picture, program, run};
use test_case::test_case;

const ID: &str = "8f5f2b0a-1c2d-4e3f-9a0b-9876543210ab";

/// Every field that the rules about Lambda ask for, of one line.
fn fields(line: &str) -> String {
    let line = line.replace("ID", ID);
    let explained = explain(&program("  rules: []\n"), GROUP, &line);
    let wanted = [
        "@type",
        "@duration",
        "@billedDuration",
        "@initDuration",
        "@restoreDuration",
        "@memorySize",
        "@maxMemoryUsed",
        "@coldStart",
        "@errorKind",
    ];
    let known = wanted.iter().filter_map(|name| {
        let value = explained
            .fields
            .iter()
            .rev()
            .find(|(known, _)| known == name)?;
        Some(format!("{}={}", name.trim_start_matches('@'), value.1))
    });
    format!(
        "{}: {}",
        explained.format,
        known.collect::<Vec<_>>().join(" ")
    )
}

#[test_case("REPORT RequestId: ID\tDuration: 102.31 ms\tBilled Duration: 103 ms\tMemory Size: 512 MB\tMax Memory Used: 89 MB\t\n", "lambda: type=REPORT duration=102.31 billedDuration=103 memorySize=512000000 maxMemoryUsed=89000000 coldStart=0"; "warm")]
#[test_case("REPORT RequestId: ID\tDuration: 2.5 ms\tBilled Duration: 350 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\tInit Duration: 345.60 ms\t\nXRAY TraceId: 1-5759e988-bd862e3fe1be46a994272793\tSegmentId: 557abcec3ee5a047\tSampled: true\t", "lambda: type=REPORT duration=2.5 billedDuration=350 initDuration=345.6 memorySize=128000000 maxMemoryUsed=60000000 coldStart=100"; "cold and traced")]
#[test_case("REPORT RequestId: ID\tDuration: 2.5 ms\tBilled Duration: 130 ms\tMemory Size: 512 MB\tMax Memory Used: 100 MB\tRestore Duration: 412.50 ms\tBilled Restore Duration: 120 ms\t", "lambda: type=REPORT duration=2.5 billedDuration=130 restoreDuration=412.5 memorySize=512000000 maxMemoryUsed=100000000 coldStart=100"; "restored")]
#[test_case("REPORT RequestId: ID\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\tStatus: timeout", "lambda: type=REPORT duration=3000 billedDuration=3000 memorySize=128000000 maxMemoryUsed=40000000 coldStart=0"; "of a time out that its own line tells")]
#[test_case("INIT_START Runtime Version: nodejs:20.v9\tRuntime Version ARN: arn:aws:lambda:ap-south-1::runtime:x", "lambda: type=INIT_START"; "init start")]
#[test_case("INIT_REPORT Init Duration: 10004.64 ms\tPhase: init\tStatus: timeout", "lambda: type=INIT_REPORT initDuration=10004.64 errorKind=Timeout"; "init timed out")]
#[test_case("INIT_REPORT Init Duration: 120.5 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError", "lambda: type=INIT_REPORT initDuration=120.5 errorKind=Runtime.ImportModuleError"; "init failed")]
#[test_case("RESTORE_START Runtime Version: java:21.v1\tRuntime Version ARN: arn:aws:x", "lambda: type=RESTORE_START"; "restore start")]
#[test_case("RESTORE_REPORT Restore Duration: 1234.5 ms", "lambda: type=RESTORE_REPORT restoreDuration=1234.5"; "restore report")]
#[test_case("START RequestId: ID Version: $LATEST", "lambda: type=START"; "start")]
#[test_case("END RequestId: ID", "lambda: type=END"; "end")]
#[test_case("EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]", "lambda: type=EXTENSION"; "extension")]
#[test_case("2026-11-24T00:10:06.123Z ID Task timed out after 3.00 seconds\n\n", "lambda: type=TIMEOUT duration=3000 errorKind=Timeout"; "timed out")]
#[test_case("RequestId: ID Error: Runtime exited with error: signal: killed\nRuntime.ExitError", "lambda: type=CRASH errorKind=OutOfMemory"; "killed")]
#[test_case("RequestId: ID Error: Runtime exited with error: exit status 1\nRuntime.ExitError", "lambda: type=CRASH errorKind=Runtime.ExitError"; "exited")]
#[test_case("RequestId: ID Process exited before completing request", "lambda: type=CRASH errorKind=Runtime.ExitError"; "exited, as it was once said")]
#[test_case("RequestId: ID Error: Runtime failed to start: out of memory\nRuntime.OutOfMemory", "lambda: type=CRASH errorKind=OutOfMemory"; "named out of memory")]
#[test_case("2026-11-24T00:10:06.123Z\tID\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"x is undefined\",\"stack\":[\"TypeError: x\"]}", "json: errorKind=TypeError"; "node throws")]
#[test_case("2026-11-24T00:10:06.123Z\tID\tERROR\tUnhandled Promise Rejection \t{\"errorType\":\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"Error: x\"}", "json: errorKind=Runtime.UnhandledPromiseRejection"; "nobody catches")]
#[test_case("2026-11-24T00:10:06.123Z\tundefined\tERROR\tUncaught Exception \t{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"Error: Cannot find module 'x'\"}", "json: errorKind=Runtime.ImportModuleError"; "node cannot import")]
#[test_case("[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'x'\nTraceback (most recent call last):", "plain: errorKind=Runtime.ImportModuleError"; "python cannot import")]
#[test_case("[ERROR] ValueError: x\nTraceback (most recent call last):\n  File \"a\"", "plain: errorKind=ValueError"; "python throws")]
#[test_case(r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.report","record":{"requestId":"ID","metrics":{"durationMs":12.5,"billedDurationMs":13,"memorySizeMB":128,"maxMemoryUsedMB":60,"initDurationMs":200.5},"status":"success"}}"#, "json: type=REPORT duration=12.5 billedDuration=13 initDuration=200.5 memorySize=128000000 maxMemoryUsed=60000000 coldStart=100"; "json report")]
#[test_case(r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.report","record":{"requestId":"ID","metrics":{"durationMs":3000,"billedDurationMs":3000,"memorySizeMB":128,"maxMemoryUsedMB":60},"status":"timeout"}}"#, "json: type=REPORT duration=3000 billedDuration=3000 memorySize=128000000 maxMemoryUsed=60000000 coldStart=0 errorKind=Timeout"; "json timed out")]
#[test_case(r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.report","record":{"requestId":"ID","metrics":{"durationMs":300,"billedDurationMs":300,"memorySizeMB":128,"maxMemoryUsedMB":128},"status":"error","errorType":"Runtime.ExitError"}}"#, "json: type=REPORT duration=300 billedDuration=300 memorySize=128000000 maxMemoryUsed=128000000 coldStart=0 errorKind=OutOfMemory"; "json out of memory")]
#[test_case(r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.report","record":{"requestId":"ID","metrics":{"durationMs":300,"restoreDurationMs":99.5,"billedRestoreDurationMs":100},"status":"success"}}"#, "json: type=REPORT duration=300 restoreDuration=99.5 coldStart=100"; "json restored")]
#[test_case(r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.runtimeDone","record":{"requestId":"ID","status":"timeout","metrics":{"durationMs":3000,"producedBytes":0}}}"#, "json: type=RUNTIME_DONE duration=3000"; "json runtime done, whose report follows")]
#[test_case(r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.initStart","record":{"initializationType":"on-demand","phase":"init","runtimeVersion":"nodejs:20.v9"}}"#, "json: type=INIT_START"; "json init start")]
#[test_case(r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.initReport","record":{"initializationType":"on-demand","phase":"init","status":"error","errorType":"Runtime.Unknown","metrics":{"durationMs":125.5}}}"#, "json: type=INIT_REPORT initDuration=125.5 errorKind=Runtime.Unknown"; "json init failed")]
#[test_case(r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.start","record":{"requestId":"ID","version":"$LATEST"}}"#, "json: type=START"; "json start")]
#[test_case(r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.logsDropped","record":{"reason":"x","droppedRecords":12,"droppedBytes":900}}"#, "json: type=LOGS_DROPPED"; "json dropped")]
#[test_case(r#"{"timestamp":"2026-11-24T00:10:06.123Z","level":"ERROR","requestId":"ID","message":{"errorType":"TypeError","errorMessage":"x"}}"#, "json: errorKind=TypeError"; "json of a function")]
#[test_case(r#"{"timestamp":"2026-11-24T00:10:06.123Z","level":"INFO","requestId":"ID","message":{"errorType":"TypeError"}}"#, "json: "; "somebody tells of an error")]
#[test_case("2026-11-24T00:10:06.123Z\tID\tERROR\tcannot reach the gateway", "plain: errorKind=unnamed"; "an error without a kind")]
#[test_case("upstream said: Task timed out after 3.00 seconds", "plain: "; "somebody tells of a time out")]
#[test_case("REPORT of the day: all is well", "plain: "; "a word that begins so")]
fn reads(line: &str, expected: &str) {
    assert_eq!(fields(line), expected);
}

#[test]
fn they_become_metrics_and_findings() {
    let lines = [
        "INIT_START Runtime Version: nodejs:20.v9\tRuntime Version ARN: arn:aws:x",
        "START RequestId: ID Version: $LATEST",
        "REPORT RequestId: ID\tDuration: 2.5 ms\tBilled Duration: 350 ms\tMemory Size: 512 MB\tMax Memory Used: 128 MB\tInit Duration: 345.60 ms\t",
        "REPORT RequestId: ID\tDuration: 3.5 ms\tBilled Duration: 4 ms\tMemory Size: 512 MB\tMax Memory Used: 128 MB\t",
        "2026-11-24T00:10:06.123Z ID Task timed out after 3.00 seconds",
        "REPORT RequestId: ID\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 512 MB\tMax Memory Used: 256 MB\tStatus: timeout",
        "RequestId: ID Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
        "RequestId: ID Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
    ];
    let lines = lines.map(|line| {
        line.replace("ID ", &format!("{ID} "))
            .replace("ID\t", &format!("{ID}\t"))
    });
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let outcome = run(&program("  rules: []\n"), &lines);
    insta::assert_snapshot!(picture(&outcome));
    let titles: Vec<&str> = outcome
        .findings
        .iter()
        .map(|finding| finding.title.as_str())
        .collect();
    insta::assert_snapshot!(titles.join("\n"));
}

#[test]
fn who_writes_into_a_log_cannot_play_lambda() {
    let program = program("  rules: []\n");
    let line = format!(
        "REPORT RequestId: {ID}\tDuration: 1 ms\tBilled Duration: 1 ms\tMemory Size: 1 MB\tMax Memory Used: 1 MB"
    );
    let said = format!("user said: \n{line}\nRequestId: {ID} Error: signal: killed");
    assert!(
        run(&program, &[&said]).points.is_empty(),
        "what stands within a line is part of it"
    );
    let mut batch = log_metrics::Batch::new(&program);
    batch.line("/ecs/api", "s", START, &line, &mut |_| ());
    assert!(
        batch.finish().points.is_empty(),
        "only a function's group has Lambda's lines"
    );
}

#[test]
fn a_day_of_memory_makes_one_hint() {
    let program = program("  rules: []\n");
    let mut whole = State::default();
    for (hour, used) in (0..8).zip([200, 210, 190, 180, 150, 160, 170, 205]) {
        let mut batch = log_metrics::Batch::new(&program);
        let line = format!(
            "REPORT RequestId: {ID}\tDuration: 1 ms\tBilled Duration: 1 ms\tMemory Size: 1024 MB\tMax Memory Used: {used} MB"
        );
        batch.line(GROUP, "s", START + hour * 3_600_000, &line, &mut |_| ());
        let state = batch.finish().state;
        whole.merge(&state);
        assert!(!whole.merge(&state), "the same again is nothing new");
    }
    let at = |hours: i64| jiff::Timestamp::from_millisecond(START + hours * 3_600_000).unwrap();
    assert!(
        advice::hints(&whole, at(10), program.zone()).is_empty(),
        "the day is not over"
    );
    let hints = advice::hints(&whole, at(20), program.zone());
    assert_eq!(
        hints,
        advice::hints(&whole, at(30), program.zone()),
        "the same hint, however often it is asked for"
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&hints[0]).unwrap());
}
