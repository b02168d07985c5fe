//! The buttons below a message.

use incident::{IncidentId, Notification};

use super::block::limits;
use super::{Button, Confirm, Text};
use crate::links::{self, Link, Links, SignedLink};
use crate::wording;

/// The `action_id` of the button by which somebody takes an incident on.
pub const ACKNOWLEDGE: &str = "acknowledge";
/// The `action_id` of the button that ends an incident.
pub const RESOLVE: &str = "resolve";
/// The `action_id` of the button that opens the incident's page. It only opens an address.
pub const OPEN_PAGE: &str = "open_page";
/// The `action_id` of the button that opens the runbook. It only opens an address.
pub const RUNBOOK: &str = "runbook";
/// The `action_id` of the button that opens the console. It only opens an address.
pub const CONSOLE: &str = "console";

/// What a button says to us: the incident's id, a space, and the token that lets its reader act.
#[must_use]
pub fn action_value(incident: &IncidentId, link: &SignedLink) -> String {
    format!("{incident} {}", link.act_token)
}

/// The incident's id and the token of a button's value. Whether the token is right, and for this
/// incident, is for whoever has the keys to say.
#[must_use]
pub fn read_action_value(value: &str) -> Option<(IncidentId, &str)> {
    let (incident, token) = value.split_once(' ')?;
    let incident = IncidentId::try_new(incident).ok()?;
    (!token.is_empty()).then_some((incident, token))
}

/// Acknowledge and Resolve while there is something to act on, then what opens an address.
pub(super) fn buttons(notification: &Notification, links: Option<&Links>) -> Vec<Button> {
    let incident = &notification.incident;
    let signed = links.and_then(|links| links.get(&incident.id));
    let mut buttons = Vec::new();
    let open = wording::is_open(incident) && !wording::is_over(notification);
    if let Some(value) = signed
        .filter(|_| open)
        .map(|link| action_value(&incident.id, link))
        && value.len() <= limits::VALUE
    {
        let act = |label: &str, action_id, style, confirm| Button {
            text: Text::plain(&of_which(label, notification), limits::BUTTON),
            url: None,
            action_id,
            value: Some(value.clone()),
            style: Some(style),
            confirm,
        };
        buttons.push(act("Acknowledge", ACKNOWLEDGE, "primary", None));
        buttons.push(act(
            "Resolve",
            RESOLVE,
            "danger",
            Some(question(notification)),
        ));
    }
    let open = |link: Link<'_>, action_id| {
        (link.url.len() <= limits::URL).then(|| Button {
            text: Text::plain(link.label, limits::BUTTON),
            url: Some(link.url.to_owned()),
            action_id,
            value: None,
            style: None,
            confirm: None,
        })
    };
    let page = links::page(notification, links).and_then(|link| open(link, OPEN_PAGE));
    let runbook = links::runbook(notification).and_then(|link| open(link, RUNBOOK));
    let console = links::console(notification).and_then(|link| open(link, CONSOLE));
    buttons.extend(page.into_iter().chain(runbook).chain(console));
    buttons
}

/// Below several incidents a button says which one it is for: the most urgent.
fn of_which(label: &str, notification: &Notification) -> String {
    match wording::others(notification) {
        0 => label.to_owned(),
        _ => format!("{label}: {}", notification.incident.service),
    }
}

/// Nobody ends a page by a slip of the finger.
fn question(notification: &Notification) -> Confirm {
    let title = wording::title(notification);
    let question = format!("It is over, and nobody needs to be told any more: {title}");
    Confirm {
        title: Text::plain("Resolve the incident?", limits::BUTTON),
        text: Text::plain(&question, limits::CONFIRM_TEXT),
        confirm: Text::plain("Resolve", limits::BUTTON),
        deny: Text::plain("Cancel", limits::BUTTON),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test]
    fn a_value_is_read_as_it_was_written() {
        let id = IncidentId::try_new("INC-0123456789ABCDEF").unwrap();
        let link = SignedLink {
            view_url: "https://tocsin.example/i/l1.k.a.b".to_owned(),
            act_token: "l1.k.a.b".to_owned(),
        };
        let value = action_value(&id, &link);
        assert_eq!(read_action_value(&value), Some((id, "l1.k.a.b")));
    }

    #[test_case("")]
    #[test_case("INC-0123456789ABCDEF")]
    #[test_case("INC-0123456789ABCDEF "; "no token")]
    #[test_case("INC-1 l1.k.a.b"; "no incident")]
    fn what_is_no_value_is_not_read(value: &str) {
        assert_eq!(read_action_value(value), None);
    }
}
