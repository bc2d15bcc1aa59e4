//! Searches, plain and extended, in ASCII and beyond. RFC 9051 §6.4.4, RFC 4731, 5032, 5182.

use imapkit::commands::{MailboxInfo, Search};
use imapkit::types::{Capability, Flag, Flags, Key, ReturnOptions, Uid, UidSet};

use crate::clients::{Connection, MailboxVerbs, NewMail, Options, Selected};
use crate::mails;
use crate::site::Site;

/// Four messages: "alpha", "beta" (seen), one beyond ASCII, and a large one.
async fn filled<C: Connection>(site: &Site, client: &C) -> (C::Selected, [Uid; 4]) {
    let mailbox = site.mailbox(client, "").await;
    let mails = [
        NewMail::new(mails::plain(site, "alpha \\\"quoted\\\" {5}")),
        NewMail { flags: Flags::from(Flag::Seen), ..NewMail::new(mails::plain(site, "beta")) },
        NewMail::new(mails::eight_bit(site, "Grüße", "Zwölf Boxkämpfer, 漢字")),
        NewMail::new(mails::large(site, 50_000)),
    ];
    let mut uids = Vec::new();
    for mail in &mails {
        let uid = client.append(&mailbox, mail).await.unwrap().expect("UIDPLUS").uids.first();
        uids.push(uid.unwrap());
    }
    (client.select(&mailbox).await.unwrap(), uids.try_into().unwrap())
}

fn set<const N: usize>(uids: [Uid; N]) -> UidSet {
    uids.into_iter().collect()
}

pub(crate) async fn keys<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, [a, b, c, d]) = filled(site, &client).await;
    let searches = [
        (Key::All, set([a, b, c, d])),
        (Key::Seen, set([b])),
        (Key::Unseen, set([a, c, d])),
        (Key::Seen.or(Key::Larger(40_000)), set([b, d])),
        (!Key::Seen, set([a, c, d])),
        (Key::Larger(40_000), set([d])),
        (Key::Smaller(40_000).and(Key::Uid(set([b, c, d]))), set([b, c])),
        (Key::Since("1-Jan-2020".parse().unwrap()), set([a, b, c, d])),
        (Key::SentBefore("1-Jan-2020".parse().unwrap()), set([])),
        (Key::Flagged, set([])),
        (Key::Younger(86_400), set([a, b, c, d])),
    ];
    for (key, wanted) in searches {
        assert_eq!(selected.search(key.clone()).await.unwrap(), wanted, "{key:?}");
    }
    let seqs = selected.search_seq(Key::Unseen).await.unwrap();
    assert_eq!(seqs.to_string(), "1,3:4");
}

/// Text in ASCII and beyond, with what has to be quoted.
pub(crate) async fn text<C: Connection>(site: &Site) {
    // Its search engine (squat) finds no text at all unless an index was built.
    if site.server.name == "cyrus36" {
        return;
    }
    let client: C = site.connect().await;
    let (selected, [a, b, c, d]) = filled(site, &client).await;
    let searches = [
        (Key::subject("alpha").unwrap(), set([a])),
        (Key::subject("beta").unwrap().and(Key::Unseen), set([])),
        (Key::subject("alpha").unwrap().or(Key::subject("beta").unwrap()), set([a, b])),
        (!Key::from("ann@example.org").unwrap(), set([c])),
        (Key::header("Message-ID", &site.name).unwrap(), set([a, b, c, d])),
        (Key::subject("\\\"quoted\\\"").unwrap(), set([a])),
        (Key::subject("Grüße").unwrap(), set([c])),
        (Key::from("Jürgen").unwrap(), set([c])),
        (Key::body("Zwölf").unwrap(), set([c])),
        (Key::text("漢字").unwrap().and(!Key::subject("ölig").unwrap()), set([c])),
    ];
    for (key, wanted) in searches {
        assert_eq!(selected.search(key.clone()).await.unwrap(), wanted, "{key:?}");
    }
}

pub(crate) async fn extended<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, [a, b, c, d]) = filled(site, &client).await;
    let everything = ReturnOptions::new().min().max().all().count();
    let found = selected.search_return(Key::Unseen, everything).await.unwrap();
    assert_eq!((found.min, found.max, found.count), (Some(a), Some(d), Some(3)));
    assert_eq!(found.all, Some(set([a, c, d])));
    let found = selected.search_return(Key::Seen, ReturnOptions::new().count()).await.unwrap();
    assert_eq!((found.count, found.all), (Some(1), None));
    let found = selected.search_return(Key::Flagged, everything).await.unwrap();
    assert_eq!((found.min, found.max, found.count, found.all), (None, None, Some(0), Some(set([]))));
    if site.server.has("searchres") {
        selected.search_return(Key::Seen, ReturnOptions::new().save().all()).await.unwrap();
        assert_eq!(selected.search(Key::Saved).await.unwrap(), set([b]));
    }
}

pub(crate) async fn without_esearch<C: Connection>(site: &Site) {
    let options = Options { disable: vec![Capability::Esearch], ..site.options() };
    let client: C = site.connect_with(&options).await;
    let (selected, [a, _, c, d]) = filled(site, &client).await;
    assert_eq!(selected.search(Key::Unseen).await.unwrap(), set([a, c, d]));
    let error = selected.search_return(Key::All, ReturnOptions::new().count()).await.expect_err("it is not offered");
    assert_eq!(error.kind(), imapkit::ErrorKind::Unsupported, "{error}");
}

/// A search by MODSEQ tells the highest one among the messages found.
pub(crate) async fn by_mod_seq<C: Connection>(site: &Site) {
    let client: C = site.connect().await;
    let (selected, [_, b, ..]) = filled(site, &client).await;
    drop(selected);
    let mailbox = site.mailbox_name("");
    let selected = client.select_condstore(&mailbox).await.unwrap();
    let MailboxInfo { highest_mod_seq, .. } = selected.info().clone();
    let before = highest_mod_seq.unwrap();
    selected.add_flags(&set([b]), Flags::from(Flag::Answered)).await.unwrap();
    let key = Key::ModSeq(imapkit::types::ModSeq::new(before.get() + 1));
    let found = client.run(Search::uid(key)).await.unwrap();
    assert_eq!(found.all, Some(set([b])));
    assert!(found.mod_seq > Some(before), "{found:?}");
    client.noop().await.unwrap();
}
