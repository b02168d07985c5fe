//! The buttons of an incident's page. Each is a form of its own with its own confirmation.

use credentials::link::LinkKeys;
use incident::{AlertPhase, MAX_TEXT_CHARS};
use jiff::Timestamp;
use settings::Priority;

use super::html::Html;
use crate::view::{AlertDocument, IncidentDocument};

/// So many alerts can be chosen for a silence.
const CHOICES: usize = 20;

/// What makes confirmations.
pub(super) struct Buttons<'b> {
    pub(super) keys: &'b LinkKeys,
    pub(super) token: &'b str,
    pub(super) now: Timestamp,
}

impl Buttons<'_> {
    /// The beginning of the form of an action.
    fn begin(&self, html: &mut Html, action: &str) {
        html.put("<form method=\"post\" action=\"/i/", self.token, "/");
        html.put("", action, "\">");
        let confirmation = self.keys.confirm(self.token, action, self.now);
        html.put(
            "<input type=\"hidden\" name=\"confirmation\" value=\"",
            &confirmation,
            "\">",
        );
    }

    /// A form that is a button and nothing else.
    fn button(&self, html: &mut Html, action: &str, before: &'static str, label: &str) {
        self.begin(html, action);
        html.put(before, label, "</button></form>\n");
    }
}

const GO: &str = "<button class=\"go\">";
const PLAIN: &str = "<button>";

/// Writes what may be done about an incident.
pub(super) fn write(html: &mut Html, buttons: &Buttons<'_>, document: &IncidentDocument) {
    html.lit("<section aria-label=\"What you can do\">\n");
    if document.is_open() {
        if document.acknowledged {
            html.lit("<div class=\"pair\">\n");
            buttons.button(html, "acknowledge", PLAIN, "Take it over");
            buttons.button(html, "unacknowledge", PLAIN, "Give it back");
            html.lit("</div>\n");
        } else {
            buttons.button(html, "acknowledge", GO, "Acknowledge: I am on it");
        }
    }
    html.lit("<div class=\"card acts\">\n");
    if document.is_open() || (document.complete && document.verdict.is_none()) {
        resolve(html, buttons, document.is_open());
    }
    if document.complete {
        comment(html, buttons);
    }
    if document.is_open() {
        silence(html, buttons, document);
        priority(html, buttons, document.incident.priority);
    }
    html.lit("</div>\n</section>\n");
}

fn resolve(html: &mut Html, buttons: &Buttons<'_>, open: bool) {
    html.lit(if open {
        "<details><summary>Resolve</summary>"
    } else {
        "<details><summary>Say what it was</summary>"
    });
    buttons.begin(html, "resolve");
    html.lit("<fieldset><legend>What was it?</legend>")
        .lit("<label class=\"choice\"><input type=\"radio\" name=\"verdict\" value=\"true_positive\" required>Real trouble</label>")
        .lit("<label class=\"choice\"><input type=\"radio\" name=\"verdict\" value=\"false_positive\">A false alarm</label>")
        .lit("</fieldset>");
    area(html, "why", "Why? (for the others and the report)", false);
    html.lit(if open {
        "<button class=\"stop\">Resolve it</button></form></details>\n"
    } else {
        "<button>Say so</button></form></details>\n"
    });
}

fn comment(html: &mut Html, buttons: &Buttons<'_>) {
    html.lit("<details><summary>Comment</summary>");
    buttons.begin(html, "comment");
    area(html, "text", "A note for the others", true);
    html.lit("<button>Note it</button></form></details>\n");
}

fn area(html: &mut Html, name: &'static str, label: &'static str, required: bool) {
    html.put("<label for=\"", name, "\">")
        .lit(label)
        .lit("</label>");
    html.put("<textarea id=\"", name, "\" name=\"").lit(name);
    html.put("\" maxlength=\"", &MAX_TEXT_CHARS.to_string(), "\"");
    html.lit(if required {
        " required></textarea>"
    } else {
        "></textarea>"
    });
}

fn silence(html: &mut Html, buttons: &Buttons<'_>, document: &IncidentDocument) {
    let firing = document
        .alerts
        .iter()
        .filter(|alert| alert.status == AlertPhase::Firing);
    let choices: Vec<&AlertDocument> = firing
        .filter(|alert| !alert.service.is_empty())
        .take(CHOICES)
        .collect();
    if choices.is_empty() {
        return;
    }
    html.lit("<details><summary>Silence</summary><div>")
        .lit("<p class=\"soft\">Nobody is told of this alert of this service meanwhile. The incident stays open.</p>");
    for (action, label) in [
        ("silence-1h", "Silence for 1 hour"),
        ("silence-4h", "Silence for 4 hours"),
    ] {
        buttons.begin(html, action);
        match choices.as_slice() {
            [only] => {
                html.put(
                    "<input type=\"hidden\" name=\"alert\" value=\"",
                    &only.fingerprint,
                    "\">",
                );
            }
            several => {
                html.put(
                    "<label for=\"",
                    action,
                    "-alert\">Which alert?</label><select name=\"alert\" id=\"",
                );
                html.put("", action, "-alert\">");
                for alert in several {
                    html.put("<option value=\"", &alert.fingerprint, "\">");
                    html.put("", &alert.title, "</option>");
                }
                html.lit("</select>");
            }
        }
        html.put("<button>", label, "</button></form>\n");
    }
    html.lit("</div></details>\n");
}

fn priority(html: &mut Html, buttons: &Buttons<'_>, current: Priority) {
    html.lit("<details><summary>Raise or lower</summary><div class=\"pair\">\n");
    for priority in Priority::ALL
        .into_iter()
        .filter(|priority| *priority != current)
    {
        let action = format!("priority-{priority}");
        let way = if priority < current {
            "Raise to"
        } else {
            "Lower to"
        };
        buttons.button(html, &action, PLAIN, &format!("{way} {priority}"));
    }
    html.lit("</div></details>\n");
}
