//! A small deterministic runtime: tasks that wait for each other's steps and for virtual time.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use engine::Clock;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

/// Virtual time and chance, shared by all that takes part.
#[derive(Clone, Debug)]
pub(crate) struct Shared(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now: Timestamp,
    rng: Rng,
    sleepers: Vec<(Timestamp, Waker)>,
}

impl Shared {
    pub(crate) fn new(start: Timestamp, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            now: start,
            rng: Rng::with_seed(seed ^ 0x5eed),
            sleepers: Vec::new(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// Whether something happens that does so in so many percent of the cases.
    pub(crate) fn chance(&self, percent: u8) -> bool {
        percent > 0 && self.lock().rng.u8(..100) < percent
    }

    /// A number below `limit`.
    pub(crate) fn below(&self, limit: u64) -> u64 {
        if limit == 0 {
            0
        } else {
            self.lock().rng.u64(..limit)
        }
    }

    pub(crate) fn pick(&self, count: usize) -> usize {
        usize::try_from(self.below(u64::try_from(count).unwrap_or(u64::MAX))).unwrap_or_default()
    }

    /// Waits for some milliseconds of virtual time.
    pub(crate) async fn wait(&self, millis: u64) {
        if millis > 0 {
            self.sleep(Duration::from_millis(millis)).await;
        }
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let until = self.now().checked_add(duration);
        Sleep {
            shared: self.clone(),
            until: until.unwrap_or(Timestamp::MAX),
        }
    }

    /// When the next sleeper wakes.
    pub(crate) fn next_wake(&self) -> Option<Timestamp> {
        self.lock().sleepers.iter().map(|(at, _)| *at).min()
    }

    /// Lets time pass, and wakes whom it was waited for.
    pub(crate) fn advance(&self, to: Timestamp) {
        let woken: Vec<Waker> = {
            let mut state = self.lock();
            state.now = state.now.max(to);
            let now = state.now;
            let (due, rest) = std::mem::take(&mut state.sleepers)
                .into_iter()
                .partition(|(at, _)| *at <= now);
            state.sleepers = rest;
            let due: Vec<(Timestamp, Waker)> = due;
            due.into_iter().map(|(_, waker)| waker).collect()
        };
        woken.into_iter().for_each(Waker::wake);
    }
}

/// A clock that differs from the others.
#[derive(Clone, Debug)]
pub(crate) struct SkewedClock {
    pub(crate) shared: Shared,
    pub(crate) skew: SignedDuration,
}

impl Clock for SkewedClock {
    fn now(&self) -> Timestamp {
        let now = self.shared.now();
        now.checked_add(self.skew).unwrap_or(now)
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        self.shared.sleep(duration)
    }
}

struct Sleep {
    shared: Shared,
    until: Timestamp,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.shared.lock();
        if state.now >= self.until {
            return Poll::Ready(());
        }
        state.sleepers.push((self.until, context.waker().clone()));
        Poll::Pending
    }
}

/// Lets the others have a turn: a place where a function can die.
pub(crate) async fn step() {
    let mut first = true;
    std::future::poll_fn(move |context| {
        if std::mem::take(&mut first) {
            context.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}

/// Something that runs.
pub(crate) struct Task {
    future: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// Whether it waits for time only.
    asleep: Arc<Flag>,
}

#[derive(Debug)]
struct Flag(Mutex<bool>);

impl std::task::Wake for Flag {
    fn wake(self: Arc<Self>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

impl Task {
    pub(crate) fn new(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            future: Box::pin(future),
            asleep: Arc::new(Flag(Mutex::new(false))),
        }
    }

    pub(crate) fn is_awake(&self) -> bool {
        !*self.asleep.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a step; whether it is done.
    pub(crate) fn poll(&mut self) -> bool {
        *self.asleep.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let waker = Waker::from(Arc::clone(&self.asleep));
        let mut context = Context::from_waker(&waker);
        self.future.as_mut().poll(&mut context).is_ready()
    }
}
