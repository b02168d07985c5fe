//! The commands that ask a running stack. What they share is in `client`.

mod acts;
mod arguments;
mod audit;
mod bootstrap;
mod health;
mod incidents;
mod oncall;
mod recurring;
mod show;
mod silence;
mod token;
mod why;

use std::process::ExitCode;

use ::health::Overall;

use crate::client::Failure;
use arguments::About;

/// What can be asked of a running stack.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List incidents, the most urgent first
    Incidents(incidents::Arguments),
    /// Show an incident and what happened to it
    Show(About),
    /// Say why somebody was told of an incident or nobody, and what comes next
    Why(About),
    /// Say who did what about an incident, by what way and from where
    Audit(audit::Arguments),
    /// Take an incident on: its ladder stands still
    Ack(acts::Ack),
    /// Give an incident back: its ladder goes on
    Unack(About),
    /// End an incident and say whether its alerts were right
    Resolve(acts::Resolve),
    /// Leave a note for the others and for the post-mortem
    Comment(acts::Comment),
    /// Say how urgent an incident really is
    Priority(acts::SetPriority),
    /// Hold alerts back for a while
    #[command(subcommand)]
    Silence(silence::Command),
    /// Show how everything is that is watched; what is not well makes the exit code 1
    Health(health::Arguments),
    /// Say who is on call
    Oncall(oncall::Arguments),
    /// Make, list and revoke the tokens of machines and people
    #[command(subcommand)]
    Token(token::Command),
    /// Say whose token this is and what it may do
    #[command(name = "whoami")]
    WhoAmI(token::WhoAmI),
}

/// Runs a command; whatever went wrong is said on standard error.
pub(crate) fn run(command: &Command) -> ExitCode {
    let done = match command {
        Command::Incidents(arguments) => incidents::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Why(arguments) => why::run(arguments),
        Command::Audit(arguments) => audit::run(arguments),
        Command::Ack(arguments) => acts::ack(arguments),
        Command::Unack(arguments) => acts::unack(arguments),
        Command::Resolve(arguments) => acts::resolve(arguments),
        Command::Comment(arguments) => acts::comment(arguments),
        Command::Priority(arguments) => acts::set_priority(arguments),
        Command::Silence(command) => silence::run(command),
        Command::Health(arguments) => match health::run(arguments) {
            Ok(Overall::Pass) => Ok(()),
            Ok(Overall::Warn | Overall::Fail) => return ExitCode::from(1),
            Err(failure) => Err(failure),
        },
        Command::Oncall(arguments) => oncall::run(arguments),
        Command::Token(command) => token::run(command),
        Command::WhoAmI(arguments) => token::who_am_i(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Somebody who pipes into `head` has seen enough; that is no fault.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("tocsin: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
