//! From the first alert to the report that people read.

use alert_classification::Status;
use engine::reports::ReportRequest;
use incident::{Act, IncidentId, NotificationEvent};
use report::PostMortem;
use settings::Channel;
use store::Outbox;

use super::{Bench, anna, bench, start};

/// Fires, is escalated and acknowledged, and ends after twenty minutes; gives the request.
async fn outage(bench: &Bench) -> (IncidentId, String) {
    bench.alert("orders-5xx", Status::Firing).await;
    bench.pass(12).await;
    let page = bench
        .engine
        .incidents(&Default::default(), 1, None)
        .await
        .unwrap();
    let id = page.incidents[0].id.clone();
    let act = Act::Acknowledge { until: None };
    bench.engine.act(&id, &act, &anna()).await.unwrap();
    bench.pass(8).await;
    bench.alert("orders-5xx", Status::Resolved).await;
    let requests = bench.pass(10).await;
    assert_eq!(requests.len(), 1);
    (id, requests[0].body.clone())
}

#[tokio::test]
async fn the_story_of_an_incident_is_kept_and_told_to_those_who_were_told_of_it() {
    let bench = bench();
    let (id, request) = outage(&bench).await;
    let (done, books) = bench.ask(&request, 1).await;
    assert!(done);
    assert_eq!((books.written, books.told, books.failed), (1, 2, 0));

    let stem = format!("postmortems/2026/03/{id}");
    {
        let files = bench.shelf.files.lock().unwrap();
        let kinds: Vec<(&str, &str)> = files
            .iter()
            .map(|(k, (t, _))| (k.as_str(), t.as_str()))
            .collect();
        assert_eq!(
            kinds,
            [
                (format!("{stem}.html").as_str(), "text/html; charset=utf-8"),
                (format!("{stem}.json").as_str(), "application/json"),
                (
                    format!("{stem}.md").as_str(),
                    "text/markdown; charset=utf-8"
                ),
            ]
        );
    }
    let report: PostMortem = serde_json::from_str(&bench.file(".json")).unwrap();
    assert_eq!(report.incident.id, id.as_str());
    assert!(report.timeline_complete);
    assert!(
        report.deeds.iter().any(|deed| deed.who == "anna"),
        "{:?}",
        report.deeds
    );
    let events: Vec<&str> = report.told.iter().map(|row| row.event.as_str()).collect();
    assert!(events.contains(&"opened"), "{events:?}");
    assert!(
        report
            .told
            .iter()
            .any(|row| row.receiver == "second" && row.step.is_some())
    );
    assert!(events.contains(&"resolved"), "{events:?}");
    assert!(
        bench
            .file(".md")
            .contains("orders-5xx: 7.2 % of the requests fail")
    );

    // Nobody is paged, whoever was never told is not told now, and one mailbox gets one letter.
    let told = bench.told();
    let whom: Vec<(&str, &[Channel])> = told
        .iter()
        .map(|n| (n.receiver.as_str(), n.channels.as_slice()))
        .collect();
    assert_eq!(
        whom,
        [
            ("first", &[Channel::Email][..]),
            ("second", &[Channel::Slack][..])
        ]
    );
    let letter = &told[0];
    assert_eq!(letter.event, NotificationEvent::Info);
    assert_eq!(letter.incident.id, id);
    assert_eq!(
        letter.incident.title,
        "Post-mortem: orders-5xx: 7.2 % of the requests fail"
    );
    let text = &letter.alerts[0].description;
    assert!(text.contains(&report.summary), "{text}");
    assert!(
        text.contains("acknowledged after 12 min (promised: 5 min): missed"),
        "{text}"
    );
    assert!(text.contains(&format!("s3://reports/{stem}.md")), "{text}");
    let page = letter.alerts[0].console_url.as_deref().unwrap();
    assert!(
        page.starts_with("https://console.aws.amazon.com/s3/object/reports?"),
        "{page}"
    );
    assert_eq!(letter.deliveries[0].to, ["ops@example.com"]);
}

#[tokio::test]
async fn a_request_that_comes_twice_writes_the_same_files_and_is_told_once() {
    let bench = bench();
    let (_, request) = outage(&bench).await;
    bench.ask(&request, 1).await;
    let markdown = bench.file(".md");
    let (done, _) = bench.ask(&request, 2).await;
    assert!(done);
    assert_eq!(bench.shelf.files.lock().unwrap().len(), 3);
    assert_eq!(bench.file(".md"), markdown);
    // The notifiers send a place of a stream once.
    let told = bench.told();
    assert_eq!(told.len(), 4);
    assert_eq!(
        (&told[0].id, &told[0].stream, told[0].sequence),
        (&told[2].id, &told[2].stream, told[2].sequence)
    );
    assert_ne!(told[0].stream, told[1].stream);
}

#[tokio::test]
async fn a_request_is_in_the_outbox_until_the_topic_has_it() {
    let bench = bench();
    let (id, request) = outage(&bench).await;
    // Nothing is published in this test: all that was decided is still there.
    let pending = bench
        .engine
        .store()
        .pending(bench.now(), 100)
        .await
        .unwrap();
    let mut entries = pending.entries.iter();
    let entry = entries.find(|entry| entry.body == request).unwrap();
    let wanted: ReportRequest = serde_json::from_str(&entry.body).unwrap();
    assert_eq!(wanted.incident, id);
    assert!(entry.reference.id.starts_with(id.as_str()));
    bench.advance(60);
    let topic = Counting::default();
    let swept = engine::outbox::sweep(
        bench.engine.store(),
        &topic,
        &engine::Unhurried,
        bench.now(),
    )
    .await;
    assert_eq!(swept.failed, 0);
    assert!(topic.0.lock().unwrap().contains(&request));
}

/// Takes whatever comes.
#[derive(Debug, Default)]
struct Counting(std::sync::Mutex<Vec<String>>);

impl engine::Publisher for Counting {
    async fn publish(
        &self,
        batch: &[engine::Outgoing],
    ) -> Result<Vec<engine::Refusal>, engine::PublishError> {
        self.0
            .lock()
            .unwrap()
            .extend(batch.iter().map(|message| message.body.clone()));
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn what_fails_comes_again() {
    let bench = bench();
    let (_, request) = outage(&bench).await;
    *bench.shelf.fails.lock().unwrap() = true;
    let (done, books) = bench.ask(&request, 1).await;
    assert!(!done && bench.told().is_empty());
    assert_eq!((books.failed, books.written), (1, 0));
    *bench.shelf.fails.lock().unwrap() = false;
    *bench.publisher.down.lock().unwrap() = true;
    let (done, _) = bench.ask(&request, 2).await;
    assert!(!done);
    *bench.publisher.down.lock().unwrap() = false;
    let (done, books) = bench.ask(&request, 3).await;
    assert!(done);
    assert_eq!(books.told, 2);
}

#[tokio::test]
async fn an_incident_that_nobody_knows_has_no_report() {
    let bench = bench();
    let id = IncidentId::of("orders/errors", start(), 1);
    let (done, books) = bench.ask(&format!(r#"{{"incident":"{id}"}}"#), 1).await;
    assert!(done);
    assert_eq!((books.unknown, books.failed), (1, 0));
    let (done, books) = bench.ask(r#"{"incident":"something"}"#, 1).await;
    assert!(!done);
    assert_eq!(books.failed, 1);
    assert_eq!(*bench.shelf.puts.lock().unwrap(), 0);
}

#[tokio::test]
async fn a_report_waits_for_the_last_word_but_not_for_ever() {
    let bench = bench();
    bench.alert("orders-5xx", Status::Firing).await;
    bench.pass(1).await;
    bench.alert("orders-5xx", Status::Resolved).await;
    let page = bench
        .engine
        .incidents(&Default::default(), 1, None)
        .await
        .unwrap();
    let request = format!(r#"{{"incident":"{}"}}"#, page.incidents[0].id);
    let before = bench.engine.store().operations();
    let (done, books) = bench.ask(&request, 1).await;
    assert!(!done);
    assert_eq!((books.waiting, books.written), (1, 0));
    let reads = bench.engine.store().operations() - before;
    assert_eq!(reads, 3, "the episode, its key's state, its groups");
    let (done, books) = bench.ask(&request, 4).await;
    assert!(done);
    assert_eq!(books.written, 1);
}

#[tokio::test]
async fn the_story_of_an_incident_after_which_another_one_began_is_its_own() {
    let bench = bench();
    let (id, request) = outage(&bench).await;
    bench.alert("orders-5xx", Status::Firing).await;
    bench.pass(3).await;
    let (done, books) = bench.ask(&request, 1).await;
    assert!(done);
    assert_eq!(books.written, 1);
    let report: PostMortem = serde_json::from_str(&bench.file(".json")).unwrap();
    assert_eq!(report.incident.id, id.as_str());
    assert!(report.incident.resolved_at.is_some());
    assert!(report.deeds.iter().any(|deed| deed.who == "anna"));
    let end = report.incident.resolved_at.unwrap().get() + jiff::SignedDuration::from_mins(6);
    assert!(
        report.timeline.iter().all(|event| event.at.get() <= end),
        "{:#?}",
        report.timeline
    );
    assert_eq!(
        report.similar.same, 0,
        "the later one is not an earlier one"
    );
    assert!(
        report
            .figures
            .iter()
            .any(|figure| figure.seconds == Some(720))
    );
}

#[tokio::test]
async fn an_incident_that_is_open_is_written_and_not_told() {
    let bench = bench();
    bench.alert("orders-5xx", Status::Firing).await;
    bench.pass(1).await;
    let page = bench
        .engine
        .incidents(&Default::default(), 1, None)
        .await
        .unwrap();
    let request = format!(r#"{{"incident":"{}"}}"#, page.incidents[0].id);
    let (done, books) = bench.ask(&request, 1).await;
    assert!(done);
    assert_eq!((books.written, books.told), (1, 0));
}

#[tokio::test]
async fn what_was_the_same_before_is_named() {
    let bench = bench();
    let (first, _) = outage(&bench).await;
    bench.pass(60).await;
    let (second, request) = outage(&bench).await;
    assert_ne!(first, second);
    bench.ask(&request, 1).await;
    let report: PostMortem = serde_json::from_str(&bench.file(".json")).unwrap();
    assert_eq!(report.incident.id, second.as_str());
    let ids: Vec<&str> = report
        .similar
        .incidents
        .iter()
        .map(|i| i.id.as_str())
        .collect();
    assert_eq!(ids, [first.as_str()]);
}

/// `docs/postmortem.md` shows what is written and told. `WRITE_EXAMPLE=1` writes it anew.
#[tokio::test]
async fn the_documented_example_is_what_is_written() {
    let bench = bench();
    let (_, request) = outage(&bench).await;
    bench.ask(&request, 1).await;
    let told = bench.told();
    let letter = &told[0].alerts[0].description;
    let example = format!(
        "<!-- example -->\n```text\n{letter}\n```\n\n```markdown\n{}\n```\n",
        bench.file(".md").trim_end()
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/postmortem.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (text, known) = page.split_once("<!-- example -->").unwrap();
    if std::env::var_os("WRITE_EXAMPLE").is_some() {
        std::fs::write(path, format!("{text}{example}")).unwrap();
    } else {
        assert_eq!(format!("<!-- example -->{known}"), example);
    }
}
