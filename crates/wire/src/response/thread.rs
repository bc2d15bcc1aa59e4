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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::data::tests::read;
    use alloc::format;
    use alloc::string::String;

    /// The nodes as text: depth, colon, number or `-`.
    fn walk(line: &str) -> String {
        let Ok(Untagged::Thread(threads)) = read(line) else { panic!("{line}") };
        let nodes = threads
            .walk()
            .map(|(depth, number)| format!("{depth}:{}", number.map_or_else(|| "-".into(), |n| format!("{n}"))));
        nodes.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_examples_of_rfc_5256() {
        assert_eq!(walk("THREAD (2)(3 6 (4 23)(44 7 96))"), "0:2 0:3 1:6 2:4 3:23 2:44 3:7 4:96");
        assert_eq!(walk("THREAD ((3)(5))"), "0:- 1:3 1:5");
        assert_eq!(walk("THREAD (188 (184)(189))(185 186)"), "0:188 1:184 1:189 0:185 1:186");
    }

    #[test]
    fn h92_odd_shapes() {
        assert_eq!(walk("THREAD ((352)(381))(2)"), "0:- 1:352 1:381 0:2");
        assert_eq!(walk("THREAD (1) (2)"), "0:1 0:2");
        assert_eq!(walk("THREAD"), "");
        assert_eq!(walk("THREAD ()"), "");
        assert_eq!(walk("THREAD (1 ((2)(3)) 4)"), "0:1 1:- 2:2 2:3 1:4");
        for bad in ["THREAD (1", "THREAD 1", "THREAD (1))", "THREAD (x)", "THREAD (1,2)"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn t086_a_million_parentheses() {
        let n = 1_000_000;
        assert!(read(format!("THREAD {}1{}", "(".repeat(n), ")".repeat(n))).is_ok());
        assert!(read(format!("THREAD {}", "(".repeat(n))).is_err());
    }
}
