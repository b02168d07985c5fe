//! Deliveries: what is broken is said, and takes no good neighbour with it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on should stop with the place"
)]

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use log_metrics::{Batch, Data, Delivery, Fault, Outcome, Program};
use proptest::prelude::*;
use support::{GROUP, START, envelope, pack, program};
use test_case::test_case;

const COUNT: &str =
    "  rules:\n    - { name: good, match: [good=yes], metrics: [{ name: Good, kind: count }] }\n";

fn deliver(program: &Program, data: &str) -> (Delivery, Outcome) {
    let mut batch = Batch::new(program);
    let delivery = batch.delivery(data, &mut |_| ());
    (delivery, batch.finish())
}

/// How many good lines were counted.
fn good(outcome: &Outcome) -> u64 {
    let points = outcome.points.iter().filter(|point| point.metric == "Good");
    points
        .map(|point| {
            if let Data::Single(count) = point.data {
                count as u64
            } else {
                0
            }
        })
        .sum()
}

#[test]
fn a_whole_one_is_read() {
    let lines = vec![r#"{"good":"yes"}"#; 5_000];
    let (delivery, outcome) = deliver(&program(COUNT), &pack(envelope(GROUP, &lines).as_bytes()));
    assert_eq!((delivery, good(&outcome)), (Delivery::Whole, 5_000));
}

#[test]
fn a_control_message_counts_nothing() {
    let text = r#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."}]}"#;
    let (delivery, outcome) = deliver(&program(COUNT), &pack(text.as_bytes()));
    assert_eq!(
        (delivery, outcome.counts.lines, outcome.counts.control),
        (Delivery::Control, 0, 1)
    );
}

#[test_case("", Fault::Gzip; "nothing")]
#[test_case("%%%", Fault::Base64; "no base64")]
#[test_case("aGVsbG8=", Fault::Gzip; "no gzip")]
fn what_is_none_is_said(data: &str, expected: Fault) {
    assert_eq!(deliver(&program(COUNT), data).0, Delivery::Faulty(expected));
}

#[test]
fn what_is_before_a_cut_is_read() {
    // Noise, so that it does not all fit into one block of gzip.
    let mut random = fastrand::Rng::with_seed(7);
    let lines: Vec<String> = (0..20_000)
        .map(|_| format!(r#"{{"good":"yes","noise":"{:032x}"}}"#, random.u128(..)))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let packed = STANDARD
        .decode(pack(envelope(GROUP, &lines).as_bytes()))
        .unwrap();
    let half = STANDARD.encode(&packed[..packed.len() / 2]);
    let (delivery, outcome) = deliver(&program(COUNT), &half);
    assert_eq!(delivery, Delivery::Faulty(Fault::Gzip));
    assert!(
        (8_000..12_000).contains(&good(&outcome)),
        "{}",
        good(&outcome)
    );
}

#[test]
fn a_bomb_is_read_to_the_limit() {
    let bomb = format!(
        "{}{}",
        envelope(GROUP, &["good=yes"]).trim_end_matches("]}"),
        " ".repeat(40 << 20)
    );
    let packed = pack(bomb.as_bytes());
    assert!(packed.len() < 100_000);
    let program = program(&format!("  limits: {{ payload_megabytes: 1 }}\n{COUNT}"));
    let (delivery, outcome) = deliver(&program, &packed);
    assert_eq!(
        (delivery, good(&outcome)),
        (Delivery::Faulty(Fault::TooLarge), 1)
    );
}

#[test]
fn events_that_are_none_are_counted() {
    let text = r#"{"logGroup":"g","logStream":"s","logEvents":[
        {"id":"1","timestamp":1,"message":"good=yes"}, 5, null, "x", [1], true, {},
        {"id":"2","timestamp":"soon","message":"good=yes"},
        {"id":"3","timestamp":1,"message":5},
        {"id":"4","timestamp":1,"message":{"a":[1]}},
        {"id":5,"timestamp":1,"message":"good=yes"},
        {"message":"good=yes","timestamp":60000,"id":"6"},
        {"id":"7","timestamp":"60000","message":"good=yes","extractedFields":{"a":"b"}}]}"#;
    let program = program(COUNT);
    let mut batch = Batch::new(&program);
    assert_eq!(batch.json(text, &mut |_| ()), Delivery::Whole);
    let outcome = batch.finish();
    assert_eq!((good(&outcome), outcome.counts.malformed), (4, 9));
}

#[test]
fn whose_lines_they_are_may_stand_behind_them() {
    let text = r#"{"logEvents":[{"id":"1","timestamp":1,"message":"good=yes"}],"logStream":"s","logGroup":"/x"}"#;
    let mut groups = Vec::new();
    let program = program(COUNT);
    let mut batch = Batch::new(&program);
    batch.json(text, &mut |line| groups.push(line.group.to_owned()));
    assert_eq!((groups, good(&batch.finish())), (vec!["/x".to_owned()], 1));
}

#[test]
fn invalid_text_is_replaced_where_it_stands() {
    let text = envelope(GROUP, &["good=yes", "good=yes X", "good=yes"]);
    let at = text.find('X').unwrap();
    let mut bytes = text.into_bytes();
    bytes[at] = 0xff;
    let (delivery, outcome) = deliver(&program(COUNT), &pack(&bytes));
    assert_eq!((delivery, good(&outcome)), (Delivery::Whole, 3));
}

#[test]
fn events_behind_a_broken_one_are_found() {
    let whole = envelope(GROUP, &["good=yes"; 10]);
    let broken = whole.replacen("\"message\":\"good=yes\"", "\"message\":nonsense", 1);
    let (delivery, outcome) = deliver(&program(COUNT), &pack(broken.as_bytes()));
    assert_eq!(
        (delivery, good(&outcome)),
        (Delivery::Faulty(Fault::Json), 9)
    );
}

#[test]
fn giant_and_deep_lines_leave_their_neighbours() {
    let giant = format!("good=yes {}", "x".repeat(2_000_000));
    let deep = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let brackets = "[".repeat(500_000);
    let quotes = "\"\\\"=".repeat(60_000);
    let signs = "a@".repeat(120_000);
    let lines = [
        "good=yes",
        &giant,
        &deep,
        &brackets,
        &quotes,
        &signs,
        r#"{"good":"yes"}"#,
    ];
    let program = program(COUNT);
    let (delivery, outcome) = deliver(&program, &pack(envelope(GROUP, &lines).as_bytes()));
    assert_eq!(
        (delivery, good(&outcome), outcome.counts.cut),
        (Delivery::Whole, 3, 3)
    );
}

#[test]
fn a_value_cannot_bring_other_fields_in() {
    let lines = [
        r#"user="x good=yes" good=no"#,
        r#"note="\" good=yes" good=no"#,
        "good=no good=yes",
        r#"{"note":"\",\"good\":\"yes","good":"no"}"#,
        r#"{"good":"no","message":"{\"good\":\"yes\"}"}"#,
        r#"{"good":"no","message":{"good":"yes"}}"#,
    ];
    let (_, outcome) = deliver(&program(COUNT), &pack(envelope(GROUP, &lines).as_bytes()));
    assert_eq!(good(&outcome), 0);
}

#[test]
fn what_a_function_logs_in_lambdas_json_counts_as_its_own() {
    let lines = [
        r#"{"timestamp":"2026-11-24T00:00:00Z","level":"INFO","requestId":"r","message":"{\"good\":\"yes\"}"}"#,
        r#"{"timestamp":"2026-11-24T00:00:00Z","level":"INFO","requestId":"r","message":{"good":"yes"}}"#,
        "2026-11-24T00:10:06.123Z\t8f5f2b0a-1c2d-4e3f-9a0b-9876543210ab\tINFO\t{\"good\":\"yes\"}",
        "2026-11-24T00:10:06.123Z\t8f5f2b0a-1c2d-4e3f-9a0b-9876543210ab\tINFO\tdone good=yes",
        "  {\"good\":\"yes\"}",
    ];
    let (_, outcome) = deliver(&program(COUNT), &pack(envelope(GROUP, &lines).as_bytes()));
    assert_eq!(good(&outcome), 4, "{:?}", outcome.counts);
}

/// Lines that hostile people and broken programs write.
fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[{}\\[\\]\":,=\\\\ \\t\\n\\x00-\\x1f0-9a-z@%.]{0,200}",
        (0_usize..300).prop_map(|depth| "{\"a\":".repeat(depth)),
        "(REPORT|START|END|INIT_REPORT|RequestId:|EXTENSION)[ \\t](RequestId: )?[\\t :a-zA-Z0-9.]{0,80}",
        "\\{\"type\":\"platform\\.[a-zA-Z]{0,12}\",\"record\":(\\{\"metrics\":\\{\"durationMs\":-?[0-9e.]{1,9}\\}\\}|[0-9]{1,4}|null)\\}",
        "20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.Z]{0,14}\\t[a-z0-9-]{0,40}\\t[A-Z]{0,9}\\t.{0,40}",
        "\\{\"(event|level|message|good)\":(\"[^\"]{0,20}\"|-?[0-9]{1,30}(e[0-9]{1,4})?|\\{|\\[)",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn hostile_neighbours_take_nothing(lines in prop::collection::vec(hostile(), 0..40), places in prop::collection::vec(0_usize..40, 1..10)) {
        let mut all: Vec<String> = lines;
        let own = all.iter().filter(|line| line.contains("good")).count() as u64;
        for place in &places {
            all.insert((*place).min(all.len()), r#"{"good":"yes"}"#.to_owned());
        }
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let program = program(COUNT);
        let (delivery, outcome) = deliver(&program, &pack(envelope(GROUP, &all).as_bytes()));
        prop_assert_eq!(delivery, Delivery::Whole);
        prop_assert_eq!(outcome.counts.lines, all.len() as u64);
        prop_assert!((places.len() as u64..=places.len() as u64 + own).contains(&good(&outcome)));
        for line in log_metrics::emf::lines("N", &outcome.points) {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok());
        }
    }

    #[test]
    fn any_delivery_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), flip in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let program = program(COUNT);
        deliver(&program, &pack(&bytes));
        deliver(&program, &STANDARD.encode(&bytes));
        let mut packed = STANDARD.decode(pack(envelope(GROUP, &["good=yes"; 20]).as_bytes())).unwrap();
        let at = flip.index(packed.len());
        packed[at] ^= 1 << bit;
        let (_, outcome) = deliver(&program, &STANDARD.encode(&packed));
        prop_assert!(good(&outcome) <= 20);
    }
}

/// A million lines, a tenth of them good; the others are cut, mixed and damaged forms of real ones.
#[test]
fn a_million_hostile_lines_lose_no_good_one() {
    const FORMS: [&str; 8] = [
        "REPORT RequestId: 8f5f2b0a-1c2d-4e3f-9a0b-9876543210ab\tDuration: 1.5 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tInit Duration: 9 ms",
        r#"{"time":"2026-11-24T00:10:06.123Z","type":"platform.report","record":{"requestId":"x","metrics":{"durationMs":12.5}}}"#,
        r#"{"level":"error","message":"{\"event\":\"payment.failed\",\"amount\":1}","errorType":"TypeError"}"#,
        "2026-11-24T00:10:06.123Z\t8f5f2b0a-1c2d-4e3f-9a0b-9876543210ab\tERROR\tInvoke Error \t{\"errorType\":\"x\"}",
        r#"a=1 b="x y" c="\"" d= =e"#,
        "RequestId: 8f5f2b0a-1c2d-4e3f-9a0b-9876543210ab Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
        "₹₹₹ \u{202e}\u{0}\u{1b}[31m {\"a\":{\"b\":[[[[1e999]]]]}}",
        "[ERROR] Runtime.ImportModuleError: x",
    ];
    let program = program(COUNT);
    let mut random = fastrand::Rng::with_seed(42);
    let mut batch = Batch::new(&program);
    let mut line = String::new();
    for number in 0..1_000_000_u32 {
        line.clear();
        if number % 10 == 0 {
            line.push_str(r#"{"good":"yes"}"#);
        } else {
            let form = FORMS[random.usize(..FORMS.len())];
            let cut = (0..=random.usize(..=form.len()))
                .rev()
                .find(|at| form.is_char_boundary(*at))
                .unwrap();
            line.push_str(&form[..cut]);
            let other = FORMS[random.usize(..FORMS.len())];
            let from = (random.usize(..=other.len())..=other.len())
                .find(|at| other.is_char_boundary(*at))
                .unwrap();
            line.push_str(&other[from..]);
        }
        batch.line(GROUP, "s", START + i64::from(number), &line, &mut |_| ());
    }
    let outcome = batch.finish();
    assert_eq!((good(&outcome), outcome.counts.lines), (100_000, 1_000_000));
}
