//! Commands about mailboxes as such: CREATE, DELETE, RENAME, SUBSCRIBE, LIST, LSUB, STATUS.
//!
//! RFC 3501 §6.3.3–§6.3.10; RFC 3348 (child attributes); RFC 6154 (special use); RFC 8438 (STATUS=SIZE).

use std::collections::BTreeSet;

use imap_types::{
    flag::{Flag, FlagNameAttribute},
    mailbox::{ListMailbox, Mailbox},
    response::Data,
    status::{StatusDataItem, StatusDataItemName},
};

use super::{Reply, Session, attribute, delimiter};
use crate::{
    config::Capability,
    name::{self, Pattern},
    outbox::{Outbox, Outcome, code},
    store::{Account, Refused, mailbox::Contents},
    view::nonzero,
};

fn refused(why: Refused) -> Outcome {
    match why {
        Refused::Exists => Outcome::no("That name is taken").with(code("ALREADYEXISTS")),
        Refused::Missing => missing(),
        Refused::HasChildren => Outcome::no("There are mailboxes below it").with(code("HASCHILDREN")),
        Refused::Inbox => Outcome::no("INBOX cannot be deleted").with(code("CANNOT")),
        Refused::NameTooLong => Outcome::no("A name below it would become too long").with(code("LIMIT")),
    }
}

fn missing() -> Outcome {
    Outcome::no("No such mailbox").with(code("NONEXISTENT"))
}

/// A name that a mailbox can be given. A delimiter at the end only says that there will be children (RFC 3501 §6.3.3).
fn new_name(mailbox: &Mailbox<'_>) -> Result<String, Outcome> {
    let wire = match mailbox {
        Mailbox::Inbox => "INBOX",
        Mailbox::Other(other) => std::str::from_utf8(other.inner().as_ref()).unwrap_or_default(),
    };
    let trimmed = wire.strip_suffix(name::DELIMITER).unwrap_or(wire);
    Mailbox::try_from(trimmed)
        .ok()
        .and_then(|mailbox| name::from_wire(&mailbox))
        .ok_or_else(|| Outcome::no("Not a possible mailbox name").with(code("CANNOT")))
}

pub(super) fn create(account: &Account, mailbox: &Mailbox<'_>) -> Reply {
    account.create(new_name(mailbox)?).map_err(refused)?;
    Ok(Outcome::ok("CREATE completed"))
}

pub(super) fn delete(account: &Account, mailbox: &Mailbox<'_>) -> Reply {
    let name = name::from_wire(mailbox).ok_or_else(missing)?;
    account.delete(&name).map_err(refused)?;
    Ok(Outcome::ok("DELETE completed"))
}

pub(super) fn rename(account: &Account, from: &Mailbox<'_>, to: &Mailbox<'_>) -> Reply {
    let from = name::from_wire(from).ok_or_else(missing)?;
    account.rename(&from, &new_name(to)?).map_err(refused)?;
    Ok(Outcome::ok("RENAME completed"))
}

pub(super) fn subscribe(account: &Account, mailbox: &Mailbox<'_>, on: bool) -> Reply {
    // A subscription may name what does not exist (RFC 3501 §6.3.6), but only what could.
    let name = name::from_wire(mailbox).ok_or_else(missing)?;
    account.subscribe(name, on);
    Ok(if on { Outcome::ok("SUBSCRIBE completed") } else { Outcome::ok("UNSUBSCRIBE completed") })
}

fn pattern_bytes<'a>(pattern: &'a ListMailbox<'_>) -> &'a [u8] {
    match pattern {
        ListMailbox::Token(token) => token.as_ref(),
        ListMailbox::String(string) => string.as_ref(),
    }
}

fn pattern(reference: &Mailbox<'_>, wildcard: &ListMailbox<'_>) -> Result<Pattern, Outcome> {
    let reference = match reference {
        Mailbox::Inbox => b"INBOX",
        Mailbox::Other(other) => other.inner().as_ref(),
    };
    Pattern::new(reference, pattern_bytes(wildcard)).ok_or_else(|| Outcome::no("Pattern too long").with(code("LIMIT")))
}

pub(super) fn lsub(account: &Account, out: &mut Outbox, reference: &Mailbox<'_>, wildcard: &ListMailbox<'_>) -> Reply {
    let pattern = pattern(reference, wildcard)?;
    let subscribed = account.subscribed();
    // With `%`, a level that only leads to a subscribed name is listed as \Noselect (RFC 3501 §6.3.9).
    let parents = subscribed.iter().flat_map(|name| name::parents(name)).filter(|parent| !subscribed.contains(*parent));
    let parents: BTreeSet<&str> =
        if pattern_bytes(wildcard).contains(&b'%') { parents.collect() } else { BTreeSet::new() };
    let names = subscribed.iter().map(|name| (name.as_str(), Vec::new()));
    let names = names.chain(parents.into_iter().map(|parent| (parent, vec![FlagNameAttribute::Noselect])));
    for (name, items) in names.filter(|(name, _)| pattern.matches(name)) {
        out.data(Data::Lsub { items, delimiter: delimiter(), mailbox: name::to_wire(name) });
    }
    Ok(Outcome::ok("LSUB completed"))
}

impl Session {
    pub(super) fn list(
        &self,
        account: &Account,
        out: &mut Outbox,
        reference: &Mailbox<'_>,
        wildcard: &ListMailbox<'_>,
    ) -> Reply {
        if pattern_bytes(wildcard).is_empty() {
            // An empty pattern asks for the delimiter and the root (RFC 3501 §6.3.8).
            let items = vec![FlagNameAttribute::Noselect];
            let root = Mailbox::try_from("").unwrap_or(Mailbox::Inbox);
            out.data(Data::List { items, delimiter: delimiter(), mailbox: root });
            return Ok(Outcome::ok("LIST completed"));
        }
        let pattern = pattern(reference, wildcard)?;
        let names = account.names();
        let parents: BTreeSet<&str> = names.keys().flat_map(|name| name::parents(name)).collect();
        for (name, mailbox) in names.iter().filter(|(name, _)| pattern.matches(name)) {
            let mut items = Vec::new();
            if mailbox.is_none() {
                items.push(FlagNameAttribute::Noselect);
            }
            if self.shared.offers(Capability::Children) {
                let has_children = parents.contains(name.as_str());
                items.push(attribute(if has_children { "HasChildren" } else { "HasNoChildren" }));
            }
            let special_use = mailbox.as_ref().and_then(|mailbox| mailbox.special_use);
            if self.shared.offers(Capability::SpecialUse) {
                items.extend(special_use.map(|special_use| attribute(special_use.name())));
            }
            out.data(Data::List { items, delimiter: delimiter(), mailbox: name::to_wire(name) });
        }
        Ok(Outcome::ok("LIST completed"))
    }

    pub(super) fn status(
        &self,
        account: &Account,
        out: &mut Outbox,
        mailbox: &Mailbox<'_>,
        names: &[StatusDataItemName],
    ) -> Reply {
        let name = name::from_wire(mailbox).ok_or_else(missing)?;
        let found = account.mailbox(&name).ok_or_else(missing)?;
        let offers_size = self.shared.offers(Capability::StatusSize);
        let items = found.read(|contents| {
            let item = |name| status_item(contents, found.uid_validity, offers_size, name);
            names.iter().map(item).collect::<Option<Vec<_>>>()
        });
        let items = items.filter(|items| !items.is_empty()).ok_or_else(|| Outcome::bad("An item is not offered"))?;
        out.data(Data::Status { mailbox: name::to_wire(&name), items: items.into() });
        Ok(Outcome::ok("STATUS completed"))
    }
}

fn status_item(
    contents: &Contents,
    uid_validity: u32,
    offers_size: bool,
    name: &StatusDataItemName,
) -> Option<StatusDataItem> {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Some(match name {
        StatusDataItemName::Messages => StatusDataItem::Messages(number(contents.messages.len())),
        StatusDataItemName::Recent => {
            StatusDataItem::Recent(number(contents.messages.range(contents.recent_from..).count()))
        }
        StatusDataItemName::UidNext => StatusDataItem::UidNext(nonzero(contents.uid_next)),
        StatusDataItemName::UidValidity => StatusDataItem::UidValidity(nonzero(uid_validity)),
        StatusDataItemName::Unseen => {
            let unseen = contents.messages.values().filter(|stored| !stored.flags.contains(&Flag::Seen));
            StatusDataItem::Unseen(number(unseen.count()))
        }
        StatusDataItemName::Size if offers_size => {
            let sizes = contents.messages.values().map(|stored| stored.mime.bytes().len());
            StatusDataItem::Size(sizes.filter_map(|size| u64::try_from(size).ok()).sum())
        }
        _ => return None,
    })
}
