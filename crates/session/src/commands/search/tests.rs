//! Tests of SEARCH: the bytes, and every way servers answer. RFC 9051 §6.4.4, RFC 4731.

use super::super::{done, encoded};
use super::*;
use alloc::string::String;
use alloc::vec::Vec;
use imapkit_types::{PartialRange, SeqSet, UidSet};
use imapkit_wire::Mode;

fn bytes<N: Number>(search: &Search<N>) -> String {
    let text = encoded(search, Mode::default()).unwrap();
    String::from(text.trim_end())
}

fn uids(set: &str) -> UidSet {
    set.parse().unwrap()
}

fn esearch(tag: Option<&str>, all: &[(u32, u32)]) -> Esearch {
    let mut answer = Esearch::default();
    answer.tag = tag.map(Into::into);
    answer.all = (!all.is_empty()).then(|| all.into());
    answer
}

/// What a UID SEARCH with these options makes of these answers.
fn found(returns: ReturnOptions, answers: impl IntoIterator<Item = Untagged>) -> Found<Uid> {
    let mut gather = Search::uid(Key::All).returning(returns).gather();
    for answer in answers {
        assert!(matches!(gather.offer(answer), Offer::Taken));
    }
    gather.finish(done()).unwrap()
}

#[test]
fn the_bytes() {
    assert_eq!(bytes(&Search::uid(Key::Unseen)), "A1 UID SEARCH UNSEEN");
    assert_eq!(bytes(&Search::seq(Key::Seq("1:5".parse().unwrap()))), "A1 SEARCH 1:5");
    let counted = Search::uid(Key::All).returning(ReturnOptions::new().min().count());
    assert_eq!(bytes(&counted), "A1 UID SEARCH RETURN (MIN COUNT) ALL");
    assert_eq!(bytes(&Search::uid(Key::All).returning(ReturnOptions::new())), "A1 UID SEARCH ALL", "never RETURN ()");
}

#[test]
fn t069_text_beyond_ascii_names_its_charset_once_and_only_where_it_may() {
    let search = Search::uid(Key::subject("Grüße").unwrap()).returning(ReturnOptions::new().all());
    assert_eq!(bytes(&search), "A1 UID SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT {7}\r\nGrüße");
    let accept = Mode { utf8: true, names_charset: false, ..Mode::default() };
    assert_eq!(encoded(&search, accept).unwrap(), "A1 UID SEARCH RETURN (ALL) SUBJECT \"Grüße\"\r\n");
    let rev2 = Mode { utf8: true, ..Mode::default() };
    assert_eq!(encoded(&search, rev2).unwrap(), "A1 UID SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT \"Grüße\"\r\n");
    assert!(!bytes(&Search::uid(Key::subject("hello").unwrap())).contains("CHARSET"));
}

#[test]
fn m010_numbers_are_used_and_expunge_held_as_rfc_9051_5_5_says() {
    let by_seq = Search::seq(Key::Seen).rules();
    assert!(by_seq.uses_seq && by_seq.holds_expunge);
    let by_uid = Search::uid(Key::Seen).rules();
    assert!(!by_uid.uses_seq && !by_uid.holds_expunge);
    let mixed = Search::uid(Key::Seq(SeqSet::all())).rules();
    assert!(mixed.uses_seq && !mixed.holds_expunge);
}

#[test]
fn options_and_keys_need_their_capabilities() {
    assert_eq!(Search::uid(Key::Seen).rules().capabilities, []);
    let saved = Search::uid(Key::Younger(5)).returning(ReturnOptions::new().save());
    assert_eq!(saved.rules().capabilities, [Capability::Within, Capability::Esearch, Capability::SearchRes]);
    let window = ReturnOptions::new().partial(PartialRange::new(1, 500).unwrap());
    assert_eq!(
        Search::uid(Key::All).returning(window).rules().capabilities,
        [Capability::Esearch, Capability::Partial]
    );
}

#[test]
fn h090_plain_answers_in_any_number() {
    let none = ReturnOptions::new();
    assert_eq!(found(none, []).all, Some(UidSet::new()));
    let lines = [
        Untagged::Search([9, 2, 3, 4].into(), None),
        Untagged::Search([4, 5].into(), Some(ModSeq::new(917))),
        Untagged::Search(Vec::new(), None),
    ];
    let union = found(none, lines);
    assert_eq!(union.all, Some(uids("2:5,9")));
    assert_eq!((union.min, union.max, union.count), (Uid::new(2), Uid::new(9), Some(5)));
    assert_eq!(union.mod_seq, Some(ModSeq::new(917)));
}

#[test]
fn h090_a_plain_answer_to_an_extended_search() {
    let options = ReturnOptions::new().min().max().count();
    let found = found(options, [Untagged::Search([5, 7].into(), None)]);
    assert_eq!((found.min, found.max, found.count), (Uid::new(5), Uid::new(7), Some(2)));
    assert_eq!(found.all, Some(uids("5,7")));
}

#[test]
fn h091_an_extended_answer_without_marker_or_tag() {
    let all = ReturnOptions::new().all();
    for tag in [None, Some("A1"), Some("other")] {
        let found = found(all, [Untagged::Esearch(Box::new(esearch(tag, &[(4, 9), (2, 2)])))]);
        assert_eq!(found.all, Some(uids("2,4:9")), "{tag:?}");
        assert_eq!(found.count, Some(7));
    }
    let empty = found(all, [Untagged::Esearch(Box::new(esearch(Some("A1"), &[])))]);
    assert_eq!((empty.all, empty.count), (Some(UidSet::new()), Some(0)));
}

#[test]
fn h091_the_answer_to_another_search_is_left_to_others() {
    let mut gather = Search::uid(Key::All).returning(ReturnOptions::new().all()).gather();
    let mut elsewhere = esearch(Some("A1"), &[(1, 1)]);
    elsewhere.mailbox = Some(imapkit_types::Mailbox::inbox());
    let mut update = esearch(Some("A0"), &[]);
    update.add_to = [(0, [(5, 5)].into())].into();
    for other in [elsewhere, update] {
        assert!(matches!(gather.offer(Untagged::Esearch(Box::new(other))), Offer::NotMine(_)));
    }
    assert!(matches!(gather.offer(Untagged::Esearch(Box::new(esearch(Some("A1"), &[(3, 3)])))), Offer::Taken));
    assert!(matches!(gather.offer(Untagged::Esearch(Box::new(esearch(Some("A9"), &[(8, 8)])))), Offer::NotMine(_)));
    assert_eq!(gather.finish(done()).unwrap().all, Some(uids("3")));
}

#[test]
fn only_what_was_asked_for_is_known() {
    let mut answer = esearch(Some("A1"), &[]);
    answer.min = Some(2);
    answer.count = Some(3);
    let found = found(ReturnOptions::new().min().count(), [Untagged::Esearch(Box::new(answer))]);
    assert_eq!((found.all, found.min, found.max, found.count), (None, Uid::new(2), None, Some(3)));
}

#[test]
fn a_server_that_counts_thousands_and_names_none_is_not_believed() {
    let mut answer = esearch(Some("A1"), &[]);
    answer.count = Some(4028);
    let none = found(ReturnOptions::new(), [Untagged::Esearch(Box::new(answer))]);
    assert_eq!((none.all, none.count), (None, Some(4028)));
}

#[test]
fn t091_neighbours_cost_one_range() {
    let numbers: Vec<u32> = (1..=1_000_000).collect();
    let mut gather = Search::uid(Key::All).gather();
    gather.offer(Untagged::Search(numbers, None));
    assert_eq!(gather.ranges.items.len(), 1);
    assert_eq!(gather.finish(done()).unwrap().count, Some(1_000_000));
    assert_eq!(runs(&[u32::MAX, 0]).collect::<Vec<_>>(), [(u32::MAX, u32::MAX), (0, 0)]);
}

#[test]
fn the_plain_question_is_asked_again_when_the_extended_one_is_refused_or_belied() {
    let plain = Search::uid(Key::All);
    let answer = |all: Option<&str>| {
        let all = all.map(|set| if set.is_empty() { UidSet::new() } else { uids(set) });
        Ok(Found { all, min: None, max: None, count: None, mod_seq: None, esearch: None })
    };
    assert!(!plain.doubts(&answer(Some("1:9")), 9) && !plain.doubts(&answer(Some("")), 0));
    assert!(plain.doubts(&answer(None), 9));
    assert!(plain.doubts(&answer(Some("")), 9), "Strato: all 4028 messages, none named");
    assert!(!Search::uid(Key::Flagged).doubts(&answer(Some("")), 9));
    let refused = |code: Option<Code>| {
        let mut status = done().status;
        (status.kind, status.code) = (imapkit_wire::StatusKind::No, code);
        Err(Error::refused("UID SEARCH", &status))
    };
    assert!(plain.doubts(&refused(Some(Code::ServerBug)), 9), "Arcor");
    assert!(!plain.doubts(&refused(Some(Code::BadCharset(Vec::new()))), 9));
}
