//! What the server offers, and what is switched on.
//!
//! RFC 9051 §6.1.1, §7.2.2; RFC 5161 (ENABLE). Capabilities belong to a protection level and to a login: what was said in clear text is
//! forgotten when TLS starts, what was said before login when login succeeds (M12, T009, T029, T066). IMAP4rev2 brings a list of
//! extensions with it, but only once it is enabled or when the server speaks nothing else (server-quirks.md §3).

use alloc::vec::Vec;

use imapkit_types::{Capabilities, Capability};
use imapkit_wire::{LiteralSupport, Mode};

/// Offered and enabled capabilities of the session as it stands.
#[derive(Clone, Debug, Default)]
pub struct CapabilityBook {
    offered: Option<Capabilities>,
    enabled: Vec<Capability>,
    disabled: Vec<Capability>,
}

/// What IMAP4rev2 includes (RFC 9051 Appendix E).
const REV2: [Capability; 15] = [
    Capability::Namespace,
    Capability::Unselect,
    Capability::UidPlus,
    Capability::Esearch,
    Capability::SearchRes,
    Capability::Enable,
    Capability::Idle,
    Capability::SaslIr,
    Capability::ListExtended,
    Capability::ListStatus,
    Capability::Move,
    Capability::LiteralMinus,
    Capability::SpecialUse,
    Capability::StatusSize,
    Capability::Children,
];

impl CapabilityBook {
    pub(crate) fn new(disabled: Vec<Capability>) -> Self {
        Self { disabled, ..Self::default() }
    }

    /// The list the server sent last, if it is known.
    pub fn offered(&self) -> Option<&Capabilities> {
        self.offered.as_ref()
    }

    /// What ENABLE switched on, as the server confirmed it.
    pub fn enabled(&self) -> &[Capability] {
        &self.enabled
    }

    /// True when the server offers it (or IMAP4rev2 brings it) and it is not disabled by configuration. RFC 9755 §6: `UTF8=ONLY` says that
    /// UTF8=ACCEPT can, and has to, be enabled.
    pub fn has(&self, capability: &Capability) -> bool {
        let only = *capability == Capability::Utf8Accept && self.has(&Capability::Utf8Only);
        let offered = only || self.offered.as_ref().is_some_and(|offered| offered.has(capability));
        (offered || (self.is_rev2() && REV2.contains(capability))) && !self.disabled.contains(capability)
    }

    /// True when ENABLE switched it on.
    pub fn is_enabled(&self, capability: &Capability) -> bool {
        self.enabled.contains(capability)
    }

    /// The session speaks IMAP4rev2: enabled, or the only revision on offer.
    pub fn is_rev2(&self) -> bool {
        let only = self
            .offered
            .as_ref()
            .is_some_and(|offered| offered.has(&Capability::Imap4Rev2) && !offered.has(&Capability::Imap4Rev1));
        only || self.is_enabled(&Capability::Imap4Rev2)
    }

    /// Mailbox names and strings are UTF-8 (RFC 9755, RFC 9051).
    pub fn is_utf8(&self) -> bool {
        self.is_enabled(&Capability::Utf8Accept) || self.is_rev2()
    }

    /// How the encoder may write, as things stand.
    pub(crate) fn mode(&self, max_line: usize) -> Mode {
        let literal = if self.has(&Capability::LiteralPlus) {
            LiteralSupport::Plus
        } else if self.has(&Capability::LiteralMinus) {
            LiteralSupport::Minus
        } else {
            LiteralSupport::Sync
        };
        Mode {
            literal,
            utf8: self.is_utf8(),
            names_charset: !self.is_enabled(&Capability::Utf8Accept),
            binary: self.has(&Capability::Binary),
            max_line,
        }
    }

    pub(crate) fn offer(&mut self, offered: Capabilities) {
        self.offered = Some(offered);
    }

    /// TLS started or somebody logged in: what was said before does not count any more.
    pub(crate) fn forget(&mut self) {
        self.offered = None;
        self.enabled.clear();
    }

    pub(crate) fn enable(&mut self, enabled: &Capabilities) {
        for token in enabled.iter() {
            let capability = Capability::parse(token);
            if !self.enabled.contains(&capability) {
                self.enabled.push(capability);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(tokens: &[&str]) -> CapabilityBook {
        let mut book = CapabilityBook::default();
        book.offer(Capabilities::from_tokens(tokens.iter().copied()));
        book
    }

    #[test]
    fn rev2_counts_only_when_enabled_or_alone() {
        let mut both = book(&["IMAP4rev1", "IMAP4rev2"]);
        assert!(!both.is_rev2() && !both.has(&Capability::Esearch), "Exchange announces rev2 and rejects ESEARCH");
        both.enable(&Capabilities::from_tokens(["IMAP4rev2"]));
        assert!(both.is_rev2() && both.has(&Capability::Esearch) && both.is_utf8());
        assert!(both.mode(8192).names_charset);
        both.enable(&Capabilities::from_tokens(["UTF8=ACCEPT"]));
        assert!(!both.mode(8192).names_charset);
        assert!(book(&["IMAP4rev2"]).has(&Capability::Idle));
    }

    #[test]
    fn t024_utf8_only_is_utf8_accept_and_more() {
        let only = book(&["IMAP4rev1", "UTF8=ONLY"]);
        assert!(only.has(&Capability::Utf8Accept) && !only.is_utf8(), "it is offered, and not enabled");
        assert!(!book(&["IMAP4rev1", "UTF8=ACCEPT"]).has(&Capability::Utf8Only));
    }

    #[test]
    fn disabled_is_absent_and_forget_forgets() {
        let mut one = CapabilityBook::new(alloc::vec![Capability::Idle]);
        one.offer(Capabilities::from_tokens(["IMAP4rev1", "IDLE", "MOVE"]));
        assert!(!one.has(&Capability::Idle) && one.has(&Capability::Move));
        one.forget();
        assert!(!one.has(&Capability::Move) && one.offered().is_none());
    }
}
