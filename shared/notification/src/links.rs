//! Which links a message may carry, and what they are called.

use incident::{IncidentId, IncidentStatus, IncidentSummary, Notification};

/// The longest link that any channel carries (mail clients and Slack's buttons both take it).
const LONGEST: usize = 2000;

/// A link with the words to click on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Link<'a> {
    /// What it leads to: "Open incident", "Runbook", "AWS console".
    pub label: &'static str,
    /// An `http` or `https` address.
    pub url: &'a str,
}

/// Where one recipient can look at the incidents of a message and act on them. They are signed
/// elsewhere, for this recipient alone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Links(Vec<(IncidentId, SignedLink)>);

/// A recipient's link to one incident.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedLink {
    /// The incident's page.
    pub view_url: String,
    /// What lets the recipient act: the token that the page's address ends with.
    pub act_token: String,
}

impl Links {
    /// A link to each incident that `sign` has one for. A report has no page: it opens no incident.
    pub fn of(
        notification: &Notification,
        mut sign: impl FnMut(&IncidentSummary) -> Option<SignedLink>,
    ) -> Self {
        let all = std::iter::once(&notification.incident).chain(&notification.incidents);
        let open = all.filter(|incident| incident.status != IncidentStatus::Info);
        Self(
            open.filter_map(|i| Some((i.id.clone(), sign(i)?)))
                .collect(),
        )
    }

    /// The link to an incident; none whose address could not be shown without harm.
    #[must_use]
    pub fn get(&self, incident: &IncidentId) -> Option<&SignedLink> {
        let (_, link) = self.0.iter().find(|(id, _)| id == incident)?;
        http_url(&link.view_url).map(|_| link)
    }
}

/// The page of the notification's most urgent incident.
#[must_use]
pub fn page<'a>(notification: &Notification, links: Option<&'a Links>) -> Option<Link<'a>> {
    let link = links?.get(&notification.incident.id)?;
    Some(Link {
        label: "Open incident",
        url: &link.view_url,
    })
}

/// The text, if it is an `http` or `https` address that can be shown as a link without harm.
///
/// Other schemes (`javascript:`, `data:`) and addresses with credentials before an `@`, which make
/// one host look like another, are no links. Quotes and angle brackets must come percent-encoded.
#[must_use]
pub fn http_url(text: &str) -> Option<&str> {
    let rest = strip_scheme(text, "https://").or_else(|| strip_scheme(text, "http://"))?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let clean = text.len() <= LONGEST
        && text
            .bytes()
            .all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'`' | b'\\'));
    let host = !authority.is_empty() && !authority.starts_with(':') && !authority.contains('@');
    (clean && host).then_some(text)
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Where the incident's runbook is: its own, or else that of its most urgent alert.
#[must_use]
pub fn runbook(notification: &Notification) -> Option<Link<'_>> {
    let of_alerts = notification.alerts.iter().map(|a| a.runbook.as_deref());
    first(
        "Runbook",
        std::iter::once(notification.incident.runbook.as_deref()).chain(of_alerts),
    )
}

/// Where to look: the console page of its most urgent alert that has one.
#[must_use]
pub fn console(notification: &Notification) -> Option<Link<'_>> {
    first(
        "AWS console",
        notification.alerts.iter().map(|a| a.console_url.as_deref()),
    )
}

fn first<'a>(label: &'static str, urls: impl Iterator<Item = Option<&'a str>>) -> Option<Link<'a>> {
    urls.flatten()
        .find_map(http_url)
        .map(|url| Link { label, url })
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("https://runbooks.example.com/payments#p1", true)]
    #[test_case("HTTP://example.com", true)]
    #[test_case("https://console.aws.amazon.com/x?a='b'~(c*2f)|d", true)]
    #[test_case("javascript:alert(1)", false)]
    #[test_case("data:text/html,x", false)]
    #[test_case("https://", false)]
    #[test_case("https://:80/", false)]
    #[test_case("https://console.aws.amazon.com@evil.example/", false)]
    #[test_case("https://example.com/ x", false; "a space")]
    #[test_case("https://example.com/\" onclick=\"x", false)]
    #[test_case("https://example.com/<script>", false)]
    #[test_case("é", false)]
    fn only_plain_web_addresses_are_links(text: &str, is_link: bool) {
        assert_eq!(http_url(text).is_some(), is_link);
    }

    #[test]
    fn an_endless_address_is_no_link() {
        assert_eq!(
            http_url(&format!("https://example.com/{}", "a".repeat(2000))),
            None
        );
    }
}
