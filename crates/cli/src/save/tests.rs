//! Every format, written in pieces of every size.

use std::fs;

use imapkit::types::Flag;

use super::*;
use crate::output::{Manner, Progress};

const MESSAGE: &[u8] = b"Subject: x\r\n\r\nFrom here\r\n>From there\r\nFro\r\n Fromage\r\n>>From \r\nFrom";

fn meta(uid: u32, flags: impl Into<Flags>) -> Meta {
    Meta {
        uid: Uid::new(uid).unwrap(),
        flags: flags.into(),
        date: DateTime::from_unix(1_000_000_000, 60),
        size: MESSAGE.len() as u64,
    }
}

fn output() -> Output {
    Output::new(Manner { json: false, progress: Progress::Never, verbose: false }, time::UtcOffset::UTC)
}

fn save(writer: &mut Writer, meta: &Meta, piece: usize) -> Option<PathBuf> {
    let mut out = output();
    writer.begin(meta, &mut out).unwrap();
    MESSAGE.chunks(piece).for_each(|piece| writer.write(piece, &mut out).unwrap());
    writer.end(meta, &mut out).unwrap()
}

fn open(format: Format, folder: &Path) -> Writer {
    Writer::open(format, Some(folder), UidValidity::new(3)).unwrap()
}

#[test]
fn eml_is_byte_for_byte_and_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = open(Format::Eml, folder.path());
    let meta = meta(7, Flag::Seen);
    assert_eq!(writer.existing(meta.uid), None);
    let path = save(&mut writer, &meta, 3).unwrap();
    assert_eq!((path.file_name().unwrap().to_str(), fs::read(&path).unwrap().as_slice()), (Some("3-7.eml"), MESSAGE));
    assert_eq!(open(Format::Eml, folder.path()).existing(meta.uid), Some(path));
    let other_life = Writer::open(Format::Eml, Some(folder.path()), UidValidity::new(4)).unwrap();
    assert_eq!(other_life.existing(meta.uid), None, "another UIDVALIDITY is another message");
}

#[test]
fn a_message_that_is_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Eml, Format::Maildir] {
        let root = folder.path().join(format!("{format:?}"));
        let mut writer = open(format, &root);
        let mut out = output();
        writer.begin(&meta(7, Flags::new()), &mut out).unwrap();
        writer.write(b"half", &mut out).unwrap();
        writer.abandon().unwrap();
        let left =
            [root.clone(), root.join("cur"), root.join("tmp")].map(|path| crate::files::names_in(&path).unwrap());
        assert!(left.iter().flatten().all(|name| ["cur", "new", "tmp"].contains(&name.as_str())), "{left:?}");
    }
    assert!(open(Format::Mbox, &folder.path().join("m")).abandon().is_err());
}

#[test]
fn a_maildir_keeps_flags_in_names_and_knows_its_messages_whatever_their_flags() {
    let folder = tempfile::tempdir().unwrap();
    let meta = meta(7, [Flag::Seen, Flag::Draft, Flag::Answered]);
    let path = save(&mut open(Format::Maildir, folder.path()), &meta, 4).unwrap();
    assert_eq!(path.file_name().unwrap().to_str().unwrap().replace(';', ":"), "1000000000.V3U7.imapkit:2,DRS");
    assert!(fs::read(&path).unwrap().starts_with(b"Subject: x\n\nFrom here\n"));
    let renamed = path.with_file_name(format!("1000000000.V3U7.imapkit{}2,T", if cfg!(windows) { ';' } else { ':' }));
    fs::rename(&path, &renamed).unwrap();
    assert_eq!(open(Format::Maildir, folder.path()).existing(meta.uid), Some(renamed));
}

#[test]
fn an_mbox_is_quoted_so_that_it_can_be_undone() {
    let folder = tempfile::tempdir().unwrap();
    for piece in 1..=MESSAGE.len() {
        let root = folder.path().join(piece.to_string());
        let mut writer = open(Format::Mbox, &root);
        save(&mut writer, &meta(7, [Flag::Flagged, Flag::parse("$Label1").unwrap()]), piece);
        save(&mut writer, &meta(8, Flag::Seen), piece);
        let path = writer.close().unwrap().unwrap();
        let body = "Subject: x\n\n>From here\n>>From there\nFro\n Fromage\n>>>From \nFrom\n\n";
        let from = "From MAILER-DAEMON Sun Sep  9 01:46:40 2001\n";
        let expected = format!("{from}Status: O\nX-Status: F\nX-Keywords: $Label1\n{body}{from}Status: RO\n{body}");
        assert_eq!(fs::read_to_string(path).unwrap(), expected, "pieces of {piece}");
    }
}

#[test]
fn an_mbox_that_is_there_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.mbox"), "precious").unwrap();
    let problem = Writer::open(Format::Mbox, Some(&folder.path().join("m")), UidValidity::new(3)).unwrap_err();
    assert_eq!(problem.exit(), crate::exit::Exit::Guard);
    assert_eq!(fs::read_to_string(folder.path().join("m.mbox")).unwrap(), "precious");
}
