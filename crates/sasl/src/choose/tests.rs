//! Tests of the choice: a table of what is offered and what is taken. protocol.md 4.5, T012–T065.

use super::*;

const CANARY: &str = "c4n4ry-s3cr3t";

fn offers(words: &str) -> Capabilities {
    Capabilities::from_tokens(words.split(' '))
}

/// Its name; LOGIN by command is `LOGIN command`.
fn name(credential: &Credential) -> String {
    match credential {
        Credential::Login { .. } => "LOGIN command".into(),
        Credential::Sasl(mechanism) => mechanism.name().into(),
    }
}

fn chosen(mut credentials: Credentials, words: &str, link: Protection) -> Result<String, Error> {
    credentials.choose(&offers(words), link).map(|credential| name(&credential))
}

fn me() -> Credentials {
    Credentials::password("me", CANARY)
}

fn accept(credentials: Credentials, accept: Accept) -> Credentials {
    credentials.policy(Policy { accept, ..Policy::default() })
}

fn bound() -> ChannelBinding {
    ChannelBinding { name: "tls-exporter".into(), data: [7; 32].into() }
}

#[test]
fn the_best_that_is_offered() {
    let tls = Protection::Tls;
    for (words, way) in [
        ("AUTH=PLAIN AUTH=SCRAM-SHA-1 AUTH=SCRAM-SHA-256 AUTH=LOGIN", "SCRAM-SHA-256"),
        ("AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-512", "SCRAM-SHA-512"),
        ("auth=plain auth=scram-sha-1", "SCRAM-SHA-1"),
        ("AUTH=SCRAM-SHA-256-PLUS AUTH=PLAIN", "PLAIN"),
        ("AUTH=LOGIN AUTH=PLAIN AUTH=CRAM-MD5", "PLAIN"),
        ("AUTH=LOGIN", "LOGIN command"),
        ("AUTH=CRAM-MD5 AUTH=NTLM AUTH=DIGEST-MD5", "LOGIN command"),
        ("IMAP4rev1", "LOGIN command"),
        ("LOGINDISABLED AUTH=LOGIN", "LOGIN"),
    ] {
        assert_eq!(chosen(me(), words, tls).unwrap(), way, "{words}");
    }
}

#[test]
fn a_token_goes_by_oauth_only_and_a_password_never_does() {
    let token = || Credentials::token("me", CANARY);
    let all = "AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER AUTH=SCRAM-SHA-256";
    assert_eq!(chosen(token(), all, Protection::Tls).unwrap(), "OAUTHBEARER");
    assert_eq!(chosen(token(), "AUTH=PLAIN AUTH=XOAUTH2", Protection::Tls).unwrap(), "XOAUTH2");
    assert_eq!(chosen(token(), "AUTH=PLAIN", Protection::Tls).unwrap_err().kind(), ErrorKind::Auth);
    assert!(chosen(me(), "LOGINDISABLED AUTH=XOAUTH2 AUTH=OAUTHBEARER", Protection::Tls).is_err());
    let pinned = accept(token(), Accept::Only(Method::Plain));
    assert_eq!(chosen(pinned, all, Protection::Tls).unwrap_err().kind(), ErrorKind::Misuse);
}

#[test]
fn the_endpoint_named_is_the_real_one() {
    let mut token = Credentials::token("me", "t").endpoint("imap.example.org", 143);
    let Ok(Credential::Sasl(mut bearer)) = token.choose(&offers("AUTH=OAUTHBEARER"), Protection::Tls) else { panic!() };
    let first = bearer.initial().unwrap().unwrap();
    assert_eq!(first, b"n,a=me,\x01host=imap.example.org\x01port=143\x01auth=Bearer t\x01\x01");
}

#[test]
fn t059_a_pin_is_a_pin() {
    let all = "AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=SCRAM-SHA-1";
    for (method, way) in [
        (Method::Plain, "PLAIN"),
        (Method::Login, "LOGIN command"),
        (Method::CramMd5, "CRAM-MD5"),
        (Method::ScramSha1, "SCRAM-SHA-1"),
    ] {
        assert_eq!(chosen(accept(me(), Accept::Only(method)), all, Protection::Tls).unwrap(), way);
    }
    let error = chosen(accept(me(), Accept::Only(Method::ScramSha256)), all, Protection::Tls).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the server does not offer SCRAM-SHA-256 here; it offers PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-1, the command LOGIN"
    );
    let scram = |words| chosen(accept(me(), Accept::Scram), words, Protection::Tls);
    assert_eq!(scram(all).unwrap(), "SCRAM-SHA-1");
    assert_eq!(scram("AUTH=PLAIN").unwrap_err().kind(), ErrorKind::Auth);
}

#[test]
fn a_secret_is_not_told_in_clear_text() {
    let all = "AUTH=PLAIN AUTH=LOGIN AUTH=XOAUTH2";
    for credentials in [me(), Credentials::token("me", CANARY)] {
        assert_eq!(chosen(credentials.clone(), all, Protection::Clear).unwrap_err().kind(), ErrorKind::Unsafe);
        assert!(chosen(credentials.clone(), all, Protection::Trusted).is_ok());
        let danger = credentials.policy(Policy { danger_clear: true, ..Policy::default() });
        assert!(chosen(danger, all, Protection::Clear).is_ok());
    }
    let scram = "AUTH=PLAIN AUTH=SCRAM-SHA-1";
    assert_eq!(chosen(me(), scram, Protection::Clear).unwrap(), "SCRAM-SHA-1", "which tells nobody");
}

#[test]
fn t028_the_error_names_what_is_offered_and_is_safe_to_show() {
    let error = chosen(me(), "LOGINDISABLED AUTH=XFOO AUTH=NTLM", Protection::Tls).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    let text = "the server does not offer a way to log in with a password here; it offers XFOO, NTLM";
    assert_eq!(error.to_string(), text);
    let none = chosen(me(), "LOGINDISABLED", Protection::Tls).unwrap_err();
    assert!(none.to_string().ends_with("it offers no way to log in"));
    let many = format!("LOGINDISABLED{}", " AUTH=\u{1b}[2JX".repeat(1000));
    let shown = chosen(me(), &many, Protection::Tls).unwrap_err().to_string();
    assert!(!shown.contains('\u{1b}') && shown.len() < 700);
}

#[test]
fn t060_channel_binding_is_used_where_offered_and_missed_where_not() {
    let plus = "AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-512 AUTH=SCRAM-SHA-1-PLUS";
    let willing = || me().policy(Policy { bind: true, ..Policy::default() });
    let able = willing().channel_binding(|| Some(bound()));
    assert_eq!(chosen(able.clone(), plus, Protection::Tls).unwrap(), "SCRAM-SHA-256-PLUS");
    assert_eq!(chosen(willing().channel_binding(|| None), plus, Protection::Tls).unwrap(), "SCRAM-SHA-512");
    assert_eq!(chosen(me().channel_binding(|| Some(bound())), plus, Protection::Tls).unwrap(), "SCRAM-SHA-512");
    let first = |mut credentials: Credentials, words: &str| {
        let Ok(Credential::Sasl(mut scram)) = credentials.choose(&offers(words), Protection::Tls) else { panic!() };
        String::from_utf8(scram.initial().unwrap().unwrap()).unwrap()
    };
    assert!(first(able, plus).starts_with("p=tls-exporter,,n=me,r="));
    assert!(first(me().channel_binding(|| Some(bound())), plus).starts_with("n,,"), "not asked for");
    assert!(first(me().channel_binding(|| Some(bound())), "AUTH=SCRAM-SHA-256").starts_with("y,,"));
    assert!(first(me(), "AUTH=SCRAM-SHA-256").starts_with("n,,"));
    let other = "AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1-PLUS";
    assert!(first(me().channel_binding(|| Some(bound())), other).starts_with("n,,"), "the server does offer some");
}

#[test]
fn external_and_anonymous_are_for_those_who_ask() {
    let all = "AUTH=PLAIN AUTH=EXTERNAL AUTH=ANONYMOUS";
    assert_eq!(chosen(Credentials::new("", Proof::External), all, Protection::Tls).unwrap(), "EXTERNAL");
    assert_eq!(chosen(Credentials::new("guest", Proof::Anonymous), all, Protection::Clear).unwrap(), "ANONYMOUS");
    let error = chosen(Credentials::new("", Proof::External), "AUTH=PLAIN", Protection::Tls).unwrap_err();
    assert!(error.to_string().starts_with("the server does not offer EXTERNAL here; it offers PLAIN"));
}

#[test]
fn c045_names_of_shared_mailboxes_go_by_login() {
    for user in [r"example.org\me\info", "me@example.org/info"] {
        let shared = Credentials::password(user, CANARY);
        assert_eq!(chosen(shared.clone(), "AUTH=PLAIN", Protection::Tls).unwrap(), "LOGIN command");
        assert_eq!(chosen(shared.clone(), "AUTH=PLAIN LOGINDISABLED", Protection::Tls).unwrap(), "PLAIN");
        assert_eq!(chosen(shared, "AUTH=PLAIN AUTH=SCRAM-SHA-1", Protection::Tls).unwrap(), "SCRAM-SHA-1");
    }
}

#[test]
fn t065_control_characters_are_refused_and_other_text_is_not() {
    for bad in ["a\rb", "a\nb", "a\0b", "a\u{1}b"] {
        for credentials in [
            Credentials::password(bad, CANARY),
            Credentials::password("me", bad),
            Credentials::token(bad, CANARY),
            Credentials::token("me", bad),
            Credentials::token("me", CANARY).endpoint(bad, 143),
        ] {
            let error = chosen(credentials, "AUTH=PLAIN AUTH=OAUTHBEARER", Protection::Tls).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misuse);
            assert!(!error.to_string().contains(bad) && !error.to_string().contains(CANARY));
        }
    }
    let long = "ü".repeat(32 << 10);
    for words in ["AUTH=PLAIN", "AUTH=SCRAM-SHA-256", "AUTH=LOGIN"] {
        assert!(chosen(Credentials::password(long.as_str(), long.as_str()), words, Protection::Tls).is_ok());
    }
}

#[test]
fn t109_nothing_shows_the_secret() {
    for credentials in [me(), Credentials::token("me", CANARY)] {
        let shown = format!("{credentials:?} {:#?}", credentials.clone());
        assert!(shown.contains("me") && !shown.contains(CANARY), "{shown}");
        for words in ["LOGINDISABLED", "IMAP4rev1"] {
            for link in [Protection::Clear, Protection::Tls] {
                if let Err(error) = chosen(credentials.clone(), words, link) {
                    assert!(!format!("{error} {error:?}").contains(CANARY));
                }
            }
        }
    }
}

#[test]
fn t060_channel_binding_that_is_demanded_is_used_or_nothing_is() {
    let bind = |method| me().policy(Policy { accept: Accept::Bound(method), ..Policy::default() });
    let plus = "AUTH=PLAIN AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-512";
    let demanded = bind(Method::ScramSha256).channel_binding(|| Some(bound()));
    assert_eq!(chosen(demanded.clone(), plus, Protection::Tls).unwrap(), "SCRAM-SHA-256-PLUS");
    let error = chosen(demanded, "AUTH=SCRAM-SHA-256 AUTH=PLAIN", Protection::Tls).unwrap_err();
    assert!(error.kind() == ErrorKind::Auth && error.to_string().contains("SCRAM-SHA-256-PLUS"), "{error}");
    for nothing in [bind(Method::ScramSha256), bind(Method::ScramSha256).channel_binding(|| None)] {
        let error = chosen(nothing, plus, Protection::Clear).unwrap_err();
        assert!(error.kind() == ErrorKind::Unsafe && error.to_string().contains("needs TLS"), "{error}");
    }
    let error = chosen(bind(Method::Plain).channel_binding(|| Some(bound())), plus, Protection::Tls).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
}
