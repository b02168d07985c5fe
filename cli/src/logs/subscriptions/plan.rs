//! What is to be done: from the groups that there are, their filters and the configuration. No call is made here.

use serde::Serialize;
use settings::logs::Logs;

use super::suite::Suites;

/// The name of the filter that this command puts on a group. There is no other way to know one's own again.
pub(crate) const FILTER: &str = "tocsin-log-metrics";
/// AWS's limit.
const FILTERS_A_GROUP: usize = 2;

/// A log group as AWS describes it.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// `STANDARD`, `INFREQUENT_ACCESS`, `DELIVERY`.
    pub(crate) class: String,
}

/// A subscription filter as AWS describes it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Filter {
    pub(crate) name: String,
    pub(crate) destination: String,
    pub(crate) pattern: String,
}

/// Why a group is looked at, or not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Membership {
    /// The configuration wants it to be read.
    Wanted,
    /// It matches `logs.exclude`.
    Excluded,
    /// It matches nothing.
    Unmatched,
    /// It is the suite's own.
    Own,
}

impl Membership {
    /// Whether the configuration wants a group to be read; the suite's own never is, even for `*`.
    pub(crate) fn of(group: &str, logs: &Logs, suites: &Suites) -> Self {
        if suites.own(group) {
            Self::Own
        } else if logs.reads(group) {
            Self::Wanted
        } else if logs.groups.iter().any(|pattern| pattern.is_match(group)) {
            Self::Excluded
        } else {
            Self::Unmatched
        }
    }
}

/// How a group stands towards the function.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// Our filter sends everything to the function.
    Subscribed,
    /// A filter of another name does.
    SubscribedOtherwise { filter: String },
    /// Our filter goes to the function, but lets only some lines through.
    Narrowed { pattern: String },
    /// A filter of our name goes to another function: another stack's, or that of a stack that is gone.
    Elsewhere { destination: String },
    /// Nothing goes to the function, and there is room.
    Free,
    /// Nothing goes to the function, and two filters of others stand in the way.
    Full { filters: Vec<String> },
    /// Groups of this class cannot be subscribed.
    WrongClass { class: String },
}

impl Standing {
    /// From a group's filters. Without a function any that has our name counts as ours.
    pub(crate) fn of(group: &Group, filters: &[Filter], function: Option<&str>) -> Self {
        let reaches = |filter: &Filter| match function {
            Some(function) => same_function(&filter.destination, function),
            None => filter.name == FILTER,
        };
        if let Some(own) = filters.iter().find(|filter| filter.name == FILTER) {
            if !reaches(own) {
                return Self::Elsewhere {
                    destination: own.destination.clone(),
                };
            }
            if own.pattern.trim().is_empty() {
                return Self::Subscribed;
            }
            return Self::Narrowed {
                pattern: own.pattern.clone(),
            };
        }
        if let Some(other) = filters.iter().find(|filter| reaches(filter)) {
            return Self::SubscribedOtherwise {
                filter: other.name.clone(),
            };
        }
        if group.class != "STANDARD" {
            return Self::WrongClass {
                class: group.class.clone(),
            };
        }
        if filters.len() >= FILTERS_A_GROUP {
            return Self::Full {
                filters: filters
                    .iter()
                    .map(|filter| format!("{} → {}", filter.name, filter.destination))
                    .collect(),
            };
        }
        Self::Free
    }
}

/// The function without the version that may stand behind it: `…:function:NAME` and `…:function:NAME:live` are one.
fn same_function(destination: &str, function: &str) -> bool {
    let of = |arn: &str| arn.split(':').take(7).collect::<Vec<_>>().join(":");
    of(destination) == of(function)
}

/// What is to be done with a group.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Act {
    /// Nothing: it is as it should be.
    Keep,
    /// The filter is put on it.
    Add,
    /// The filter is there and is put right.
    Repair,
    /// The filter is taken off it.
    Remove,
    /// It should be subscribed and cannot be.
    Blocked,
    /// It is none of our business.
    Leave,
}

impl Act {
    /// Whether something is done to the group.
    pub(crate) const fn changes(self) -> bool {
        match self {
            Self::Add | Self::Repair | Self::Remove => true,
            Self::Keep | Self::Blocked | Self::Leave => false,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Add => "add",
            Self::Repair => "repair",
            Self::Remove => "remove",
            Self::Blocked => "blocked",
            Self::Leave => "leave",
        }
    }
}

/// One line of the plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Step {
    pub(crate) group: String,
    pub(crate) act: Act,
    pub(crate) subscribed: bool,
    pub(crate) why: String,
}

/// What the person asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wish {
    /// Only to know.
    List,
    /// What is wanted is subscribed; of what is subscribed and not wanted any more the filter is taken.
    Subscribe {
        /// Filters of our name that go elsewhere are turned to the function.
        take_over: bool,
        /// What is not wanted any more is unsubscribed.
        prune: bool,
    },
    /// The filter is taken off everything that has it and goes to the function.
    Unsubscribe,
}

/// What is to be done with one group.
pub(crate) fn step(wish: Wish, group: &Group, member: Membership, standing: &Standing) -> Step {
    let subscribed = matches!(
        standing,
        Standing::Subscribed | Standing::SubscribedOtherwise { .. } | Standing::Narrowed { .. }
    );
    let (act, why) = match wish {
        Wish::Unsubscribe => off(standing),
        Wish::Subscribe { take_over, prune } => match member {
            Membership::Wanted => on(standing, take_over),
            Membership::Own | Membership::Excluded | Membership::Unmatched => {
                stray(member, standing, prune)
            }
        },
        Wish::List => match member {
            // What `subscribe` would say, for it is what one wants to know.
            Membership::Wanted => on(standing, false),
            Membership::Own | Membership::Excluded | Membership::Unmatched => {
                stray(member, standing, false)
            }
        },
    };
    Step {
        group: group.name.clone(),
        act,
        subscribed,
        why,
    }
}

/// A group that is wanted.
fn on(standing: &Standing, take_over: bool) -> (Act, String) {
    match standing {
        Standing::Subscribed => (Act::Keep, "subscribed".to_owned()),
        Standing::SubscribedOtherwise { filter } => (
            Act::Keep,
            format!("subscribed by the filter `{filter}`, which this command leaves alone"),
        ),
        Standing::Narrowed { pattern } => (
            Act::Repair,
            format!("its filter lets only `{pattern}` through"),
        ),
        Standing::Elsewhere { destination } if take_over => (
            Act::Repair,
            format!("its filter goes to {destination} and is turned to this function"),
        ),
        Standing::Elsewhere { destination } => (
            Act::Blocked,
            format!(
                "its filter `{FILTER}` goes to {destination}: unsubscribe it there, or say --take-over"
            ),
        ),
        Standing::Free => (Act::Add, "not subscribed".to_owned()),
        Standing::Full { filters } => (
            Act::Blocked,
            format!(
                "AWS allows {FILTERS_A_GROUP} subscription filters a group, and it has them: {}",
                filters.join(", ")
            ),
        ),
        Standing::WrongClass { class } => (
            Act::Blocked,
            format!(
                "groups of the class {class} cannot be subscribed: exclude it (logs.exclude), or log to one of the class STANDARD"
            ),
        ),
    }
}

/// A group that is not wanted, and may be subscribed all the same.
fn stray(member: Membership, standing: &Standing, prune: bool) -> (Act, String) {
    let because = match member {
        Membership::Own => "it is the suite's own: its log would feed on itself",
        Membership::Excluded => "logs.exclude",
        Membership::Unmatched | Membership::Wanted => "no pattern of logs.groups",
    };
    match standing {
        // A group of ours that is subscribed is a loop that runs: it ends whether or not somebody asked for tidiness.
        Standing::Subscribed | Standing::Narrowed { .. } if prune || member == Membership::Own => {
            (Act::Remove, format!("subscribed, though {because}"))
        }
        Standing::Subscribed | Standing::Narrowed { .. } => (
            Act::Leave,
            format!("subscribed, though {because}: --prune takes the filter off"),
        ),
        Standing::SubscribedOtherwise { filter } => (
            Act::Leave,
            format!("subscribed by the filter `{filter}`, though {because}"),
        ),
        Standing::Elsewhere { .. }
        | Standing::Free
        | Standing::Full { .. }
        | Standing::WrongClass { .. } => (Act::Leave, because.to_owned()),
    }
}

/// A group whose subscription should end.
fn off(standing: &Standing) -> (Act, String) {
    match standing {
        Standing::Subscribed | Standing::Narrowed { .. } => (Act::Remove, "subscribed".to_owned()),
        Standing::SubscribedOtherwise { filter } => (
            Act::Leave,
            format!("subscribed by the filter `{filter}`, which this command did not put there"),
        ),
        Standing::Elsewhere { destination } => (
            Act::Leave,
            format!("its filter `{FILTER}` goes to {destination}"),
        ),
        Standing::Free | Standing::Full { .. } | Standing::WrongClass { .. } => {
            (Act::Leave, "not subscribed".to_owned())
        }
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
