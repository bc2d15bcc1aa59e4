//! That any bytes at all have a structure, of bounded size.

use super::*;
use crate::samples;

/// Every part covers its bytes: header and body touch, children lie within.
fn check(part: &Part, bytes: &[u8]) -> usize {
    assert!(part.header.start <= part.header.end && part.header.end == part.body.start);
    assert!(part.body.start <= part.body.end && part.body.end <= bytes.len());
    let children: &[Part] = match &part.kind {
        Kind::Leaf => &[],
        Kind::Multipart(parts) => parts,
        Kind::Message(inner) => std::slice::from_ref(inner),
    };
    let within = |child: &Part| part.body.start <= child.header.start && child.body.end <= part.body.end;
    assert!(children.iter().all(within));
    1 + children.iter().map(|child| check(child, bytes)).sum::<usize>()
}

fn check_all(bytes: Vec<u8>) -> usize {
    let mime = Mime::new(bytes);
    let parts = check(&mime.root, mime.bytes());
    let _ = (mime.structure(true), mime.structure(false), mime.envelope());
    parts
}

#[test]
fn damaged_samples_have_a_structure() {
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let user = samples::user();
    let small =
        user.mailboxes.iter().flat_map(|mailbox| &mailbox.messages).filter(|message| message.bytes().len() < 20_000);
    for message in small {
        for _ in 0..60 {
            let mut bytes = message.bytes().to_vec();
            bytes.truncate(random(bytes.len()) + 1);
            for _ in 0..random(8) {
                let at = random(bytes.len());
                bytes[at] = b"\r\n\"(:;<@-=/\\ ,\xff"[random(15)];
            }
            check_all(bytes);
        }
    }
}

#[test]
fn parts_addresses_and_values_have_an_end() {
    let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    assert_eq!(check_all(format!("{head}{}", "--b\r\n\r\n\r\n".repeat(MAX_PARTS + 50)).into()), MAX_PARTS + 2);
    let mime = Mime::new(format!("To: {}\r\nCc: {}\r\n\r\n", "a,".repeat(500_000), "b,\r\n ".repeat(40_000)).into());
    assert_eq!([mime.envelope().to.len(), mime.envelope().cc.len()], [address::MAX_ADDRESSES; 2]);
    let subject =
        Mime::new(format!("Subject: {}\r\n\r\n", "s".repeat(header::MAX_VALUE + 1)).into()).envelope().subject;
    assert_eq!(subject.into_option().map(|subject| subject.len()), Some(header::MAX_VALUE));
}
