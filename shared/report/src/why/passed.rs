//! Routes that do not have an alert, and why not.

use incident::Subject;
use settings::{Lookup, Matcher, Operator, Route, Routing};

use super::document::PassedOver;
use crate::case::Case;
use crate::facts::Known;

/// The most that are named.
const NAMED: usize = 20;

/// The routes beside the way that an alert takes through the tree.
pub(super) fn over(case: &Case<'_>, known: Known<'_>) -> Vec<PassedOver> {
    let Some((summary, service)) = case.summary(known) else {
        return Vec::new();
    };
    let subject = Subject::remembered(&summary, &service);
    let mut passed = Vec::new();
    walk(case.policy.routing(), 0, &subject, &mut passed, 0);
    passed
}

fn walk(
    routing: &Routing,
    node: usize,
    subject: &Subject<'_>,
    passed: &mut Vec<PassedOver>,
    depth: usize,
) {
    let Some(parent) = routing.routes.get(node).filter(|_| depth < 64) else {
        return;
    };
    let mut taken: Option<&Route> = None;
    for child in &parent.children {
        let Some(route) = routing.routes.get(*child) else {
            continue;
        };
        if passed.len() >= NAMED {
            return;
        }
        if let Some(taken) = taken {
            // Only those that would have had it are worth a word.
            if route.is_match(subject) {
                passed.push(PassedOver {
                    route: route.id.to_string(),
                    because: format!("{} stands before it and does not continue", taken.id),
                });
            }
            continue;
        }
        let failing = route
            .matchers
            .iter()
            .find(|matcher| !matcher.is_match(subject));
        match failing {
            Some(matcher) => passed.push(PassedOver {
                route: route.id.to_string(),
                because: fails(matcher, subject),
            }),
            None => {
                walk(routing, *child, subject, passed, depth + 1);
                if !route.continues {
                    taken = Some(route);
                }
            }
        }
    }
}

fn fails(matcher: &Matcher, subject: &Subject<'_>) -> String {
    let name = matcher.name();
    let is = match matcher.operator() {
        Operator::Equal | Operator::NotEqual | Operator::Matches | Operator::NotMatches => {
            match subject.text(name).unwrap_or_default() {
                "" => "missing".to_owned(),
                text => format!("\"{text}\""),
            }
        }
        Operator::Above
        | Operator::AtLeast
        | Operator::Below
        | Operator::AtMost
        | Operator::Equals => subject
            .number(name)
            .map_or_else(|| "no number".to_owned(), |number| number.to_string()),
    };
    format!("it asks for {}, and {name} is {is}", matcher.key())
}
