//! One macro for the many closed-but-growing word lists of IMAP: an enum of known words plus `Other`.
//!
//! Separate because attributes, capabilities and their kin all need the same three things: compare without case (H29),
//! spell in the registered case, and keep what is unknown exactly as the server wrote it.

/// Declares an enum of known words with `parse`, `as_str` and `Display`; `Other` keeps unknown words verbatim.
macro_rules! token_enum {
    ($(#[$meta:meta])* pub enum $Name:ident { $($(#[$doc:meta])* $Variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $Name {
            $($(#[$doc])* $Variant,)+
            /// Any other word, as the server spelled it.
            Other(alloc::boxed::Box<str>),
        }

        impl $Name {
            /// Recognises a word, ignoring ASCII case; what is unknown is kept verbatim in `Other`.
            pub fn parse(word: &str) -> Self {
                Self::known(word).unwrap_or_else(|| Self::Other(word.into()))
            }

            /// The word in its registered spelling, or as the server spelled it when it is unknown.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$Variant => $text,)+
                    Self::Other(word) => word,
                }
            }

            fn known(word: &str) -> Option<Self> {
                $(if word.eq_ignore_ascii_case($text) {
                    return Some(Self::$Variant);
                })+
                None
            }
        }

        impl core::fmt::Display for $Name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
