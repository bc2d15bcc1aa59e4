//! What the decoder makes of the collected responses of real servers, compared with what a person found right.
//!
//! Each case of `corpus/responses` is read whole and at every cut, then with all content streamed; the outcome must be the same, and be the one
//! in the `.expect` file beside it. `IMAPKIT_BLESS=1` rewrites those files: read the diff.

use bytes::BytesMut;
use imapkit_testkit::{chop, corpus, golden};
use imapkit_types::{Body, BodySection, Content, Fetch};
use imapkit_wire::response::BodyStart;
use imapkit_wire::{Decoder, Framer, Limits, Response, Untagged, Where};
use std::fmt::{Debug, Write as _};

/// What comes out of a stream of octets that arrives in these pieces, one response a line.
fn read(limits: &Limits, pieces: &[&[u8]]) -> Vec<Response> {
    let mut reader = Reader::new(limits);
    for piece in pieces {
        reader.feed(piece);
    }
    reader.responses
}

/// Framer and decoder, and what became of them.
struct Reader {
    framer: Framer,
    decoder: Decoder,
    input: BytesMut,
    responses: Vec<Response>,
    /// The body that is being handed out, and those that are complete and whose row is not.
    content: Vec<u8>,
    bodies: Vec<Vec<u8>>,
    error: Option<String>,
}

impl Reader {
    fn new(limits: &Limits) -> Self {
        Self {
            framer: Framer::new(limits.clone()),
            decoder: Decoder::new(limits.clone()),
            input: BytesMut::new(),
            responses: Vec::new(),
            content: Vec::new(),
            bodies: Vec::new(),
            error: None,
        }
    }

    fn feed(&mut self, piece: &[u8]) {
        self.input.extend_from_slice(piece);
        while self.error.is_none() {
            match self.framer.next(&mut self.input) {
                Ok(Some(piece)) => {
                    let response = self.decoder.piece(piece);
                    self.take(response);
                }
                Ok(None) => return,
                Err(error) => self.error = Some(error.to_string()),
            }
        }
    }

    /// Puts a body that was handed out back into its row, so that streamed and whole rows compare.
    fn take(&mut self, response: Response) {
        match response {
            Response::Untagged(Untagged::BodyStart(start)) => check_start(&start),
            Response::Untagged(Untagged::BodyChunk(chunk)) => self.content.extend_from_slice(&chunk),
            Response::Untagged(Untagged::BodyEnd) => self.bodies.push(std::mem::take(&mut self.content)),
            Response::Untagged(Untagged::Fetch(mut row)) => {
                for body in row.more.iter_mut().flat_map(|more| more.bodies.iter_mut().rev()) {
                    self.fill(body);
                }
                self.responses.push(Response::Untagged(Untagged::Fetch(row)));
            }
            response => self.responses.push(response),
        }
    }

    fn fill(&mut self, body: &mut Body) {
        if let Content::Streamed(len) = body.content {
            let content = self.bodies.pop().expect("a body for each that was announced");
            assert_eq!(u64::try_from(content.len()), Ok(len));
            body.content = Content::Inline(content.into());
        }
    }

    /// Everything there is to say, for a person to read.
    fn outcome(&self) -> String {
        let mut text: String = self.responses.iter().map(show).collect();
        if let Some(error) = &self.error {
            _ = writeln!(text, "the connection ends: {error}");
        } else {
            match self.framer.position(&self.input) {
                Where::BetweenResponses => {}
                Where::InLine { start } => _ = writeln!(text, "waits for the end of the line {start}"),
                Where::InLiteral { left } => _ = writeln!(text, "waits for {left} octets"),
            }
        }
        let repairs: Vec<_> = self.decoder.repairs().iter().map(|(id, count)| format!("{id} {count}")).collect();
        if !repairs.is_empty() {
            _ = writeln!(text, "tolerated: {}", repairs.join(", "));
        }
        text
    }
}

fn check_start(start: &BodyStart) {
    assert!(
        start.row.bodies().iter().all(|body| body.section != start.section || body.origin != start.origin),
        "{start:?}"
    );
}

fn show(response: &Response) -> String {
    match response {
        Response::Untagged(Untagged::Fetch(row)) => show_row(row),
        Response::Untagged(Untagged::Unknown(unknown)) => {
            format!("unknown {:?} {} {}\n", unknown.number, unknown.name, unknown.frame.as_bytes().escape_ascii())
        }
        Response::Untagged(data) => readable(&format!("{data:?}\n")),
        Response::Tagged(tagged) => readable(&format!("{} {:?}\n", tagged.tag, tagged.status)),
        Response::Continue(text) => format!("+ {text:?}\n"),
        Response::Garbled(garbled) => {
            let tag = garbled.tag.map(|tag| format!(" {tag}")).unwrap_or_default();
            format!("garbled{tag} {}: {}\n", garbled.frame.as_bytes().escape_ascii(), garbled.error)
        }
    }
}

/// Shows lists of octets as text: `data: [65, 66]` as `data: b"AB"`.
fn readable(debug: &str) -> String {
    let mut text = String::new();
    let mut rest = debug;
    while let Some((before, after)) = rest.split_once('[') {
        text += before;
        let end = after.find(']').unwrap_or_default();
        let octets: Result<Vec<u8>, _> = after[..end].split(", ").map(str::parse).collect();
        let may_be_octets = ["data: ", "Some(", "\", "].iter().any(|place| before.ends_with(place));
        match octets {
            Ok(octets) if may_be_octets => {
                _ = write!(text, "b\"{}\"", octets.escape_ascii());
                rest = &after[end + 1..];
            }
            _ => {
                text.push('[');
                rest = after;
            }
        }
    }
    text + rest
}

fn show_row(row: &Fetch) -> String {
    let mut text = String::from("row");
    show_field(&mut text, "seq", row.seq.map(imapkit_types::SeqNum::get));
    show_field(&mut text, "uid", row.uid.map(imapkit_types::Uid::get));
    show_field(&mut text, "flags", row.flags.as_ref());
    show_field(&mut text, "mod_seq", row.mod_seq.map(imapkit_types::ModSeq::get));
    show_field(&mut text, "size", row.size);
    show_field(&mut text, "date", row.internal_date.map(|date| date.to_string()));
    text.push('\n');
    let Some(more) = &row.more else { return text };
    let mut line =
        |name: &str, value: Option<String>| value.into_iter().for_each(|value| _ = writeln!(text, "  {name}: {value}"));
    line("envelope", more.envelope.as_ref().map(|envelope| format!("{envelope:?}")));
    if let Some(tree) = &more.body_structure {
        let damaged = if tree.is_damaged() { "damaged " } else { "" };
        tree.parts().for_each(|part| line("part", Some(format!("{damaged}{:?} {part:?}", part.kind()))));
    }
    for body in &more.bodies {
        let section = match &body.section {
            BodySection::Body(section) => format!("BODY[{section}]"),
            BodySection::Binary(part) => format!("BINARY[{part}]"),
        };
        let origin = body.origin.map(|origin| format!("<{origin}>")).unwrap_or_default();
        line(&(section + &origin), Some(format!("{:?}", body.content)));
    }
    more.binary_sizes.iter().for_each(|(part, size)| line(&format!("size of {part}"), Some(size.to_string())));
    line("email id", debug(more.email_id.as_ref()));
    line("thread id", debug(more.thread_id.as_ref()));
    line("save date", more.save_date.map(|date| date.map_or_else(|| "None".to_owned(), |date| date.to_string())));
    line("preview", debug(more.preview.as_ref()));
    line("gmail message", debug(more.gm_msg_id.as_ref()));
    line("gmail thread", debug(more.gm_thread_id.as_ref()));
    let labels = more.gm_labels.as_ref();
    line(
        "gmail labels",
        labels.map(|labels| labels.iter().map(|l| l.escape_ascii().to_string()).collect::<Vec<_>>().join(" | ")),
    );
    more.unknown.iter().for_each(|(name, value)| line(name, Some(value.escape_ascii().to_string())));
    more.damage
        .iter()
        .for_each(|d| line(&format!("damaged {}", d.item), Some(format!("{} ({})", d.raw.escape_ascii(), d.reason))));
    text
}

fn debug(value: Option<&impl Debug>) -> Option<String> {
    value.map(|value| format!("{value:?}"))
}

fn show_field(text: &mut String, name: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        _ = write!(text, " {name}={value}");
    }
}

#[test]
fn responses_of_real_servers_are_read_as_expected() {
    let cases = corpus::responses(&corpus::root());
    assert!(cases.len() > 300);
    let mut differences = Vec::new();
    for case in &cases {
        let mut whole = Reader::new(&Limits::default());
        whole.feed(&case.bytes);
        if let Err(difference) = golden::check(&case.path, &whole.outcome()) {
            differences.push(difference.to_string());
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn t097_the_cut_makes_no_difference() {
    for case in corpus::responses(&corpus::root()) {
        let mut whole = Reader::new(&Limits::default());
        whole.feed(&case.bytes);
        chop::for_each_cut(&case.bytes, |pieces| {
            let mut reader = Reader::new(&Limits::default());
            for piece in pieces {
                reader.feed(piece);
            }
            assert_eq!(reader.responses, whole.responses, "{}", case.path.display());
            assert_eq!(reader.outcome(), whole.outcome(), "{}", case.path.display());
        });
    }
}

#[test]
fn content_that_is_handed_out_is_the_content_of_the_row() {
    for case in corpus::responses(&corpus::root()) {
        let streaming = Limits { stream_above: 0, ..Limits::default() };
        let whole: String = read(&Limits::default(), &[&case.bytes]).iter().map(show).collect();
        let streamed: String = read(&streaming, &[&case.bytes]).iter().map(show).collect();
        assert_eq!(streamed, whole, "{}", case.path.display());
    }
}
