//! A report as one HTML file that needs nothing else: `--html`.
//!
//! For screens of any width, in light and dark, and for paper. The same words as at the terminal ([`super::sheet`]). Everything a server
//! said is text here: it is escaped, isolated from the direction of what surrounds it, and the page forbids itself scripts, pictures and
//! connections by a policy (T031).

use super::print::word;
use super::report::{Report, Severity, Verdict};
use super::sheet::{Mark, Row, sections, title};
use crate::output::text::is_tricky;

const STYLE: &str = include_str!("page.css");

/// The page.
pub(super) fn html(report: &Report) -> String {
    let mut page = Page::default();
    let name = escaped(&title(report));
    let (class, verdict) = match report.verdict {
        Verdict::Good => ("good", "good: it works"),
        Verdict::Warnings => ("warning", "it works, with warnings"),
        Verdict::Broken => ("error", "broken: it does not work"),
    };
    page.line("<!doctype html>");
    page.line("<html lang=\"en\">");
    page.line("<head>");
    page.line("<meta charset=\"utf-8\">");
    page.line(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
    );
    page.line("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    page.line("<meta name=\"color-scheme\" content=\"light dark\">");
    page.line("<meta name=\"referrer\" content=\"no-referrer\">");
    page.line(&format!("<title>{name}: {verdict}</title>"));
    page.line(&format!("<style>\n{STYLE}</style>"));
    page.line("</head>");
    page.line("<body>");
    page.line("<main>");
    page.line("<header>");
    page.line(&format!("<h1>{name}</h1>"));
    page.line(&format!("<p class=\"verdict {class}\">{verdict}</p>"));
    page.line(&format!(
        "<p class=\"when\">imapkit {}, <time>{}</time></p>",
        escaped(&report.version),
        escaped(&report.time)
    ));
    page.line("</header>");
    findings(report, &mut page);
    for section in sections(report) {
        page.line(&format!("<section>\n<h2>{}</h2>\n<dl>", escaped(&section.title)));
        rows(&section.rows, &mut page);
        page.line("</dl>\n</section>");
    }
    page.line("</main>");
    page.line("</body>");
    page.line("</html>");
    page.0
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }
}

fn findings(report: &Report, page: &mut Page) {
    if report.findings.is_empty() {
        return;
    }
    page.line("<section>\n<h2>Findings</h2>\n<ul class=\"findings\">");
    for finding in &report.findings {
        let class = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let word = word(finding.severity).trim_end_matches(':');
        page.line(&format!("<li class=\"{class}\"><strong>{word}</strong> <bdi>{}</bdi>", escaped(&finding.text)));
        for line in finding.advice.iter().flat_map(|advice| advice.lines()) {
            page.line(&format!("<p><bdi>{}</bdi></p>", escaped(line)));
        }
        page.line("</li>");
    }
    page.line("</ul>\n</section>");
}

/// Rows without a label go on with the label before.
fn rows(rows: &[Row], page: &mut Page) {
    for (at, row) in rows.iter().enumerate() {
        if at == 0 || !row.label.is_empty() {
            page.line(&format!("<dt>{}</dt>", escaped(&row.label)));
        }
        let text = escaped(&row.text);
        page.line(&match row.mark {
            Mark::Plain => format!("<dd><bdi>{text}</bdi></dd>"),
            Mark::Good => format!("<dd class=\"good\"><bdi>{text}</bdi></dd>"),
            Mark::Bad => format!("<dd class=\"bad\"><bdi>{text}</bdi></dd>"),
            Mark::Code => format!("<dd><code>{text}</code></dd>"),
        });
    }
}

/// Text that is text and nothing else, wherever it stands. What could hide or turn around is gone.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|&c| !is_tricky(c)) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::report::{Finding, Oddity};
    use super::*;

    #[test]
    fn t031_what_a_server_says_is_text() {
        let evil = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\u{1b}[2J\u{202e}'\"&";
        let report = Report {
            server: evil.into(),
            greeting: Some(evil.into()),
            findings: vec![Finding { severity: Severity::Warning, text: evil.into(), advice: Some(evil.into()) }],
            oddities: vec![Oddity { text: evil.into(), raw: evil.into() }],
            ..Report::default()
        };
        let page = html(&report);
        assert!(
            !page.contains("<script")
                && !page.contains("<img")
                && !page.contains('\u{1b}')
                && !page.contains('\u{202e}')
        );
        assert_eq!(page.matches("&lt;script&gt;alert(1)&lt;/script&gt;").count(), 7, "{page}");
        assert_eq!(escaped("'\"&<>"), "&#39;&quot;&amp;&lt;&gt;");
    }

    #[test]
    fn nothing_is_loaded_from_anywhere() {
        let page = html(&Report::default());
        for outside in ["src=", "href=", "url(", "@import", "http://", "https://"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("default-src 'none'") && page.contains("prefers-color-scheme: dark"));
    }
}
