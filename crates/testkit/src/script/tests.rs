//! The format and the player, by small scripts, and by all the transcripts of the corpus.
//!
//! No sockets here: what a peer does with a script is tested in `peer/tests.rs`.

use super::*;

const LOGIN: &str = r#"# provenance: RFC 9051 §6.2.3
# hazards: H38 T067
do connect user=u pass="two words"
expect ok

S: * OK [CAPABILITY IMAP4rev1] ready
C: A1 LOGIN u "two words"
S: * CAPABILITY IMAP4rev1 IDLE
S: A1 OK done

do search unseen
do list "" *
expect value INBOX
C: A2 UID SEARCH RETURN (ALL) UNSEEN
C: A3 LIST "" *
S/4: * ESEARCH (TAG "A2") UID ALL 1
S: A2 OK
~ 29m
S-: A3 OK
S: \x20done
close
"#;

fn parse(text: &str) -> Script {
    Script::parse("test", text).unwrap()
}

fn problem(text: &str) -> String {
    Script::parse("test", &format!("# provenance: x\ndo x\n{text}\n")).unwrap_err().to_string()
}

fn player_for(exchange: &str) -> Script {
    parse(&format!("# provenance: x\ndo x\n{exchange}"))
}

fn sent(act: Act) -> Vec<u8> {
    match act {
        Act::Send(writes) => writes.concat(),
        other => panic!("sends nothing but {other:?}"),
    }
}

#[test]
fn a_script_in_clear_text_can_be_played_over_tls() {
    let script = parse("# provenance: x\ndo connect user=u\nS: * OK\neof\n").over_implicit_tls().unwrap();
    assert!(script.is_implicit_tls() && script.steps()[0].named("tls") == Some("implicit"));
    let mut player = Player::new(&script);
    assert_eq!(player.next_act().unwrap(), Act::Control(Control::Tls));
    assert_eq!(sent(player.next_act().unwrap()), b"* OK\r\n");
    for other in ["do connect tls=starttls\nS: x", "do connect\nS: x\ntls", "do connect\nS: x\naccept", "do noop\nS: x"]
    {
        assert!(parse(&format!("# provenance: x\n{other}\n")).over_implicit_tls().is_none(), "{other}");
    }
}

#[test]
fn a_script_has_steps_in_flights() {
    let script = parse(LOGIN);
    assert_eq!(script.provenance(), "RFC 9051 §6.2.3");
    assert_eq!(script.hazards(), ["H38", "T067"]);
    let flights: Vec<Vec<&str>> = script.flights().map(|f| f.iter().map(|s| s.verb.as_str()).collect()).collect();
    assert_eq!(flights, [vec!["connect"], vec!["search", "list"]]);
    let connect = &script.steps()[0];
    assert_eq!((connect.named("user"), connect.named("pass")), (Some("u"), Some("two words")));
    assert_eq!((connect.line, &connect.expects[..]), (3, &[Expect::Ok][..]));
    let list = &script.steps()[2];
    assert_eq!((list.arg(0), list.arg(1), list.arg(2)), (Some(""), Some("*"), None));
    assert_eq!(list.expects, [Expect::Value("INBOX".to_owned())]);
    assert!(script.needs_virtual_time() && !script.uses_tls());
}

#[test]
fn the_player_maps_tags_both_ways() {
    let script = parse(LOGIN);
    let mut player = Player::new(&script);
    assert_eq!(sent(player.next_act().unwrap()), b"* OK [CAPABILITY IMAP4rev1] ready\r\n");
    assert_eq!(player.next_act(), Ok(Act::Await));
    player.feed(b"QX.1 LOGIN u \"two words\"\r\nQX");
    assert_eq!(sent(player.next_act().unwrap()), b"* CAPABILITY IMAP4rev1 IDLE\r\nQX.1 OK done\r\n");
    assert_eq!(player.next_act(), Ok(Act::Await));
    player.feed(b".2 UID SEARCH RETURN (ALL) UNSEEN\r\n");
    assert_eq!(player.next_act(), Ok(Act::Await));
    player.feed(b"QX.3 LIST \"\" *\r\n");
    let Act::Send(writes) = player.next_act().unwrap() else { panic!() };
    assert_eq!(writes[0], b"* ES");
    assert_eq!(writes.concat(), b"* ESEARCH (TAG \"QX.2\") UID ALL 1\r\nQX.2 OK\r\n");
    assert_eq!(writes.last().unwrap(), b"QX.2 OK\r\n");
    assert_eq!(player.next_act(), Ok(Act::Advance(Duration::from_secs(1740))));
    assert_eq!(sent(player.next_act().unwrap()), b"QX.3 OK done\r\n");
    assert!(player.finish().is_err());
    assert_eq!(player.next_act(), Ok(Act::Control(Control::Close)));
    assert_eq!(player.next_act(), Ok(Act::Done));
    assert_eq!(player.finish(), Ok(()));
}

#[test]
fn client_bytes_may_come_in_any_pieces() {
    let script = player_for("C: A1 NOOP\nS: A1 OK\n");
    crate::chop::for_each_cut(b"t9 NOOP\r\n", |pieces| {
        let mut player = Player::new(&script);
        for piece in pieces {
            assert_eq!(player.next_act(), Ok(Act::Await));
            player.feed(piece);
        }
        assert_eq!(sent(player.next_act().unwrap()), b"t9 OK\r\n");
        assert_eq!(player.next_act(), Ok(Act::Done));
    });
}

#[test]
fn an_unbound_tag_goes_out_as_written() {
    let script = player_for("S: A1 OK guessed\nC: A1 NOOP\n");
    assert_eq!(sent(Player::new(&script).next_act().unwrap()), b"A1 OK guessed\r\n");
}

#[test]
fn a_wrong_byte_is_a_mismatch_with_place_and_both_texts() {
    let script = player_for("C: A1 LOGIN u p\n");
    let mut player = Player::new(&script);
    player.feed(b"x LOGIN u q\r\n");
    let mismatch = player.next_act().unwrap_err();
    assert_eq!((mismatch.place.as_str(), mismatch.got.as_str()), ("test:3", r" LOGIN u q\x0d\x0a"));
    let text = mismatch.to_string();
    assert!(text.starts_with("test:3: the client left the script\n  expected:  LOGIN u p"), "{text}");
}

#[test]
fn a_tag_names_one_command() {
    let script = player_for("C: A1 NOOP\nC: A2 NOOP\n");
    let mut player = Player::new(&script);
    player.feed(b"t1 NOOP\r\nt1 NOOP\r\n");
    assert!(player.next_act().is_err(), "the same tag twice");
    let script = player_for("C: A1 IDLE\nC: A1 IDLE\n");
    let mut player = Player::new(&script);
    player.feed(b"t1 IDLE\r\nt2 IDLE\r\n");
    assert!(player.next_act().is_err(), "another tag where A1 was bound");
    let script = player_for("C: A1 IDLE\n");
    let mut player = Player::new(&script);
    player.feed(&[b'x'; 100]);
    assert!(player.next_act().is_err(), "no tag at all");
}

#[test]
fn literals_and_blocks_are_bytes() {
    let script = player_for(
        "C: A1 APPEND x {5}\nS: + go\nC: hello\nS{\n* 1 FETCH (BODY[] {8}\nA1 OK \\x00\\xff\\x\n)\n}\nC{\nA1 …\n}\n",
    );
    let mut player = Player::new(&script);
    player.feed(b"t APPEND x {5}\r\n");
    assert_eq!(sent(player.next_act().unwrap()), b"+ go\r\n");
    player.feed(b"hello\r\n");
    assert_eq!(sent(player.next_act().unwrap()), b"* 1 FETCH (BODY[] {8}\r\nA1 OK \0\xff)\r\n");
    player.feed("A1 …\r\n".as_bytes());
    assert_eq!(player.next_act(), Ok(Act::Done));
}

#[test]
fn an_ellipsis_stands_for_anything_within_the_line() {
    let script = player_for("C: A1 ID (…\"name\" …)\nS: A1 OK\n");
    let play = |bytes: &[u8]| {
        let mut player = Player::new(&script);
        player.feed(bytes);
        player.next_act()
    };
    assert_eq!(play(b"t ID (\"name\" \"x\")\r\n").map(sent), Ok(b"t OK\r\n".to_vec()));
    assert_eq!(play(b"t ID (\"v\" \"1\" \"name\" \"x\" \"y\" NIL)\r\n").map(sent), Ok(b"t OK\r\n".to_vec()));
    assert_eq!(play(b"t ID (\"name\" "), Ok(Act::Await));
    assert!(play(b"t ID (\"vendor\" \"x\")\r\n").is_err());
    assert!(play(b"t ID (\"name\"\r\n \"x\")\r\n").is_err());
}

#[test]
fn bytes_before_an_upgrade_and_after_the_end_are_mismatches() {
    let script = player_for("C: A1 STARTTLS\ntls\n");
    let mut player = Player::new(&script);
    player.feed(b"t STARTTLS\r\nt2 CAPABILITY\r\n");
    assert!(player.next_act().unwrap_err().expected.contains("Tls"));
    let script = player_for("C: A1 LOGOUT\n");
    let mut player = Player::new(&script);
    player.feed(b"t LOGOUT\r\nX");
    assert_eq!(player.next_act().unwrap_err().got, "X");
}

#[test]
fn implicit_tls_is_a_script_that_begins_with_tls() {
    assert!(player_for("tls\nS: * OK\n").is_implicit_tls());
    let starttls = player_for("S: * OK\nC: A1 STARTTLS\nS: A1 OK\ntls\n");
    assert!(starttls.uses_tls() && !starttls.is_implicit_tls());
}

#[test]
fn repetition_makes_large_bodies_from_short_lines() {
    let script = player_for("S*1000-: 0123456789\n");
    assert_eq!(sent(Player::new(&script).next_act().unwrap()).len(), 10_000);
}

#[test]
fn errors_name_file_and_line() {
    assert_eq!(problem("S: a\\xzz"), "test:3: \\x wants two hexadecimal digits, not \"zz\"");
    assert!(problem("C/3: x").contains("known are"));
    assert!(problem("expect maybe").contains("test:3"));
    assert!(problem("frobnicate").contains("no such line"));
    assert!(problem("~ 5").contains("unit"));
    assert!(problem("S{\nabc").contains("no closing"));
    assert!(problem("do list \"x").contains("double quote"));
    assert!(problem("C-: a…").contains("CRLF"));
    assert!(problem("# nothing else").contains("at least one"));
    assert!(Script::parse("test", "do x\nS: a\n").unwrap_err().to_string().contains("provenance"));
    assert!(Script::load(Path::new("/nonexistent/x.imap")).unwrap_err().to_string().contains("cannot be read"));
}

/// Plays a script with a client that sends what it should, and says what the server sent.
fn play_obediently(script: &Script) -> Result<Vec<u8>, Mismatch> {
    let mut player = Player::new(script);
    let mut sent = Vec::new();
    let mut lines = script.turns.iter().filter_map(|turn| match &turn.kind {
        TurnKind::Receive(Pattern { tag, parts }) => {
            Some((tag.as_deref().unwrap_or_default(), parts.join(&b"any"[..])))
        }
        _ => None,
    });
    loop {
        match player.next_act()? {
            Act::Send(writes) => sent.extend(writes.concat()),
            Act::Await => {
                let (tag, line) = lines.next().expect("the player waits for no more lines than there are");
                player.feed(&[tag.as_bytes(), &line].concat());
            }
            Act::Advance(_) | Act::Control(_) => {}
            Act::Done => return player.finish().map(|()| sent),
        }
    }
}

#[test]
fn every_transcript_can_be_played_to_its_end() {
    let files = crate::corpus::transcripts(&crate::corpus::root());
    assert!(files.len() >= 70, "only {} transcripts", files.len());
    for path in files {
        let script = Script::load(&path).unwrap_or_else(|error| panic!("{error}"));
        let sent = play_obediently(&script).unwrap_or_else(|mismatch| panic!("{mismatch}"));
        assert!(!sent.is_empty() || script.name().contains("silence"), "{}: the server says nothing", script.name());
    }
}
