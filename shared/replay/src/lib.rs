//! Runs alerts through a configuration in virtual time, and says who would have been told what, when.
//!
//! It is the same core that the functions run, on a world that keeps everything in memory. Nothing
//! here reads a file, a clock or the network.

mod compare;
mod driver;
mod scenario;
mod show;
mod yaml;

pub use compare::{Difference, compare};
pub use driver::{Driver, Told};
pub use scenario::{
    Action, Alert, Expected, InvalidScenario, Scenario, ScenarioStep, Seconds, run,
};
pub use show::Line;
