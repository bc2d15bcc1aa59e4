//! Examples, then a model: every operation against a `BTreeSet` over a small universe with a known last message.

use super::*;
use crate::Invalid;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use proptest::prelude::*;

fn uids(text: &str) -> UidSet {
    text.parse().unwrap()
}

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

#[test]
fn reads_any_order_and_writes_one() {
    for (text, canonical) in [
        ("1", "1"),
        ("5:3", "3:5"),
        ("2,4:7,9,12:*", "2,4:7,9,12:*"),
        ("9,7,8,8", "7:9"),
        ("1:3,2:5,6", "1:6"),
        ("*", "*"),
        ("*:4", "4:*"),
        ("*:*", "*"),
        ("7,*", "7,*"),
        ("4:6,7:*", "4:*"),
        ("10:20,5:*,1", "1,5:*"),
        ("1:*,*", "1:*"),
        ("4294967295,4294967294", "4294967294:4294967295"),
        ("4294967295:*", "4294967295:*"),
        ("007", "7"),
    ] {
        assert_eq!(uids(text).to_string(), canonical, "{text}");
    }
    assert_eq!(UidSet::new().to_string(), "");
    assert_eq!(format!("{:?}", SeqSet::all()), "sequence number set {1:*}");
}

#[test]
fn t071_text_cannot_inject() {
    for (text, at) in [
        ("", None),
        ("1,2\r\nA9 LOGOUT", Some(3)),
        ("1:*)", Some(2)),
        ("0", Some(0)),
        ("3:0", Some(2)),
        ("1,,2", Some(2)),
        ("1,", Some(2)),
        (" 1", Some(0)),
        ("+1", Some(0)),
        ("1:2:3", Some(3)),
        ("4294967296", Some(0)),
        ("١", Some(0)),
    ] {
        assert_eq!(text.parse::<UidSet>().map_err(|error| error.offset()), Err(at), "{text:?}");
    }
    assert_eq!("0".parse::<UidSet>(), Err(Invalid::new("sequence set", "contains 0").at(0)));
}

#[test]
fn a_million_parts_stay_linear() {
    let text = (1..=1_000_000).rev().map(|n: u32| (n * 2).to_string()).collect::<Vec<_>>().join(",");
    let set = uids(&text);
    assert_eq!((set.len(), set.ranges().len()), (1_000_000, 1_000_000));
    let odd: UidSet = (0..1_000_000).rev().map(|n| uid(n * 2 + 1)).collect();
    assert_eq!(set.union(&odd), UidSet::from_range(uid(1), uid(2_000_000)));
    assert!(set.is_disjoint(&odd) && set.intersection(&odd).is_empty());
}

#[test]
fn h026_nothing_is_expanded() {
    let bomb = UidSet::from_range(Uid::MIN, Uid::MAX);
    assert_eq!(bomb.len(), u64::from(u32::MAX));
    assert_eq!(bomb.iter().next_back(), Some(Uid::MAX));
    let mut holed = bomb.clone();
    holed.remove(uid(7));
    assert_eq!(holed.to_string(), "1:6,8:4294967295");
    assert_eq!(bomb.difference(&holed).to_string(), "7");
    assert_eq!(bomb.split_to_fit(100, Some(10)).nth(2).unwrap().to_string(), "21:30");
}

#[test]
fn the_open_part_swallows_what_it_touches() {
    let mut set = UidSet::starting_at(uid(10));
    set.insert(uid(3));
    assert_eq!(set.to_string(), "3,10:*");
    set.insert(uid(9));
    assert_eq!(set.to_string(), "3,9:*");
    set.insert_range(uid(4), uid(2_000));
    assert_eq!(set.to_string(), "3:*");
    set.remove_range(uid(5), uid(6));
    assert_eq!(set.to_string(), "3:4,7:*");
    set.remove_range(uid(1), Uid::MAX);
    assert!(set.is_empty());
    assert!(UidSet::last().has_star() && !UidSet::last().contains(uid(1)));
    assert!(!UidSet::last().is_disjoint(&uids("5")) && UidSet::last().is_disjoint(&UidSet::new()));
}

#[test]
fn resolves_the_star() {
    for (text, last, resolved) in
        [("5:*", 9, "5:9"), ("5:*", 3, "3"), ("*", 3, "3"), ("1,*", 2, "1:2"), ("2:4", 9, "2:4"), ("2,9:*", 3, "2:3")]
    {
        assert_eq!(uids(text).resolve(Some(uid(last))).to_string(), resolved, "{text} of {last}");
    }
    assert_eq!(uids("2,5:*").resolve(None).to_string(), "2");
}

#[test]
fn takes_ranges_as_servers_send_them() {
    let set = |ranges: &[(u32, u32)]| UidSet::from_sorted_ranges(ranges.into()).to_string();
    assert_eq!(set(&[(1, 3), (5, 5)]), "1:3,5");
    assert_eq!(set(&[(215, 100), (99, 1)]), "1:215");
    assert_eq!(set(&[(0, 0), (0, 4), (4, 4)]), "1:4");
    assert_eq!(set(&[(9, 10), (1, u32::MAX), (4, 4)]), "1:4294967295");
}

#[test]
fn pieces_fit() {
    let set: UidSet = (1..=1000).map(|n| uid(n * 3)).collect();
    let pieces: Vec<_> = set.split_to_fit(40, Some(7)).collect();
    assert!(pieces.iter().all(|piece| piece.to_string().len() <= 40 && piece.len() <= 7));
    assert!(pieces.iter().rev().skip(1).all(|piece| piece.len() == 7 || piece.to_string().len() > 34));
    assert_eq!(pieces.iter().fold(UidSet::new(), |all, piece| all.union(piece)), set);

    let texts = |text: &str, octets, numbers| -> Vec<String> {
        uids(text).split_to_fit(octets, numbers).map(|piece| piece.to_string()).collect()
    };
    assert_eq!(texts("1:5,9:*", 100, None), ["1:5,9:*"]);
    assert_eq!(texts("1:5,9:*", 100, Some(3)), ["1:3", "4:5", "9:*"]);
    assert_eq!(texts("*", 0, Some(0)), ["*"]);
    assert_eq!(texts("1:3", 0, Some(0)), ["1", "2", "3"]);
    assert_eq!(texts("4294967290:4294967295", 0, None), ["4294967290:4294967295"]);
    assert_eq!(texts("1111111111,2222222222,3333333333:*", 21, None), ["1111111111,2222222222", "3333333333:*"]);
    assert_eq!(UidSet::new().split_to_fit(100, None).count(), 0);
}

/// The numbers the model knows; the mailbox's last message is the largest, so an open part is "from n up to here".
const LAST: u32 = 40;

#[derive(Clone, Debug)]
enum Edit {
    Insert(u32, u32),
    Remove(u32, u32),
    Open(u32),
    Extend(Vec<u32>),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let number = 1..=LAST;
    let edit = prop_oneof![
        8 => (number.clone(), number.clone()).prop_map(|(a, b)| Edit::Insert(a, b.min(a.saturating_add(6)).max(a.saturating_sub(6)))),
        4 => (number.clone(), number.clone()).prop_map(|(a, b)| Edit::Remove(a, b)),
        1 => number.clone().prop_map(Edit::Open),
        2 => proptest::collection::vec(number, 0..9).prop_map(Edit::Extend),
    ];
    proptest::collection::vec(edit, 0..14)
}

fn build(edits: &[Edit]) -> (UidSet, BTreeSet<u32>) {
    let (mut set, mut model) = (UidSet::new(), BTreeSet::new());
    for edit in edits {
        match edit {
            Edit::Insert(a, b) => {
                set.insert_range(uid(*a), uid(*b));
                model.extend(*a.min(b)..=*a.max(b));
            }
            Edit::Remove(a, b) => {
                set.remove_range(uid(*a), uid(*b));
                model.retain(|n| !(*a.min(b)..=*a.max(b)).contains(n));
            }
            Edit::Open(n) => {
                set = set.union(&UidSet::starting_at(uid(*n)));
                model.extend(*n..=LAST);
            }
            Edit::Extend(numbers) => {
                set.extend(numbers.iter().map(|&n| uid(n)));
                model.extend(numbers);
            }
        }
    }
    (set, model)
}

/// What of a set lies in the model's universe. An open part beyond it is cut off, not moved as `resolve` would.
fn numbers(set: &UidSet) -> BTreeSet<u32> {
    assert_canonical(set);
    (1..=LAST).filter(|&n| set.contains(uid(n))).collect()
}

fn assert_canonical(set: &UidSet) {
    let mut before = None;
    for (a, b) in set.ranges().map(|(a, b)| (a.get(), b.get())) {
        assert!(a <= b && before.is_none_or(|end| end + 1 < a), "{set} is not canonical");
        before = Some(b);
    }
    if let Open::From(open) = set.open {
        assert!(before.is_none_or(|end| end + 1 < open), "{set} is not canonical");
    }
}

proptest! {
    #[test]
    fn edits_agree_with_the_model(edits in edits()) {
        let (set, model) = build(&edits);
        prop_assert_eq!(&numbers(&set), &model);
        let finite = set.resolve(None);
        prop_assert_eq!(finite.iter().count() as u64, finite.len());
        prop_assert!(finite.iter().rev().eq(finite.iter().collect::<Vec<_>>().into_iter().rev()));
        prop_assert_eq!(finite.last_number(), finite.iter().next_back());
        if !set.has_star() {
            prop_assert_eq!(set.first().map(Uid::get), model.first().copied());
            prop_assert_eq!(model.into_iter().rev().map(uid).collect::<UidSet>(), set);
        }
    }

    #[test]
    fn algebra_agrees_with_the_model(a in edits(), b in edits()) {
        let ((a, model_a), (b, model_b)) = (build(&a), build(&b));
        prop_assert_eq!(numbers(&a.union(&b)), &model_a | &model_b);
        prop_assert_eq!(numbers(&a.intersection(&b)), &model_a & &model_b);
        prop_assert_eq!(numbers(&a.difference(&b)), &model_a - &model_b);
        prop_assert_eq!(a.is_disjoint(&b), a.intersection(&b).is_empty());
        prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a);
    }

    #[test]
    fn text_goes_round(edits in edits(), star in any::<bool>()) {
        let (mut set, _) = build(&edits);
        if star {
            set = set.union(&UidSet::last());
        }
        match set.to_string().parse::<UidSet>() {
            Ok(read) => prop_assert_eq!(read, set),
            Err(_) => prop_assert!(set.is_empty()),
        }
    }

    #[test]
    fn splitting_loses_nothing(edits in edits(), octets in 0_usize..60, numbers in proptest::option::of(0_u32..9)) {
        let (set, _) = build(&edits);
        let mut joined = UidSet::new();
        for piece in set.split_to_fit(octets, numbers) {
            assert_canonical(&piece);
            prop_assert!(!piece.is_empty() && joined.is_disjoint(&piece));
            prop_assert!(piece.to_string().len() <= octets.max(21));
            prop_assert!(numbers.is_none_or(|max| piece.len() <= u64::from(max.max(1))));
            joined = joined.union(&piece);
        }
        prop_assert_eq!(joined, set);
    }

    #[test]
    fn reading_never_panics(text in "[0-9*:, +]{0,12}") {
        if let Ok(set) = text.parse::<SeqSet>() {
            prop_assert_eq!(set.to_string().parse::<SeqSet>(), Ok(set));
        }
    }
}
