//! `doctor`: the whole connection explained, step by step, with findings and what to do about them.
//!
//! ```text
//! place -> DNS -> every address -> TLS, greeting, capabilities without login -> login -> what the account has -> findings
//! ```
//!
//! Separate steps fill one [`Report`]; what is worth knowing is judged afterwards by `findings`, from the report alone, so that it can be
//! tested without a server. Exit 0 good, 1 broken, 2 works with warnings. Nothing is written to the server.

mod findings;
mod print;
mod probe;
mod report;

use crate::args::high::Target;
use crate::errors::Outcome;
use crate::exit::Exit;
use crate::output::Output;
use crate::output::json::Object;
use report::{Report, Verdict};

pub(super) async fn run(target: &Target, login: bool, output: &mut Output) -> Outcome {
    let report = examine(target, login, output).await?;
    output.object(&Object::new("report", &report))?;
    for line in print::lines(&report, output.paint(), output.width().unwrap_or(100)) {
        output.line(&line)?;
    }
    Ok(match report.verdict {
        Verdict::Good => Exit::Done,
        Verdict::Warnings => Exit::Partial,
        Verdict::Broken => Exit::Failed,
    })
}

/// Looks at everything, and judges.
pub(super) async fn examine(target: &Target, login: bool, output: &mut Output) -> Outcome<Report> {
    let mut report = probe::look(target, login, output).await?;
    findings::judge(&mut report, time::OffsetDateTime::now_utc().unix_timestamp());
    Ok(report)
}
