//! demo
use crate::local;
use crate::project::Project;
use crate::run::Steps;
use anyhow::Result;
pub(crate) fn run(project: &Project, steps: &mut Steps, keep: bool) -> Result<()> {
    let local = local::ready(project, steps, local::DEMO)?;
    if !keep {
        local.emulator.stop()?;
    }
    Ok(())
}
