//! `tocsin logs subscribe` on the log groups of an account in which the suite's own are too.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use harness::aws::{ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY};
use harness::stack::Stack;
use harness::visitor::COMMAND_LINE;
use serde_json::{Value, json};

/// More than a page of either kind of list.
const MANY: usize = 60;

struct Account {
    stack: Stack,
    function: String,
    configuration: String,
}

impl Account {
    fn new() -> Result<Self> {
        let stack = Stack::from_environment()?;
        let configuration = Path::new(env!("CARGO_TARGET_TMPDIR")).join("subscriptions.yaml");
        // A star: whoever does not know the suite's own groups subscribes them too.
        let text = "project: P\nrules: []\nlogs: {groups: ['*'], exclude: ['*-quiet']}\n";
        std::fs::write(&configuration, text)?;
        Ok(Self {
            function: format!(
                "arn:aws:lambda:{REGION}:{ACCOUNT}:function:{}-log-metrics",
                stack.name()
            ),
            configuration: configuration.to_string_lossy().into_owned(),
            stack,
        })
    }

    fn logs(&self, action: &str, body: &Value) -> Result<Value> {
        let target = format!("Logs_20140328.{action}");
        self.stack.aws().json("logs", &target, body)
    }

    /// The command's exit code, and each group's line.
    fn tocsin(&self, arguments: &[&str]) -> Result<(i32, BTreeMap<String, Value>)> {
        let [program, _] = COMMAND_LINE;
        let output = Command::new(env::var(program)?)
            .arg("logs")
            .args(arguments)
            .args(["--json", "--function", &self.function])
            .args(["--config", &self.configuration])
            .env("AWS_ENDPOINT_URL", self.stack.aws().endpoint())
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .env("AWS_REGION", REGION)
            .output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(complaint.is_empty(), "{complaint}");
        let lines = String::from_utf8(output.stdout)?;
        let lines = lines.lines().map(|line| {
            let line: Value = serde_json::from_str(line)?;
            let group = line
                .get("group")
                .and_then(Value::as_str)
                .context("a group")?
                .to_owned();
            Ok((group, line))
        });
        Ok((
            output.status.code().context("a code")?,
            lines.collect::<Result<_>>()?,
        ))
    }

    /// What goes to the function, asked of the account itself.
    fn subscribed(&self, group: &str) -> Result<bool> {
        let answer = self.logs(
            "DescribeSubscriptionFilters",
            &json!({"logGroupName": group}),
        )?;
        let filters = answer
            .get("subscriptionFilters")
            .and_then(Value::as_array)
            .context("filters")?;
        Ok(filters.iter().any(|filter| {
            filter.get("destinationArn").and_then(Value::as_str) == Some(&self.function)
        }))
    }
}

#[test]
fn log_groups_are_subscribed_and_never_the_suite_itself() -> Result<()> {
    let account = Account::new()?;
    let name = |number: usize| format!("/ecs/subscriptions-{number:02}");
    let full = "/ecs/subscriptions-full";
    let quiet = "/ecs/subscriptions-quiet";
    let own = format!("/aws/lambda/{}-alert-fanout", account.stack.name());
    let mut made: Vec<String> = (0..MANY).map(name).collect();
    made.extend([full.to_owned(), quiet.to_owned()]);
    for group in &made {
        account.logs("CreateLogGroup", &json!({"logGroupName": group}))?;
    }
    for other in ["archive", "siem"] {
        let filter = json!({
            "logGroupName": full, "filterName": other, "filterPattern": "",
            "destinationArn": format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{other}"),
        });
        account.logs("PutSubscriptionFilter", &filter)?;
    }

    let (code, plan) = account.tocsin(&["subscribe"])?;
    assert_eq!(code, 1, "one is blocked");
    assert_eq!(
        (&plan[&name(0)]["act"], &plan[&name(0)]["done"]),
        (&json!("add"), &json!(false))
    );
    assert!(!account.subscribed(&name(0))?, "a plan does nothing");

    let (code, done) = account.tocsin(&["subscribe", "--yes"])?;
    assert_eq!(code, 1);
    assert!(account.subscribed(&name(0))? && account.subscribed(&name(MANY - 1))?);
    assert!(!account.subscribed(&own)?, "a loop");
    assert!(!account.subscribed(quiet)? && !account.subscribed(full)?);
    let why = done[full]["why"].as_str().context("why")?;
    assert!(why.contains("archive") && why.contains("siem"), "{why}");

    let (_, again) = account.tocsin(&["subscribe", "--yes"])?;
    let changed = again.values().filter(|line| line["done"] == true);
    assert_eq!(changed.count(), 0, "done already");

    let (_, list) = account.tocsin(&["subscriptions"])?;
    assert!(
        list[&own]["why"]
            .as_str()
            .context("why")?
            .contains("suite's own")
    );

    let (code, off) = account.tocsin(&["unsubscribe", "--yes"])?;
    assert_eq!(code, 0);
    let removed = made
        .iter()
        .filter(|group| off.get(*group).is_some_and(|line| line["done"] == true));
    assert_eq!(removed.count(), MANY);
    assert!(!account.subscribed(&name(MANY - 1))?);
    for group in &made {
        account.logs("DeleteLogGroup", &json!({"logGroupName": group}))?;
    }
    Ok(())
}
