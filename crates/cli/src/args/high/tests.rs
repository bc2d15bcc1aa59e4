//! What is refused before anything happens, and what is meant by what is typed.

use clap::Parser;

use super::*;
use crate::args::low::Low;
use crate::exit::Exit;

fn meant(line: &str) -> Outcome<Task> {
    let words = std::iter::once("imapkit").chain(line.split_whitespace()).map(Into::into);
    let low = Low::try_parse_from(terms::spell_out(words)).map_err(|error| Problem::usage(error.to_string()))?;
    task(low.verb, Date::new(2026, 11, 23).unwrap())
}

fn exit(line: &str) -> Exit {
    meant(line).err().map_or(Exit::Done, |problem| problem.exit())
}

#[test]
fn t027_clear_text_leaves_this_machine_only_on_request() {
    assert_eq!(exit("ls imap+insecure://ann@imap.example.org"), Exit::Guard);
    for fine in [
        "ls imap+insecure://ann@imap.example.org --allow-cleartext",
        "ls imap+insecure://ann@localhost",
        "ls imap+insecure://[::1]:1143",
    ] {
        assert_eq!(exit(fine), Exit::Done, "{fine}");
    }
}

#[test]
fn what_makes_no_sense_is_refused_with_64() {
    for wrong in [
        "search ann@example.org is:unraed",
        "ls ann@example.org --pin abc",
        "ls ann@example.org --auth NTLM",
        "ls ann@example.org --auth PLAIN-PLUS",
        "ls INBOX",
        "ls",
        "show ann@example.org/INBOX",
        "show ann@example.org/INBOX 0",
        "fetch ann@example.org --format maildir",
        "fetch ann@example.org --json",
        "put ann@example.org a.eml --flags recent",
        "put ann@example.org a.eml --flags a(b",
    ] {
        assert_eq!(exit(wrong), Exit::Usage, "{wrong}");
    }
}

#[test]
fn a_url_may_name_the_message() {
    let Task::Show { uid, .. } = meant("show imaps://ann@imap.example.org/INBOX;UID=7").unwrap() else { panic!() };
    assert_eq!(uid.get(), 7);
    let Task::Fetch(fetch) = meant("fetch imaps://ann@imap.example.org/INBOX;UID=7").unwrap() else { panic!() };
    assert_eq!(fetch.key, Key::Uid("7".parse().unwrap()).and(Key::All));
}

#[test]
fn queries_may_begin_with_a_dash() {
    let Task::Search { key, .. } = meant("search ann@example.org -is:read from:bob").unwrap() else { panic!() };
    assert_eq!(key, (!Key::Seen).and(Key::from("bob").unwrap()));
    let Task::Search { key, limit, .. } =
        meant("search --limit 3 ann@example.org from:bob -is:read --timeout 5 -list:x -v").unwrap()
    else {
        panic!()
    };
    assert_eq!(
        key,
        Key::from("bob").unwrap().and(!Key::Seen).and(!Key::header("List-Id", "x").unwrap()),
        "flags end no query"
    );
    assert_eq!(limit, Some(3));
    assert_eq!(exit("search ann@example.org from:bob --no-such-flag"), Exit::Usage, "a misspelt flag is no query");
}

#[test]
fn flags_are_written_as_people_write_them() {
    let Task::Put(put) = meant("put ann@example.org a.eml --flags Seen,$Label1").unwrap() else { panic!() };
    assert_eq!(put.flags.unwrap().to_string(), "(\\Seen $Label1)");
}
