//! One use of each verb against the embedded server.

use futures_util::TryStreamExt;
use imapkit::commands::StoreHow;
use imapkit::types::{Flag, Items, Key, SeqSet, StatusItem, StatusItems, UidSet};
use imapkit::{Client, ErrorKind};

use crate::support::{client, mail, server, soon};

#[tokio::test]
async fn what_a_user_reads() {
    let server = server([mail("one", 300), mail("two", 200_000)]);
    let client = client(&server).await;
    let inbox = soon(client.select("INBOX")).await.unwrap();
    assert_eq!(inbox.info().exists, 2);
    let (unseen, mailboxes) = tokio::try_join!(inbox.search(Key::Unseen), client.list("", "*")).unwrap();
    assert_eq!((unseen.len(), mailboxes.len()), (2, 2));
    let mut stream = inbox.fetch(&unseen, Items::new().flags().envelope().body_peek()).stream();
    let mut seen = Vec::new();
    while let Some(mut message) = soon(stream.try_next()).await.unwrap() {
        let mut octets = Vec::new();
        let body = message.body().unwrap();
        let streamed = body.is_streamed();
        soon(tokio::io::copy_buf(&mut body.reader(), &mut octets)).await.unwrap();
        seen.push((message.subject().unwrap(), octets, streamed));
    }
    assert_eq!(seen[0], ("one".into(), mail("one", 300), false));
    assert_eq!(seen[1], ("two".into(), mail("two", 200_000), true));
    soon(inbox.add_flags(&unseen, Flag::Seen)).await.unwrap();
    assert!(soon(inbox.search(Key::Unseen)).await.unwrap().is_empty());
    soon(client.logout()).await.unwrap();
    assert!(!client.is_open());
    assert_eq!(client.noop().await.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn verbs_without_a_mailbox() {
    let server = server([]);
    let client = client(&server).await;
    soon(client.noop()).await.unwrap();
    assert!(soon(client.id([("name", "tests")])).await.unwrap().is_some());
    assert!(soon(client.capability()).await.unwrap().has(&imapkit::types::Capability::Idle));
    assert_eq!(soon(client.namespace()).await.unwrap().personal.len(), 1);
    soon(client.create("Work/2026")).await.unwrap();
    soon(client.rename("Work/2026", "Work/2027")).await.unwrap();
    soon(client.subscribe("Work/2027")).await.unwrap();
    assert!(soon(client.lsub("", "Work/*")).await.unwrap().iter().any(|entry| entry.mailbox.name() == "Work/2027"));
    soon(client.unsubscribe("Work/2027")).await.unwrap();
    assert_eq!(soon(client.list("Work/", "%")).await.unwrap().len(), 1);
    soon(client.delete("Work/2027")).await.unwrap();
    let refused = soon(client.select("Work/2027")).await.unwrap_err();
    assert_eq!((refused.kind(), refused.connection_alive()), (ErrorKind::No, true));
    assert_eq!(soon(client.select("a\r\nb")).await.unwrap_err().kind(), ErrorKind::Misuse);
    let items: StatusItems = [StatusItem::Messages, StatusItem::Unseen].into_iter().collect();
    assert_eq!(soon(client.status("INBOX", items)).await.unwrap().messages, Some(0));
    soon(client.check()).await.unwrap_err();
    let answer = soon(client.raw("LIST \"\" INBOX")).await.unwrap();
    assert_eq!(answer.untagged.len(), 1);
}

async fn filled(client: &Client) -> (imapkit::Selected, UidSet) {
    for subject in ["a", "b", "c", "d"] {
        let uid = soon(client.append("INBOX", bytes::Bytes::from(mail(subject, 200)))).await.unwrap();
        assert!(uid.is_some());
    }
    let inbox = soon(client.select("INBOX")).await.unwrap();
    let all = soon(inbox.search(Key::All)).await.unwrap();
    assert_eq!(all.len(), 4);
    (inbox, all)
}

#[tokio::test]
async fn verbs_of_a_mailbox() {
    let server = server([]);
    let client = client(&server).await;
    let (inbox, all) = filled(&client).await;
    let first: UidSet = all.first().unwrap().into();
    let rows = soon(inbox.store(&first, StoreHow::Add, Flag::Flagged)).await.unwrap().rows;
    assert!(rows[0].flags.as_ref().unwrap().contains(&Flag::Flagged));
    soon(inbox.set_flags(&first, [Flag::Seen, Flag::Answered])).await.unwrap();
    soon(inbox.remove_flags(&first, Flag::Seen)).await.unwrap();
    let left = soon(inbox.fetch(&first, Items::new().flags()).collect(0)).await.unwrap();
    let flags = left[0].flags().unwrap();
    assert!(flags.contains(&Flag::Answered) && !flags.contains(&Flag::Seen), "{flags:?}");
    let seqs: SeqSet = "2:3".parse().unwrap();
    assert_eq!(soon(inbox.store_seq(&seqs, StoreHow::Add, Flag::Flagged)).await.unwrap().rows.len(), 2);
    assert_eq!(soon(inbox.search_seq(Key::Flagged)).await.unwrap(), seqs);
    let by_seq = soon(inbox.fetch_seq(&seqs, Items::new().size()).collect(0)).await.unwrap();
    assert_eq!(by_seq.len(), 2);
    let copied = soon(inbox.copy(&first, "Archive")).await.unwrap().unwrap();
    assert_eq!(copied.source_set(), first);
    soon(inbox.copy_seq(&seqs, "Archive")).await.unwrap().unwrap();
    soon(inbox.move_(&first, "Archive")).await.unwrap().unwrap();
    soon(inbox.move_seq(&"1".parse().unwrap(), "Archive")).await.unwrap().unwrap();
    let rest = soon(inbox.search(Key::All)).await.unwrap();
    assert_eq!(rest.len(), 2);
    soon(inbox.add_flags(&rest, Flag::Deleted)).await.unwrap();
    let one: UidSet = rest.first().unwrap().into();
    assert_eq!(soon(inbox.uid_expunge(&one)).await.unwrap().seqs.len(), 1);
    assert_eq!(soon(inbox.expunge()).await.unwrap().seqs.len(), 1);
    soon(inbox.close()).await.unwrap();
    let archive = soon(client.examine("Archive")).await.unwrap();
    assert_eq!(archive.info().exists, 5);
    let error = soon(archive.add_flags(&first, Flag::Seen)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    soon(archive.unselect()).await.unwrap();
    server.stop();
}

#[tokio::test]
async fn an_empty_set_asks_nothing() {
    let server = server([]);
    let client = client(&server).await;
    let inbox = soon(client.select("INBOX")).await.unwrap();
    drop(server);
    let nothing = UidSet::new();
    assert!(soon(inbox.fetch(&nothing, Items::new().flags()).collect(0)).await.unwrap().is_empty());
    assert!(soon(inbox.copy(&nothing, "Archive")).await.unwrap().is_none());
    assert!(soon(inbox.store(&nothing, StoreHow::Add, Flag::Seen)).await.unwrap().rows.is_empty());
}
