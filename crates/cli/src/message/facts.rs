//! What the server told about a message, as the objects of `docs/json.md`.
//!
//! Separate because search, show, fetch, watch and demo say it in the same form. RFC 9051 §7.5.2.

use std::borrow::Cow;

use imapkit::types::{AddressKind, Addresses, Envelope, Fetch, Flags, UidValidity};

use super::{structure, words};
use crate::output::json;

/// Everything a row holds.
pub(crate) fn message(mailbox: &str, uid_validity: UidValidity, row: &Fetch) -> json::Message {
    json::Message {
        mailbox: mailbox.to_owned(),
        uid_validity: uid_validity.get(),
        uid: row.uid.map_or(0, imapkit::types::Uid::get),
        flags: row.flags.as_ref().map(flags),
        date: row.internal_date.map(imapkit::types::DateTime::to_rfc3339),
        size: row.size,
        envelope: row.envelope().map(envelope),
        structure: row.body_structure().map(structure::tree),
        ..json::Message::default()
    }
}

/// Flags by name: `\Seen`, `$Forwarded`.
pub(crate) fn flags(flags: &Flags) -> Vec<String> {
    flags.iter().map(|flag| flag.to_string()).collect()
}

/// The envelope, decoded.
pub(crate) fn envelope(envelope: &Envelope) -> json::Envelope {
    let text = |octets: Option<Cow<'_, [u8]>>| octets.map(|octets| words::decode(&octets));
    json::Envelope {
        date: text(envelope.date()),
        subject: text(envelope.subject()),
        from: addresses(envelope.from()),
        sender: addresses(envelope.sender()),
        reply_to: addresses(envelope.reply_to()),
        to: addresses(envelope.to()),
        cc: addresses(envelope.cc()),
        bcc: addresses(envelope.bcc()),
        in_reply_to: text(envelope.in_reply_to()),
        message_id: text(envelope.message_id()),
    }
}

fn addresses(list: Addresses<'_>) -> Vec<json::Address> {
    let text =
        |octets: Option<Cow<'_, [u8]>>| octets.map(|octets| words::decode(&octets)).filter(|text| !text.is_empty());
    let mut group = None;
    let mut out = Vec::new();
    for entry in list {
        match entry.kind() {
            AddressKind::GroupStart => group = text(entry.mailbox()),
            AddressKind::GroupEnd => group = None,
            AddressKind::Mailbox | AddressKind::Invalid => {
                let parts = [text(entry.mailbox()), text(entry.host())];
                let address = parts.into_iter().flatten().collect::<Vec<_>>().join("@");
                out.push(json::Address {
                    name: text(entry.name()),
                    address: (!address.is_empty()).then_some(address),
                    group: group.clone(),
                });
            }
        }
    }
    out
}

/// Who, short: the name, else the address.
pub(crate) fn who(list: &[json::Address]) -> String {
    let first = list.first();
    let name = first.and_then(|address| address.name.clone().or_else(|| address.address.clone()));
    let more = if list.len() > 1 { format!(" +{}", list.len() - 1) } else { String::new() };
    name.map(|name| name + &more).unwrap_or_default()
}

/// Who, in full: `Ann <ann@example.org>, bob@example.org`.
pub(crate) fn everyone(list: &[json::Address]) -> String {
    let one = |address: &json::Address| match (&address.name, &address.address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    };
    list.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Flags in as many letters, for a list: unread, answered, flagged, draft, deleted.
pub(crate) fn marks(flags: &Flags) -> String {
    let marks = [
        (!flags.seen(), '•'),
        (flags.answered(), 'A'),
        (flags.flagged(), 'F'),
        (flags.draft(), 'D'),
        (flags.deleted(), 'X'),
    ];
    marks.iter().map(|&(set, mark)| if set { mark } else { ' ' }).collect()
}
