//! Envelopes as servers send them; the oddities are those of MailKit's and imapflow's issue trackers.

use crate::decoder::tests::row;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use imapkit_types::{Addresses, Envelope};

/// The envelope of a row, and the hazards met.
#[track_caller]
fn envelope(text: impl AsRef<[u8]>) -> (Envelope, Vec<&'static str>) {
    let (fetch, hazards) = row([b"* 1 FETCH (ENVELOPE ", text.as_ref(), b" UID 3)\r\n"].concat());
    assert_eq!(fetch.uid.map(imapkit_types::Uid::get), Some(3), "{:?}", fetch.damage());
    assert!(fetch.damage().is_empty(), "{:?}", fetch.damage());
    (fetch.envelope().expect("an envelope").clone(), hazards)
}

fn show(list: Addresses<'_>) -> String {
    let list: Vec<_> = list.collect();
    format!("{list:?}").replace("\\\"", "'").replace('"', "")
}

fn text(field: Option<alloc::borrow::Cow<'_, [u8]>>) -> String {
    field.map_or_else(|| "NIL".into(), |octets| String::from_utf8_lossy(&octets).into_owned())
}

/// An envelope with this `from`, everything else NIL.
fn from(list: &str) -> String {
    format!("(NIL NIL {list} NIL NIL NIL NIL NIL NIL NIL)")
}

#[test]
fn the_example_of_rfc_9051_7_5_2() {
    let (envelope, hazards) = envelope(
        "(\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG mtg summary and minutes\" \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) \
         ((\"Terry Gray\" NIL \"gray\" \"cac.washington.edu\")) ((NIL NIL \"imap\" \"cac.washington.edu\")) \
         ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\") (\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \
         \"<B27397-0100000@cac.washington.ed>\")",
    );
    assert!(hazards.is_empty() && !envelope.is_damaged());
    assert_eq!(text(envelope.date()), "Wed, 17 Jul 1996 02:23:25 -0700 (PDT)");
    assert_eq!(text(envelope.subject()), "IMAP4rev2 WG mtg summary and minutes");
    assert_eq!(show(envelope.from()), "[Mailbox Terry Gray <gray@cac.washington.edu>]");
    assert_eq!((show(envelope.sender()), show(envelope.reply_to())), (show(envelope.from()), show(envelope.from())));
    assert_eq!(show(envelope.to()), "[Mailbox NIL <imap@cac.washington.edu>]");
    assert_eq!(
        show(envelope.cc()),
        "[Mailbox NIL <minutes@CNRI.Reston.VA.US>, Mailbox John Klensin <KLENSIN@MIT.EDU>]"
    );
    assert_eq!(envelope.bcc().len(), 0);
    assert_eq!(text(envelope.in_reply_to()), "NIL");
    assert_eq!(text(envelope.message_id()), "<B27397-0100000@cac.washington.ed>");
}

#[test]
fn strings_of_every_form() {
    let (envelope, hazards) =
        envelope(b"({3}\r\nd\r\n \"G\xf6r\\\"x\\\\y\" ((~{1}\r\nn \"\" m \"h\")) NIL () NIL NIL NIL nil \"\")");
    assert_eq!(envelope.date().as_deref(), Some(&b"d\r\n"[..]));
    assert_eq!(envelope.subject().as_deref(), Some(&b"G\xf6r\"x\\y"[..]));
    assert_eq!(show(envelope.from()), "[Mailbox n <m@h> route ]");
    assert_eq!((text(envelope.in_reply_to()), text(envelope.message_id())), ("NIL".into(), String::new()));
    assert_eq!(hazards, ["H45"]);
}

#[test]
fn h064_groups() {
    let (envelope, _) =
        envelope(from("((NIL NIL \"boys\" NIL)(NIL NIL \"aaron\" \"h\")(NIL NIL NIL NIL)(NIL NIL \"g\" NIL))"));
    assert_eq!(
        show(envelope.from()),
        "[GroupStart NIL <boys@NIL>, Mailbox NIL <aaron@h>, GroupEnd NIL <NIL@NIL>, GroupStart NIL <g@NIL>]"
    );
}

#[test]
fn h065_h066_h067_odd_lists() {
    let show_from = |list: &str| {
        let (envelope, hazards) = envelope(from(list));
        (show(envelope.from()), hazards)
    };
    let two = "[Mailbox a <b@c>, Mailbox d <e@f>]";
    assert_eq!(show_from("((\"a\" NIL \"b\" \"c\") (\"d\" NIL \"e\" \"f\"))"), (two.into(), [].into()));
    assert_eq!(show_from("( (\"a\" NIL \"b\" \"c\" )( \"d\" NIL \"e\" \"f\") )"), (two.into(), [].into()));
    assert_eq!(show_from("(NIL (\"a\" NIL \"b\" \"c\") NIL (\"d\" NIL \"e\" \"f\"))"), (two.into(), ["H67"].into()));
    assert_eq!(show_from("(((\"a\" NIL \"b\" \"c\")(\"d\" NIL \"e\" \"f\")))"), (two.into(), ["H67"].into()));
    assert_eq!(
        show_from("((\"Microsoft Exchange Server\" NIL NIL \".MISSING-HOST-NAME.\"))"),
        ("[Invalid Microsoft Exchange Server <NIL@.MISSING-HOST-NAME.>]".into(), [].into())
    );
    assert_eq!(show_from("()"), ("[]".into(), [].into()));
}

#[test]
fn h047_unescaped_quotes() {
    let (envelope, hazards) =
        envelope("(NIL \"Re: \"hello\" everybody\" NIL NIL NIL NIL NIL NIL NIL \"<\"392889836@h\">\")");
    assert_eq!(text(envelope.subject()), "Re: \"hello\" everybody");
    assert_eq!(text(envelope.message_id()), "<\"392889836@h\">");
    assert_eq!(hazards, ["H47"]);
    assert!(envelope.is_damaged());
    let (envelope, _) = self::envelope(from("((\"\"\"\" NIL \"b\" \"qq.com\\\"))"));
    let address = envelope.from().next().unwrap();
    assert_eq!((text(address.name()), text(address.host())), ("\"\"".into(), "qq.com\\".into()));
    let (envelope, _) = self::envelope("(NIL \"say \\\"hi\\\" and \"bye\"\" NIL NIL NIL NIL NIL NIL NIL NIL)");
    assert_eq!(text(envelope.subject()), "say \"hi\" and \"bye\"");
}

#[test]
fn h068_missing_fields() {
    let (envelope, hazards) = envelope("(\"date\" \"s\" NIL NIL NIL NIL NIL NIL NIL)");
    assert_eq!((text(envelope.date()), text(envelope.message_id())), ("date".into(), "NIL".into()));
    assert!(hazards == ["H68"] && envelope.is_damaged());
    let (envelope, _) = self::envelope("(\"date\" \"s\" NIL NIL NIL NIL NIL NIL \"<id@x>\")");
    assert_eq!((text(envelope.in_reply_to()), text(envelope.message_id())), ("NIL".into(), "<id@x>".into()));
    let (envelope, _) = self::envelope("(\"date\" \"s\" NIL NIL NIL NIL NIL NIL)");
    assert_eq!(text(envelope.subject()), "s");
    let (envelope, hazards) = self::envelope("(\"d\" \"s\" NIL NIL NIL NIL NIL NIL NIL \"<id@x>\" \"more\" (a b))");
    assert_eq!((text(envelope.message_id()), hazards), ("<id@x>".into(), ["H68"].into()));
}

#[test]
fn h069_addresses_with_other_than_four_strings() {
    for (address, shown) in [
        ("{1}\r\na \"x\" 6 NIL \"f\" \"h\"", "Mailbox a 'x' 6 <f@h>"),
        ("\"n\" \"f\" \"h\"", "Mailbox n <f@h>"),
        ("\"f\" \"h\"", "Mailbox NIL <f@h>"),
        ("\"n\"", "Invalid n <NIL@NIL>"),
        ("\"a\" NIL NIL \"f\" \"h\"", "Mailbox a <f@h>"),
        ("\"a\" \"b\\\"c\" NIL \"f\" \"h\"", "Mailbox a' 'b'c <f@h>"),
    ] {
        let (envelope, hazards) = envelope(from(&format!("(({address})(NIL NIL \"x\" \"y\"))")));
        let expected = if shown.starts_with("Invalid") { "Invalid n <NIL@NIL>" } else { shown };
        assert_eq!(show(envelope.from()), format!("[{expected}, Mailbox NIL <x@y>]"), "{address}");
        assert!(hazards.contains(&"H69") && envelope.is_damaged(), "{address}: {hazards:?}");
    }
}

#[test]
fn h070_an_envelope_in_extra_parentheses() {
    let (envelope, hazards) = envelope("((NIL \"s\" NIL NIL NIL NIL NIL NIL NIL \"<i>\"))");
    assert_eq!(
        (text(envelope.subject()), text(envelope.message_id()), hazards),
        ("s".into(), "<i>".into(), ["H70"].into())
    );
}

#[test]
fn nil_is_no_envelope_and_what_is_none_is_damage() {
    let (fetch, _) = row("* 1 FETCH (ENVELOPE NIL UID 3)\r\n");
    assert!(fetch.envelope().is_none() && fetch.damage().is_empty() && fetch.uid.is_some());
    for odd in ["\"x\"", "5", "(a)", "(NIL NIL (((( NIL)", "(NIL)"] {
        let (fetch, _) = row(format!("* 1 FETCH (UID 3 ENVELOPE {odd} FLAGS ())\r\n"));
        assert!(fetch.envelope().is_none() && fetch.uid.is_some(), "{odd}");
        assert_eq!(&*fetch.damage()[0].item, "ENVELOPE", "{odd}");
    }
}

#[test]
fn t093_a_million_empty_groups_are_read_in_one_pass() {
    let bomb = "(NIL NIL \"g\" NIL)(NIL NIL NIL NIL)".repeat(100_000);
    let (envelope, _) = envelope(from(&format!("({bomb})")));
    assert_eq!(envelope.from().len(), 200_000);
    let deep = "(".repeat(1_000_000);
    let (fetch, _) = row(format!("* 1 FETCH (UID 3 ENVELOPE (NIL NIL {deep}\r\n"));
    assert_eq!((fetch.uid.is_some(), fetch.damage().len()), (true, 1));
}
