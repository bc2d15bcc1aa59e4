//! HTML as text: enough to read a mail that has no text part.
//!
//! Ours rather than a browser's: one pass over the tags, no layout, linear, nothing is loaded. `mail-parser` has such a function too, but
//! it runs table cells and list items together and drops where links lead. Entities are looked up there.

use mail_parser::decoders::html::add_html_token;
use std::fmt::Write as _;

/// Elements whose content nobody is meant to read.
const SILENT: &[&str] = &["head", "style", "script", "template", "title", "noscript"];
/// Elements that begin a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
];
/// Elements that have an empty line before them.
const PARAGRAPHS: &[&str] = &["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "table", "pre"];

/// The text of an HTML document.
pub(crate) fn to_text(html: &str) -> String {
    let mut page = Page::default();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        page.text(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let looks_like_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        if !looks_like_tag {
            page.text("<");
            rest = &rest[1..];
            continue;
        }
        let end = tag_end(rest);
        let silent = page.tag(&rest[1..end]);
        rest = rest.get(end + 1..).unwrap_or("");
        if let Some(element) = silent {
            rest = behind(rest, element);
        }
    }
    page.text(rest);
    page.finish()
}

/// What stands behind the end of an element whose content is not markup: `<` means nothing in it.
fn behind<'a>(rest: &'a str, element: &str) -> &'a str {
    let ends =
        |at: usize| rest.get(at + 2..at + 2 + element.len()).is_some_and(|name| name.eq_ignore_ascii_case(element));
    rest.match_indices("</").map(|(at, _)| at).find(|&at| ends(at)).map_or("", |at| &rest[at..])
}

/// Where the tag's `>` is, quoted values aside; the end of the text if it has none.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at,
            (None, b'"' | b'\'') if tag.as_bytes()[..at].last() == Some(&b'=') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    // A quote that is never closed swallows no more than its own tag.
    tag.find('>').unwrap_or(tag.len())
}

#[derive(Debug, Default)]
struct Page {
    out: String,
    /// White space seen since the last letter.
    space: bool,
    preformatted: bool,
    /// Where the open link leads, and where its text began.
    link: Option<(String, usize)>,
}

impl Page {
    fn text(&mut self, text: &str) {
        for word in text.split_inclusive(|c: char| c.is_ascii_whitespace()) {
            let letters = word.trim_end_matches(|c: char| c.is_ascii_whitespace());
            if self.preformatted {
                self.letters(word);
                continue;
            }
            if !letters.is_empty() {
                if self.space && !self.out.is_empty() && !self.out.ends_with(['\n', ' ']) {
                    self.out.push(' ');
                }
                self.space = false;
                self.letters(letters);
            }
            self.space |= letters.len() < word.len();
        }
    }

    /// Adds letters, entities decoded.
    fn letters(&mut self, letters: &str) {
        let mut rest = letters;
        while let Some(at) = rest.find('&') {
            self.out.push_str(&rest[..at]);
            rest = &rest[at..];
            let name =
                rest[1..].bytes().take(32).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
            let is_entity = name > 0 && rest.as_bytes().get(name + 1) == Some(&b';');
            let length = if is_entity { name + 2 } else { 1 };
            add_html_token(&mut self.out, &rest.as_bytes()[..length], false);
            rest = &rest[length..];
        }
        self.out.push_str(rest);
    }

    /// Acts on a tag; gives the element if its content is to be passed over.
    fn tag(&mut self, tag: &str) -> Option<&'static str> {
        let closing = tag.starts_with('/');
        let inner = tag.trim_start_matches('/');
        let name_end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
        let name = inner[..name_end].to_ascii_lowercase();
        if !closing && let Some(element) = SILENT.iter().find(|element| **element == name) {
            return (!inner.ends_with('/')).then_some(*element);
        }
        match (name.as_str(), closing) {
            ("br", _) => self.line(),
            ("td" | "th", false) => self.space = true,
            ("pre", _) => {
                self.block("pre");
                self.preformatted = !closing;
            }
            ("li", false) => {
                self.block("li");
                self.out.push_str("- ");
            }
            ("hr", false) => {
                self.block("hr");
                self.out.push_str("----\n");
            }
            ("img", false) => {
                if let Some(alt) = attribute(inner, "alt").filter(|alt| !alt.trim().is_empty()) {
                    self.text(&format!("[{}]", alt.trim()));
                }
            }
            ("a", false) => self.link = attribute(inner, "href").map(|href| (href, self.out.len())),
            ("a", true) => self.end_link(),
            (name, _) if BLOCKS.contains(&name) => self.block(name),
            _ => {}
        }
        None
    }

    fn end_link(&mut self) {
        let Some((href, start)) = self.link.take() else { return };
        let text = self.out.get(start..).unwrap_or_default().trim();
        let leads_away = href.starts_with("http://") || href.starts_with("https://");
        let bare = |text: &str| {
            text.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_owned()
        };
        if leads_away && !text.is_empty() && bare(text) != bare(&href) {
            let _ = write!(self.out, " <{href}>");
        }
    }

    fn line(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        self.space = false;
    }

    fn block(&mut self, name: &str) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.line();
        }
        if PARAGRAPHS.contains(&name) && !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        self.space = false;
    }

    fn finish(self) -> String {
        let mut text = self.out.replace('\u{a0}', " ");
        text.truncate(text.trim_end().len());
        text
    }
}

/// The value of an attribute, entities decoded.
fn attribute(tag: &str, name: &str) -> Option<String> {
    // Offsets stay right: only ASCII changes.
    let lower = tag.to_ascii_lowercase();
    let found = lower.match_indices(name).find(|(at, _)| {
        let before = lower.as_bytes().get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_whitespace);
        before && lower[at + name.len()..].trim_start().starts_with('=')
    })?;
    let value = tag[found.0 + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split(|c: char| c.is_ascii_whitespace()).next()?,
    };
    let mut page = Page::default();
    page.letters(value);
    Some(page.out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_lists_tables_and_links_are_readable() {
        let html = "<html><head><title>no</title><style>p{}</style></head><body><h1>Hello</h1><p>One\n two&nbsp;&amp;&eacute;<br>three</p>\
                    <ul><li>a</li><li><b>b</b></li></ul><table><tr><td>x</td><td>y</td></tr></table>\
                    <a href=\"https://example.org/?a=1&amp;b=2\">here</a> <a href='https://example.org/'>example.org</a></body></html>";
        let expected =
            "Hello\n\nOne two &é\nthree\n\n- a\n- b\n\nx y\n\nhere <https://example.org/?a=1&b=2> example.org";
        assert_eq!(to_text(html), expected);
    }

    #[test]
    fn what_is_not_meant_to_be_read_is_not_shown() {
        assert_eq!(to_text("a<!-- <b>no</b> --><script>if (a<b) {}</script>b<style>x"), "ab");
        assert_eq!(to_text("<img src=x alt='A cat'><img alt=''>"), "[A cat]");
        assert_eq!(to_text("<pre>  two\n  lines</pre>"), "  two\n  lines");
    }

    #[test]
    fn broken_html_loses_nothing_else() {
        assert_eq!(to_text("1 < 2 & 3 &unknown; <"), "1 < 2 & 3 &unknown; <");
        assert_eq!(to_text("<a href=\"x>y</a> z"), "y z");
        assert_eq!(to_text(&"<div>".repeat(10_000)), "");
        assert_eq!(to_text("ü<ü"), "ü<ü");
    }
}
