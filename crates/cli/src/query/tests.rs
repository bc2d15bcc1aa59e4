//! Queries as people type them, and the search trees they become.

use super::*;

fn key(query: &str) -> Key {
    compile(query, Date::new(2026, 11, 23).unwrap()).unwrap()
}

fn why(query: &str) -> String {
    compile(query, Date::new(2026, 11, 23).unwrap()).unwrap_err().to_string()
}

#[test]
fn terms_side_by_side_must_all_match() {
    assert_eq!(key("from:ann is:unread"), Key::from("ann").unwrap().and(Key::Unseen));
    assert_eq!(key("\"exact words\""), Key::text("exact words").unwrap());
    assert_eq!(key(""), Key::All);
    assert_eq!(key("all"), Key::All);
    assert_eq!(key("is:draft and -is:read AND (is:new)"), Key::Draft.and(!Key::Seen).and(Key::New));
    assert_eq!(key("\"and\""), Key::text("and").unwrap());
    assert_eq!(key("a and b"), Key::text("a").unwrap().and(Key::text("b").unwrap()));
}

#[test]
fn or_not_and_groups() {
    assert_eq!(key("from:ann or from:bob"), Key::from("ann").unwrap().or(Key::from("bob").unwrap()));
    assert_eq!(key("-is:read"), !Key::Seen);
    assert_eq!(key("not (is:read is:flagged)"), !(Key::Seen.and(Key::Flagged)));
    assert_eq!(key("is:draft from:a or to:b"), Key::Draft.and(Key::from("a").unwrap().or(Key::to("b").unwrap())));
}

#[test]
fn dates_count_back_from_today() {
    assert_eq!(key("since:7d"), Key::Since(Date::new(2026, 11, 16).unwrap()));
    assert_eq!(key("before:2024-02-29"), Key::Before(Date::new(2024, 2, 29).unwrap()));
    assert_eq!(key("on:yesterday"), Key::On(Date::new(2026, 11, 22).unwrap()));
    assert_eq!(key("since:1y"), Key::Since(Date::new(2025, 11, 23).unwrap()));
    for bad in ["since:2023-02-29", "since:soon", "since:-3d", "since:99999999999999999999d", "since:9999999y"] {
        assert!(why(bad).contains("is no date"), "{bad}");
    }
}

#[test]
fn sizes_headers_and_sets() {
    assert_eq!(key("larger:1m"), Key::Larger(1 << 20));
    assert_eq!(key("smaller:20k"), Key::Smaller(20 << 10));
    assert_eq!(key("header:X-Thing=\"two words\""), Key::header("X-Thing", "two words").unwrap());
    assert_eq!(key("uid:1:3,9"), Key::Uid("1:3,9".parse().unwrap()));
    assert_eq!(key("subject:\"a \\\"b\\\"\""), Key::subject("a \"b\"").unwrap());
}

#[test]
fn what_is_wrong_is_said_with_the_word() {
    assert_eq!(why("frm:ann"), "query: \"frm:ann\" is no term I know; put it in quotes to search for the text");
    assert!(why("(is:read").contains("never closed"));
    assert!(why("is:read)").contains("closes nothing"));
    assert!(why("\"open").contains("never closed"));
    assert!(why("from:ann or").contains("wants a term"));
    assert!(why("from:").contains("wants a value"));
    assert!(why(&"(".repeat(100)).contains("nested too deeply"));
    assert!(why(&format!("{}x", "not ".repeat(100_000))).contains("nested too deeply"));
    assert!(why("a and").contains("wants a term"));
    assert_eq!(compile(&"and ".repeat(100_000), Date::new(2026, 11, 23).unwrap()).unwrap_err().word, "and");
    assert!(why("larger:big").contains("is no size"));
}
