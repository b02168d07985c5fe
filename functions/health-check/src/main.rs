//! The entry point of the function `health-check`; the library has the rest.

use std::process::ExitCode;
use std::sync::Arc;

use health_check::Function;

fn main() -> ExitCode {
    lambda_support::start(|environment| {
        let function = Arc::new(Function::from_environment(environment)?);
        Ok::<_, lambda_support::env::Faults>(move |event| {
            let function = Arc::clone(&function);
            async move { function.handle(event).await }
        })
    })
}
