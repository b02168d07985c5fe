use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alert_classification::{Measurement, Status};
use credentials::bearer::{Scope, Scopes, Token, TokenRecord};
use credentials::link::{Claims, LinkKeys, Purpose};
use credentials::{IncidentRef, KeyText, Recipient, Secret, TokenName};
use engine::timers::{ScheduleError, Timers};
use engine::{Clock, Engine, Outgoing, Patience, PublishError, Publisher, Refusal, key_of, outbox};
use incident::{Arrival, IncidentId, Policy, RecordName};
use incident_api::api::Api;
use incident_api::desk::Desk;
use incident_api::entropy;
use incident_api::limits::Limits;
use incident_api::ports::{Fetched, Ports, Replies, SecretFault, SecretSource};
use incident_api::secret::Hidden;
use incident_api::vault::Vault;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use settings::{Priority, Settings};
use store::MemoryStore;

pub(crate) const LINK_SECRET: &str = "a link key of the tests, long enough";
pub(crate) const SLACK_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
pub(crate) const PAGERDUTY_SECRET: &str = "GY8c7wkQ+WQtMNm6Rp7sKk6Wm0Cw5lL0";
pub(crate) const IP: &str = "203.0.113.9";

/// A clock that stands still until it is moved.
#[derive(Clone, Debug)]
pub(crate) struct Virtual(Arc<Mutex<Timestamp>>);

impl Clock for Virtual {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, _duration: Duration) {
        tokio::task::yield_now().await;
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Topic(
    pub(crate) Arc<Mutex<Vec<Outgoing>>>,
    pub(crate) Arc<AtomicBool>,
);

impl Publisher for Topic {
    async fn publish(&self, batch: &[Outgoing]) -> Result<Vec<Refusal>, PublishError> {
        if self.1.load(Relaxed) {
            std::future::pending::<()>().await;
        }
        self.0.lock().unwrap().extend(batch.iter().cloned());
        Ok(Vec::new())
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Alarms(pub(crate) Arc<Mutex<Vec<(Timestamp, String)>>>);

impl Timers for Alarms {
    async fn schedule(&self, timers: &[(Timestamp, RecordName)]) -> Result<(), ScheduleError> {
        let named = timers
            .iter()
            .map(|(at, name)| (*at, key_of(name).partition()));
        self.0.lock().unwrap().extend(named);
        Ok(())
    }
}

/// The secrets as they are now.
#[derive(Clone, Debug)]
pub(crate) struct Secrets(pub(crate) Arc<Mutex<Option<(Value, Value)>>>);

impl SecretSource for Secrets {
    async fn fetch(&self) -> Result<Fetched, SecretFault> {
        let now = self.0.lock().unwrap().clone();
        let (links, api) = now.ok_or_else(|| SecretFault("down".to_owned()))?;
        Ok(Fetched {
            links: Hidden::new(links.to_string()),
            api: Hidden::new(api.to_string()),
        })
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Whispers(pub(crate) Arc<Mutex<Vec<(String, String)>>>);

impl Replies for Whispers {
    async fn tell(&self, address: &str, text: &str) {
        self.0
            .lock()
            .unwrap()
            .push((address.to_owned(), text.to_owned()));
    }
}

pub(crate) struct Twins;

impl Ports for Twins {
    type Store = MemoryStore;
    type Publisher = Topic;
    type Timers = Alarms;
    type Clock = Virtual;
    type Secrets = Secrets;
    type Replies = Whispers;
}

/// The function with everything around it.
pub(crate) struct Town {
    pub(crate) api: Api<Twins>,
    pub(crate) store: MemoryStore,
    pub(crate) topic: Topic,
    pub(crate) alarms: Alarms,
    pub(crate) whispers: Whispers,
    pub(crate) secrets: Secrets,
    clock: Virtual,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u64,
    pub(crate) headers: Value,
    pub(crate) body: String,
    pub(crate) metrics: Vec<String>,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers[name].as_str()
    }

    /// Asserts what RFC 9457 and our own promise say of a refusal.
    pub(crate) fn problem(&self, status: u64) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for member in ["type", "title", "detail", "remedy"] {
            assert!(!problem[member].as_str().unwrap().is_empty(), "{problem}");
        }
        problem
    }
}

pub(crate) fn start() -> Timestamp {
    "2026-03-02T08:00:00Z".parse().unwrap()
}

fn settings() -> Settings {
    let settings = json!({
        "project": "test",
        "rules": [],
        "route": {
            "receiver": "first", "group_by": ["service"], "group_wait": "0s", "group_interval": "0s",
            "repeat_interval": "4h", "escalation": "ladder",
        },
        "receivers": [{ "name": "first", "webhook": [{}] }, { "name": "second", "pagerduty": [{}] }],
        "rotations": [{
            "name": "primary", "type": "weekly", "start": "2026-01-05T09:00", "time_zone": "Asia/Kolkata",
            "members": ["first", "second"],
        }],
        "escalation": [{
            "name": "ladder", "ack_timeout": "2h", "steps": [{ "after": "10m", "to": ["second"] }],
        }],
    });
    Settings::from_json(&settings.to_string()).unwrap()
}

impl Town {
    pub(crate) fn new() -> Self {
        let clock = Virtual(Arc::new(Mutex::new(start())));
        let store = MemoryStore::new();
        let topic = Topic::default();
        let alarms = Alarms::default();
        let whispers = Whispers::default();
        let links = json!({ "keys": [{ "id": "k1", "secret": LINK_SECRET }] });
        let admin = token(0);
        let api = json!({
            "tokens": [record(&admin, "bootstrap", &[Scope::Admin], None)],
            "slack_signing_secrets": [SLACK_SECRET],
            "pagerduty_webhook_secrets": [PAGERDUTY_SECRET],
        });
        let secrets = Secrets(Arc::new(Mutex::new(Some((links, api)))));
        let policy = Arc::new(Policy::new(settings()));
        let engine = Engine::new(store.clone(), policy, clock.clone(), Patience::default(), 7);
        let api = Api {
            desk: Desk {
                engine,
                ports: engine::Ports {
                    publisher: topic.clone(),
                    timers: alarms.clone(),
                },
            },
            vault: Vault::new(secrets.clone()),
            replies: whispers.clone(),
            limits: Limits::default(),
            entropy: entropy::from_system,
        };
        Self {
            api,
            store,
            topic,
            alarms,
            whispers,
            secrets,
            clock,
        }
    }

    /// With one open incident.
    pub(crate) async fn with_incident() -> (Self, IncidentId) {
        let town = Self::new();
        let id = town.fires("orders", "orders-errors", Priority::P2).await;
        (town, id)
    }

    pub(crate) fn advance(&self, seconds: i64) {
        *self.clock.0.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An alert fires; its incident.
    pub(crate) async fn fires(&self, service: &str, name: &str, priority: Priority) -> IncidentId {
        self.arrives(arrival(service, name, priority, self.now()))
            .await
    }

    pub(crate) async fn arrives(&self, arrival: Arrival) -> IncidentId {
        let engine = &self.api.desk.engine;
        let arrived = engine.arrive(vec![arrival]).await;
        let outcome = arrived.outcome;
        let id = outcome
            .episodes
            .last()
            .expect("an episode")
            .summary
            .id
            .clone();
        let pace = engine::Unhurried;
        outbox::publish(&self.store, &self.topic, &pace, outcome.outgoing).await;
        id
    }

    pub(crate) async fn send(&self, event: &Value) -> Got {
        self.send_at(event, &engine::Unhurried).await
    }

    pub(crate) async fn send_at(&self, event: &Value, pace: &impl engine::Pace) -> Got {
        let (answer, metrics) = self
            .api
            .handle(&event.to_string(), pace)
            .await
            .expect("a request");
        Got {
            status: answer["statusCode"].as_u64().unwrap(),
            headers: answer["headers"].clone(),
            body: answer["body"].as_str().unwrap().to_owned(),
            metrics: metrics.lines(self.now()),
        }
    }

    /// As the bootstrap token.
    pub(crate) async fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Got {
        self.call(&token(0), method, path, body).await
    }

    pub(crate) async fn call(
        &self,
        token: &Token,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Got {
        let bearer = format!("Bearer {}", token.expose());
        let body = body.map(|body| body.to_string());
        let event = event(method, path, &[("Authorization", &bearer)], body.as_deref());
        self.send(&event).await
    }

    pub(crate) fn keys(&self) -> LinkKeys {
        LinkKeys::try_new(&[("k1", LINK_SECRET.as_bytes())]).unwrap()
    }

    /// The token of a link to an incident that is good for a week.
    pub(crate) fn link(&self, id: &IncidentId, purpose: Purpose) -> String {
        self.keys().sign(&self.claims(id, purpose))
    }

    pub(crate) fn claims(&self, id: &IncidentId, purpose: Purpose) -> Claims {
        Claims {
            incident: IncidentRef::try_new(id.as_str()).unwrap(),
            key: KeyText::try_new("orders/errors").unwrap(),
            purpose,
            who: Recipient::try_new("email:ops@example.com").unwrap(),
            expires_at: self.now() + SignedDuration::from_hours(7 * 24),
        }
    }

    /// Everything that the table holds; what was asked of it is no part of it.
    pub(crate) fn content(&self) -> String {
        let shown = format!("{:?}", self.store);
        let end = shown.find("faults:").expect("the twin's own field");
        shown[..end].to_owned()
    }

    pub(crate) async fn audit(&self, id: &IncidentId) -> Vec<Value> {
        let got = self
            .admin("GET", &format!("/v1/incidents/{id}/audit"), None)
            .await;
        assert_eq!(got.status, 200, "{}", got.body);
        got.json()["entries"].as_array().unwrap().clone()
    }
}

pub(crate) fn token(seed: u8) -> Token {
    Token::from_entropy([seed.wrapping_mul(37).wrapping_add(5); 40])
}

pub(crate) fn record(
    token: &Token,
    name: &str,
    scopes: &[Scope],
    expires_at: Option<Timestamp>,
) -> TokenRecord {
    let scopes: Scopes = scopes.iter().copied().collect();
    TokenRecord::of(
        token,
        TokenName::try_new(name).unwrap(),
        scopes,
        start(),
        expires_at,
    )
}

/// An event as a function URL makes it.
pub(crate) fn event(
    method: &str,
    address: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Value {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut all = json!({
        "x-amzn-tls-version": "TLSv1.3", "x-forwarded-proto": "https", "x-forwarded-port": "443",
        "x-forwarded-for": "198.51.100.77", "accept": "*/*", "user-agent": "curl/8.5.0",
        "host": "abcdefgh.lambda-url.eu-west-1.on.aws",
        "x-amzn-trace-id": "Root=1-65e2f3a4-0123456789abcdef01234567",
    });
    for (name, value) in headers {
        all[*name] = (*value).into();
    }
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": all,
        "requestContext": {
            "accountId": "anonymous", "apiId": "abcdefgh",
            "domainName": "abcdefgh.lambda-url.eu-west-1.on.aws", "domainPrefix": "abcdefgh",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": IP,
                "userAgent": "curl/8.5.0",
            },
            "requestId": "5b1f0c3e-6f1b-4d8e-8f5f-3a1d2b4c5d6e", "routeKey": "$default",
            "stage": "$default", "time": "02/Mar/2026:08:00:00 +0000", "timeEpoch": 1_772_438_400_000_u64,
        },
        "isBase64Encoded": false,
    });
    if let Some(body) = body {
        event["body"] = body.into();
    }
    event
}

pub(crate) fn arrival(service: &str, name: &str, priority: Priority, at: Timestamp) -> Arrival {
    let mut classified = specimen::alert(service, name, Status::Firing, at, priority);
    let alert = &mut classified.alert;
    alert.title = format!("{name}: the error rate of {service} is too high");
    "More than 5 % of the requests fail.".clone_into(&mut alert.description);
    alert.measurement = Some(Measurement {
        value: Some(7.25),
        threshold: Some(5.0),
        comparison: ">".into(),
        unit: "Percent".into(),
        period_seconds: Some(60),
        window_seconds: Some(300),
    });
    alert.console_url = Some("https://console.aws.amazon.com/cloudwatch/home#alarmsV2:".to_owned());
    let classification = &mut classified.classification;
    "value 7.25 % is over 5 %".clone_into(&mut classification.reason);
    classification.runbook = Some(format!("https://runbooks.example.com/{service}"));
    Arrival {
        alert: classified,
        received_at: at,
        message: format!("{name}-{at}").into(),
        lifetime: None,
        incident: None,
    }
}

/// Escapes a form's value.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", incident_api::form::encode(value)))
        .collect();
    pairs.join("&")
}

pub(crate) fn slack_secret() -> Secret {
    Secret::from_text(SLACK_SECRET).unwrap()
}

pub(crate) fn pagerduty_secret() -> Secret {
    Secret::from_text(PAGERDUTY_SECRET).unwrap()
}
