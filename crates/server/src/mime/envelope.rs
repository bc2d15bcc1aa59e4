//! ENVELOPE: ten header fields, raw as they stand in the message.
//!
//! RFC 3501 §7.4.2: Sender and Reply-To default to From where they are absent or empty; the rest is NIL where absent.

use imap_types::{core::NString, envelope::Envelope};

use super::{Mime, Part, address, header, structure::nstring};

impl Mime {
    /// The envelope of the message.
    pub(crate) fn envelope(&self) -> Envelope<'static> {
        self.envelope_of(&self.root)
    }

    pub(super) fn envelope_of(&self, message: &Part) -> Envelope<'static> {
        let block = &self.bytes()[message.header.clone()];
        let text = |name: &[u8]| header::value(block, name).map_or(NString(None), nstring);
        // A field given twice counts as one list: some mailers repeat To instead of folding it.
        let addresses = |name: &[u8]| {
            header::fields(block)
                .filter(|field| field.is(name))
                .flat_map(|field| address::parse(&header::unfold(field.value)))
                .take(address::MAX_ADDRESSES)
                .collect::<Vec<_>>()
        };
        let from = addresses(b"From");
        let or_from = |list: Vec<_>| if list.is_empty() { from.clone() } else { list };
        Envelope {
            date: text(b"Date"),
            subject: text(b"Subject"),
            sender: or_from(addresses(b"Sender")),
            reply_to: or_from(addresses(b"Reply-To")),
            to: addresses(b"To"),
            cc: addresses(b"Cc"),
            bcc: addresses(b"Bcc"),
            in_reply_to: text(b"In-Reply-To"),
            message_id: text(b"Message-ID"),
            from,
        }
    }
}
