//! What a server says about itself (RFC 2971). For logs and bug reports; RFC 2971 forbids to change behaviour by it.

use alloc::boxed::Box;
use alloc::vec::Vec;

/// The fields of an ID response, in the server's order; `None` is a NIL value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerId(pub Vec<(Box<str>, Option<Box<str>>)>);

impl ServerId {
    /// The value of a field such as `name` or `version`, in any case.
    pub fn get(&self, field: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(field))?;
        value.as_deref()
    }

    /// The fields with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> + Clone {
        self.0.iter().map(|(name, value)| (&**name, value.as_deref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_in_any_case() {
        let id = ServerId([("Name".into(), Some("Dovecot".into())), ("version".into(), None)].into());
        assert_eq!((id.get("name"), id.get("VERSION"), id.get("os")), (Some("Dovecot"), None, None));
        assert_eq!(id.iter().last(), Some(("version", None)));
    }
}
