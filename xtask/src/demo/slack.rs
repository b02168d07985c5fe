//! A Slack message as text: what a person would read, block by block.

use serde_json::Value;

/// The lines of a message.
pub(super) fn lines(message: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    blocks(message, &mut lines);
    for attachment in list(message, "attachments") {
        blocks(attachment, &mut lines);
    }
    if lines.is_empty() {
        push(message.get("text"), &mut lines);
    }
    lines
}

fn blocks(message: &Value, lines: &mut Vec<String>) {
    for block in list(message, "blocks") {
        match block.get("type").and_then(Value::as_str) {
            Some("divider") => lines.push("──────".to_owned()),
            Some("actions") => {
                let buttons: Vec<String> = list(block, "elements")
                    .iter()
                    .map(|button| {
                        let url = button
                            .get("url")
                            .and_then(Value::as_str)
                            .unwrap_or_default();
                        format!("[{}] {url}", text(button.get("text")))
                    })
                    .collect();
                lines.extend(buttons);
            }
            Some("context") => {
                for element in list(block, "elements") {
                    push(Some(element), lines);
                }
            }
            _ => {
                push(block.get("text"), lines);
                for field in list(block, "fields") {
                    push(Some(field), lines);
                }
            }
        }
    }
}

fn push(value: Option<&Value>, lines: &mut Vec<String>) {
    lines.extend(text(value).lines().map(plain));
}

/// What Slack shows of its markup: of `<!date^…|text>` and `<url|text>` the text, and each escape as its character.
fn plain(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('<') {
        shown.push_str(before);
        let Some((tag, behind)) = after.split_once('>') else {
            shown.push('<');
            rest = after;
            continue;
        };
        shown.push_str(tag.rsplit('|').next().unwrap_or(tag));
        rest = behind;
    }
    shown.push_str(rest);
    shown
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// A text object, or a text.
fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(object) => {
            let text = object.get("text").and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        }
        None => String::new(),
    }
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reads_every_kind_of_block() {
        let message = json!({
            "text": "for the notification",
            "attachments": [{"blocks": [
                {"type": "header", "text": {"type": "plain_text", "text": "P1 payments"}},
                {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Value*\n12.4 &gt; 5 by <!date^1^{time}|noon>"}]},
                {"type": "divider"},
                {"type": "actions", "elements": [
                    {"type": "button", "text": {"type": "plain_text", "text": "Runbook"}, "url": "https://runbook"}
                ]},
                {"type": "context", "elements": [{"type": "mrkdwn", "text": "incident 1"}]}
            ]}]
        });
        let expected = [
            "P1 payments",
            "*Value*",
            "12.4 > 5 by noon",
            "──────",
            "[Runbook] https://runbook",
            "incident 1",
        ];
        assert_eq!(lines(&message), expected);
        assert_eq!(lines(&json!({"text": "plain"})), ["plain"]);
    }
}
