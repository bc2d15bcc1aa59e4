//! Colours, where there are any.
//!
//! Separate from [`super`] so that formatting functions can be handed the colours alone and tested without. Colour never carries meaning
//! alone: what is red also says so in words. No RFC; the codes are ECMA-48 SGR.

/// Paints, or leaves text as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Paint {
    on: bool,
}

macro_rules! colours {
    ($($(#[$doc:meta])* $name:ident $code:literal)*) => {
        impl Paint {
            $($(#[$doc])* pub(crate) fn $name(self, text: &str) -> String {
                if self.on && !text.trim().is_empty() { format!(concat!("\x1b[", $code, "m{}\x1b[0m"), text) } else { text.to_owned() }
            })*
        }
    };
}

impl Paint {
    /// Paints if `on`.
    pub(crate) fn new(on: bool) -> Self {
        Self { on }
    }
}

colours! {
    /// Headings and names.
    bold "1"
    /// What is there to be overlooked.
    dim "2"
    /// Good.
    green "32"
    /// Worth a look.
    yellow "33"
    /// Bad.
    red "1;31"
    /// Flagged, new: of interest.
    cyan "36"
}
