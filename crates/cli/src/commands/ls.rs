//! `ls`: the folders as a tree, with what each is for, how many messages are in it and how large they are. RFC 9051 §6.3.9.

use crate::args::high::Target;
use crate::connect;
use crate::errors::Outcome;
use crate::exit::Exit;
use crate::mailboxes::{self, Folder};
use crate::output::Output;
use crate::output::json::{Mailbox, Object};
use crate::output::text::{clean, count, cut, pad, pad_left, plural, size, width};
use std::fmt::Write as _;

pub(super) async fn run(target: &Target, subscribed: bool, status: bool, output: &mut Output) -> Outcome {
    let link = connect::open(target, output).await?;
    let folders =
        mailboxes::all(&link.client, status).await.map_err(|error| link.problem(&error, "listing the folders"))?;
    let below = link.place.mailbox.as_deref();
    let shown: Vec<&Folder> = folders
        .iter()
        .filter(|folder| below.is_none_or(|root| is_at_or_below(&folder.facts, root)))
        .filter(|folder| !subscribed || folder.facts.subscribed == Some(true))
        .collect();
    let mut exit = Exit::Done;
    for folder in &shown {
        output.object(&Object::new("mailbox", &folder.facts))?;
        if let Some(error) = &folder.failure {
            output.warn(&format!("no counts of {}: {error}", clean(&folder.facts.name)));
            exit = Exit::Partial;
        }
    }
    for line in table(&shown.iter().map(|folder| &folder.facts).collect::<Vec<_>>(), output) {
        output.line(&line)?;
    }
    if shown.is_empty() {
        output.note("no such folder");
        exit = Exit::Failed;
    }
    link.close().await;
    Ok(exit)
}

fn is_at_or_below(folder: &Mailbox, root: &str) -> bool {
    let root = folder.delimiter.map_or(root, |delimiter| root.trim_end_matches(delimiter));
    let same = |name: &str| name == root || (root.eq_ignore_ascii_case("inbox") && name.eq_ignore_ascii_case(root));
    same(&folder.name)
        || folder
            .delimiter
            .is_some_and(|delimiter| folder.name.strip_prefix(root).is_some_and(|rest| rest.starts_with(delimiter)))
}

/// The lines for people: INBOX first, then by name, levels indented.
pub(super) fn table(folders: &[&Mailbox], output: &Output) -> Vec<String> {
    if output.is_json() || folders.is_empty() {
        return Vec::new();
    }
    let mut folders = folders.to_vec();
    folders.sort_by_key(|folder| {
        let levels: Vec<String> = levels(folder).iter().map(|level| level.to_lowercase()).collect();
        (levels.first().is_none_or(|first| first != "inbox"), levels)
    });
    let names: Vec<String> = names(&folders);
    let widest = names.iter().map(|name| width(name)).max().unwrap_or(0).min(48);
    let paint = output.paint();
    let counted = folders.iter().any(|folder| folder.messages.is_some());
    let mut lines = Vec::new();
    let (mut messages, mut bytes) = (0_u64, 0_u64);
    let counts = if counted { " messages   unread       size" } else { "" };
    lines.push(paint.dim(format!("{}  {:<10} {counts}", pad("", widest), "for").trim_end()));
    for (folder, name) in folders.iter().zip(names) {
        let number = |value: Option<u32>| value.map_or_else(String::new, |value| count(value.into()));
        let name = pad(&cut(&name, widest), widest);
        let name = if folder.selectable { paint.bold(&name) } else { paint.dim(&name) };
        let mut line = format!("{name}  {}", pad(folder.special_use.as_deref().unwrap_or(""), 10));
        if counted {
            let unread = pad_left(&number(folder.unseen.filter(|&unseen| unseen > 0)), 8);
            let size = pad_left(&folder.size.map(size).unwrap_or_default(), 10);
            let _ = write!(line, " {} {} {size}", pad_left(&number(folder.messages), 9), paint.cyan(&unread));
        }
        if folder.selectable && folder.subscribed == Some(false) {
            line.push_str("  not subscribed");
        }
        lines.push(line.trim_end().to_owned());
        messages += u64::from(folder.messages.unwrap_or(0));
        bytes = bytes.saturating_add(folder.size.unwrap_or(0));
    }
    let mut total = plural(folders.len() as u64, "folder");
    if counted {
        let _ = write!(total, ", {}", crate::output::text::messages(messages));
    }
    if bytes > 0 {
        let _ = write!(total, ", {}", size(bytes));
    }
    lines.push(paint.dim(&total));
    lines
}

fn levels(folder: &Mailbox) -> Vec<String> {
    match folder.delimiter {
        Some(delimiter) => folder.name.split(delimiter).map(clean).collect(),
        None => vec![clean(&folder.name)],
    }
}

/// The last level of each name, indented; in full where the level above is not in the list.
fn names(folders: &[&Mailbox]) -> Vec<String> {
    let mut above: Vec<String> = Vec::new();
    let mut names = Vec::new();
    for folder in folders {
        let levels = levels(folder);
        let shared = levels.iter().zip(&above).take_while(|(a, b)| a == b).count();
        let depth = shared.min(levels.len().saturating_sub(1));
        names.push(format!("{}{}", "  ".repeat(depth), levels[depth..].join("/")));
        above = levels;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> Mailbox {
        Mailbox { name: name.to_owned(), delimiter: Some('/'), selectable: true, ..Mailbox::default() }
    }

    #[test]
    fn levels_are_indented_and_a_missing_parent_is_named() {
        let folders = [
            folder("Archive"),
            folder("Archive/2025"),
            folder("Lists/Rust"),
            folder("Lists/Rust/dev"),
            folder("a\u{1b}[2J"),
        ];
        assert_eq!(names(&folders.iter().collect::<Vec<_>>()), ["Archive", "  2025", "Lists/Rust", "    dev", "a[2J"]);
    }

    #[test]
    fn below_means_that_level() {
        for (name, root, is) in [
            ("Lists/Rust", "Lists", true),
            ("Lists", "Lists/", true),
            ("Listserv", "Lists", false),
            ("INBOX", "inbox", true),
        ] {
            assert_eq!(is_at_or_below(&folder(name), root), is, "{name} {root}");
        }
    }
}
