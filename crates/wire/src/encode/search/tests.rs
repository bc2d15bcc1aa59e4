//! Search keys by the examples of their RFCs, and trees of them against a reader that follows the grammar.

use super::*;
use crate::{LiteralSupport, Mode};
use alloc::boxed::Box;
use alloc::string::String;
use imapkit_types::{Keyword, ModSeq, SeqSet, UidSet};
use proptest::prelude::*;

fn write(key: &Key, mode: Mode) -> String {
    let mut encoder = Encoder::new(Mode { max_line: usize::MAX, ..mode });
    encoder.search_key(key);
    String::from_utf8(encoder.finish().unwrap().bytes).unwrap().trim_end().into()
}

#[track_caller]
fn check(key: &Key, expected: &str) {
    assert_eq!(write(key, Mode::default()), expected);
}

#[test]
fn keys_are_spelled_as_in_the_rfcs() {
    let date = Date::new(1994, 2, 1).unwrap();
    check(
        &Key::Flagged.and(Key::Since(date)).and(!Key::from("Smith").unwrap()),
        "FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
    );
    check(&Key::header("Message-ID", "<1@example.org>").unwrap(), "HEADER Message-ID \"<1@example.org>\"");
    check(&Key::header("X", "").unwrap(), "HEADER X \"\"");
    check(&Key::Uid("5:9,20:*".parse::<UidSet>().unwrap()).and(Key::Seq(SeqSet::all())), "UID 5:9,20:* 1:*");
    check(&Key::Keyword(Keyword::new("$Junk").unwrap()).and(Key::Saved), "KEYWORD $Junk $");
    check(&Key::Unkeyword(Keyword::from_server(b"\\Foo")), "UNKEYWORD \\Foo");
    check(
        &Key::email_id("M6d99ac").unwrap().and(Key::filter("on-the-road").unwrap()),
        "EMAILID M6d99ac FILTER on-the-road",
    );
    check(&Key::gm_labels("Entwürfe").unwrap().and(Key::GmThrId(7)), "X-GM-LABELS \"Entw&APw-rfe\" X-GM-THRID 7");
    check(&Key::Older(86400).and(Key::Larger(5_000_000_000)), "OLDER 86400 LARGER 5000000000");
    check(&Key::Fuzzy(Box::new(Key::subject("IMAP break").unwrap())), "FUZZY SUBJECT \"IMAP break\"");
    check(&Key::ModSeq(ModSeq::new(620_162_338)), "MODSEQ 620162338");
}

#[test]
fn groups_are_parenthesised_unless_they_are_the_whole_search() {
    check(&Key::Seen.or(Key::Draft), "OR SEEN DRAFT");
    check(&Key::Seen.or(Key::Draft).and(Key::Old), "(OR SEEN DRAFT) OLD");
    check(&Key::Seen.or(Key::Draft).or(Key::Old), "OR (OR SEEN DRAFT) OLD");
    check(&!Key::Seen.or(Key::Draft), "NOT (OR SEEN DRAFT)");
    check(&!Key::Seen.and(Key::Draft), "NOT (SEEN DRAFT)");
    check(&(!Key::Seen).or(Key::Seen.and(Key::Draft)), "OR (NOT SEEN) (SEEN DRAFT)");
    check(&Key::And([Key::And([Key::Seen, Key::Old].into()), Key::New].into()), "(SEEN OLD) NEW");
    check(&Key::And(Vec::new()), "ALL");
    check(&Key::And([Key::Seen.or(Key::Old)].into()), "OR SEEN OLD");
    check(&!Key::And([Key::Seen].into()), "NOT SEEN");
}

#[test]
fn t069_text_is_one_string() {
    check(&Key::text("a\"b\\ {5+}").unwrap(), r#"TEXT "a\"b\\ {5+}""#);
    let umlaut = Key::subject("Grüße").unwrap().and(Key::Seen);
    check(&umlaut, "SUBJECT {7}\r\nGrüße SEEN");
    assert_eq!(write(&umlaut, Mode { literal: LiteralSupport::Plus, ..Mode::default() }), "SUBJECT {7+}\r\nGrüße SEEN");
    assert_eq!(write(&umlaut, Mode { utf8: true, ..Mode::default() }), "SUBJECT \"Grüße\" SEEN");
}

#[test]
fn what_cannot_be_said_is_refused() {
    let bad_keyword = Key::Keyword(Keyword::from_server(b"a) \r\nA9 EXPUNGE"));
    let id = Key::email_id("a b").unwrap();
    for key in [bad_keyword, id, Key::Older(0), Key::Uid(UidSet::new()), Key::ModSeq(ModSeq::new(u64::MAX))] {
        let mut encoder = Encoder::new(Mode::default());
        encoder.search_key(&key);
        assert!(encoder.finish().is_err(), "{key:?}");
    }
}

#[test]
fn a_tree_of_any_depth_is_written() {
    let deep = (0..2000).fold(Key::Seen, |key, _| Key::Not(Box::new(key)));
    let text = write(&deep, Mode::default());
    assert_eq!((text.matches("NOT").count(), text.matches(')').count()), (2000, 1999));
}

fn tree() -> impl Strategy<Value = Key> {
    let leaf = prop_oneof![Just(Key::Seen), Just(Key::Saved), any::<u32>().prop_map(|n| Key::Larger(n.into()))];
    leaf.prop_recursive(6, 60, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|key| Key::Not(Box::new(key))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.or(b)),
            proptest::collection::vec(inner, 2..4).prop_map(Key::And),
        ]
    })
}

/// A reader of search keys straight from the grammar: one key from the front of the words.
fn read(words: &mut core::iter::Peekable<alloc::vec::IntoIter<String>>) -> Key {
    match &*words.next().unwrap() {
        "(" => {
            let mut keys = Vec::new();
            while words.peek().unwrap() != ")" {
                keys.push(read(words));
            }
            words.next();
            if keys.len() == 1 { keys.remove(0) } else { Key::And(keys) }
        }
        "NOT" => Key::Not(Box::new(read(words))),
        "OR" => {
            let first = read(words);
            first.or(read(words))
        }
        "SEEN" => Key::Seen,
        "$" => Key::Saved,
        "LARGER" => Key::Larger(words.next().unwrap().parse().unwrap()),
        other => panic!("{other}"),
    }
}

proptest! {
    /// T078 for search: the tree that a server reads is the tree that was written.
    #[test]
    fn t078_a_tree_survives(key in tree()) {
        let text = write(&key, Mode::default()).replace('(', " ( ").replace(')', " ) ");
        let words: Vec<String> = text.split_ascii_whitespace().map(String::from).collect();
        let mut words = words.into_iter().peekable();
        let mut keys = Vec::new();
        while words.peek().is_some() {
            keys.push(read(&mut words));
        }
        let back = if keys.len() == 1 { keys.remove(0) } else { Key::And(keys) };
        prop_assert_eq!(back, key);
    }
}
