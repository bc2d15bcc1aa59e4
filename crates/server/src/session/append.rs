//! APPEND.
//!
//! RFC 3501 §6.3.11; RFC 4315 §3 (APPENDUID).

use std::sync::Arc;

use imap_types::{
    datetime::DateTime, extensions::binary::LiteralOrLiteral8, flag::Flag, mailbox::Mailbox, response::Code,
};

use super::{Reply, Session};
use crate::{
    config::Capability,
    flags::{self, Flags},
    mime::Mime,
    name,
    outbox::Outcome,
    store::{self, Account},
    view::nonzero,
};

impl Session {
    pub(super) fn append(
        &self,
        account: &Account,
        mailbox: &Mailbox<'_>,
        flags: Vec<Flag<'static>>,
        date: Option<DateTime>,
        message: LiteralOrLiteral8<'static>,
    ) -> Reply {
        let LiteralOrLiteral8::Literal(message) = message else { return Err(Outcome::bad("BINARY is not offered")) };
        if !flags::settable(&flags) {
            return Err(Outcome::bad("These flags cannot be set"));
        }
        let name = name::from_wire(mailbox).ok_or_else(|| Outcome::no("Not a possible mailbox name"))?;
        // With TRYCREATE only if CREATE would work (RFC 3501 §6.3.11).
        let target = account.mailbox(&name).ok_or_else(|| Outcome::no("No such mailbox").with(Code::TryCreate))?;
        let bytes = message.into_inner().into_owned();
        if bytes.is_empty() {
            return Err(Outcome::no("A message cannot be empty"));
        }
        let uid = target.append(Arc::new(Mime::new(bytes)), Flags::new(flags), date.unwrap_or_else(store::now));
        let code = Code::AppendUid { uid_validity: nonzero(target.uid_validity), uid: nonzero(uid) };
        Ok(Outcome::ok("APPEND completed").with(self.shared.offers(Capability::UidPlus).then_some(code)))
    }
}
