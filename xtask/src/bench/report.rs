//! The figures, for people and as JSON.

use serde_json::{Value, json};

use super::classify::Speed;
use super::function::{EMPTY, Measured};

/// Everything that was measured.
pub(super) struct Figures {
    pub(super) classifications: Speed,
    pub(super) functions: Vec<Measured>,
}

const MIB: f64 = 1_048_576.0;

#[expect(clippy::cast_precision_loss, reason = "sizes for people")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / MIB
}

impl Figures {
    fn ratio(&self, function: &Measured) -> f64 {
        let empty = self.functions.iter().find(|other| other.name == EMPTY);
        empty.map_or(f64::NAN, |empty| {
            function.start.as_secs_f64() / empty.start.as_secs_f64()
        })
    }

    pub(super) fn json(&self) -> Value {
        let functions = self.functions.iter().map(|function| {
            json!({
                "name": function.name,
                "zipped_bytes": function.zipped,
                "program_bytes": function.program,
                "start_ms": function.start.as_secs_f64() * 1e3,
                "start_best_ms": function.start_best.as_secs_f64() * 1e3,
                "start_ratio": self.ratio(function),
                "first_invocation_ms": function.first.as_secs_f64() * 1e3,
                "warm_invocation_ms": function.warm.as_secs_f64() * 1e3,
                "resident_at_start_kib": function.resident_at_start,
                "resident_kib": function.resident,
            })
        });
        json!({
            "classifications_per_second": {"median": self.classifications.median, "best": self.classifications.best},
            "functions": functions.collect::<Vec<_>>(),
        })
    }

    pub(super) fn print(&self) {
        println!(
            "\nClassifications a second, one core, from raw SNS-wrapped alarms (aim: over 300,000)"
        );
        println!(
            "  median {:.0}, best {:.0}",
            self.classifications.median, self.classifications.best
        );
        println!(
            "\nFunctions, release packages (aims: zip under 5 MiB, start under 3 × the empty function's, memory under 20 MiB)"
        );
        println!(
            "  {:<16}{:>10}{:>10}{:>11}{:>8}{:>12}{:>12}{:>13}{:>13}",
            "function",
            "zip MiB",
            "bin MiB",
            "start ms",
            "×",
            "first ms",
            "warm ms",
            "start MiB",
            "warm MiB"
        );
        for function in &self.functions {
            println!(
                "  {:<16}{:>10.2}{:>10.2}{:>11.2}{:>8.2}{:>12.2}{:>12.2}{:>13.1}{:>13.1}",
                function.name,
                mib(function.zipped),
                mib(function.program),
                function.start.as_secs_f64() * 1e3,
                self.ratio(function),
                function.first.as_secs_f64() * 1e3,
                function.warm.as_secs_f64() * 1e3,
                mib(function.resident_at_start * 1024),
                mib(function.resident * 1024),
            );
        }
        println!(
            "  Times are medians; start is from starting the process to its first request for an event."
        );
        println!(
            "  Invocations include the calls to the local AWS: three to five for a new alarm, three for an e-mail, four for a tick,"
        );
        println!(
            "  one for a list of incidents (and the first time two for secrets), one for the report of an incident that there is not."
        );
    }
}
