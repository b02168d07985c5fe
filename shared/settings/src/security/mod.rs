//! Security: what events there are, and from what number on they are an attack.

mod detector;
mod event;
mod fault;
mod policy;
mod raw;

pub use detector::{Detector, Tier};
pub use event::{SecurityEventKind, SecurityField};
pub use fault::SecurityFault;
pub use policy::{AllowList, DetectorPolicy, SecurityPolicy};
pub use raw::{
    RawAllow, RawAmounts, RawDetector, RawDetectors, RawNetwork, RawSecurity, RawSlow, RawTravel,
};
