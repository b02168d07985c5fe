//! Waiting for a condition, with a deadline: the only way in which anything here waits.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How often a condition is looked at. Short, because nothing is measured by it that is not also stamped elsewhere.
const PAUSE: Duration = Duration::from_millis(50);

/// Calls `probe` until it gives a value.
///
/// # Errors
/// When `within` is over; the text says what was waited for and how the last look failed.
pub fn until<T>(
    what: &str,
    within: Duration,
    mut probe: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        let last = match probe() {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if start.elapsed() >= within {
            match last {
                Some(error) => {
                    return Err(error.context(format!(
                        "waited {within:?} for {what}, and the last look failed"
                    )));
                }
                None => bail!("waited {within:?} for {what}, in vain"),
            }
        }
        std::thread::sleep(PAUSE);
    }
}

/// Calls `probe` until it says that all is quiet, and goes on saying so for `quiet`.
///
/// # Errors
/// When `within` is over.
pub fn quiet(
    what: &str,
    quiet: Duration,
    within: Duration,
    mut probe: impl FnMut() -> Result<bool>,
) -> Result<()> {
    let mut since: Option<Instant> = None;
    until(what, within, || {
        if !probe()? {
            since = None;
            return Ok(None);
        }
        let began = *since.get_or_insert_with(Instant::now);
        Ok((began.elapsed() >= quiet).then_some(()))
    })
}
