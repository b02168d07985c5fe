//! Any text as lines of a function's log between good ones, which must all be counted; and as text to be masked.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use log_metrics::{Batch, Data, Program};
use settings::Settings;

const GROUP: &str = "/aws/lambda/fuzz";
const GOOD: &str = r#"{"good":"yes"}"#;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let text = "project: fuzz\nrules: []\nlogs: {groups: ['*'], rules: [{name: good, match: [good=yes], metrics: [{name: Good, kind: count}]}]}";
    let settings = Settings::from_yaml(text).expect("the configuration is right");
    Program::new(&settings.logs).expect("the configuration is right")
});

fuzz_target!(|text: &str| {
    let mut batch = Batch::new(&PROGRAM);
    let mut good = 0.0;
    for line in text.lines().filter(|line| !line.contains("good")) {
        batch.line(GROUP, "stream", 0, line, &mut |_| ());
        batch.line(GROUP, "stream", 0, GOOD, &mut |_| ());
        good += 1.0;
    }
    let outcome = batch.finish();
    let counted = outcome.points.iter().filter(|point| point.metric == "Good");
    let counted: f64 = counted
        .map(|point| match &point.data {
            Data::Single(count) => *count,
            Data::Distribution(_) => unreachable!("a count is one number"),
        })
        .sum();
    assert_eq!(counted, good);

    let once = masking::mask(text);
    assert_eq!(masking::mask(&once), once, "masking twice is masking once");
});
