//! What waits to be sent on a connection.
//!
//! Responses are encoded by `imap-codec` as they are made; whole lines only, so that a connection that has to end can
//! tell whether its peer is between two responses.

use imap_codec::{GreetingCodec, ResponseCodec, encode::Encoder};
use imap_types::{
    core::{Tag, Text},
    response::{
        Bye, Code, CommandContinuationRequest, Data, Greeting, Response, Status, StatusBody, StatusKind, Tagged,
    },
};

/// Encoded bytes not yet sent.
#[derive(Default)]
pub(crate) struct Outbox {
    pub(crate) bytes: Vec<u8>,
}

/// The end of a command: how it went, and what to say about it.
pub(crate) struct Outcome {
    pub(crate) kind: StatusKind,
    pub(crate) code: Option<Code<'static>>,
    pub(crate) text: &'static str,
}

impl Outcome {
    pub(crate) fn ok(text: &'static str) -> Self {
        Self { kind: StatusKind::Ok, code: None, text }
    }

    pub(crate) fn no(text: &'static str) -> Self {
        Self { kind: StatusKind::No, code: None, text }
    }

    pub(crate) fn bad(text: &'static str) -> Self {
        Self { kind: StatusKind::Bad, code: None, text }
    }

    pub(crate) fn with(mut self, code: impl Into<Option<Code<'static>>>) -> Self {
        self.code = code.into();
        self
    }
}

/// A response code that `imap-types` does not name (RFC 5530).
pub(crate) fn code(name: &'static str) -> Code<'static> {
    Code::Other(imap_types::response::CodeOther::unvalidated(name.as_bytes()))
}

fn text(text: &'static str) -> Text<'static> {
    // Ours are all printable ASCII.
    Text::unvalidated(text)
}

impl Outbox {
    fn push(&mut self, response: &Response<'_>) {
        self.bytes.extend(ResponseCodec::default().encode(response).dump());
    }

    pub(crate) fn greeting(&mut self, code: Code<'static>) {
        let greeting = Greeting {
            kind: imap_types::response::GreetingKind::Ok,
            code: Some(code),
            text: text("imapkit-server ready"),
        };
        self.bytes.extend(GreetingCodec::default().encode(&greeting).dump());
    }

    pub(crate) fn data(&mut self, data: Data<'_>) {
        self.push(&Response::Data(data));
    }

    /// An untagged OK with a code.
    pub(crate) fn untagged(&mut self, code: Code<'static>, says: &'static str) {
        let body = StatusBody { kind: StatusKind::Ok, code: Some(code), text: text(says) };
        self.push(&Response::Status(Status::Untagged(body)));
    }

    /// Ends a command; without a tag the command was too broken to have one.
    pub(crate) fn finish(&mut self, tag: Option<Tag<'_>>, outcome: Outcome) {
        let body = StatusBody { kind: outcome.kind, code: outcome.code, text: text(outcome.text) };
        self.push(&Response::Status(match tag {
            Some(tag) => Status::Tagged(Tagged { tag, body }),
            None => Status::Untagged(body),
        }));
    }

    pub(crate) fn bye(&mut self, code: Option<Code<'static>>, says: &'static str) {
        self.push(&Response::Status(Status::Bye(Bye { code, text: text(says) })));
    }

    pub(crate) fn challenge(&mut self, data: &'static [u8]) {
        self.push(&Response::CommandContinuationRequest(CommandContinuationRequest::base64(data)));
    }

    /// Tells the client to go on.
    pub(crate) fn go_ahead(&mut self, says: &'static str) {
        if let Ok(request) = CommandContinuationRequest::basic(None, says) {
            self.push(&Response::CommandContinuationRequest(request));
        }
    }
}
