//! Mailboxes: selected and left as the original does it, listed, changed.

use imapkit_control::{Control, ErrorCode, MailboxFlags, MessageFlags, NamespaceKind, ResultCode, Section};

use super::support::{Log, code, connected, guard, log_in, log_in_and_select, mail, peer, selected, server};

#[test]
fn selecting_tells_what_is_in_it() {
    let _guard = guard();
    let server = server([mail("one", 100), mail("two", 100)]);
    let control = connected(&server);
    assert_eq!((control.mailbox_name(), control.message_count(), control.message()), (String::new(), 0, 0));
    assert_eq!(code(control.message_flags()), ErrorCode::NoMailboxSelected);
    control.select_mailbox("INBOX").unwrap();
    assert_eq!((control.mailbox_name(), control.message_count(), control.message()), ("INBOX".into(), 2, 1));
    assert!(control.mailbox_uid() > 0);
    assert_eq!((control.unread_messages().unwrap(), control.new_messages()), (2, 0));
    assert_eq!(control.result_code(), ResultCode::Ok);
    assert_eq!(control.mailbox_delimiter().unwrap(), "/");
}

#[test]
fn a_close_that_is_refused_for_being_read_only_is_done() {
    let _guard = guard();
    let (peer, control) = peer(|conn| {
        log_in_and_select(conn, "")?;
        let tag = conn.expect("EXAMINE INBOX")?;
        conn.send(format!("* 9 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n{tag} OK [READ-ONLY] done\r\n"))?;
        let tag = conn.expect("CLOSE")?;
        conn.send(format!("{tag} NO Mailbox is read-only (opened with EXAMINE)\r\n"))?;
        let tag = conn.expect("NOOP")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    control.unselect_mailbox(false).unwrap();
    assert_eq!(control.mailbox_name(), "");
    control.command("NOOP", None).unwrap();
    drop(control);
    peer.join().unwrap();
}

#[test]
fn another_mailbox_closes_the_one_before_with_an_expunge() {
    let _guard = guard();
    let server = server([mail("one", 100), mail("two", 100)]);
    let control = selected(&server);
    control.delete_message(1).unwrap();
    control.select_mailbox("Archive").unwrap();
    assert_eq!(server.messages("me", "INBOX").unwrap().len(), 1, "what was marked is gone");
    control.select_mailbox("INBOX").unwrap();
    control.delete_message(1).unwrap();
    control.unselect_mailbox(false).unwrap();
    assert_eq!(control.mailbox_name(), "");
    control.select_mailbox("Archive").unwrap();
    assert_eq!(server.messages("me", "INBOX").unwrap().len(), 1, "left without an expunge it stays");
    control.select_mailbox("INBOX").unwrap();
    control.unselect_mailbox(true).unwrap();
    assert_eq!(server.messages("me", "INBOX").unwrap().len(), 0);
}

#[test]
fn assigning_a_name_selects_and_the_same_name_looks_again() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = connected(&server);
    control.set_mailbox_name("INBOX").unwrap();
    control.delete_message(1).unwrap();
    control.set_mailbox_name("INBOX").unwrap();
    assert_eq!(control.message_count(), 1, "without an expunge");
    control.reselect_mailbox().unwrap();
    assert_eq!(control.message_count(), 1);
    control.set_mailbox_name("").unwrap();
    assert_eq!((control.mailbox_name(), server.messages("me", "INBOX").unwrap().len()), (String::new(), 1));
    control.set_mailbox_name("").expect("there is nothing to leave");
}

#[test]
fn read_only_is_read_only() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = connected(&server);
    control.examine_mailbox("INBOX").unwrap();
    for outcome in [control.delete_message(1), control.move_message(1, "Archive"), control.expunge_mailbox()] {
        assert_eq!(code(outcome), ErrorCode::MailboxReadOnly);
    }
    control.copy_message(1, "Archive").expect("a copy changes nothing here");
    control.reselect_mailbox().unwrap();
    assert_eq!(code(control.delete_message(1)), ErrorCode::MailboxReadOnly, "it stays as it was");
    control.select_mailbox("INBOX").unwrap();
    control.delete_message(1).unwrap();
}

#[test]
fn a_mailbox_that_is_missing_or_there_already_has_its_own_number() {
    let _guard = guard();
    let server = server([]);
    let control = connected(&server);
    for outcome in [
        control.select_mailbox("Nowhere"),
        control.examine_mailbox("Nowhere"),
        control.delete_mailbox("Nowhere"),
        control.rename_mailbox("Nowhere", "Somewhere"),
        control.get_mailbox_status("Nowhere").map(drop),
    ] {
        assert_eq!(code(outcome), ErrorCode::MailboxNotFound);
    }
    assert_eq!(control.result_code(), ResultCode::No, "the reply is that of the command, not of the look after it");
    assert_eq!(code(control.create_mailbox("Archive")), ErrorCode::MailboxExists);
    assert_eq!(code(control.rename_mailbox("Archive", "INBOX")), ErrorCode::MailboxExists);
    assert_eq!(code(control.select_mailbox("")), ErrorCode::InvalidArgument);
    assert_eq!(code(control.select_mailbox("a\r\nb")), ErrorCode::InvalidArgument);
    assert!(control.is_connected());
}

#[test]
fn servers_without_response_codes_are_asked() {
    let _guard = guard();
    let (peer, control) = peer(|conn| {
        log_in(conn, "")?;
        for (command, found) in [("SELECT Old", false), ("SELECT Broken", true)] {
            let tag = conn.expect(command)?;
            conn.send(format!("{tag} NO it does not work\r\n"))?;
            let name = command.rsplit(' ').next().unwrap();
            let tag = conn.expect(&format!("LIST \"\" {name}"))?;
            if found {
                conn.send(format!("* LIST () \"/\" {name}\r\n"))?;
            }
            conn.send(format!("{tag} OK done\r\n"))?;
        }
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    assert_eq!(code(control.select_mailbox("Old")), ErrorCode::MailboxNotFound);
    assert_eq!(control.result_string(), "NO it does not work");
    assert_eq!(code(control.select_mailbox("Broken")), ErrorCode::CommandFailed);
    drop(control);
    peer.join().unwrap();
}

#[test]
fn mailboxes_are_made_renamed_listed_and_removed() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = connected(&server);
    for name in ["Work", "Work/Grüße", "Work/2024", "Work/2024/Deep"] {
        control.create_mailbox(name).unwrap();
    }
    assert_eq!(control.mailboxes().unwrap(), 6);
    control.set_mailbox_path("Work");
    control.set_mailbox_mask("%");
    assert_eq!(control.mailboxes().unwrap(), 2);
    let mut names = [control.mailbox(0).unwrap(), control.mailbox(1).unwrap()];
    names.sort();
    assert_eq!(names, ["Work/2024", "Work/Grüße"]);
    assert_eq!(code(control.mailbox(2)), ErrorCode::InvalidArgument);
    control.set_mailbox_path("");
    control.set_mailbox_mask("");
    assert_eq!((control.mailbox_mask(), control.mailboxes().unwrap()), (String::new(), 6));
    control.select_mailbox("Work/Grüße").unwrap();
    control.rename_mailbox("Work/Grüße", "Grüße").unwrap();
    assert_eq!(control.mailbox_name(), "Grüße", "what was selected is selected again");
    control.delete_mailbox("Grüße").unwrap();
    assert_eq!(control.mailbox_name(), "");
    assert_eq!(control.mailboxes().unwrap(), 5);
}

#[test]
fn a_rename_that_fails_leaves_the_mailbox_selected() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = connected(&server);
    control.create_mailbox("Work").unwrap();
    control.examine_mailbox("Work").unwrap();
    let log = Log::of(&control);
    assert_eq!(code(control.rename_mailbox("Work", "Archive")), ErrorCode::MailboxExists);
    assert_eq!(control.result_code(), ResultCode::No, "{}", control.result_string());
    assert_eq!(log.only("command").len(), 1, "{:?}", log.take());
    assert_eq!(control.mailbox_name(), "Work");
    assert_eq!(
        code(control.create_message(b"a\r\n\r\nb", MessageFlags::None, None).and_then(|_| control.delete_message("*"))),
        ErrorCode::MailboxReadOnly
    );
}

#[test]
fn status_subscriptions_and_flags() {
    let _guard = guard();
    let server = server([mail("one", 100), mail("two", 100)]);
    let control = connected(&server);
    let status = control.get_mailbox_status("INBOX").unwrap();
    assert_eq!((status.messages, status.unseen), (2, 2));
    assert!(status.uid_next > 2 && status.uid_validity > 0);
    control.select_mailbox("INBOX").unwrap();
    control.unsubscribe_mailbox("INBOX").unwrap();
    assert!(!control.subscribed().unwrap());
    control.set_subscribed(true).unwrap();
    assert!(control.subscribed().unwrap());
    control.set_subscribed(false).unwrap();
    assert!(!control.subscribed().unwrap());
    control.subscribe_mailbox("INBOX").unwrap();
    assert!(control.subscribed().unwrap());
    assert_eq!(control.mailbox_flags().unwrap() & MailboxFlags::NoSelect, MailboxFlags::None);
    let namespaces = control.namespace().unwrap();
    assert_eq!((namespaces[0].kind, namespaces[0].delimiter.as_str()), (NamespaceKind::Personal, "/"));
    assert_eq!(code(control.quota()), ErrorCode::NotSupportedByServer);
}

#[test]
fn mailbox_flags_are_bits() {
    let _guard = guard();
    let (_peer, control) = peer(|conn| {
        log_in_and_select(conn, "")?;
        let tag = conn.expect("LIST \"\" INBOX")?;
        conn.send(format!("* LIST (\\Noinferiors \\Marked \\X) \"/\" INBOX\r\n{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    assert_eq!(control.mailbox_flags().unwrap(), MailboxFlags::NoInferiors | MailboxFlags::Marked);
    assert_eq!((control.recent_messages(), control.mailbox_uid()), (2, 7));
}

#[test]
fn quotas_are_told_by_resource() {
    let _guard = guard();
    let (_peer, control) = peer(|conn| {
        log_in_and_select(conn, "QUOTA")?;
        let tag = conn.expect("GETQUOTAROOT INBOX")?;
        conn.send("* QUOTAROOT INBOX \"\"\r\n* QUOTA \"\" (STORAGE 10 512 MESSAGE 3 100)\r\n")?;
        conn.send(format!("{tag} OK done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.select_mailbox("INBOX").unwrap();
    let quota = control.quota().unwrap();
    let told: Vec<_> = quota.iter().map(|quota| (quota.resource.as_str(), quota.usage, quota.limit)).collect();
    assert_eq!(told, [("STORAGE", 10, 512), ("MESSAGE", 3, 100)]);
}

#[test]
fn new_messages_are_those_since_the_check_before() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    assert_eq!(control.new_messages(), 0);
    for subject in ["two", "three"] {
        server.deliver("me", "INBOX", mail(subject, 100)).unwrap();
    }
    control.check_mailbox().unwrap();
    assert_eq!((control.message_count(), control.new_messages()), (3, 2));
    server.deliver("me", "INBOX", mail("four", 100)).unwrap();
    control.check_mailbox().unwrap();
    assert_eq!((control.message_count(), control.new_messages()), (4, 1));
    control.check_mailbox().unwrap();
    assert_eq!(control.new_messages(), 0);
}

#[test]
fn the_current_message_stays_the_same_message() {
    let _guard = guard();
    let server = server(["one", "two", "three", "four"].map(|subject| mail(subject, 100)));
    let control = selected(&server);
    control.set_message(3).unwrap();
    let uid = control.message_uid().unwrap();
    control.delete_message(1).unwrap();
    control.expunge_mailbox().unwrap();
    assert_eq!((control.message(), control.message_uid().unwrap()), (2, uid));
    control.delete_message(2).unwrap();
    control.expunge_mailbox().unwrap();
    assert_eq!(control.message(), 2, "the next one takes its place");
    control.delete_message("1:*").unwrap();
    control.expunge_mailbox().unwrap();
    assert_eq!((control.message(), control.message_count()), (0, 0));
    assert_eq!(code(control.set_message(1)), ErrorCode::MessageNotFound);
    assert_eq!(code(control.get_message(1, 0, Section::Default)), ErrorCode::MessageNotFound);
}

#[test]
fn a_raw_command_tells_its_reply_and_what_it_selects_is_no_secret() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    control.command("NOOP", None).unwrap();
    assert_eq!(control.result_code(), ResultCode::Ok);
    assert_eq!(code(control.command("XYZZY", Some("1 2"))), ErrorCode::CommandRefused);
    assert_eq!(control.result_code(), ResultCode::Bad);
    assert!(control.result_string().starts_with("BAD "), "{}", control.result_string());
    for refused in ["LOGOUT", "IDLE", "STARTTLS", "LOGIN", ""] {
        assert_eq!(code(control.command(refused, Some("a b"))), ErrorCode::InvalidArgument, "{refused}");
    }
    control.command("SELECT", Some("Archive")).unwrap();
    assert_eq!(control.mailbox_name(), "", "the control does not know it");
    assert_eq!(code(control.delete_message(1)), ErrorCode::NoMailboxSelected);
}

#[test]
fn a_reply_keeps_the_arguments_of_its_code() {
    let _guard = guard();
    let (_peer, control) = peer(|conn| {
        log_in(conn, "")?;
        let tag = conn.expect("X-COPY")?;
        conn.send(format!("{tag} OK [COPYUID 38505 304,319:320 3956:3958] Done\r\n"))?;
        conn.expect_eof()
    });
    control.connect(None, None, None, None, None, None).unwrap();
    control.command("X-COPY", None).unwrap();
    assert_eq!(control.result_string(), "OK [COPYUID 38505 304,319:320 3956:3958] Done");
}

#[test]
fn reset_leaves_the_mailbox_and_forgets_errors() {
    let _guard = guard();
    let server = server([mail("one", 100)]);
    let control = selected(&server);
    control.delete_message(1).unwrap();
    assert!(control.set_message(7).is_err());
    control.reset().unwrap();
    assert_eq!(
        (control.last_error(), control.mailbox_name(), control.result_code()),
        (0, String::new(), ResultCode::Unknown)
    );
    assert_eq!(server.messages("me", "INBOX").unwrap().len(), 1);
    control.select_mailbox("INBOX").unwrap();
}

#[test]
fn h026_more_matches_than_messages_are_not_made_room_for() {
    type Search = fn(&Control) -> imapkit_control::Result<Vec<u32>>;
    let _guard = guard();
    let searches: [Search; 4] = [
        |control| control.search_mailbox("ALL", None),
        |control| control.search_mailbox_uid("ALL", None),
        |control| control.search_keys(imapkit_control::Key::All),
        |control| control.search_keys_uid(imapkit_control::Key::All),
    ];
    for search in searches {
        let (_peer, control) = peer(|conn| {
            log_in_and_select(conn, "ESEARCH")?;
            let (tag, line) = conn.expect_line()?;
            let uid = if line.starts_with("UID") { "UID " } else { "" };
            conn.send(format!("* ESEARCH (TAG \"{tag}\") {uid}ALL 1:4294967295\r\n{tag} OK done\r\n"))?;
            while let Ok((tag, _)) = conn.expect_line() {
                conn.send(format!("{tag} OK done\r\n"))?;
            }
            Ok(())
        });
        control.connect(None, None, None, None, None, None).unwrap();
        control.select_mailbox("INBOX").unwrap();
        let error = search(&control).unwrap_err();
        assert_eq!(error.code(), ErrorCode::LimitExceeded, "{error}");
        control.check_mailbox().expect("the connection goes on");
    }
}
