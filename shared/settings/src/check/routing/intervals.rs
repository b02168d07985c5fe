//! Time intervals: the calendar knows what is wrong with one.

use calendar::{RawTimeInterval, TimeInterval};
use serde_json::Value;

use super::items;
use crate::check::Fault;
use crate::check::tree::Tree;

pub(super) fn check(tree: &Tree, faults: &mut Vec<Fault>) {
    for list in ["time_intervals", "mute_time_intervals"] {
        for (path, named) in items(&tree.value, "", list) {
            let times = named.get("time_intervals").and_then(Value::as_array);
            if named.is_object() && times.is_none_or(Vec::is_empty) {
                faults.push(tree.fault(
                    &path,
                    "there is no time in this".to_owned(),
                    "add `time_intervals`, such as `- { weekdays: ['monday:friday'] }`",
                ));
            }
            for (path, item) in items(named, &path, "time_intervals") {
                // A wrong shape was named before.
                let Ok(raw) = serde_json::from_value::<RawTimeInterval>(item.clone()) else {
                    continue;
                };
                if let Err(invalid) = TimeInterval::try_from(raw) {
                    faults.extend(invalid.faults().iter().map(|fault| {
                        let path = format!("{path}.{}", fault.field);
                        tree.fault(&path, fault.problem.clone(), fault.remedy.clone())
                    }));
                }
            }
        }
    }
}
