//! What the probes find becomes an incident, and ends with it.

use std::time::Duration;

use anyhow::{Context, Result};
use harness::sink::Answer;
use harness::wait;
use serde_json::{Value, json};

use crate::scene::Scene;

/// Where the probe of the local configuration asks.
const PROBED: &str = "/probe";
const PATIENCE: Duration = Duration::from_secs(60);

fn tick(scene: &Scene) -> Result<Value> {
    let tick = json!({"source": "tocsin.schedule", "detail-type": "Tick"});
    scene.stack.invoke("health-check", &tick)
}

/// The condition of the one probe, as the status document in the table has it.
fn condition(scene: &Scene) -> Result<Option<String>> {
    const STATUS: &str = "SENSOR#health-check#status";
    let items = scene.stack.items()?;
    let text = |item: &Value, name: &str| {
        let found = item.pointer(&format!("/{name}/S")).and_then(Value::as_str);
        found.map(str::to_owned)
    };
    let status = items
        .iter()
        .find(|item| text(item, "pk").as_deref() == Some(STATUS));
    let Some(body) = status.and_then(|item| text(item, "body")) else {
        return Ok(None);
    };
    let document: Value = serde_json::from_str(&body)?;
    let found = document.pointer("/checks/sink:responseTime/0/condition");
    Ok(found.and_then(Value::as_str).map(str::to_owned))
}

fn until_condition(scene: &Scene, wanted: &str) -> Result<()> {
    wait::until(wanted, PATIENCE, || {
        tick(scene)?;
        Ok((condition(scene)?.as_deref() == Some(wanted)).then_some(()))
    })
}

#[test]
fn a_probe_that_fails_is_one_incident_and_its_recovery_the_end() -> Result<()> {
    let scene = Scene::new()?;
    until_condition(&scene, "up")?;
    scene
        .stack
        .sink()
        .script(PROBED, Vec::new(), Some(Answer::status(503)))?;
    until_condition(&scene, "down")?;
    let letters = scene.wait_for("e-mail", 1, Scene::emails)?;
    let letter = format!("{:?}", letters[0]);
    assert!(letter.contains("sink is down"), "{letter}");
    assert!(letter.contains("P1"), "{letter}");
    // It goes on and nobody is told again.
    for _ in 0..3 {
        tick(&scene)?;
    }
    assert_eq!(scene.emails()?.len(), 1);
    scene.stack.sink().script(PROBED, Vec::new(), None)?;
    until_condition(&scene, "up")?;
    scene.wait_for("e-mail", 2, Scene::emails)?;
    scene.settle()?;
    assert_eq!(scene.emails()?.len(), 2);
    Ok(())
}

#[test]
fn a_demand_is_answered_at_once() -> Result<()> {
    let scene = Scene::new()?;
    let answer = scene.stack.invoke(
        "health-check",
        &json!({"probes": ["sink", "database", "nobody"]}),
    )?;
    let result = &answer["results"][0];
    assert_eq!(result["condition"], "up", "{answer}");
    let total = result["measured"]["total_ms"].as_f64();
    assert!(total.context("it is measured")? > 0.0);
    let left_out = answer["left_out"][0].as_str().unwrap_or_default();
    assert!(left_out.contains("database_url"), "{answer}");
    assert_eq!(answer["unknown"][0], "nobody");
    Ok(())
}
