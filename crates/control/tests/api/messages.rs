//! Messages: read whole and in parts, streamed, saved, created, copied, moved, marked, found.

use std::fs;
use std::io::Cursor;

use imapkit_control::{ErrorCode, Key, MessageFlags, Section, State};

use super::support::{Log, code, folder, guard, log_in_and_select, mail, peer, selected, server};

/// Text, and two attachments: one in base64 with a name in RFC 2231, one message.
fn with_attachments() -> Vec<u8> {
    let inner = "From: eve@example.org\r\nSubject: inside\r\n\r\nhello from inside\r\n";
    format!(
        "From: ann@example.org\r\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\nX-Odd: one\r\n two\r\nDate: Thu, 29 Feb 2024 12:00:00 +0100\r\n\
        MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\nprologue\r\n\
        --outer\r\nContent-Type: multipart/alternative; boundary=alt\r\n\r\n\
        --alt\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe =\r\nzusammen\r\n\
        --alt\r\nContent-Type: text/html\r\n\r\n<p>hi</p>\r\n--alt--\r\n\
        --outer\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename*=utf-8''na%C3%AFve.bin\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nAAECA/8=\r\n\
        --outer\r\nContent-Type: message/rfc822\r\n\r\n{inner}\r\n--outer--\r\n"
    )
    .into_bytes()
}

#[test]
fn messages_are_read_as_the_server_keeps_them() {
    let _guard = guard();
    let text = mail("one", 5000);
    let server = server([text.clone()]);
    let control = selected(&server);
    let header = text.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(control.get_message(1, 0, Section::Preview).unwrap(), text);
    assert_eq!(control.message_flags().unwrap() & MessageFlags::Seen, MessageFlags::None, "a preview does not mark it");
    assert_eq!(control.get_headers(1).unwrap(), &text[..header]);
    assert_eq!(control.get_message(1, 0, Section::Body | Section::Preview).unwrap(), &text[header..]);
    assert_eq!(control.message_flags().unwrap() & MessageFlags::Seen, MessageFlags::None);
    assert_eq!(control.get_message(1, 0, Section::Default).unwrap(), text);
    assert_eq!(control.message_flags().unwrap() & MessageFlags::Seen, MessageFlags::Seen);
    let uid = control.message_uid().unwrap();
    assert_eq!(control.get_message_uid(uid, 0, Section::Default).unwrap(), text);
    assert_eq!(control.get_headers_uid(uid).unwrap(), &text[..header]);
    assert_eq!(control.message_size().unwrap(), text.len() as u64);
    assert_eq!(control.transfer_bytes(), header as u64, "that of the last transfer");
}

#[test]
fn progress_is_true_and_in_order() {
    let _guard = guard();
    let text = mail("big", 400_000);
    let server = server([text.clone()]);
    let control = selected(&server);
    let log = Log::of(&control);
    assert_eq!(control.get_message(1, 0, Section::Default).unwrap().len(), text.len());
    let told: Vec<(u64, u64, u64)> = log
        .only("progress")
        .iter()
        .map(|line| {
            let words: Vec<u64> = line.split(' ').skip(1).map(|word| word.parse().unwrap()).collect();
            assert_eq!((words[0], words[1]), (1, text.len() as u64));
            (words[2], words[3], words[2] * 100 / words[1])
        })
        .collect();
    assert_eq!((told.first().map(|t| t.1), told.last().map(|t| (t.0, t.1))), (Some(0), Some((text.len() as u64, 100))));
    assert!(told.windows(2).all(|pair| pair[0].1 < pair[1].1), "{told:?}");
    assert!(told.iter().all(|(_, percent, true_one)| percent == true_one), "{told:?}");
    assert!(control.transfer_rate() > 0 && control.transfer_bytes() == text.len() as u64);
}

#[test]
fn parts_are_counted_and_attachments_decoded() {
    let _guard = guard();
    let server = server([with_attachments()]);
    let control = selected(&server);
    assert_eq!(control.message_parts().unwrap(), 4);
    let parts = control.get_parts(1).unwrap();
    let told: Vec<_> = parts.iter().map(|p| (p.section.as_str(), p.media_type.as_str(), p.is_attachment)).collect();
    assert_eq!(
        told,
        [
            ("1.1", "text/plain", false),
            ("1.2", "text/html", false),
            ("2", "application/octet-stream", true),
            ("3", "message/rfc822", true)
        ]
    );
    assert_eq!((parts[0].charset.as_str(), parts[2].encoding.as_str()), ("utf-8", "base64"));
    assert_eq!(control.message_part(3).unwrap().file_name, "naïve.bin");
    assert_eq!(control.get_part(1, 1).unwrap(), "Grüße zusammen".as_bytes());
    assert_eq!(control.get_part(1, 3).unwrap(), [0, 1, 2, 3, 255]);
    assert_eq!(control.get_part(1, "NAÏVE.bin").unwrap(), [0, 1, 2, 3, 255]);
    assert_eq!(control.get_part(1, "1.2").unwrap(), b"<p>hi</p>");
    assert_eq!(control.get_message(1, 3, Section::Default).unwrap(), b"AAECA/8=");
    let mime = String::from_utf8(control.get_message(1, 3, Section::MimeHeader).unwrap()).unwrap();
    assert!(mime.starts_with("Content-Type: application/octet-stream"), "{mime}");
    let inside = control.get_message(1, 4, Section::Header).unwrap();
    assert_eq!(inside, b"From: eve@example.org\r\nSubject: inside\r\n\r\n");
    for outcome in [control.get_message(1, 5, Section::Default), control.get_part(1, 0), control.get_part(1, "other")] {
        assert_eq!(code(outcome), ErrorCode::PartNotFound);
    }
    assert_eq!(code(control.message_part(9)), ErrorCode::PartNotFound);
    assert_eq!(code(control.get_message(1, 0, Section::Header | Section::MimeHeader)), ErrorCode::InvalidArgument);
}

#[test]
fn attachments_are_saved_by_name_and_never_over_another_file() {
    let _guard = guard();
    let server = server([with_attachments()]);
    let control = selected(&server);
    let (folder, path) = folder();
    assert_eq!(control.get_attachment(1, 3, folder.path()).unwrap(), path("naïve.bin"));
    assert_eq!(control.get_attachment(1, "naïve.bin", folder.path()).unwrap(), path("naïve (2).bin"));
    assert_eq!(control.get_attachment(1, 3, path("mine.bin")).unwrap(), path("mine.bin"));
    assert_eq!(control.get_attachment(1, 4, folder.path()).unwrap(), path("part-3.eml"));
    for name in ["naïve.bin", "naïve (2).bin", "mine.bin"] {
        assert_eq!(fs::read(path(name)).unwrap(), [0, 1, 2, 3, 255]);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4, "nothing is left over");
    assert_eq!(code(control.get_attachment(1, 3, path("no/such/folder/x"))), ErrorCode::FileError);
    assert_eq!(
        code(control.get_attachment(1, "", folder.path())),
        ErrorCode::InvalidArgument,
        "no name is none's name"
    );
    assert!(control.is_connected());
}

#[test]
fn a_name_from_a_message_never_leaves_the_folder() {
    let _guard = guard();
    let evil = "Content-Type: text/plain; name=\"../../evil.sh\"\r\n\r\nrm -rf\r\n";
    let server = server([evil.as_bytes().to_vec()]);
    let control = selected(&server);
    let (folder, path) = folder();
    assert_eq!(control.get_attachment(1, 1, folder.path()).unwrap(), path("evil.sh"));
}

#[test]
fn messages_are_stored_to_files_whole_or_not_at_all() {
    let _guard = guard();
    let text = mail("one", 100_000);
    let server = server([text.clone()]);
    let control = selected(&server);
    let (folder, path) = folder();
    control.store_message(1, path("one.eml")).unwrap();
    assert_eq!(fs::read(path("one.eml")).unwrap(), text);
    fs::write(path("kept"), b"as it was").unwrap();
    control.on_progress(|_, _, _, percent| i32::from(percent > 10));
    assert_eq!(code(control.store_message(1, path("kept"))), ErrorCode::Cancelled);
    assert_eq!(fs::read(path("kept")).unwrap(), b"as it was");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    control.clear_events();
    assert_eq!(code(control.store_message(1, folder.path())), ErrorCode::FileError);
    assert_eq!(code(control.store_message(2, path("two"))), ErrorCode::MessageNotFound);
    assert!(!path("two").exists());
    control.store_message_uid(control.message_uid().unwrap(), path("kept")).unwrap();
    assert_eq!(fs::read(path("kept")).unwrap(), text);
}

#[test]
fn an_open_message_is_read_at_the_callers_pace() {
    let _guard = guard();
    let text = mail("one", 300_000);
    let server = server([text.clone(), mail("two", 100)]);
    let control = selected(&server);
    assert_eq!(code(control.read(&mut [0; 10])), ErrorCode::MessageNotOpen);
    assert_eq!(code(control.close_message()), ErrorCode::MessageNotOpen);
    assert_eq!(control.open_message(None, 0, 0, None, Section::Preview).unwrap(), text.len() as u64);
    assert_eq!(code(control.check_mailbox()), ErrorCode::InProgress, "a message is open");
    let mut whole = Vec::new();
    let mut buffer = [0; 1000];
    loop {
        match control.read(&mut buffer).unwrap() {
            0 => break,
            count => whole.extend_from_slice(&buffer[..count]),
        }
    }
    assert_eq!(whole, text);
    control.close_message().unwrap();
    control.check_mailbox().unwrap();
    // A range of it.
    assert_eq!(control.open_message(Some(1), 0, 1000, Some(500), Section::Preview).unwrap(), 500);
    let mut part = vec![0; 600];
    let mut count = 0;
    while let Ok(more @ 1..) = control.read(&mut part[count..]) {
        count += more;
    }
    assert_eq!(&part[..count], &text[1000..1500]);
    control.close_message().unwrap();
    // Closed in the middle, and gone on with.
    control.open_message(Some(1), 0, 0, None, Section::Preview).unwrap();
    control.read(&mut buffer).unwrap();
    control.close_message().unwrap();
    assert_eq!(control.get_headers(2).unwrap().len(), mail("two", 100).len() - 5);
    assert_eq!(control.state(), State::Idle);
}

#[test]
fn messages_are_created_from_memory_from_readers_and_from_files() {
    let _guard = guard();
    let server = server([]);
    let control = selected(&server);
    let log = Log::of(&control);
    let uid =
        control.create_message(b"Subject: one\n\nlines\n", MessageFlags::Seen | MessageFlags::Urgent, None).unwrap();
    let (_, message) = server.messages("me", "INBOX").unwrap().remove(0);
    assert_eq!(message.bytes(), b"Subject: one\r\n\r\nlines\r\n", "with the ends of lines that mail wants");
    control.check_mailbox().unwrap();
    assert_eq!(control.message_uid().unwrap(), uid);
    assert_eq!(control.message_flags().unwrap() & !MessageFlags::Recent, MessageFlags::Seen | MessageFlags::Urgent);
    let big = mail("big", 200_000);
    log.take();
    control.create_message_from(Cursor::new(&big), big.len() as u64, MessageFlags::None, Some("Archive")).unwrap();
    assert_eq!(server.messages("me", "Archive").unwrap()[0].1.bytes(), big);
    let told = log.only("progress");
    assert_eq!(told.first().unwrap(), &format!("progress 0 {} 0 0", big.len()));
    assert_eq!(told.last().unwrap(), &format!("progress 0 {0} {0} 100", big.len()));
    assert_eq!(control.transfer_bytes(), big.len() as u64);
    let (_folder, path) = folder();
    fs::write(path("mail.eml"), &big).unwrap();
    control.create_message_from_file(path("mail.eml"), MessageFlags::Draft, Some("Archive")).unwrap();
    assert_eq!(server.messages("me", "Archive").unwrap().len(), 2);
    assert_eq!(code(control.create_message(b"x", MessageFlags::None, Some("Nowhere"))), ErrorCode::MailboxNotFound);
    assert_eq!(code(control.create_message(b"", MessageFlags::None, None)), ErrorCode::InvalidArgument);
    assert_eq!(code(control.create_message(b"x", MessageFlags::Recent, None)), ErrorCode::InvalidArgument);
    assert_eq!(code(control.create_message_from_file(path("no"), MessageFlags::None, None)), ErrorCode::FileError);
    assert!(control.is_connected());
    control.unselect_mailbox(false).unwrap();
    assert_eq!(code(control.create_message(b"x", MessageFlags::None, None)), ErrorCode::NoMailboxSelected);
}

#[test]
fn m029_a_reader_that_ends_too_early_closes_the_connection() {
    let _guard = guard();
    let server = server([]);
    let control = selected(&server);
    let log = Log::of(&control);
    let short = Cursor::new(vec![b'x'; 5000]);
    assert_eq!(code(control.create_message_from(short, 50_000, MessageFlags::None, None)), ErrorCode::FileError);
    assert!(!control.is_connected());
    assert_eq!(code(control.check_mailbox()), ErrorCode::NotConnected);
    assert!(log.only("disconnect").is_empty(), "we closed it, and not the server");
    assert!(server.messages("me", "INBOX").unwrap().is_empty());
}

#[test]
fn messages_are_copied_moved_and_marked_by_number_set_and_uid() {
    let _guard = guard();
    let server = server(["one", "two", "three", "four", "five"].map(|subject| mail(subject, 100)));
    let control = selected(&server);
    let there = || server.messages("me", "Archive").unwrap().len();
    control.copy_message(1, "Archive").unwrap();
    control.copy_message("2:3", "Archive").unwrap();
    control.copy_message(4..=5, "Archive").unwrap();
    assert_eq!(there(), 5);
    control.copy_message(Vec::new(), "Archive").expect("nothing to do is no error");
    assert_eq!(code(control.copy_message(6, "Archive")), ErrorCode::MessageNotFound);
    assert_eq!(code(control.copy_message("5:9", "Archive")), ErrorCode::MessageNotFound);
    assert_eq!(code(control.delete_message("6:*")), ErrorCode::MessageNotFound);
    assert_eq!(code(control.copy_message(1, "Nowhere")), ErrorCode::MailboxNotFound);
    assert_eq!(there(), 5);
    control.set_message(5).unwrap();
    let last = control.message_uid().unwrap();
    control.move_message(vec![1, 3], "Archive").unwrap();
    assert_eq!((control.message_count(), there()), (3, 7));
    control.move_message_uid(last, "Archive").unwrap();
    assert_eq!((control.message_count(), there()), (2, 8));
    control.delete_message("1:*").unwrap();
    assert_eq!(control.get_flags(2).unwrap() & MessageFlags::Deleted, MessageFlags::Deleted);
    control.undelete_message(2).unwrap();
    assert_eq!(control.get_flags(2).unwrap() & MessageFlags::Deleted, MessageFlags::None);
    control.expunge_mailbox().unwrap();
    assert_eq!(control.message_count(), 1);
    control.set_flags(1, MessageFlags::Answered | MessageFlags::Seen).unwrap();
    control.set_flags_uid(control.message_uid().unwrap(), MessageFlags::Seen | MessageFlags::Draft).unwrap();
    assert_eq!(control.get_flags(1).unwrap() & !MessageFlags::Recent, MessageFlags::Seen | MessageFlags::Draft);
    control.set_message_flags(MessageFlags::None).unwrap();
    assert_eq!(control.message_flags().unwrap() & !MessageFlags::Recent, MessageFlags::None);
    assert_eq!(code(control.set_flags(1, MessageFlags::Recent)), ErrorCode::InvalidArgument);
    assert_eq!(code(control.get_flags("1,9")), ErrorCode::MessageNotFound);
    assert_eq!(code(control.get_flags("1:*")), ErrorCode::InvalidArgument, "that is not one message");
    assert_eq!(code(control.get_flags_uid(4711)), ErrorCode::MessageNotFound);
}

#[test]
fn uids_that_are_not_there_are_passed_over_by_what_changes_messages() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    control.copy_message_uid(99_999, "Archive").unwrap();
    control.move_message_uid(99_999, "Archive").unwrap();
    control.delete_message_uid(99_999).unwrap();
    control.set_flags_uid(99_999, MessageFlags::Seen).unwrap();
    assert_eq!((control.message_count(), server.messages("me", "Archive").unwrap().len()), (1, 0));
    assert_eq!(code(control.get_message_uid(99_999, 0, Section::Default)), ErrorCode::MessageNotFound);
}

#[test]
fn without_move_messages_are_copied_marked_and_removed() {
    let _guard = guard();
    let (peer, control) = peer(|conn| {
        log_in_and_select(conn, "UIDPLUS")?;
        let tag = conn.expect("FETCH 2 (UID)")?;
        conn.send(format!("* 2 FETCH (UID 22)\r\n{tag} OK done\r\n"))?;
        let tag = conn.expect("UID COPY 22 Archive")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        let tag = conn.expect("UID STORE 22 +FLAGS.SILENT (\\Deleted)")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        let tag = conn.expect("UID EXPUNGE 22")?;
        conn.send(format!("* 2 EXPUNGE\r\n{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    control.move_message(2, "Archive").unwrap();
    assert_eq!(control.message_count(), 8);
    drop(control);
    peer.join().unwrap();
    // Without UIDPLUS nothing can be removed but everything that is marked.
    let (peer, control) = self::peer(|conn| {
        log_in_and_select(conn, "")?;
        let tag = conn.expect("FETCH 2 (UID)")?;
        conn.send(format!("* 2 FETCH (UID 22)\r\n{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    assert_eq!(code(control.move_message(2, "Archive")), ErrorCode::NotSupportedByServer);
    drop(control);
    peer.join().unwrap();
}

#[test]
fn messages_are_found_by_text_and_by_typed_criteria() {
    let _guard = guard();
    let server = server(["one", "two", "three"].map(|subject| mail(subject, 100)));
    let control = selected(&server);
    assert_eq!(control.search_mailbox("ALL", None).unwrap(), [1, 2, 3]);
    assert_eq!(control.search_mailbox("OR SUBJECT one SUBJECT \"three\"", None).unwrap(), [1, 3]);
    assert_eq!(control.search_mailbox("SUBJECT \"nothing of it\"", None).unwrap(), [0; 0]);
    let uids = control.search_mailbox_uid("SUBJECT two", None).unwrap();
    control.set_message(2).unwrap();
    assert_eq!(uids, [control.message_uid().unwrap()]);
    assert_eq!(control.search_keys(Key::subject("two").unwrap()).unwrap(), [2]);
    assert_eq!(control.search_keys_uid(Key::subject("two").unwrap()).unwrap(), uids);
    for nonsense in ["NO SUCH KEY", "", "SUBJECT \"open", "ALL\r\nA9 LOGOUT"] {
        assert_eq!(code(control.search_mailbox(nonsense, None)), ErrorCode::SearchRejected, "{nonsense:?}");
    }
    let text = control.search_mailbox("NO SUCH KEY", None).unwrap_err().text().to_owned();
    assert!(text.starts_with("SEARCH") && !text.contains("raw command"), "{text}");
    assert_eq!(code(control.search_mailbox("ALL", Some("KLINGON"))), ErrorCode::CharsetRejected);
    assert!(control.is_connected());
    let found = control.search_mailbox("ALL", None).unwrap();
    control.move_message(&found, "Archive").unwrap();
    assert_eq!(server.messages("me", "Archive").unwrap().len(), 3);
}

#[test]
fn unicode_goes_in_utf_8_or_in_the_charset_that_is_asked_for() {
    let _guard = guard();
    let (peer, control) = peer(|conn| {
        log_in_and_select(conn, "LITERAL+")?;
        let (tag, line) = conn.expect_line()?;
        assert_eq!(line, "SEARCH CHARSET UTF-8 SUBJECT {7+}");
        conn.expect_bytes("Grüße\r\n")?;
        conn.send(format!("* SEARCH 3 1\r\n{tag} OK done\r\n"))?;
        let (tag, line) = conn.expect_line()?;
        assert_eq!(line, "UID SEARCH CHARSET iso-8859-1 SUBJECT {5+}");
        conn.expect_bytes(b"Gr\xfc\xdfe\r\n")?;
        conn.send(format!("{tag} NO [BADCHARSET (US-ASCII)] no\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    assert_eq!(control.search_mailbox("SUBJECT \"Grüße\"", None).unwrap(), [1, 3]);
    assert_eq!(code(control.search_mailbox_uid("SUBJECT \"Grüße\"", Some("iso-8859-1"))), ErrorCode::CharsetRejected);
    drop(control);
    peer.join().unwrap();
}

#[test]
fn headers_are_read_by_name_and_decoded() {
    let _guard = guard();
    let server = server([with_attachments()]);
    let control = selected(&server);
    assert_eq!(code(control.header_value()), ErrorCode::InvalidArgument);
    for (field, value) in [("Subject", "Grüße"), ("x-odd", "one two"), ("From", "ann@example.org"), ("X-None", "")] {
        control.set_header_field(field).unwrap();
        assert_eq!((control.header_field().as_str(), control.header_value().unwrap().as_str()), (field, value));
    }
    assert_eq!(code(control.set_header_field("Sub ject")), ErrorCode::InvalidArgument);
    assert_eq!(control.header_field(), "X-None");
    let date = control.message_date().unwrap();
    assert!(date.len() >= 20 && date.contains('T'), "{date}");
}

#[test]
fn errors_of_the_server_have_their_numbers() {
    let _guard = guard();
    for (answer, expected) in [
        ("NO [OVERQUOTA] full", ErrorCode::QuotaExceeded),
        ("NO [LIMIT] too much", ErrorCode::LimitExceeded),
        ("NO [THROTTLED] slow down", ErrorCode::Throttled),
        ("NO [NOPERM] not you", ErrorCode::PermissionDenied),
        ("NO [TRYCREATE] not there", ErrorCode::MailboxNotFound),
        ("NO [CANNOT] never", ErrorCode::NotSupportedByServer),
        ("BAD what", ErrorCode::CommandRefused),
    ] {
        let (_peer, control) = peer(move |conn| {
            log_in_and_select(conn, "")?;
            let tag = conn.expect("COPY 1 Archive")?;
            conn.send(format!("{tag} {answer}\r\n"))?;
            conn.expect_eof()
        });
        control.connect(None, None, None, None, None, None).unwrap();
        control.select_mailbox("INBOX").unwrap();
        assert_eq!(code(control.copy_message(1, "Archive")), expected, "{answer}");
        assert_eq!(control.result_string(), answer);
        assert!(control.is_connected());
    }
}
