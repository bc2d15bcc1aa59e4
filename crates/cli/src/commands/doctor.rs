//! `doctor`: the whole connection explained, step by step, with findings and what to do about them.
//!
//! ```text
//! look (link, tape, stranger, account, trials, write_test, profile) -> Report -> findings -> print, page, metrics, JSON
//! ```
//!
//! Separate steps fill one [`Report`]; what is worth knowing is judged afterwards by `findings`, from the report alone, so that it can be
//! tested without a server. Exit 0 good, 1 broken, 2 works with warnings. Nothing is written to the server unless `--write-test` says so.

mod account;
mod findings;
mod link;
mod look;
mod metrics;
mod page;
mod print;
mod profile;
mod redact;
mod report;
mod sheet;
mod stranger;
mod tape;
mod trials;
mod write_test;

use std::path::Path;

use crate::args::high::{Doctor, Target};
use crate::errors::Outcome;
use crate::exit::Exit;
use crate::files;
use crate::output::Output;
use crate::output::json::Object;
use redact::Masks;
use report::{Report, Verdict};

/// What a visit is to include.
struct Plan<'a> {
    target: &'a Target,
    login: bool,
    write_test: bool,
    starttls_port: Option<u16>,
    transcript: Option<&'a Path>,
    redact: bool,
}

impl Plan<'_> {
    /// What masks the transcript, if anything is to be masked.
    fn redactor(&self, report: &Report) -> Option<Masks> {
        self.redact.then(|| Masks::of(report))
    }
}

pub(super) async fn run(doctor: &Doctor, output: &mut Output) -> Outcome {
    // COMPRESS is tried out, and not before everything else is written down.
    let target = Target { compress: false, ..doctor.target.clone() };
    let plan = Plan {
        target: &target,
        login: doctor.login,
        write_test: doctor.write_test,
        starttls_port: doctor.starttls_port,
        transcript: doctor.transcript.as_deref(),
        redact: doctor.redact,
    };
    let mut report = visit(&plan, output).await?;
    if plan.redact {
        report = redact::redacted(&report);
    }
    if let Some(path) = &doctor.html {
        files::write(path, page::html(&report).as_bytes())?;
    }
    if let Some(path) = &doctor.prom {
        files::write(path, metrics::text(&report).as_bytes())?;
    }
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

/// Looks at everything that needs nothing written, and judges.
pub(super) async fn examine(target: &Target, login: bool, output: &mut Output) -> Outcome<Report> {
    let plan = Plan { target, login, write_test: false, starttls_port: None, transcript: None, redact: false };
    visit(&plan, output).await
}

async fn visit(plan: &Plan<'_>, output: &mut Output) -> Outcome<Report> {
    let mut report = Box::pin(look::look(plan, output)).await?;
    findings::judge(&mut report);
    Ok(report)
}
