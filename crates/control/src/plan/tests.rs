//! The rules of the six arguments, a test for each sentence.
use super::*;

fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let mut settings = Settings { host_name: "imap.example.org".into(), ..Settings::default() };
    change(&mut settings);
    settings
}

fn plan(settings: &Settings, arguments: &Arguments<'_>) -> Plan {
    Plan::new(settings, arguments).expect("a plan")
}

fn options(options: Options) -> Arguments<'static> {
    Arguments { options: Some(options), ..Arguments::default() }
}

#[test]
fn the_host_is_the_argument_then_the_address_then_the_name() {
    let both = settings(|s| s.host_address = "192.0.2.7".into());
    let given = Arguments { remote_host: Some("other.example.org"), ..Arguments::default() };
    assert_eq!(plan(&both, &given).host, "other.example.org");
    assert_eq!(plan(&both, &Arguments::default()).host, "192.0.2.7");
    assert_eq!(plan(&settings(|_| ()), &Arguments::default()).host, "imap.example.org");
    let nobody = Plan::new(&Settings::default(), &Arguments::default()).unwrap_err();
    assert_eq!(nobody.code(), ErrorCode::InvalidArgument);
    let nonsense = Arguments { remote_host: Some("no host"), ..Arguments::default() };
    assert_eq!(Plan::new(&both, &nonsense).unwrap_err().code(), ErrorCode::InvalidArgument);
}

#[test]
fn the_certificate_has_the_name_that_was_asked_for() {
    let both = settings(|s| s.host_address = "192.0.2.7".into());
    assert_eq!(plan(&both, &Arguments::default()).name, "imap.example.org");
    let given = Arguments { remote_host: Some("localhost"), ..Arguments::default() };
    assert_eq!(plan(&both, &given).name, "localhost", "a name that was given has to be proved");
    let tunnel = Arguments { options: Some(Options::Tunnel), ..given };
    assert_eq!(plan(&both, &tunnel).name, "imap.example.org", "what is dialled is the near end of a tunnel");
    let address = Settings { host_address: "192.0.2.7".into(), ..Settings::default() };
    assert_eq!(plan(&address, &Arguments::default()).name, "192.0.2.7");
}

#[test]
fn the_port_is_the_argument_then_the_property_then_that_of_the_service() {
    let port =
        |settings: &Settings, given, opts| plan(settings, &Arguments { remote_port: given, ..options(opts) }).port;
    let set = settings(|s| s.remote_port = 1143);
    let unset = settings(|_| ());
    assert_eq!(port(&set, Some(2143), Options::None), 2143);
    assert_eq!(port(&set, None, Options::None), 1143);
    assert_eq!(port(&set, Some(0), Options::None), 143, "0 given means the service's port, not the property");
    assert_eq!(port(&set, Some(0), Options::SecureImplicit), 993);
    assert_eq!(port(&unset, None, Options::None), 143);
    assert_eq!(port(&unset, None, Options::SecureImplicit), 993);
    assert_eq!(port(&unset, None, Options::SecureExplicit), 143);
    assert_eq!(port(&unset, None, Options::Tunnel), 143);
    assert_eq!(port(&unset, None, Options::Tunnel | Options::SecureImplicit), 993);
}

#[test]
fn the_secure_port_implies_tls_unless_told_otherwise() {
    let link = |port, opts| plan(&settings(|_| ()), &Arguments { remote_port: Some(port), ..options(opts) }).link;
    assert_eq!(link(993, Options::None), Link::Tls);
    assert_eq!(link(993, Options::Tunnel), Link::Clear, "a tunnel's port proves nothing");
    assert_eq!(link(993, Options::SecureExplicit), Link::StartTls);
    assert_eq!(link(993, Options::SecureImplicit | Options::Tunnel), Link::Tls);
    assert_eq!(link(993, Options::SecureExplicit | Options::Tunnel), Link::StartTls);
    assert_eq!(link(143, Options::None), Link::Clear);
    assert_eq!(link(143, Options::SecureImplicit), Link::Tls);
    assert_eq!(link(1993, Options::None), Link::Clear, "only 993 is the secure port");
    for also in [Options::TrustedSite, Options::SecureFallback, Options::PreferIPv6, Options::Identify] {
        assert_eq!(link(143, also), Link::Clear, "{also:?} never changes whether there is TLS");
        assert_eq!(link(993, also), Link::Tls);
    }
}

#[test]
fn the_property_secure_is_secure_implicit() {
    let secure = settings(|s| s.secure = true);
    let made = plan(&secure, &Arguments::default());
    assert_eq!((made.link, made.port), (Link::Tls, 993));
    assert_eq!(plan(&secure, &options(Options::SecureExplicit)).link, Link::StartTls);
    assert_eq!(plan(&secure, &options(Options::None)).link, Link::Tls);
}

#[test]
fn options_are_the_argument_or_the_property_and_0_is_an_argument() {
    let set = settings(|s| s.options = Options::SecureImplicit);
    assert_eq!(plan(&set, &Arguments::default()).link, Link::Tls);
    assert_eq!(plan(&set, &options(Options::None)).link, Link::Clear);
    for wrong in [0x2, 0x4000, 0x8000_0000, (Options::SecureExplicit | Options::SecureImplicit).value()] {
        let error = Plan::new(&set, &options(Options::from_value(wrong))).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument, "{wrong:#x}");
    }
}

#[test]
fn the_timeout_is_the_argument_or_the_property_in_seconds() {
    let seconds = |settings: &Settings, given| {
        plan(settings, &Arguments { timeout: given, ..Arguments::default() }).timeout.as_secs()
    };
    assert_eq!(seconds(&settings(|_| ()), None), 20);
    assert_eq!(seconds(&settings(|s| s.timeout = 7), None), 7);
    assert_eq!(seconds(&settings(|s| s.timeout = 7), Some(3)), 3);
    assert_eq!(seconds(&settings(|s| s.timeout = 7), Some(0)), 7);
}

#[test]
fn the_secret_goes_with_the_way_to_log_in() {
    let both = settings(|s| {
        s.user_name = "me".into();
        s.set_password("pass");
        s.set_token("token");
    });
    let secret = |settings: &Settings, given| {
        let arguments = Arguments { password: given, ..Arguments::default() };
        plan(settings, &arguments).login.expect("a login").secret.expose().to_owned()
    };
    assert_eq!(secret(&both, None), "token");
    assert_eq!(secret(&both, Some("given")), "given");
    let plain = Settings { auth_type: AuthType::Plain, ..both };
    assert_eq!(secret(&plain, None), "pass");
    assert_eq!(secret(&plain, Some("given")), "given");
}

#[test]
fn without_a_user_nobody_logs_in_and_without_a_password_nothing_begins() {
    let password = settings(|s| s.set_password("pass"));
    assert!(plan(&password, &Arguments::default()).login.is_none());
    let given = Arguments { user_name: Some("me"), ..Arguments::default() };
    assert_eq!(plan(&password, &given).login.expect("a login").user, "me");
    for auth_type in [AuthType::Login, AuthType::Auto, AuthType::XOAuth2, AuthType::ScramSha256] {
        let error = Plan::new(&settings(|s| s.auth_type = auth_type), &given).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidArgument);
    }
    for auth_type in [AuthType::External, AuthType::Anonymous] {
        assert!(plan(&settings(|s| s.auth_type = auth_type), &given).login.is_some());
    }
}

#[test]
fn a_socket_or_a_command_needs_no_host() {
    for proxy in ["unix:/run/imap", "command:imapd"] {
        let settings = Settings { proxy: Secret::new(proxy), ..Settings::default() };
        assert!(plan(&settings, &Arguments::default()).is_piped());
    }
}

#[test]
fn a_command_with_a_place_for_the_host_needs_one() {
    let settings = Settings { proxy: Secret::new("command:ssh -W {host}:{port} gateway"), ..Settings::default() };
    let error = Plan::new(&settings, &Arguments::default()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    let arguments = Arguments { remote_host: Some("imap.example.org"), ..Arguments::default() };
    assert_eq!(plan(&settings, &arguments).host, "imap.example.org");
}

#[test]
fn nothing_secret_shows() {
    let settings = settings(|s| s.user_name = "me".into());
    let made = plan(&settings, &Arguments { password: Some("hunter2"), ..Arguments::default() });
    assert!(!format!("{made:?}").contains("hunter2"));
}
