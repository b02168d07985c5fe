//! What holds of whatever is said.

use alert_classification::Status;
use incident::{Act, GroupState, IncidentState, VerdictKind};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use settings::Priority;

use super::town::{Town, actor, at};
use crate::{Case, PostMortem, postmortem, why};

#[derive(Clone, Debug)]
enum Move {
    Wait(i64),
    Push(usize, bool, i64, usize),
    Act(usize, usize),
    Silence(usize, i64),
}

const NAMES: [&str; 5] = [
    "pay-errors",
    "pay-webhook",
    "order-slow",
    "db-down",
    "strange",
];
const TITLES: [&str; 4] = [
    "plain",
    "<script>alert('x')</script> & \"y\"",
    "--> ]]> </main> <img src=x onerror=alert(1)> | `a` *b*",
    "\u{202e}drawkcab\u{0}\n# heading\r\n- [a](javascript:b)",
];

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => (0_i64..2_000).prop_map(Move::Wait),
        5 => (0..NAMES.len(), any::<bool>(), 0_i64..4_000, 0..TITLES.len())
            .prop_map(|(name, fires, ago, title)| Move::Push(name, fires, ago, title)),
        2 => (0_usize..8, 0_usize..7).prop_map(|(which, act)| Move::Act(which, act)),
        1 => (0..NAMES.len(), 60_i64..4_000).prop_map(|(name, until)| Move::Silence(name, until)),
    ]
}

fn play(moves: &[Move]) -> Town {
    let mut town = Town::new();
    town.to(at("08:30:00"));
    for step in moves {
        let now = town.now();
        let after = |seconds| now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        match step {
            Move::Wait(seconds) => town.to(after(*seconds)),
            Move::Push(name, fires, ago, title) => {
                let status = if *fires {
                    Status::Firing
                } else {
                    Status::Resolved
                };
                town.push_for(
                    NAMES[*name],
                    TITLES[*title],
                    status,
                    *ago,
                    fires.then_some(60),
                );
            }
            Move::Act(which, act) => do_something(&mut town, *which, *act),
            Move::Silence(name, seconds) => {
                let matcher = format!("alertname=\"{}\"", NAMES[*name]);
                town.silence("s", &matcher, after(*seconds));
            }
        }
    }
    town
}

fn do_something(town: &mut Town, which: usize, act: usize) {
    let mut keys: Vec<_> = town
        .driver
        .world()
        .incidents()
        .map(|s| s.key.clone())
        .collect();
    keys.sort();
    let Some(key) = keys.get(which % keys.len().max(1)).cloned() else {
        return;
    };
    let state = town.driver.world().incident(&key).unwrap();
    let Some(id) = state.episode.as_ref().map(|episode| episode.id.clone()) else {
        return;
    };
    let until = town
        .now()
        .checked_add(SignedDuration::from_mins(7))
        .unwrap();
    let acts = [
        Act::Acknowledge { until: None },
        Act::Acknowledge { until: Some(until) },
        Act::Unacknowledge,
        Act::Resolve {
            verdict: Some(VerdictKind::FalsePositive),
            why: TITLES[1].into(),
        },
        Act::Resolve {
            verdict: None,
            why: String::new(),
        },
        Act::Comment {
            text: TITLES[2].into(),
        },
        Act::SetPriority {
            priority: Priority::P1,
        },
    ];
    // What is over cannot be acted upon.
    let _ = town.driver.act(&key, &id, &acts[act], &actor(TITLES[3]));
}

/// The tags of a page with the names of their attributes, in order; nothing else may be active.
fn tags(html: &str) -> Vec<String> {
    let body = html.split_once("</style>").unwrap().1;
    let mut found = Vec::new();
    let mut rest = body;
    while let Some((_, tail)) = rest.split_once('<') {
        let (tag, tail) = tail.split_once('>').expect("a tag ends");
        let name = tag.split(' ').next().unwrap_or_default().to_owned();
        let attributes = tag
            .split('"')
            .step_by(2)
            .skip(usize::from(!tag.contains('"')));
        for attribute in attributes {
            let attribute = attribute.trim_start_matches(name.as_str()).trim();
            assert!(
                matches!(
                    attribute,
                    "" | "class=" | "datetime=" | "dir=" | "href=" | "rel=" | "scope="
                ),
                "attribute {attribute} in <{tag}>"
            );
        }
        found.push(name);
        rest = tail;
    }
    found
}

fn check_story(report: &PostMortem) {
    let times: Vec<_> = report.timeline.iter().map(|event| event.at).collect();
    assert!(times.is_sorted());
    assert!(report.told.iter().map(|row| row.at).is_sorted());
    assert!(report.deeds.iter().map(|deed| deed.at).is_sorted());
    for recommendation in &report.recommendations {
        assert!(!recommendation.what.is_empty());
        assert!(!recommendation.evidence.is_empty());
        assert!(
            recommendation
                .evidence
                .iter()
                .all(|fact| !fact.trim().is_empty())
        );
    }
    for figure in &report.figures {
        assert!(figure.seconds.is_none_or(|seconds| seconds >= 0));
    }
    let html = report.to_html();
    let mut open: Vec<String> = Vec::new();
    for tag in tags(&html) {
        match tag.strip_prefix('/') {
            Some(name) => {
                if !matches!(name, "head" | "html" | "body") {
                    assert_eq!(open.pop().as_deref(), Some(name));
                }
            }
            None if tag == "body" => {}
            None => {
                assert!(
                    !matches!(tag.as_str(), "script" | "img" | "iframe" | "style"),
                    "{tag}"
                );
                open.push(tag);
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let markdown = report.to_markdown();
    // An escaped bracket begins no link.
    let bare = markdown.replace("\\]", "");
    assert!(!bare.contains("<script") && !bare.contains("](javascript"));
    assert_eq!(
        markdown
            .lines()
            .filter(|line| line.starts_with("# "))
            .count(),
        1
    );
}

fn check_case(case: &Case<'_>) {
    let explained = why(case, None);
    assert!(!explained.to_text().is_empty());
    let times: Vec<_> = explained
        .next
        .iter()
        .filter_map(|coming| coming.at)
        .collect();
    assert!(times.is_sorted());
    assert_eq!(explained, why(case, None));
    match postmortem(case) {
        Some(report) => check_story(&report),
        None => assert!(case.state.episode.is_none()),
    }
}

/// Makes some times of a document absurd.
fn maim(value: &mut serde_json::Value, countdown: &mut usize, by: &str) {
    match value {
        serde_json::Value::String(text) if text.parse::<Timestamp>().is_ok() => {
            if countdown.is_multiple_of(3) {
                by.clone_into(text);
            }
            *countdown += 1;
        }
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(|item| maim(item, countdown, by));
        }
        serde_json::Value::Object(map) => {
            map.values_mut().for_each(|item| maim(item, countdown, by));
        }
        serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_) => {}
    }
}

fn absurd<T: serde::Serialize + serde::de::DeserializeOwned>(
    value: &T,
    offset: usize,
    by: &str,
) -> T {
    let mut json = serde_json::to_value(value).unwrap();
    let mut countdown = offset;
    maim(&mut json, &mut countdown, by);
    serde_json::from_value(json).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whatever_happened_can_be_told(moves in prop::collection::vec(a_move(), 1..40), groups in any::<bool>()) {
        let town = play(&moves);
        for state in town.driver.world().incidents() {
            let mut case = town.case(state.key.as_str());
            if !groups {
                case.groups.clear();
            }
            check_case(&case);
        }
    }

    #[test]
    fn absurd_times_do_no_harm(
        moves in prop::collection::vec(a_move(), 1..25),
        offset in 0_usize..3,
        which in 0_usize..3,
        now in 0_usize..3,
    ) {
        let town = play(&moves);
        let by = ["-009999-01-02T01:59:59Z", "9999-12-30T22:00:00.999999999Z", "1970-01-01T00:00:00Z"][which];
        let groups: Vec<GroupState> =
            town.driver.world().groups().map(|group| absurd(group, offset, by)).collect();
        for state in town.driver.world().incidents() {
            let state: IncidentState = absurd(state, offset, by);
            let mut case = Case::new(&state, &town.policy, [Timestamp::MIN, town.now(), Timestamp::MAX][now]);
            case.groups = groups.iter().collect();
            case.silences = town.driver.world().silences().1.iter().collect();
            check_case(&case);
        }
    }
}
