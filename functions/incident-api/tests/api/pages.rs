//! The page of an incident, and its buttons.

use credentials::link::{LinkKeys, Purpose};
use incident::IncidentId;
use jiff::SignedDuration;
use proptest::prelude::*;
use serde_json::json;
use settings::Priority;
use test_case::test_case;

use crate::support::{Got, IP, LINK_SECRET, Town, arrival, event, form, start};

async fn open(town: &Town, token: &str) -> Got {
    town.send(&event("GET", &format!("/i/{token}"), &[], None))
        .await
}

/// Presses a button as a browser does: with what the page put into its form.
async fn press(town: &Town, token: &str, action: &str, more: &[(&str, &str)]) -> Got {
    let page = open(town, token).await.body;
    let target = format!("action=\"/i/{token}/{action}\"");
    let at = page
        .find(&target)
        .unwrap_or_else(|| panic!("no button {action}: {page}"));
    let confirmation = between(&page[at..], "name=\"confirmation\" value=\"", "\"");
    post(town, token, action, confirmation, more).await
}

async fn post(
    town: &Town,
    token: &str,
    action: &str,
    confirmation: &str,
    more: &[(&str, &str)],
) -> Got {
    let mut pairs = vec![("confirmation", confirmation)];
    pairs.extend(more);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "null"),
    ];
    let path = format!("/i/{token}/{action}");
    town.send(&event("POST", &path, &headers, Some(&form(&pairs))))
        .await
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap().1;
    rest.split_once(after).unwrap().0
}

fn assert_page(got: &Got, status: u64) {
    assert_eq!(got.status, status, "{}", got.body);
    assert_eq!(got.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(got.body.starts_with("<!doctype html>\n<html lang=\"en\">"));
    assert!(got.body.contains("name=\"viewport\"") && got.body.contains("<h1>"));
    assert!(!got.body.contains("<script") && got.header("set-cookie").is_none());
}

#[tokio::test]
async fn the_page_says_what_somebody_needs_at_night() {
    let (town, id) = Town::with_incident().await;
    town.advance(180);
    let got = open(&town, &town.link(&id, Purpose::Act)).await;
    assert_page(&got, 200);
    for said in [
        "P2 high",
        ">open<",
        "orders-errors: the error rate of orders is too high",
        id.as_str(),
        "3 min<",
        "in 12 min)",
        "nobody",
        "7.25 %",
        "https://runbooks.example.com/orders",
        "https://console.aws.amazon.com/",
        "Acknowledge: I am on it",
        "Raise to P1",
        "Lower to P3",
        "Silence for 1 hour",
        "email:ops@example.com",
        "do not forward it",
        "Opened as P2",
    ] {
        assert!(got.body.contains(said), "`{said}` is not in: {}", got.body);
    }
    let policy = got.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self'") && policy.contains("style-src 'sha256-"));
}

#[tokio::test]
async fn a_link_for_looking_has_no_buttons_and_presses_none() {
    let (town, id) = Town::with_incident().await;
    let view = town.link(&id, Purpose::View);
    let got = open(&town, &view).await;
    assert_page(&got, 200);
    assert!(!got.body.contains("<form") && !got.body.contains("<button"));
    let confirmation = town.keys().confirm(&view, "acknowledge", town.now());
    assert_page(
        &post(&town, &view, "acknowledge", &confirmation, &[]).await,
        403,
    );
    assert!(town.audit(&id).await.is_empty());
}

#[tokio::test]
async fn a_button_that_met_a_table_that_fails_acts_once_when_it_is_pressed_again() {
    for fault in [store::Fault::Unavailable, store::Fault::AnswerLost] {
        for step in 0..12 {
            for (action, more) in [
                ("comment", [("text", "I look")]),
                ("resolve", [("why", "x")]),
            ] {
                let (town, id) = Town::with_incident().await;
                let token = town.link(&id, Purpose::Act);
                let confirmation = town.keys().confirm(&token, action, town.now());
                town.store.inject_after(step, fault);
                for later in step + 1..step + 100 {
                    town.store.inject_after(later, store::Fault::Unavailable);
                }
                post(&town, &token, action, &confirmation, &more).await;
                town.store.clear_faults();
                for _ in 0..2 {
                    let got = post(&town, &token, action, &confirmation, &more).await;
                    assert_eq!(got.status, 303, "{action} at {step}: {}", got.body);
                }
                assert_eq!(
                    town.audit(&id).await.len(),
                    1,
                    "{action}, {fault:?} at {step}"
                );
            }
        }
    }
}

#[test_case("acknowledge", &[], "acknowledge")]
#[test_case("comment", &[("text", "the disk is full\r\n& more <b>")], "comment")]
#[test_case("resolve", &[("verdict", "true_positive"), ("why", "a full disk")], "resolve")]
#[test_case("priority-P1", &[], "set_priority"; "raise")]
#[test_case("priority-P4", &[], "set_priority"; "lower")]
#[tokio::test]
async fn a_button_acts_once_and_leads_back(action: &str, more: &[(&str, &str)], act: &str) {
    let (town, id) = Town::with_incident().await;
    let token = town.link(&id, Purpose::Act);
    let page = open(&town, &token).await.body;
    let at = page.find(&format!("/{action}\"")).unwrap();
    let confirmation = between(&page[at..], "name=\"confirmation\" value=\"", "\"").to_owned();
    for _ in 0..2 {
        let got = post(&town, &token, action, &confirmation, more).await;
        assert_eq!(got.status, 303, "{}", got.body);
        assert_eq!(
            got.header("location"),
            Some(format!("/i/{token}?done={action}").as_str())
        );
        town.advance(1);
    }
    let trail = town.audit(&id).await;
    assert_eq!(trail.len(), 1, "pressed twice is done once");
    assert_eq!(trail[0]["act"]["act"], act);
    assert_eq!(trail[0]["by"]["who"], "email:ops@example.com");
    assert_eq!(trail[0]["by"]["via"], "link");
    assert_eq!(trail[0]["by"]["from"], IP);
    let back = town
        .send(&event(
            "GET",
            &format!("/i/{token}?done={action}"),
            &[],
            None,
        ))
        .await;
    assert_page(&back, 200);
    assert!(back.body.contains("role=\"status\""));
}

#[tokio::test]
async fn what_was_taken_on_can_be_given_back_and_taken_over() {
    let (town, id) = Town::with_incident().await;
    let token = town.link(&id, Purpose::Act);
    press(&town, &token, "acknowledge", &[]).await;
    let page = open(&town, &token).await.body;
    assert!(
        page.contains("Take it over")
            && page.contains("Give it back")
            && !page.contains(">nobody<")
    );
    assert_eq!(press(&town, &token, "unacknowledge", &[]).await.status, 303);
    assert!(
        open(&town, &token)
            .await
            .body
            .contains("Acknowledge: I am on it")
    );
}

#[test_case("silence-1h", 1)]
#[test_case("silence-4h", 4)]
#[tokio::test]
async fn a_silence_is_for_this_alert_of_this_service(action: &str, hours: i64) {
    let (town, id) = Town::with_incident().await;
    let token = town.link(&id, Purpose::Act);
    let page = open(&town, &token).await.body;
    let alert = between(&page, "name=\"alert\" value=\"", "\"").to_owned();
    assert_eq!(
        press(&town, &token, action, &[("alert", &alert)])
            .await
            .status,
        303
    );
    let silences = town.admin("GET", "/v1/silences", None).await.json();
    let silence = &silences["silences"][0];
    assert_eq!(
        silence["matchers"],
        json!(["service=\"orders\"", "alertname=\"orders-errors\""])
    );
    assert_eq!(
        silence["ends_at"],
        (start() + SignedDuration::from_hours(hours)).to_string()
    );
    assert_eq!(silence["created_by"]["who"], "email:ops@example.com");
    town.advance(1);
    let got = press(&town, &token, action, &[("alert", "somebody else's")]).await;
    assert_page(&got, 422);
}

#[tokio::test]
async fn a_resolved_incident_offers_a_verdict_and_a_comment_only() {
    let (town, id) = Town::with_incident().await;
    let token = town.link(&id, Purpose::Act);
    let stale = open(&town, &token).await.body;
    town.admin("POST", &format!("/v1/incidents/{id}/resolve"), None)
        .await;
    let page = open(&town, &token).await.body;
    assert!(page.contains("Say what it was") && page.contains("Note it"));
    assert!(!page.contains("I am on it") && !page.contains("Silence for"));
    let at = stale.find("/acknowledge\"").unwrap();
    let confirmation = between(&stale[at..], "name=\"confirmation\" value=\"", "\"");
    let got = post(&town, &token, "acknowledge", confirmation, &[]).await;
    assert_page(&got, 409);
    assert!(got.body.contains("Back to the incident"));
}

#[tokio::test]
async fn wrong_confirmations_do_nothing_and_show_the_way_back() {
    let (town, id) = Town::with_incident().await;
    let other = town.fires("payments", "errors", Priority::P3).await;
    let (token, others) = (
        town.link(&id, Purpose::Act),
        town.link(&other, Purpose::Act),
    );
    let keys = town.keys();
    let right = keys.confirm(&token, "acknowledge", town.now());
    let mut flipped = right.clone();
    let last = if flipped.pop() == Some('A') { 'E' } else { 'A' };
    flipped.push(last);
    let cases = [
        (keys.confirm(&others, "acknowledge", town.now()), 403),
        (keys.confirm(&token, "resolve", town.now()), 403),
        (flipped, 403),
        (String::new(), 403),
        (
            keys.confirm(
                &token,
                "acknowledge",
                town.now() - SignedDuration::from_mins(15),
            ),
            410,
        ),
    ];
    for (confirmation, status) in cases {
        let got = post(&town, &token, "acknowledge", &confirmation, &[]).await;
        assert_page(&got, status);
        assert!(got.body.contains("Back to the incident"), "{}", got.body);
    }
    assert!(town.audit(&id).await.is_empty());
    assert!(town.audit(&other).await.is_empty());
    let unknown = keys.confirm(&token, "explode", town.now());
    assert_page(&post(&town, &token, "explode", &unknown, &[]).await, 404);
}

#[tokio::test]
async fn wrong_links_have_a_clear_page() {
    let (town, id) = Town::with_incident().await;
    let good = town.link(&id, Purpose::Act);
    let foreign = LinkKeys::try_new(&[("k9", LINK_SECRET.as_bytes())]).unwrap();
    let foreign = foreign.sign(&town.claims(&id, Purpose::Act));
    let unknown = IncidentId::try_new("INC-0123456789ABCDEF").unwrap();
    let unknown = town.link(&unknown, Purpose::Act);
    for (token, status) in [
        ("x", 403),
        (&good[..good.len() - 1], 403),
        (foreign.as_str(), 403),
        (unknown.as_str(), 404),
    ] {
        assert_page(&open(&town, token).await, status);
    }
    town.advance(7 * 24 * 3600);
    let got = open(&town, &good).await;
    assert_page(&got, 410);
    assert!(got.body.contains("This link has expired") && !got.body.contains("orders-errors"));
}

#[tokio::test]
async fn a_link_is_opened_with_a_key_that_was_put_in_since() {
    let (town, id) = Town::with_incident().await;
    let new = LinkKeys::try_new(&[("k2", b"another link key that is long enough")]).unwrap();
    let token = new.sign(&town.claims(&id, Purpose::Act));
    assert_page(&open(&town, &token).await, 403);
    {
        let mut secrets = town.secrets.0.lock().unwrap();
        let (links, _) = secrets.as_mut().unwrap();
        let key = json!({ "id": "k2", "secret": "another link key that is long enough" });
        links["keys"].as_array_mut().unwrap().insert(0, key);
    }
    town.advance(60);
    assert_eq!(press(&town, &token, "acknowledge", &[]).await.status, 303);
}

#[tokio::test]
async fn without_the_secret_the_page_says_so() {
    let (town, id) = Town::with_incident().await;
    *town.secrets.0.lock().unwrap() = None;
    let got = open(&town, &town.link(&id, Purpose::Act)).await;
    assert_page(&got, 503);
    assert_eq!(got.header("retry-after"), Some("2"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Whatever an alarm or a person writes, the page has the elements that the program wrote.
    #[test]
    fn no_text_adds_an_element(
        name in "[a-z]{1,4}[<>&\"'/=a-z ]{0,12}",
        hostile in "(<script>|\"onclick=|'><b>|</style>|&lt;|javascript:|\u{202e}){1,4}[a-z<>\"']{0,8}",
        comment in "[ -~]{1,40}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (hostile_page, plain_page) = runtime.block_on(async {
            let mut pages = Vec::new();
            for text in [hostile.as_str(), "plain"] {
                let town = Town::new();
                let name = if text == "plain" { "plain" } else { name.as_str() };
                let mut arrival = arrival(name, name, Priority::P2, start());
                let alert = &mut arrival.alert.alert;
                alert.title = format!("title {text}");
                alert.description = format!("description {text}");
                alert.labels.set("hostile", text);
                alert.console_url = Some(format!("https://example.com/{text}"));
                arrival.alert.classification.reason = text.to_owned();
                arrival.alert.classification.runbook = None;
                let id = town.arrives(arrival).await;
                let comment = if text == "plain" { "plain" } else { comment.as_str() };
                let path = format!("/v1/incidents/{id}/comment");
                town.admin("POST", &path, Some(json!({ "text": comment }))).await;
                pages.push(open(&town, &town.link(&id, Purpose::Act)).await.body);
            }
            (pages.remove(0), pages.remove(0))
        });
        let elements = |page: &str| -> Vec<String> {
            let tags = page.split('<').skip(1);
            tags.map(|tag| tag.split([' ', '>']).next().unwrap().to_owned()).collect()
        };
        // A console address that cannot be shown is left out, with the paragraph around it.
        let without = |mut all: Vec<String>| { all.retain(|tag| !["a", "/a", "p", "/p"].contains(&tag.as_str())); all };
        prop_assert_eq!(without(elements(&hostile_page)), without(elements(&plain_page)));
        prop_assert!(!hostile_page.contains("href=\"javascript:"));
    }
}

/// Writes pages for a look in a browser: `PAGES=/tmp/pages cargo test -p incident-api --test api shots`.
#[tokio::test]
async fn shots() {
    let Ok(folder) = std::env::var("PAGES") else {
        return;
    };
    std::fs::create_dir_all(&folder).unwrap();
    let (town, id) = Town::with_incident().await;
    town.fires(
        "orders",
        "orders-latency-p99-is-much-too-high",
        Priority::P3,
    )
    .await;
    let token = town.link(&id, Purpose::Act);
    let write = |name: &str, page: &Got| {
        std::fs::write(format!("{folder}/{name}.html"), &page.body).unwrap();
    };
    town.advance(400);
    write("open", &open(&town, &token).await);
    town.advance(800);
    write("late", &open(&town, &token).await);
    press(&town, &token, "acknowledge", &[]).await;
    press(
        &town,
        &token,
        "comment",
        &[(
            "text",
            "The deploy at 07:55 is the likely cause.\nRolling back.",
        )],
    )
    .await;
    town.advance(65);
    let done = format!("/i/{token}?done=acknowledge");
    write(
        "acknowledged",
        &town.send(&event("GET", &done, &[], None)).await,
    );
    press(
        &town,
        &token,
        "resolve",
        &[("verdict", "true_positive"), ("why", "a bad deploy")],
    )
    .await;
    write("resolved", &open(&town, &token).await);
    write("view", &open(&town, &town.link(&id, Purpose::View)).await);
    town.advance(8 * 24 * 3600);
    write("expired", &open(&town, &token).await);
    write("forged", &open(&town, "l1.x.y.z").await);
}
