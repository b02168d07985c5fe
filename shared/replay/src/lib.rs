//! Runs alerts through a configuration in virtual time, and says who would have been told what, when.
//!
//! It is the same core that the functions run, on a world that keeps everything in memory. Nothing
//! here reads a file, a clock or the network.

mod against;
mod compare;
mod driver;
mod event;
mod expected;
mod explain;
mod feed;
mod run;
mod scenario;
mod seconds;
mod show;
mod totals;
mod yaml;

pub use against::{Change, Comparison, Mention, Said, Way};
pub use compare::{Difference, Nearest, compare};
pub use driver::{Driver, Told};
pub use event::{Event, InvalidEvent};
pub use expected::{Expected, ExpectedAlert};
pub use feed::Feed;
pub use run::{run, tell};
pub use scenario::{
    Action, Alert, Incident, InvalidScenario, Maintenance, Scenario, ScenarioStep, SilenceStep,
};
pub use seconds::Seconds;
pub use show::{Line, LineAlert};
pub use totals::{Night, Totals};
