//! QUOTA and QUOTAROOT; RFC 9208 §5. Values have 63 bits (Gmail's exceed 32, H57).

use imapkit_types::{Quota, QuotaResource, QuotaRoot};

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::response::Untagged;

use super::value;

/// `quota-response = "QUOTA" SP quota-root-name SP quota-list`
pub(super) fn quota(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let root = value::text(cursor)?;
    let resources = value::list(cursor, resource)?;
    Ok(Untagged::Quota(Quota { root, resources }))
}

/// `quota-resource = resource-name SP resource-usage SP resource-limit`
fn resource(cursor: &mut Cursor<'_>) -> Parsed<QuotaResource> {
    let name = value::text(cursor)?;
    Ok(QuotaResource { name, usage: amount(cursor)?, limit: amount(cursor)? })
}

fn amount(cursor: &mut Cursor<'_>) -> Parsed<u64> {
    cursor.skip_spaces();
    Ok(cursor.count()?.unwrap_or_default())
}

/// `quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name)`; no root means no limit.
pub(super) fn quota_root(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mailbox = value::mailbox(cursor)?;
    let roots = value::to_end(cursor, value::text)?;
    Ok(Untagged::QuotaRoot(QuotaRoot { mailbox, roots }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::{mailbox, read};

    fn storage(usage: u64, limit: u64) -> QuotaResource {
        QuotaResource { name: "STORAGE".into(), usage, limit }
    }

    #[test]
    fn the_examples_of_rfc_9208() {
        let quota = Quota { root: "!partition/sda4".into(), resources: [storage(104, 10_923_847)].into() };
        assert_eq!(read("QUOTA \"!partition/sda4\" (STORAGE 104 10923847)"), Ok(Untagged::Quota(quota)));
        let root = QuotaRoot { mailbox: mailbox("INBOX"), roots: ["#user/alice".into(), "".into()].into() };
        assert_eq!(read("QUOTAROOT INBOX \"#user/alice\" \"\""), Ok(Untagged::QuotaRoot(root)));
    }

    #[test]
    fn h57_h93_odd_forms() {
        let quota =
            |resources: &[QuotaResource]| Ok(Untagged::Quota(Quota { root: "".into(), resources: resources.into() }));
        assert_eq!(read("QUOTA \"\" (STORAGE 0  5)"), quota(&[storage(0, 5)]));
        assert_eq!(read("QUOTA \"\" ()"), quota(&[]));
        assert_eq!(
            read("QUOTA \"\" (STORAGE 12884901888 9223372036854775807)"),
            quota(&[storage(12_884_901_888, i64::MAX.unsigned_abs())])
        );
        let none = QuotaRoot { mailbox: mailbox("comp.mail.mime"), roots: [].into() };
        assert_eq!(read("QUOTAROOT comp.mail.mime"), Ok(Untagged::QuotaRoot(none)));
        assert!(read("QUOTA \"\" (STORAGE 1)").is_err());
    }
}
