//! THREAD: threads of messages; RFC 5256 §4.
//!
//! Read into preorder, number and depth, with a stack of depths: no recursion, whatever a server nests (H92, T086).
//!
//! ```text
//! (2)(3 6 (4 23)(44 7 96))      ((352)(381))
//! depth 0: 2                    depth 0: a root that is missing
//! depth 0: 3                    depth 1:   352
//! depth 1:   6                  depth 1:   381
//! depth 2:     4, depth 3: 23
//! depth 2:     44, depth 3: 7, depth 4: 96
//! ```

use alloc::vec::Vec;
use imapkit_types::Threads;

use crate::cursor::Cursor;
use crate::error::{Expected, Parsed};
use crate::response::Untagged;

use super::value;

/// `thread-data = "THREAD" [SP 1*thread-list]`, `thread-list = "(" (thread-members / thread-nested) ")"`
pub(super) fn thread(cursor: &mut Cursor<'_>) -> Parsed<Untagged> {
    let mut nodes: Vec<(u32, Option<u32>)> = Vec::new();
    // The depth at which each open list began.
    let mut lists: Vec<u32> = Vec::new();
    let mut depth: u32 = 0;
    // The list at hand holds nothing yet.
    let mut fresh = false;
    loop {
        cursor.skip_spaces();
        match cursor.peek() {
            Some(b'(') => {
                if fresh {
                    value::push(cursor, &mut nodes, (depth, None))?;
                    depth = depth.saturating_add(1);
                }
                value::push(cursor, &mut lists, depth)?;
                fresh = true;
                cursor.bump();
            }
            Some(b')') => {
                depth = lists.pop().ok_or(Expected("a thread"))?;
                fresh = false;
                cursor.bump();
            }
            Some(_) if lists.is_empty() => return Err(Expected("a thread")),
            Some(_) => {
                let number = cursor.number32()?;
                value::push(cursor, &mut nodes, (depth, (number > 0).then_some(number)))?;
                depth = depth.saturating_add(1);
                fresh = false;
            }
            None if lists.is_empty() => return Ok(Untagged::Thread(Threads::from_preorder(nodes))),
            None => return Err(Expected("a closing parenthesis")),
        }
    }
}
