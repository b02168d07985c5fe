//! Every way in which a group can stand, and what is then done.

use settings::Settings;
use test_case::test_case;

use super::{Act, FILTER, Filter, Group, Membership, Standing, Wish, step};
use crate::logs::subscriptions::suite::Suites;

const OURS: &str = "arn:aws:lambda:ap-south-1:111122223333:function:tocsin-log-metrics";
const THEIRS: &str = "arn:aws:lambda:ap-south-1:111122223333:function:stage-log-metrics";
const STREAM: &str = "arn:aws:kinesis:ap-south-1:111122223333:stream/archive";

const SUBSCRIBE: Wish = Wish::Subscribe {
    take_over: false,
    prune: false,
};
const TAKE_OVER: Wish = Wish::Subscribe {
    take_over: true,
    prune: false,
};
const PRUNE: Wish = Wish::Subscribe {
    take_over: false,
    prune: true,
};

fn filter(name: &str, destination: &str, pattern: &str) -> Filter {
    Filter {
        name: name.to_owned(),
        destination: destination.to_owned(),
        pattern: pattern.to_owned(),
    }
}

fn filters(which: &str) -> Vec<Filter> {
    match which {
        "none" => vec![],
        "ours" => vec![filter(FILTER, OURS, "")],
        "ours beside one" => vec![filter("archive", STREAM, ""), filter(FILTER, OURS, "")],
        "ours with an alias" => vec![filter(FILTER, &format!("{OURS}:live"), "")],
        "ours narrowed" => vec![filter(FILTER, OURS, "ERROR")],
        "ours by another name" => vec![filter("by-hand", OURS, "")],
        "of another stack" => vec![filter(FILTER, THEIRS, "")],
        "one of others" => vec![filter("archive", STREAM, "")],
        "two of others" => vec![filter("archive", STREAM, ""), filter("siem", STREAM, "")],
        other => unreachable!("{other}"),
    }
}

#[test_case(SUBSCRIBE, Membership::Wanted, "none", Act::Add)]
#[test_case(SUBSCRIBE, Membership::Wanted, "one of others", Act::Add; "beside one of others")]
#[test_case(SUBSCRIBE, Membership::Wanted, "two of others", Act::Blocked; "no room")]
#[test_case(SUBSCRIBE, Membership::Wanted, "ours", Act::Keep; "again")]
#[test_case(SUBSCRIBE, Membership::Wanted, "ours beside one", Act::Keep; "again beside another")]
#[test_case(SUBSCRIBE, Membership::Wanted, "ours with an alias", Act::Keep; "by an alias")]
#[test_case(SUBSCRIBE, Membership::Wanted, "ours narrowed", Act::Repair)]
#[test_case(SUBSCRIBE, Membership::Wanted, "ours by another name", Act::Keep; "by another name")]
#[test_case(SUBSCRIBE, Membership::Wanted, "of another stack", Act::Blocked; "of another stack")]
#[test_case(TAKE_OVER, Membership::Wanted, "of another stack", Act::Repair; "taken over")]
#[test_case(SUBSCRIBE, Membership::Unmatched, "ours", Act::Leave; "left over")]
#[test_case(PRUNE, Membership::Unmatched, "ours", Act::Remove; "pruned")]
#[test_case(PRUNE, Membership::Excluded, "ours", Act::Remove; "excluded since")]
#[test_case(PRUNE, Membership::Excluded, "of another stack", Act::Leave; "others are not pruned")]
#[test_case(PRUNE, Membership::Unmatched, "none", Act::Leave; "nothing to prune")]
#[test_case(SUBSCRIBE, Membership::Own, "none", Act::Leave; "never its own")]
#[test_case(SUBSCRIBE, Membership::Own, "ours", Act::Remove; "a loop ends")]
#[test_case(Wish::Unsubscribe, Membership::Wanted, "ours", Act::Remove; "off")]
#[test_case(Wish::Unsubscribe, Membership::Unmatched, "ours narrowed", Act::Remove; "off whatever the patterns say")]
#[test_case(Wish::Unsubscribe, Membership::Wanted, "none", Act::Leave; "off again")]
#[test_case(Wish::Unsubscribe, Membership::Wanted, "of another stack", Act::Leave; "not off another stack")]
#[test_case(Wish::Unsubscribe, Membership::Wanted, "ours by another name", Act::Leave; "not what others put there")]
fn does(wish: Wish, member: Membership, which: &str, expected: Act) {
    let group = Group {
        name: "/aws/lambda/pay".to_owned(),
        class: "STANDARD".to_owned(),
    };
    let standing = Standing::of(&group, &filters(which), Some(OURS));
    let step = step(wish, &group, member, &standing);
    assert_eq!(step.act, expected, "{step:?}");
    assert!(!step.why.is_empty());
}

#[test_case("none", Act::Blocked; "cannot be subscribed")]
#[test_case("ours", Act::Keep; "was before it changed")]
fn a_class_without_subscriptions(which: &str, expected: Act) {
    let group = Group {
        name: "/archive".to_owned(),
        class: "INFREQUENT_ACCESS".to_owned(),
    };
    let standing = Standing::of(&group, &filters(which), Some(OURS));
    assert_eq!(
        step(SUBSCRIBE, &group, Membership::Wanted, &standing).act,
        expected
    );
}

#[test]
fn what_stands_in_the_way_is_named() {
    let group = Group {
        name: "/aws/lambda/pay".to_owned(),
        class: "STANDARD".to_owned(),
    };
    let standing = Standing::of(&group, &filters("two of others"), Some(OURS));
    let why = step(SUBSCRIBE, &group, Membership::Wanted, &standing).why;
    assert!(
        why.contains("archive") && why.contains("siem") && why.contains(STREAM),
        "{why}"
    );
}

#[test_case("/aws/lambda/pay", Membership::Wanted)]
#[test_case("/aws/lambda/pay-test", Membership::Excluded)]
#[test_case("/ecs/pay", Membership::Wanted; "a star takes everything")]
#[test_case("/aws/lambda/tocsin-log-metrics", Membership::Own; "but never the function itself")]
#[test_case("/aws/lambda/tocsin-alert-fanout", Membership::Own; "nor its neighbours")]
#[test_case("/aws/lambda/stage-log-metrics", Membership::Own; "nor another stack's, which would make a loop of two")]
fn a_star_does_not_take_the_suite(group: &str, expected: Membership) {
    let settings =
        Settings::from_yaml("project: P\nrules: []\nlogs: {groups: ['*'], exclude: ['*-test']}");
    let logs = settings.unwrap().logs;
    let suites = Suites::of(Some("tocsin-log-metrics"), [group].into_iter());
    assert_eq!(Membership::of(group, &logs, &suites), expected);
}
