//! `cargo lambda watch` and `cargo lambda invoke`: the functions on the developer's machine, with the deployed stack behind them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::aws::{ACCESS_KEY, REGION, SECRET_KEY};
use harness::{process, wait};
use serde_json::{Value, json};

use crate::messages::AlarmMessage;
use crate::scene::Scene;

/// The first invocation builds the function.
const BUILD: Duration = Duration::from_secs(300);

/// A `cargo lambda watch` that ends with the test.
struct Watch {
    group: u32,
    port: u16,
    folder: PathBuf,
}

impl Watch {
    fn start(scene: &Scene) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("tocsin-watch-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let port = process::free_port()?;
        let variable = |name: &str| scene.stack.function_variable("notifier-email", name);
        let values = [
            ("TABLE_NAME", variable("TABLE_NAME")?),
            ("QUEUE_URL", variable("QUEUE_URL")?),
            ("DEAD_LETTER_QUEUE_URL", variable("DEAD_LETTER_QUEUE_URL")?),
            ("EMAIL_FROM", variable("EMAIL_FROM")?),
            ("EMAIL_TO", variable("EMAIL_TO")?),
            ("CHANNEL", "email".to_owned()),
            ("NOTIFY_TOPIC_ARN", scene.stack.topic_arn("notify")),
            ("TIMERS_QUEUE_URL", scene.stack.queue_url("timers")),
            ("AWS_ENDPOINT_URL", scene.stack.aws().endpoint().to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_REGION", REGION.to_owned()),
        ];
        let environment: Vec<(&str, &str)> = values
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let (manifest, number, host) = (manifest.to_string_lossy(), port.to_string(), host()?);
        let arguments = [
            "lambda",
            "watch",
            "--ignore-changes",
            "--manifest-path",
            &manifest,
            "--invoke-port",
            &number,
            // The folder in which everything is built already.
            "--target",
            &host,
        ];
        let group = process::start(
            Path::new("cargo"),
            &arguments,
            &folder.join("watch.log"),
            &environment,
        )?;
        let watch = Self {
            group,
            port,
            folder,
        };
        wait::until("cargo lambda watch", Duration::from_secs(30), || {
            Ok(process::is_listening(port).then_some(()))
        })
        .with_context(|| watch.log())?;
        Ok(watch)
    }

    /// `cargo lambda invoke FUNCTION --data-file …`, and its answer.
    fn invoke(&self, function: &str, event: &Value) -> Result<Value> {
        let data = self.folder.join(format!("{function}.json"));
        fs::write(&data, event.to_string())?;
        let mut invoke = Command::new("cargo");
        invoke
            .args(["lambda", "invoke", function, "--data-file"])
            .arg(&data)
            .args(["--invoke-port", &self.port.to_string()])
            .stdout(fs::File::create(self.folder.join("answer"))?)
            .stderr(fs::File::create(self.folder.join("complaint"))?);
        let mut invoke = invoke.spawn()?;
        // When the function does not build, it waits for ever.
        let ended = wait::until("the invocation to end", BUILD, || {
            if self.log().contains("command exited code=") {
                invoke.kill()?;
            }
            Ok(invoke.try_wait()?)
        });
        if ended.is_err() {
            invoke.kill()?;
            invoke.wait()?;
        }
        let complaint = fs::read_to_string(self.folder.join("complaint"))?;
        let status = ended.with_context(|| self.log())?;
        ensure!(status.success(), "{function}: {complaint}\n{}", self.log());
        let answer = fs::read_to_string(self.folder.join("answer"))?;
        serde_json::from_str(&answer).with_context(|| format!("the answer {answer}"))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("watch.log")).unwrap_or_default()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The test has its result already; what is left ends with the machine.
        let _ = process::stop(self.group, self.port);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let version = String::from_utf8(output.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .context("rustc does not say what this machine is")
}

#[test]
fn functions_run_on_the_developers_machine() -> Result<()> {
    let scene = Scene::new()?;
    let watch = Watch::start(&scene)?;

    let alarm = AlarmMessage::payments("hasivu-payment-failures-at-my-desk");
    let answer = watch.invoke("alert-fanout", &alarm.direct())?;
    assert_eq!(answer["received"], 1, "{answer}");
    // The deployed notifiers take what the function at the desk published.
    scene.wait_for("e-mail", 1, Scene::emails)?;
    let notification = scene
        .wait_for("webhook document", 1, Scene::notifications)?
        .remove(0);
    scene.settle()?;

    // The same notification once more, to the notifier at the desk, and as if it had not been sent.
    scene.stack.forget_incidents()?;
    let batch = json!({"Records": [{
        "messageId": "1",
        "receiptHandle": "none",
        "body": notification.to_string(),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }]});
    let answer = watch.invoke("notifier", &batch)?;
    assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
    let emails = scene.wait_for("e-mail", 2, Scene::emails)?;
    assert_eq!(emails[0].subject, emails[1].subject);
    Ok(())
}
