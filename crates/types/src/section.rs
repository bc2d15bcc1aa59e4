//! Which piece of a message: `BODY[1.2.HEADER.FIELDS (FROM)]` (RFC 9051 §6.4.5 and §9 `section`).
//!
//! Separate from FETCH because the request and the reply both name sections and must be matched: servers echo them in
//! another case or order (H83), so [`Section::same_as`] compares by meaning. Header names are validated when the section
//! is made, since they are written into the command line (T073).

use crate::Invalid;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU32;
use core::str::FromStr;

/// The position of a body part: `1.2` is the second child of the first; empty is the message itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part(Vec<NonZeroU32>);

impl Part {
    /// The part at these steps from the root.
    pub fn new(steps: impl Into<Vec<NonZeroU32>>) -> Self {
        Self(steps.into())
    }

    /// The whole message.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The `number`-th child of this part, counted from 1.
    pub fn child(&self, number: NonZeroU32) -> Self {
        let mut steps = self.0.clone();
        steps.push(number);
        Self(steps)
    }

    /// The part this one is in; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, steps) = self.0.split_last()?;
        Some(Self(steps.into()))
    }

    /// Whether this is the whole message.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The steps from the root, each counted from 1.
    pub fn steps(&self) -> &[NonZeroU32] {
        &self.0
    }
}

impl FromStr for Part {
    type Err = Invalid;

    /// Reads `1.2.3`; an empty text is the root.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        let mut at = 0_usize;
        let steps = text.split('.').map(|step| {
            let start = at;
            at = at.saturating_add(step.len()).saturating_add(1);
            let number = crate::number::parse_u32("part", step, start)?;
            NonZeroU32::new(number).ok_or_else(|| Invalid::new("part", "contains 0").at(start))
        });
        steps.collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut dot = "";
        for step in &self.0 {
            write!(f, "{dot}{step}")?;
            dot = ".";
        }
        Ok(())
    }
}

/// What of a part is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum SectionText {
    /// All of it.
    #[default]
    Whole,
    /// `HEADER`: the header of the message or of an embedded message.
    Header,
    /// `HEADER.FIELDS (…)`: only these fields.
    HeaderFields(Vec<Box<str>>),
    /// `HEADER.FIELDS.NOT (…)`: all fields but these.
    HeaderFieldsNot(Vec<Box<str>>),
    /// `TEXT`: what follows the header.
    Text,
    /// `MIME`: the MIME header of a part.
    Mime,
}

/// A piece of a message: a part, and what of it. Always valid: see [`Section::new`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Section {
    part: Part,
    text: SectionText,
}

impl Section {
    /// Puts a section together. Fails on an empty list of header names, on a name that cannot be a header field
    /// (RFC 5322 §3.6.8: printable ASCII without colon), and on `MIME` of the whole message.
    pub fn new(part: Part, text: SectionText) -> Result<Self, Invalid> {
        match &text {
            SectionText::HeaderFields(names) | SectionText::HeaderFieldsNot(names) => check_names(names)?,
            SectionText::Mime if part.is_root() => return Err(Invalid::new("section", "asks for MIME without a part")),
            _ => {}
        }
        Ok(Self { part, text })
    }

    /// The whole message, `BODY[]`.
    pub fn whole() -> Self {
        Self::default()
    }

    /// The header of the message.
    pub fn header() -> Self {
        Self { part: Part::root(), text: SectionText::Header }
    }

    /// All of the message but its header.
    pub fn text() -> Self {
        Self { part: Part::root(), text: SectionText::Text }
    }

    /// The content of one part.
    pub fn part(part: Part) -> Self {
        Self { part, text: SectionText::Whole }
    }

    /// The MIME header of one part; that of the whole message is its header.
    pub fn mime(part: Part) -> Self {
        let text = if part.is_root() { SectionText::Header } else { SectionText::Mime };
        Self { part, text }
    }

    /// Some fields of the header, by name. Fails as [`Section::new`] does.
    pub fn header_fields<T: Into<Box<str>>>(names: impl IntoIterator<Item = T>) -> Result<Self, Invalid> {
        Self::new(Part::root(), SectionText::HeaderFields(names.into_iter().map(Into::into).collect()))
    }

    /// All fields of the header but these. Fails as [`Section::new`] does.
    pub fn header_fields_not<T: Into<Box<str>>>(names: impl IntoIterator<Item = T>) -> Result<Self, Invalid> {
        Self::new(Part::root(), SectionText::HeaderFieldsNot(names.into_iter().map(Into::into).collect()))
    }

    /// The same piece of an embedded message instead: `Section::header().of(part)` is `1.2.HEADER`.
    pub fn of(self, part: Part) -> Self {
        Self { part, text: self.text }
    }

    /// The part this section is of.
    pub fn in_part(&self) -> &Part {
        &self.part
    }

    /// What of the part is meant.
    pub fn kind(&self) -> &SectionText {
        &self.text
    }

    /// Whether this is the whole message.
    pub fn is_whole(&self) -> bool {
        self.part.is_root() && self.text == SectionText::Whole
    }

    /// Whether both name the same piece: header names compare without case, in any order, repeats aside (H83).
    pub fn same_as(&self, other: &Self) -> bool {
        let same_text = match (&self.text, &other.text) {
            (SectionText::HeaderFields(a), SectionText::HeaderFields(b))
            | (SectionText::HeaderFieldsNot(a), SectionText::HeaderFieldsNot(b)) => same_names(a, b),
            (a, b) => a == b,
        };
        same_text && self.part == other.part
    }
}

fn check_names(names: &[Box<str>]) -> Result<(), Invalid> {
    const WHAT: &str = "header field name";
    if names.is_empty() {
        return Err(Invalid::new("section", "names no header field"));
    }
    for name in names {
        if name.is_empty() {
            return Err(Invalid::new(WHAT, "is empty"));
        }
        if let Some(at) = name.bytes().position(|byte| !byte.is_ascii_graphic() || byte == b':') {
            return Err(Invalid::new(WHAT, "contains something other than printable ASCII, or a colon").at(at));
        }
    }
    Ok(())
}

fn same_names(a: &[Box<str>], b: &[Box<str>]) -> bool {
    // Servers mostly echo what was asked: then one pass decides.
    let echoed = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.eq_ignore_ascii_case(b));
    echoed || sorted_names(a) == sorted_names(b)
}

fn sorted_names(names: &[Box<str>]) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = names.iter().map(|name| name.to_ascii_lowercase().into()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A header name as an IMAP astring: bare where the grammar allows it, quoted otherwise.
fn astring(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|byte| byte.is_ascii_graphic() && !b"(){%*\"\\".contains(&byte)) {
        return name.into();
    }
    alloc::format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")).into()
}

impl fmt::Display for Section {
    /// Writes what stands between the brackets: `1.HEADER.FIELDS (From To)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.part)?;
        let (word, names) = match &self.text {
            SectionText::Whole => return Ok(()),
            SectionText::Header => ("HEADER", None),
            SectionText::HeaderFields(names) => ("HEADER.FIELDS", Some(names)),
            SectionText::HeaderFieldsNot(names) => ("HEADER.FIELDS.NOT", Some(names)),
            SectionText::Text => ("TEXT", None),
            SectionText::Mime => ("MIME", None),
        };
        write!(f, "{}{word}", if self.part.is_root() { "" } else { "." })?;
        let Some(names) = names else { return Ok(()) };
        let mut before = " (";
        for name in names {
            write!(f, "{before}{}", astring(name))?;
            before = " ";
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn part(text: &str) -> Part {
        text.parse().unwrap()
    }

    #[test]
    fn parts_read_write_and_climb() {
        let two = part("1.2");
        assert_eq!(two.to_string(), "1.2");
        assert_eq!(two.parent(), Some(part("1")));
        assert_eq!(part("1").parent().unwrap().parent(), None);
        assert_eq!(part("1").child(NonZeroU32::MIN), part("1.1"));
        assert!(part("").is_root());
        for (bad, at) in [("0", 0), ("1.0", 2), ("1.", 2), (".1", 0), ("1.x", 2), ("1.2\r\n", 3), ("4294967296", 0)] {
            assert_eq!(bad.parse::<Part>().unwrap_err().offset(), Some(at), "{bad:?}");
        }
    }

    #[test]
    fn sections_write_what_stands_in_the_brackets() {
        let fields = Section::header_fields(["From", "To"]).unwrap();
        for (section, text) in [
            (Section::whole(), ""),
            (Section::header(), "HEADER"),
            (Section::text().of(part("4.1")), "4.1.TEXT"),
            (Section::part(part("2")), "2"),
            (Section::mime(part("2")), "2.MIME"),
            (Section::mime(Part::root()), "HEADER"),
            (fields.clone(), "HEADER.FIELDS (From To)"),
            (fields.of(part("3")), "3.HEADER.FIELDS (From To)"),
            (Section::header_fields_not(["X-(a)\"\\"]).unwrap(), r#"HEADER.FIELDS.NOT ("X-(a)\"\\")"#),
        ] {
            assert_eq!(section.to_string(), text);
        }
    }

    #[test]
    fn t073_header_names_cannot_inject() {
        for bad in ["", "From)\r\nA9 LOGOUT", "X Y", "Subject:", "Über", "a\0"] {
            assert!(Section::header_fields([bad]).is_err(), "{bad:?}");
        }
        assert!(Section::header_fields(Vec::<Box<str>>::new()).is_err());
        assert!(Section::new(Part::root(), SectionText::Mime).is_err());
    }

    #[test]
    fn h083_an_echo_is_recognised() {
        let asked = Section::header_fields(["From", "Message-ID"]).unwrap();
        assert!(asked.same_as(&Section::header_fields(["FROM", "MESSAGE-ID"]).unwrap()));
        assert!(asked.same_as(&Section::header_fields(["message-id", "from", "From"]).unwrap()));
        assert!(!asked.same_as(&Section::header_fields(["From"]).unwrap()));
        assert!(!asked.same_as(&Section::header_fields_not(["From", "Message-ID"]).unwrap()));
        assert!(!asked.same_as(&asked.clone().of(part("1"))));
    }
}
