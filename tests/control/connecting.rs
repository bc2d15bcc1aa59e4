//! Every option and every way to log in, on real servers.

use imapkit_control::{AuthType, CertificateStatus, ErrorCode, Options, State, TlsVersions};

use crate::{Place, everywhere};

fn connect(place: &Place, port: u16, options: Options, auth_type: AuthType) -> Result<State, ErrorCode> {
    let control = place.control();
    control.set_auth_type(auth_type);
    let outcome = control.connect(None, Some(port), None, None, None, Some(options));
    outcome.map(|()| control.state()).map_err(|error| error.code())
}

#[test]
fn options_alone_and_together() {
    everywhere(|place| {
        let (plain, tls) = (place.server.plain_port, place.server.tls_port);
        let fine = Ok(State::Idle);
        for also in [Options::None, Options::Identify, Options::PreferIPv6, Options::TrustedSite, Options::Tunnel] {
            for (port, options) in [(tls, Options::SecureImplicit | also), (plain, Options::SecureExplicit | also)] {
                assert_eq!(connect(place, port, options, AuthType::Auto), fine, "{options:?} on {}", place.server.name);
            }
        }
        // In clear text, where the server does not forbid it.
        let control = place.control();
        control.set_user_name("");
        control.connect(None, Some(plain), None, None, None, Some(Options::None)).unwrap();
        let forbidden = control.capability().unwrap().to_ascii_uppercase().contains("LOGINDISABLED");
        let expected = if forbidden { Err(ErrorCode::SecureConnectionRequired) } else { fine };
        for options in [Options::None, Options::Identify, Options::TrustedSite, Options::PreferIPv6] {
            assert_eq!(
                connect(place, plain, options, AuthType::Login),
                expected,
                "{options:?} on {}",
                place.server.name
            );
        }
    });
}

#[test]
fn every_way_to_log_in_over_tls() {
    everywhere(|place| {
        for (auth_type, feature) in [
            (AuthType::Login, "imap4rev1"),
            (AuthType::Auto, "imap4rev1"),
            (AuthType::Plain, "auth=plain"),
            (AuthType::CramMd5, "auth=cram-md5"),
            (AuthType::ScramSha1, "auth=scram-sha-1"),
            (AuthType::ScramSha256, "auth=scram-sha-256"),
        ] {
            let outcome = connect(place, place.server.tls_port, Options::SecureImplicit, auth_type);
            if place.server.has(feature) {
                assert_eq!(outcome, Ok(State::Idle), "{auth_type:?}");
            } else {
                assert_eq!(outcome, Err(ErrorCode::MechanismUnavailable), "{auth_type:?}");
            }
        }
        let control = place.control();
        let (port, options) = (Some(place.server.tls_port), Some(Options::SecureImplicit));
        for auth_type in [AuthType::Login, AuthType::ScramSha256] {
            control.set_auth_type(auth_type);
            let refused = control.connect(None, port, None, Some("wrong"), None, options).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::LoginRejected, "{auth_type:?}: {refused}");
        }
    });
}

#[test]
fn tokens_where_the_server_takes_them() {
    everywhere(|place| {
        let Some(token) = &place.user.token else { return };
        for auth_type in [AuthType::XOAuth2, AuthType::OAuthBearer] {
            let control = place.control();
            control.set_bearer_token(token);
            control.set_auth_type(auth_type);
            let (port, options) = (Some(place.server.tls_port), Some(Options::SecureImplicit));
            control
                .connect(None, port, None, None, None, options)
                .unwrap_or_else(|error| panic!("{auth_type:?}: {error}"));
            control.disconnect().unwrap();
            let refused = control.connect(None, port, None, Some("no token"), None, options).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::TokenRejected, "{auth_type:?}: {refused}");
        }
    });
}

#[test]
fn certificates_are_judged() {
    everywhere(|place| {
        let control = place.control();
        let port = Some(place.server.tls_port);
        control.connect(None, port, None, None, None, Some(Options::SecureImplicit)).unwrap();
        assert_eq!(control.certificate_status(), CertificateStatus::Valid);
        assert!(control.secure_protocol() == TlsVersions::Tls13 || control.secure_protocol() == TlsVersions::Tls12);
        control.disconnect().unwrap();
        control.set_certificate_authorities("");
        let rejected = control.connect(None, port, None, None, None, Some(Options::SecureImplicit)).unwrap_err();
        assert_eq!(rejected.code(), ErrorCode::CertificateRejected);
        assert_eq!(control.certificate_status(), CertificateStatus::Untrusted);
        assert!(!control.certificate_subject().is_empty());
        // STARTTLS later, then login: the long way to the same place.
        control.set_certificate_authorities(&place.server.ca_file);
        control.set_user_name("");
        control.connect(None, Some(place.server.plain_port), None, None, None, Some(Options::None)).unwrap();
        assert_eq!(control.state(), State::Connected);
        control.set_secure(true).unwrap();
        control.login(Some(&place.user.name), None, Some(AuthType::Auto)).unwrap();
        assert_eq!((control.state(), control.is_secure()), (State::Idle, true));
    });
}
