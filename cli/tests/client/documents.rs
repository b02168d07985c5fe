//! Documents as functions/incident-api writes them.

use serde_json::{Value, json};

pub(crate) const A: &str = "INC-01KYVB5K0WABC9XF";
pub(crate) const B: &str = "INC-01KYVB9000Q7MEXF";
pub(crate) const C: &str = "INC-01KYT00000ZZZ001";

pub(crate) fn line(id: &str, priority: &str, opened_at: &str, more: &Value) -> Value {
    let mut line = json!({
        "id": id, "title": "Checkout: error rate 7 % is over 5 %", "service": "checkout",
        "category": "availability", "priority": priority, "status": "open",
        "opened_at": opened_at, "firing": 2,
    });
    let fields = line.as_object_mut().unwrap();
    fields.extend(more.as_object().cloned().unwrap_or_default());
    line
}

/// Two that are open and one that is over, not in the order of their urgency.
pub(crate) fn three() -> Value {
    json!({"incidents": [
        line(A, "P2", "2026-07-31T11:48:00Z", &json!({"acknowledged_by": "Anna (token abcdefgh2345)"})),
        line(C, "P1", "2026-07-29T10:00:00Z", &json!({"status": "resolved", "resolved_at": "2026-07-29T11:00:00Z", "firing": 0})),
        line(B, "P1", "2026-07-31T09:00:00Z", &json!({"title": "Orders: \u{1b}[2Jno order for 10 min", "service": "orders"})),
    ], "next": null})
}

pub(crate) fn open() -> Value {
    let mut list = three();
    list["incidents"].as_array_mut().unwrap().remove(1);
    list
}

pub(crate) fn acted(changed: bool) -> Value {
    json!({"incident": line(A, "P2", "2026-07-31T11:48:00Z", &json!({"key": "checkout/availability", "version": 3})), "changed": changed})
}

pub(crate) fn incident() -> Value {
    json!({
        "incident": line(A, "P2", "2026-07-31T11:48:00Z", &json!({"runbook": "https://runbooks.example.com/checkout"})),
        "respond_by": "2026-07-31T12:03:00Z",
        "acknowledgement": {"by": {"who": "Anna (token abcdefgh2345)", "via": "token", "from": "203.0.113.9"},
            "at": "2026-07-31T11:50:00Z", "until": "2026-07-31T13:50:00Z"},
        "acknowledged": true,
        "verdict": {"kind": "false_positive", "why": "a load test", "by": {"who": "Anna", "via": "link"}},
        "alerts": [
            {"fingerprint": "1", "status": "firing", "title": "Checkout: error rate 7 % is over 5 %", "priority": "P2",
             "reason": "rule error-rate: between 5 and 10 %", "service": "checkout", "category": "availability",
             "labels": {}, "starts_at": "2026-07-31T11:47:30Z"},
            {"fingerprint": "2", "status": "resolved", "title": "Checkout: slow", "priority": "P3", "service": "checkout",
             "category": "latency", "labels": {}, "starts_at": "2026-07-31T11:40:00Z", "ends_at": "2026-07-31T11:55:00Z"},
        ],
        "alerts_omitted": 3,
        "timeline": [
            {"at": "2026-07-31T11:48:00Z", "text": "Opened as P2", "event": {}},
            {"at": "2026-07-31T11:50:00Z", "text": "Anna (token abcdefgh2345): acknowledged", "event": {}},
        ],
        "earlier": [{"id": C, "title": "Checkout: error rate", "priority": "P1",
            "opened_at": "2026-07-29T10:00:00Z", "resolved_at": "2026-07-29T11:00:00Z"}],
        "complete": true,
    })
}

/// As `report` writes it.
pub(crate) fn why() -> Value {
    json!({
        "schema": "tocsin.why/1", "at": "2026-07-31T12:00:00Z",
        "incident": {"id": A, "key": "checkout/availability", "title": "Checkout: \u{1b}[2Jerrors", "service": "checkout",
            "category": "availability", "priority": "P2", "status": "open", "started_at": "2026-07-31T11:47:30Z",
            "opened_at": "2026-07-31T11:48:00Z"},
        "because": ["Anna took it on at 11:50."], "alerts": [], "omitted": 0, "next": [],
    })
}

pub(crate) fn audit() -> Value {
    let line = |at: &str, who: &str, via: &str, act: Value| json!({"at": at, "by": {"who": who, "via": via, "from": "203.0.113.9"}, "act": act, "version": 2});
    let mut entries = vec![
        line(
            "2026-07-31T11:50:00Z",
            "Anna (token abcdefgh2345)",
            "token",
            json!({"act": "acknowledge", "until": "2026-07-31T13:50:00Z"}),
        ),
        line(
            "2026-07-31T11:55:00Z",
            "email:ops@example.com",
            "link",
            json!({"act": "unacknowledge"}),
        ),
        line(
            "2026-07-31T12:01:00Z",
            "slack:ben",
            "slack",
            json!({"act": "comment", "text": "the writer\u{1b}[2J\nis stuck"}),
        ),
        line(
            "2026-07-31T12:10:00Z",
            "pagerduty:Cora",
            "pagerduty",
            json!({"act": "set_priority", "priority": "P1"}),
        ),
        line(
            "2026-07-31T12:30:00Z",
            "slack:ben",
            "slack",
            json!({"act": "resolve", "verdict": "false_positive", "why": "a load test"}),
        ),
    ];
    entries[1]["by"].as_object_mut().unwrap().remove("from");
    json!({"entries": entries, "unreadable": 0, "next": null})
}

pub(crate) fn silence(more: &Value) -> Value {
    let mut silence = json!({
        "id": "sil-2345abcd", "matchers": ["service=\"orders\"", "severity=~\"warn.*\""],
        "starts_at": "2026-07-31T11:00:00Z", "ends_at": "2026-07-31T14:00:00Z", "state": "active",
        "created_by": {"who": "Anna (token abcdefgh2345)", "via": "token"}, "created_at": "2026-07-31T11:00:00Z",
        "comment": "moving the database",
    });
    let fields = silence.as_object_mut().unwrap();
    fields.extend(more.as_object().cloned().unwrap_or_default());
    silence
}

pub(crate) fn silences() -> Value {
    json!({"silences": [
        silence(&json!({"id": "sil-later", "starts_at": "2026-08-01T00:00:00Z", "ends_at": "2026-08-01T02:00:00Z", "state": "pending"})),
        silence(&json!({"id": "sil-weekly", "ends_at": "2026-08-20T00:00:00Z", "times": [{"weekdays": ["sunday"]}]})),
        silence(&json!({})),
        silence(&json!({"id": "sil-over", "ends_at": "2026-07-31T11:30:00Z", "state": "expired"})),
    ]})
}

pub(crate) fn on_call() -> Value {
    let turn = |receiver: &str, until: &str, overridden: bool| json!({"receiver": receiver, "from": "2026-07-27T08:00:00Z", "until": until, "overridden": overridden});
    json!({"at": "2026-07-31T12:00:00Z", "rotations": [
        {"name": "primary", "now": turn("anna", "2026-08-03T08:00:00Z", false),
         "next": [turn("ben", "2026-08-10T08:00:00Z", false), turn("cora", "2026-08-17T08:00:00Z", false)]},
        {"name": "database", "now": turn("ben", "2026-07-31T20:00:00Z", true), "next": []},
    ]})
}

pub(crate) fn tokens() -> Value {
    let by = json!({"who": "Root", "via": "token"});
    json!({"entries": [
        {"id": "aaaaaaaaaaaa", "name": "CI", "scopes": ["silence"], "at": "2026-07-01T00:00:00Z", "revoked": false, "by": by},
        {"id": "bbbbbbbbbbbb", "name": "Old laptop", "scopes": ["read", "act"], "at": "2026-07-01T00:00:00Z", "revoked": false, "by": by},
        {"id": "cccccccccccc", "name": "Visitor", "scopes": ["read"], "expires_at": "2026-07-30T00:00:00Z", "at": "2026-07-29T00:00:00Z", "revoked": false, "by": by},
        {"id": "bbbbbbbbbbbb", "name": "Old laptop", "scopes": ["read", "act"], "at": "2026-07-20T00:00:00Z", "revoked": true, "by": by},
    ], "next": null})
}
