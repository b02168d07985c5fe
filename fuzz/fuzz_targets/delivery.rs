//! Any text as a delivery: base64 of anything, and the JSON of an envelope as it would be unpacked.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use log_metrics::{Batch, Program, emf};
use settings::Settings;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let text = include_str!("../../config/monitoring.yaml");
    let settings = Settings::from_yaml(text).expect("the shipped configuration is right");
    Program::new(&settings.logs).expect("the shipped configuration is right")
});

fuzz_target!(|text: &str| {
    let mut batch = Batch::new(&PROGRAM);
    batch.delivery(text, &mut |_| ());
    batch.json(text, &mut |_| ());
    let outcome = batch.finish();
    emf::lines(PROGRAM.namespace(), &outcome.points);
});
