//! Files of every kind, and what would be sent of them.

use std::fs;

use super::*;
use crate::args::low::Format;

fn sent(entry: &Entry) -> String {
    let mut text = String::new();
    entry.content.reader().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(entry.measure().unwrap().len, text.len() as u64, "what is announced is what is sent");
    text
}

fn file(content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, content).unwrap();
    (folder, path)
}

#[test]
fn an_eml_gets_crlf_and_nothing_else() {
    let (_folder, path) = file(b"Subject: x\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n\nFrom me\n>From\r\ra\n\r\n");
    let entries = entries(&path, None).unwrap();
    assert_eq!(
        sent(&entries[0]),
        "Subject: x\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n\r\nFrom me\r\n>From\r\ra\r\n\r\n"
    );
    let measure = entries[0].measure().unwrap();
    assert_eq!(entries[0].date(DateFrom::Auto, &measure).unwrap().to_rfc3339(), "2026-11-23T10:00:00+01:00");
    assert_eq!(entries[0].date(DateFrom::Now, &measure), None);
    assert_ne!(entries[0].date(DateFrom::File, &measure), measure.sent);
}

#[test]
fn an_mbox_is_taken_apart_and_its_quoting_undone() {
    let text = "From ann@example.org Sun Sep  9 01:46:40 2001\nStatus: RO\nX-Status: AF\nX-Keywords: $Label1 odd\nSubject: 1\nStatus: kept\n\n\
                >From here\n>>From there\n> quoted\nFrom now on no date\n\nFrom nobody\n\n\
                From MAILER-DAEMON Sun Sep  9 01:46:41 2001\n\nSubject: 2\n\nlast";
    let (_folder, path) = file(text.as_bytes());
    let entries = entries(&path, None).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(
        sent(&entries[0]),
        "Subject: 1\r\nStatus: kept\r\n\r\nFrom here\r\n>From there\r\n> quoted\r\nFrom now on no date\r\n\r\nFrom nobody\r\n"
    );
    let flags: Vec<String> = entries[0].flags.iter().map(|flag| flag.to_string()).collect();
    assert_eq!(flags, ["\\Seen", "\\Answered", "\\Flagged", "$Label1", "odd"]);
    assert_eq!(entries[0].date(DateFrom::Auto, &entries[0].measure().unwrap()).unwrap().unix_seconds(), 1_000_000_000);
    assert_eq!(sent(&entries[1]), "\r\nSubject: 2\r\n\r\nlast");
    assert!(entries[1].label.ends_with("file, message 2"));
}

#[test]
fn what_fetch_saves_put_sends_again() {
    let message = "Subject: x\r\n\r\nFrom a\r\n>From b\r\n\r\n\r\nFrom c Sun Sep  9 01:46:40 2001\r\n\r\n";
    let folder = tempfile::tempdir().unwrap();
    let mut out = crate::output::Output::new(
        crate::output::Manner { json: false, progress: crate::output::Progress::Never, verbose: false },
        time::UtcOffset::UTC,
    );
    let meta = crate::save::Meta {
        uid: imapkit::types::Uid::MIN,
        flags: [Flag::Seen, Flag::Flagged].into(),
        date: DateTime::from_unix(1_000_000_000, 0),
        size: 0,
    };
    for format in [Format::Eml, Format::Maildir, Format::Mbox] {
        let root = folder.path().join(format!("{format:?}"));
        let mut writer = crate::save::Writer::open(format, Some(&root), imapkit::types::UidValidity::new(1)).unwrap();
        for _ in 0..2 {
            writer.begin(&meta, &mut out).unwrap();
            writer.write(message.as_bytes(), &mut out).unwrap();
            writer.end(&meta, &mut out).unwrap();
        }
        let path = match format {
            Format::Mbox => writer.close().unwrap().unwrap(),
            Format::Eml => root.join("1-1.eml"),
            _ => root,
        };
        let entries = entries(&path, None).unwrap();
        assert!(
            entries.iter().all(|entry| sent(entry) == message),
            "{format:?}: {:?}",
            entries.iter().map(sent).collect::<Vec<_>>()
        );
        if format != Format::Eml {
            assert_eq!(entries[0].flags, meta.flags);
            assert_eq!(entries[0].date(DateFrom::Auto, &entries[0].measure().unwrap()), meta.date);
        }
    }
}

#[test]
fn what_is_no_message_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let problem = entries(folder.path(), None).unwrap_err().to_string();
    assert!(problem.contains("no Maildir"), "{problem}");
    let problem = entries(&folder.path().join("none"), None).unwrap_err().to_string();
    assert!(problem.starts_with("cannot open ") && problem.ends_with("no such file or directory"), "{problem}");
    let (_folder, path) = file(b"Subject: x\n\n");
    assert!(entries(&path, Some(SourceFormat::Mbox)).is_err());
    let (_folder, path) = file(b"Subject: x\n\na\0b");
    assert!(entries(&path, None).unwrap()[0].measure().unwrap().has_nul);
}
