//! A report at a terminal: the verdict and the findings first, the details below, as wide as the window.
//!
//! What is shown is [`super::sheet`]'s; here it gets its lines and colours. On narrow windows a label has a line of its own.

use super::report::{Report, Severity, Verdict};
use super::sheet::{Mark, Row, sections, title};
use crate::output::paint::Paint;
use crate::output::text::wrap;

/// Columns of the labels.
const LABEL: usize = 21;
/// Windows narrower than this have no room for labels beside texts.
const NARROW: usize = 64;
/// Below this nothing is wrapped any further.
const LEAST: usize = 30;

/// The lines.
pub(super) fn lines(report: &Report, paint: Paint, width: usize) -> Vec<String> {
    let mut lines = vec![paint.bold(&title(report)), verdict(report, paint), String::new()];
    let before = lines.len();
    findings(report, paint, width, &mut lines);
    if lines.len() > before {
        lines.push(String::new());
    }
    for section in sections(report) {
        lines.push(paint.bold(&section.title));
        for row in &section.rows {
            fact(row, paint, width, &mut lines);
        }
        lines.push(String::new());
    }
    lines.pop();
    lines
}

fn fact(row: &Row, paint: Paint, width: usize, lines: &mut Vec<String>) {
    let narrow = width < NARROW;
    let indent = if narrow { 4 } else { LABEL + 2 };
    let columns = width.saturating_sub(indent).max(LEAST);
    let margin = " ".repeat(indent);
    // What is to be pasted stays whole, whatever the window.
    let text = if row.mark == Mark::Code {
        row.text.clone()
    } else {
        wrap(&row.text, columns, "").replace('\n', &format!("\n{margin}"))
    };
    let text = match row.mark {
        Mark::Bad => paint.red(&text),
        Mark::Good | Mark::Plain => text,
        Mark::Code => paint.dim(&text),
    };
    match (narrow, row.label.is_empty()) {
        (true, true) => lines.push(format!("{margin}{text}")),
        (true, false) => {
            lines.push(format!("  {}", paint.dim(&row.label)));
            lines.push(format!("{margin}{text}"));
        }
        (false, _) => lines.push(format!("  {}{text}", paint.dim(&format!("{:<LABEL$}", row.label)))),
    }
}

fn verdict(report: &Report, paint: Paint) -> String {
    match report.verdict {
        Verdict::Good => paint.green("good: it works"),
        Verdict::Warnings => paint.yellow("it works, with warnings"),
        Verdict::Broken => paint.red("broken: it does not work"),
    }
}

fn findings(report: &Report, paint: Paint, width: usize, lines: &mut Vec<String>) {
    for finding in &report.findings {
        let word = word(finding.severity);
        let painted = match finding.severity {
            Severity::Error => paint.red(word),
            Severity::Warning => paint.yellow(word),
            Severity::Note => paint.dim(word),
        };
        let columns = width.saturating_sub(word.len() + 2).max(LEAST);
        lines.push(format!("{painted} {}", wrap(&finding.text, columns, "  ")));
        for line in finding.advice.iter().flat_map(|advice| advice.lines()) {
            lines.push(format!("  {}", wrap(line, width.saturating_sub(4).max(LEAST), "  ")));
        }
    }
}

/// What a severity is called.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error:",
        Severity::Warning => "warning:",
        Severity::Note => "note:",
    }
}
