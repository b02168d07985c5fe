//! How long something may take.

/// There is no time left in this invocation.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("there is no time left in this invocation: the next one goes on")]
pub struct OutOfTime;

/// Says whether there is time for something.
pub trait Pace: Clone + Send + Sync {
    /// Does the work if there is time to begin it, and as long as there is time to wait for it.
    fn allow<F>(&self, work: F) -> impl Future<Output = Result<F::Output, OutOfTime>> + Send
    where
        F: Future + Send;
}

/// As long as it takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unhurried;

impl Pace for Unhurried {
    async fn allow<F>(&self, work: F) -> Result<F::Output, OutOfTime>
    where
        F: Future + Send,
    {
        Ok(work.await)
    }
}
