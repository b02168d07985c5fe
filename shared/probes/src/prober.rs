//! Asks many things at once, and has every answer in time.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use futures_util::{StreamExt, stream};
use health::{Fault, FaultKind, ProbeResult, Watched};
use jiff::Timestamp;
use settings::ProbeKind;
use tokio::time::Instant;

use crate::address::Address;
use crate::aws::{Aws, AwsApi};
use crate::connection::Ask;
use crate::dial::dial;
use crate::secret::{Credentials, SecretSource, Secrets};
use crate::tls::Trust;
use crate::trace::Trace;
use crate::{http, lambda, postgres, redis, sqs, websocket};

/// How many are asked at once unless somebody says otherwise.
const CONCURRENCY: usize = 32;

/// Asks things whether they are well.
#[derive(Debug)]
pub struct Prober<A, S> {
    aws: A,
    secrets: Secrets<S>,
    trust: Trust,
    concurrency: usize,
}

/// A run: how long it may take in all.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// What has no answer by then is unknown.
    pub ends: Instant,
}

impl Run {
    /// A run that ends after so long.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self {
            ends: Instant::now() + time,
        }
    }
}

impl<A: AwsApi, S: SecretSource> Prober<A, S> {
    /// With these sources, trusting whom the system trusts.
    pub fn new(aws: A, secrets: S) -> Self {
        Self {
            aws,
            secrets: Secrets::new(secrets),
            trust: Trust::system(),
            concurrency: CONCURRENCY,
        }
    }

    /// Trusts others.
    #[must_use]
    pub fn trusting(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Asks no more than so many at once.
    #[must_use]
    pub fn at_once(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Asks all of them; one answer each, in their order.
    pub async fn run(&self, asked: &[&Watched<'_>], run: Run) -> Vec<ProbeResult> {
        // Boxed one by one: a future of all kinds together is large.
        let all = (asked.iter().enumerate())
            .map(|(place, one)| Box::pin(async move { (place, self.ask(one, run).await) }));
        // As they come: one that is slow must not keep others from being asked.
        let answers = stream::iter(all).buffer_unordered(self.concurrency);
        let mut answers: Vec<(usize, ProbeResult)> = answers.collect().await;
        answers.sort_by_key(|(place, _)| *place);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Asks one.
    pub async fn ask(&self, one: &Watched<'_>, run: Run) -> ProbeResult {
        let at = Timestamp::now();
        let timeout = Duration::from_millis(one.probe.timeout.as_millis());
        if Instant::now() >= run.ends {
            let fault = Fault::new(FaultKind::OutOfTime, "the run ended before it was asked");
            return ProbeResult {
                probe: one.probe.name.clone(),
                at,
                fault: Some(fault),
                measured: Default::default(),
            };
        }
        let mut trace = Trace::begin(timeout, run.ends);
        let answer = self.answer(one, &mut trace, at).await;
        let fault = answer.err();
        if fault
            .as_ref()
            .is_some_and(|fault| fault.kind == FaultKind::AuthFailed)
            && let Some(id) = &one.credentials
        {
            // They may have been changed: the next run asks for the new ones.
            self.secrets.forget(id).await;
        }
        ProbeResult {
            probe: one.probe.name.clone(),
            at,
            measured: trace.finish(fault.is_none()),
            fault,
        }
    }

    async fn answer(
        &self,
        one: &Watched<'_>,
        trace: &mut Trace,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let credentials = self.secrets.get(one.credentials.as_deref());
        let credentials: Arc<Credentials> =
            trace.step(FaultKind::NoCredentials, credentials).await??;
        // Their fetching is no part of the thing's own time.
        trace.restart();
        let more;
        let trust = match &credentials.ca_pem {
            Some(pem) => {
                let trust = self.trust.and(pem);
                more = trust
                    .map_err(|error| Fault::new(FaultKind::NoCredentials, error.to_string()))?;
                &more
            }
            None => &self.trust,
        };
        let ask = Ask {
            probe: one.probe,
            target: &one.target,
            credentials: &credentials,
            trust,
        };
        match one.probe.kind {
            ProbeKind::Http => http::ask(&ask, trace).await,
            ProbeKind::Tcp => {
                let address = Address::read_pair(ask.target)?;
                dial(trace, &address, ask.reach()).await.map(drop)
            }
            ProbeKind::WebSocket => websocket::ask(&ask, trace).await,
            ProbeKind::Postgres => postgres::ask(&ask, trace).await,
            ProbeKind::Redis => redis::ask(&ask, trace).await,
            ProbeKind::Lambda => lambda::ask(&ask, &self.aws, trace, at).await,
            ProbeKind::Sqs => sqs::ask(&ask, &self.aws, trace, at).await,
        }
    }
}

impl Prober<Arc<Aws>, Arc<Aws>> {
    /// With AWS and its Secrets Manager.
    #[must_use]
    pub fn of_aws(config: &SdkConfig) -> Self {
        let aws = Arc::new(Aws::new(config));
        Self::new(Arc::clone(&aws), aws)
    }
}

impl<T: AwsApi> AwsApi for Arc<T> {
    fn call(&self, request: crate::Api<'_>) -> impl Future<Output = Result<String, Fault>> + Send {
        self.as_ref().call(request)
    }
}

impl<T: SecretSource> SecretSource for Arc<T> {
    fn fetch(&self, id: &str) -> impl Future<Output = Result<String, Fault>> + Send {
        self.as_ref().fetch(id)
    }
}
