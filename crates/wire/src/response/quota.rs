//! QUOTA and QUOTAROOT; RFC 9208 §5. Values have 63 bits (Gmail's exceed 32, H57).

use imapkit_types::{Quota, QuotaResource, QuotaRoot};

use crate::cursor::Cursor;
use crate::error::Parsed;
use crate::hazard;
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
    if cursor.rest().starts_with(b"  ") {
        cursor.note(hazard::QUOTA);
    }
    cursor.skip_spaces();
    Ok(cursor.count()?.unwrap_or_default())
}

/// `quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name)`; no root means no limit.
pub(super) fn quota_root(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mailbox = value::mailbox(cursor)?;
    let roots = value::to_end(cursor, value::text)?;
    Ok(Untagged::QuotaRoot(QuotaRoot { mailbox, roots }))
}
