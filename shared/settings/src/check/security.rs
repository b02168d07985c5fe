//! Security: the policy knows what is wrong with itself.

use super::Fault;
use super::tree::Tree;
use crate::raw::RawSecurity;
use crate::security::SecurityPolicy;

pub(super) fn check(tree: &Tree, faults: &mut Vec<Fault>) {
    let Some(written) = tree.value.get("security") else {
        return;
    };
    // A wrong shape was named before.
    let Ok(raw) = serde_json::from_value::<RawSecurity>(written.clone()) else {
        return;
    };
    if let Err(found) = SecurityPolicy::try_from(raw) {
        faults.extend(found.into_iter().map(|fault| {
            let path = format!("security.{}", fault.field);
            tree.fault(&path, fault.problem, fault.remedy)
        }));
    }
}
