//! A report at a terminal: the verdict and the findings first, the details below, as wide as the window.
//!
//! What is shown is [`super::sheet`]'s; here it gets its lines and colours. On narrow windows a label has a line of its own.

use super::report::{Report, Severity, Verdict};
use super::sheet::{Mark, Row, sections, title};
use crate::output::paint::Paint;
use crate::output::text::{width, wrap};

/// Columns of the labels.
const LABEL: usize = 21;
/// Windows narrower than this have no room for labels beside texts.
const NARROW: usize = 64;
/// Columns before texts that have a line of their own.
const MARGIN: usize = 4;
/// Below this nothing is wrapped any further.
const LEAST: usize = 30;

/// The lines.
pub(super) fn lines(report: &Report, paint: Paint, width: usize) -> Vec<String> {
    let mut lines = vec![paint.bold(&wrap(&title(report), width, "  ")), verdict(report, paint), String::new()];
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

fn fact(row: &Row, paint: Paint, room: usize, lines: &mut Vec<String>) {
    let narrow = room < NARROW;
    let columns = room.saturating_sub(if narrow { MARGIN } else { LABEL + 2 }).max(LEAST);
    // What is to be pasted stays whole: where it is too long it begins further to the left.
    let long = row.mark == Mark::Code && width(&row.text) > columns;
    let margin = " ".repeat(if narrow || long { MARGIN } else { LABEL + 2 });
    let text = if row.mark == Mark::Code { row.text.clone() } else { wrap(&row.text, columns, "") };
    let text = text.replace('\n', &format!("\n{margin}"));
    let text = match row.mark {
        Mark::Bad => paint.red(&text),
        Mark::Code => paint.dim(&text),
        Mark::Good | Mark::Plain => text,
    };
    if narrow || long {
        if !row.label.is_empty() {
            lines.push(format!("  {}", paint.dim(&row.label)));
        }
        lines.push(format!("{margin}{text}"));
    } else {
        lines.push(format!("  {}{text}", paint.dim(&format!("{:<LABEL$}", row.label))));
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

#[cfg(test)]
mod tests {
    use super::super::link::{Certificate, Tls};
    use super::super::report::Timing;
    use super::*;

    fn report() -> Report {
        let leaf = Certificate {
            key_sha256: "a".repeat(64),
            names: vec!["imap.example.org".into()],
            ..Certificate::default()
        };
        Report {
            server: "imap.example.org".into(),
            port: 993,
            security: "tls".into(),
            tls: Some(Tls { chain: vec![leaf], ..Tls::default() }),
            timings: vec![
                Timing { phase: "one phase".into(), ms: 1.0 },
                Timing { phase: "another phase".into(), ms: 12.3 },
            ],
            ..Report::default()
        }
    }

    #[test]
    fn texts_stay_within_the_window_and_what_is_to_be_pasted_stays_whole() {
        for window in [40, 64, 80, 120] {
            let lines = lines(&report(), Paint::default(), window).join("\n");
            let pin = format!("--pin {}", "a".repeat(64));
            assert!(lines.contains(&pin), "{lines}");
            let long: Vec<&str> = lines.lines().filter(|line| width(line) > window && !line.contains("aaaa")).collect();
            assert!(long.is_empty(), "{window}: {long:?}");
        }
        let lines = lines(&report(), Paint::default(), 80).join("\n");
        assert!(lines.lines().all(|line| width(line) <= 80), "{lines}");
        assert!(lines.contains("\n  time                 one phase 1.0 ms · another phase 12 ms\n"), "{lines}");
    }

    #[test]
    fn a_narrow_window_gives_labels_a_line_of_their_own() {
        let lines = lines(&report(), Paint::default(), 40);
        let at = lines.iter().position(|line| line == "  time").unwrap();
        assert_eq!(lines[at + 1], "    one phase 1.0 ms · another phase 12\n    ms");
    }
}
