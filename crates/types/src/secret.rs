//! A password or token that stays out of logs and is wiped when dropped.
//!
//! Separate so that every layer shares one rule: a secret has no `Display`, its `Debug` shows nothing, and the only way to
//! its text is a method whose name can be searched for: [`Secret::expose`].

use alloc::string::String;
use core::fmt;
use zeroize::Zeroizing;

/// A secret text. Its memory is overwritten on drop; a clone is a second copy with the same care.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over. The buffer itself is kept, so no unwiped copy is left behind.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text. Whoever calls this must not log, display or store it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_text() {
        let secret = Secret::from("hunter2");
        assert_eq!(alloc::format!("{secret:?} {:#?}", Some(&secret)), "*** Some(\n    ***,\n)");
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(secret.clone(), secret);
    }
}
