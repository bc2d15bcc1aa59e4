//! FETCH and UID FETCH.
//!
//! One message at a time, each sent before the next is made, so that a mailbox of any size needs the memory of one
//! message. RFC 3501 §6.4.5, §7.4.2.

use std::borrow::Cow;

use imap_types::{
    core::{Literal, NString, Vec1},
    fetch::{MacroOrMessageDataItemNames, MessageDataItem, MessageDataItemName as Name},
    flag::{Flag, StoreType},
    response::Data,
    sequence::SequenceSet,
};

use super::{Reply, Session};
use crate::{
    link::{End, Link},
    outbox::{Outbox, Outcome},
    store::mailbox::Stored,
    view::{Entry, View, nonzero, seq},
};

impl Session {
    pub(super) async fn fetch(
        &mut self,
        link: &mut Link,
        set: &SequenceSet,
        names: MacroOrMessageDataItemNames<'_>,
        uid: bool,
    ) -> Result<Reply, End> {
        let mut names = match names {
            MacroOrMessageDataItemNames::Macro(name) => imap_types::IntoStatic::into_static(name.expand()),
            MacroOrMessageDataItemNames::MessageDataItemNames(names) => names,
        };
        let is_unknown = |name: &Name<'_>| matches!(name, Name::Binary { .. } | Name::BinarySize { .. } | Name::ModSeq);
        if names.is_empty() || names.iter().any(is_unknown) {
            return Ok(Err(Outcome::bad("An item is not offered")));
        }
        if uid && !names.contains(&Name::Uid) {
            names.insert(0, Name::Uid);
        }
        let view = match self.selected() {
            Ok(view) => view,
            Err(outcome) => return Ok(Err(outcome)),
        };
        let Some(positions) = view.positions(set, uid) else {
            return Ok(Err(Outcome::bad("No such message")));
        };
        for at in positions {
            fetch_one(view, at, &names, &mut link.out);
            link.relieve().await?;
        }
        Ok(Ok(Outcome::ok("FETCH completed")))
    }
}

/// Items that count as reading the message.
fn sets_seen(name: &Name<'_>) -> bool {
    matches!(name, Name::BodyExt { peek: false, .. } | Name::Rfc822 | Name::Rfc822Text)
}

fn fetch_one(view: &mut View, at: usize, names: &[Name<'_>], out: &mut Outbox) {
    let Some(entry) = view.entry(at).cloned() else { return };
    let seen = !view.read_only && names.iter().any(sets_seen);
    let wants_flags = names.contains(&Name::Flags);
    // What others have done to the flags shows here; a message they have removed is served as it was.
    let current = view.mailbox.write(|contents| {
        let known = contents.messages.get(&entry.uid).map(|stored| stored.modseq);
        let stored = if seen {
            contents.store(entry.uid, StoreType::Add, &[Flag::Seen])
        } else {
            contents.messages.get(&entry.uid)
        };
        stored.map(|stored| (stored.clone(), known != Some(stored.modseq)))
    });
    let (stored, newly_seen) = current.unwrap_or_else(|| (entry.stored.clone(), false));
    let mut items: Vec<_> = names.iter().filter_map(|name| item(name, &entry, &stored)).collect();
    if newly_seen && !wants_flags {
        items.push(MessageDataItem::Flags(stored.flags.to_fetch(entry.recent)));
    }
    if newly_seen || wants_flags {
        view.heard(at, &stored);
    }
    if let Ok(items) = Vec1::try_from(items) {
        out.data(Data::Fetch { seq: seq(at), items });
    }
}

fn item<'a>(name: &Name<'a>, entry: &Entry, stored: &'a Stored) -> Option<MessageDataItem<'a>> {
    let mime = &stored.mime;
    Some(match name {
        Name::Body => MessageDataItem::Body(mime.structure(false)),
        Name::BodyStructure => MessageDataItem::BodyStructure(mime.structure(true)),
        Name::BodyExt { section, partial, .. } => {
            let bytes = mime.section(section.as_ref());
            let data = bytes.map_or(NString(None), |bytes| literal(slice(bytes, *partial)));
            MessageDataItem::BodyExt { section: section.clone(), origin: partial.map(|partial| partial.0), data }
        }
        Name::Envelope => MessageDataItem::Envelope(mime.envelope()),
        Name::Flags => MessageDataItem::Flags(stored.flags.to_fetch(entry.recent)),
        Name::InternalDate => MessageDataItem::InternalDate(stored.date.clone()),
        Name::Rfc822 => MessageDataItem::Rfc822(literal(mime.bytes().into())),
        Name::Rfc822Header => MessageDataItem::Rfc822Header(literal(mime.header().into())),
        Name::Rfc822Text => MessageDataItem::Rfc822Text(literal(mime.text().into())),
        Name::Rfc822Size => MessageDataItem::Rfc822Size(u32::try_from(mime.bytes().len()).unwrap_or(u32::MAX)),
        Name::Uid => MessageDataItem::Uid(nonzero(entry.uid)),
        _ => return None,
    })
}

/// The part of a section that `<origin.length>` asks for; empty beyond its end.
fn slice(bytes: Cow<'_, [u8]>, partial: Option<(u32, std::num::NonZeroU32)>) -> Cow<'_, [u8]> {
    let Some((origin, length)) = partial else { return bytes };
    let to_usize = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let start = to_usize(origin).min(bytes.len());
    let end = start.saturating_add(to_usize(length.get())).min(bytes.len());
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[start..end]),
        Cow::Owned(bytes) => Cow::Owned(bytes[start..end].to_vec()),
    }
}

/// A body as a literal: stored messages hold no NUL, so that it always is one.
fn literal(bytes: Cow<'_, [u8]>) -> NString<'_> {
    NString::from(Literal::unvalidated(bytes))
}
