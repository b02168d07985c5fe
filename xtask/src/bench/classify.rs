//! How many alarms a second one core classifies: the benchmark beside the code, in words.

use anyhow::{Context, Result};

use crate::project::Project;
use crate::run::Steps;

/// Alarms a second: the median and the best of the samples.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speed {
    pub(crate) median: f64,
    pub(crate) best: f64,
}

pub(super) fn measure(project: &Project, steps: &mut Steps) -> Result<Speed> {
    let mut command = project.cargo();
    command.args([
        "bench",
        "--package",
        "alert-classification",
        "--bench",
        "classification",
    ]);
    command.args([
        "--",
        "classify_sns_wrapped_alarms",
        "--sample-count",
        "2000",
    ]);
    let output = steps.program("classification (divan, one core)", &mut command)?;
    read(&output).context("the benchmark's table has changed: its throughput was not found")
}

/// Reads divan's table: the row with the times is followed by one with the throughput.
fn read(output: &str) -> Option<Speed> {
    let rates: Vec<f64> = output
        .lines()
        .find(|line| line.contains("item/s"))?
        .split('│')
        .filter_map(rate)
        .collect();
    // Its columns are fastest, slowest, median, mean.
    Some(Speed {
        best: *rates.first()?,
        median: *rates.get(2)?,
    })
}

fn rate(cell: &str) -> Option<f64> {
    let (number, unit) = cell.trim().split_once(' ')?;
    let factor = match unit {
        "item/s" => 1.0,
        "Kitem/s" => 1e3,
        "Mitem/s" => 1e6,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn reads_the_table_of_divan() {
        let table = "
classification                  fastest       │ slowest       │ median        │ mean          │ samples │ iters
╰─ classify_sns_wrapped_alarms  42.63 µs      │ 20.08 ms      │ 74.98 µs      │ 292.9 µs      │ 100     │ 100
                                93.81 Kitem/s │ 199.1 item/s  │ 1.5 Mitem/s   │ 13.65 Kitem/s │         │";
        let speed = read(table).unwrap();
        assert_eq!(
            (speed.best.round(), speed.median.round()),
            (93_810.0, 1_500_000.0)
        );
    }
}
