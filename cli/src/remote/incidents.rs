//! `tocsin incidents`: what is going on.

use jiff::Timestamp;
use settings::Priority;

use crate::client::{self, Connection, Failure, Incident, Incidents, View, age, one_line};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Those that are over as well
    #[arg(long, conflicts_with = "resolved")]
    all: bool,
    /// Only those that are over
    #[arg(long)]
    resolved: bool,
    /// Only those of this service
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Only those of this priority
    #[arg(long, value_name = "P1..P4")]
    priority: Option<Priority>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 200)]
    limit: u16,
    #[command(flatten)]
    view: View,
    #[command(flatten)]
    connection: Connection,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let client = arguments.connection.client()?;
    let status = match (arguments.all, arguments.resolved) {
        (true, _) => "all",
        (false, true) => "resolved",
        (false, false) => "open",
    };
    let mut query = vec![("status", status)];
    if let Some(service) = &arguments.service {
        query.push(("service", service));
    }
    if let Some(priority) = arguments.priority {
        query.push(("priority", priority.as_str()));
    }
    let most = usize::from(arguments.limit);
    let answer = client::all(&client, "/v1/incidents", &query, "incidents", most)?;
    if arguments.view.is_json() {
        return arguments.view.document(&answer.body);
    }
    let mut list = answer.read::<Incidents>()?.incidents;
    list.sort_by(|a, b| {
        let urgency = |one: &Incident| (one.status != "open", one.priority);
        (urgency(a), b.opened_at, &a.id).cmp(&(urgency(b), a.opened_at, &b.id))
    });
    let head = [
        "pr", "incident", "age", "status", "taken by", "service", "alerts", "title",
    ];
    let rows: Vec<Vec<String>> = list.iter().map(|one| row(one, answer.now)).collect();
    arguments.view.table(&head, &rows, "no incident")
}

fn row(one: &Incident, now: Timestamp) -> Vec<String> {
    vec![
        one.priority.to_string(),
        one.id.clone(),
        age(one.opened_at, now),
        one_line(&one.status),
        one.acknowledged_by
            .as_deref()
            .map_or_else(|| "-".to_owned(), one_line),
        one_line(&one.service),
        one.firing.to_string(),
        one_line(&one.title),
    ]
}
