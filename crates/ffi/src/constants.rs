//! The numbers of the interface.
//!
//! Separate because the header has them by name. They are those of `imapkit-control`, written out so that the header can be made from this
//! source; a test compares both.

/// A standard connection to that host and port: clear text on 143, TLS on 993.
pub const IMAPKIT_OPTION_NONE: u32 = 0;
/// Says who the program is (ID, RFC 2971) once logged in, where the server offers that.
pub const IMAPKIT_OPTION_IDENTIFY: u32 = 0x1;
/// The connection runs through a tunnel or a forwarded port: address and port prove nothing, only the `Secure` bits
/// say whether there is TLS; certificates are checked against `host_name`; capabilities are asked for again; PREAUTH
/// is accepted.
pub const IMAPKIT_OPTION_TUNNEL: u32 = 0x400;
/// The server's certificate is not validated. `certificate_status` still tells what is wrong with it.
pub const IMAPKIT_OPTION_TRUSTED_SITE: u32 = 0x800;
/// TLS by STARTTLS, or no connection at all.
pub const IMAPKIT_OPTION_SECURE_EXPLICIT: u32 = 0x1000;
/// TLS before the greeting.
pub const IMAPKIT_OPTION_SECURE_IMPLICIT: u32 = 0x2000;
/// Also permits TLS 1.0 and 1.1 and the suites of that time, where there is TLS. Needs the feature `legacy-tls`.
pub const IMAPKIT_OPTION_SECURE_FALLBACK: u32 = 0x8000;
/// Tries IPv6 addresses first.
pub const IMAPKIT_OPTION_PREFER_IPV6: u32 = 0x4_0000;
/// No flag.
pub const IMAPKIT_FLAG_NONE: u32 = 0;
/// It has been answered.
pub const IMAPKIT_FLAG_ANSWERED: u32 = 1;
/// It is a draft.
pub const IMAPKIT_FLAG_DRAFT: u32 = 2;
/// It is important (`\Flagged`).
pub const IMAPKIT_FLAG_URGENT: u32 = 4;
/// It has been read.
pub const IMAPKIT_FLAG_SEEN: u32 = 8;
/// It has come since the mailbox was last looked at. Cannot be set.
pub const IMAPKIT_FLAG_RECENT: u32 = 256;
/// It is to be removed.
pub const IMAPKIT_FLAG_DELETED: u32 = 512;
/// No flag.
pub const IMAPKIT_MAILBOX_NONE: u32 = 0;
/// There can be no mailboxes below it.
pub const IMAPKIT_MAILBOX_NO_INFERIORS: u32 = 0x1_0000;
/// It cannot be selected.
pub const IMAPKIT_MAILBOX_NO_SELECT: u32 = 0x2_0000;
/// The server thinks there is something new in it.
pub const IMAPKIT_MAILBOX_MARKED: u32 = 0x4_0000;
/// Nothing has come since it was last selected.
pub const IMAPKIT_MAILBOX_UNMARKED: u32 = 0x8_0000;
/// All of the message, or of the part.
pub const IMAPKIT_SECTION_DEFAULT: u32 = 0;
/// The header of the message, or of a message in a part.
pub const IMAPKIT_SECTION_HEADER: u32 = 1;
/// The MIME header of the part.
pub const IMAPKIT_SECTION_MIME_HEADER: u32 = 2;
/// What follows the header.
pub const IMAPKIT_SECTION_BODY: u32 = 4;
/// Does not mark the message as read.
pub const IMAPKIT_SECTION_PREVIEW: u32 = 0x1000;
/// Every call and how it ended.
pub const IMAPKIT_TRACE_INFO: u32 = 0;
/// Calls that failed, and nothing else.
pub const IMAPKIT_TRACE_ERROR: u32 = 1;
/// Calls that failed, and warnings.
pub const IMAPKIT_TRACE_WARNING: u32 = 2;
/// Also what was said on the wire, line by line. Passwords and tokens are replaced, contents are told by their size.
pub const IMAPKIT_TRACE_BYTES: u32 = 4;
/// Those that are safe today: 1.2 and 1.3.
pub const IMAPKIT_TLS_DEFAULT: u32 = 0;
/// TLS 1.0; needs `SecureFallback`.
pub const IMAPKIT_TLS_1_0: u32 = 0x4;
/// TLS 1.1; needs `SecureFallback`.
pub const IMAPKIT_TLS_1_1: u32 = 0x8;
/// TLS 1.2
pub const IMAPKIT_TLS_1_2: u32 = 0x10;
/// TLS 1.3
pub const IMAPKIT_TLS_1_3: u32 = 0x20;
/// The LOGIN command, or AUTHENTICATE LOGIN where only that is offered.
pub const IMAPKIT_AUTH_LOGIN: u32 = 0;
/// AUTHENTICATE PLAIN
pub const IMAPKIT_AUTH_PLAIN: u32 = 1;
/// AUTHENTICATE CRAM-MD5
pub const IMAPKIT_AUTH_CRAM_MD5: u32 = 2;
/// AUTHENTICATE SCRAM-SHA-1
pub const IMAPKIT_AUTH_SCRAM_SHA_1: u32 = 3;
/// A token, as Google and Microsoft take it.
pub const IMAPKIT_AUTH_XOAUTH2: u32 = 4;
/// A token by RFC 7628.
pub const IMAPKIT_AUTH_OAUTH_BEARER: u32 = 5;
/// AUTHENTICATE SCRAM-SHA-256
pub const IMAPKIT_AUTH_SCRAM_SHA_256: u32 = 6;
/// Who we are is told by the client certificate, or by the socket.
pub const IMAPKIT_AUTH_EXTERNAL: u32 = 7;
/// Nobody in particular.
pub const IMAPKIT_AUTH_ANONYMOUS: u32 = 8;
/// The best the server offers.
pub const IMAPKIT_AUTH_AUTO: u32 = 255;
/// There is no connection.
pub const IMAPKIT_STATE_DISCONNECTED: u32 = 0;
/// A connection is being made.
pub const IMAPKIT_STATE_CONNECTING: u32 = 1;
/// There is a connection; nobody is logged in.
pub const IMAPKIT_STATE_CONNECTED: u32 = 2;
/// Somebody is being logged in.
pub const IMAPKIT_STATE_AUTHENTICATING: u32 = 3;
/// Somebody is logged in, and nothing is to be done.
pub const IMAPKIT_STATE_IDLE: u32 = 4;
/// A command or a message is being sent.
pub const IMAPKIT_STATE_SENDING: u32 = 5;
/// A message is being received.
pub const IMAPKIT_STATE_RECEIVING: u32 = 6;
/// Changes of the mailbox are being waited for.
pub const IMAPKIT_STATE_MONITORING: u32 = 7;
/// The connection is being closed.
pub const IMAPKIT_STATE_CLOSING: u32 = 8;
/// Not at all yet.
pub const IMAPKIT_RESULT_UNKNOWN: u32 = 0;
/// It has done it.
pub const IMAPKIT_RESULT_OK: u32 = 1;
/// It could not do it.
pub const IMAPKIT_RESULT_NO: u32 = 2;
/// It did not understand it.
pub const IMAPKIT_RESULT_BAD: u32 = 3;
/// It waits for more. Never the result of a call of this version, which sends it.
pub const IMAPKIT_RESULT_CONTINUE: u32 = 4;
/// It returns at once; updates come by `on_update` until `cancel`.
pub const IMAPKIT_IDLE_NO_WAIT: u32 = 0;
/// It returns when something has changed, or the time is over.
pub const IMAPKIT_IDLE_WAIT: u32 = 1;
/// Nothing that is known.
pub const IMAPKIT_UPDATE_UNKNOWN: u32 = 0;
/// A message has come; the number is its own.
pub const IMAPKIT_UPDATE_MESSAGE: u32 = 1;
/// A message is gone; the number is what it was, those behind it have moved up by one.
pub const IMAPKIT_UPDATE_EXPUNGE: u32 = 2;
/// Something else: flags of the message of that number, or with number 0 the mailbox as a whole.
pub const IMAPKIT_UPDATE_MAILBOX: u32 = 3;
/// There is none: no TLS.
pub const IMAPKIT_CERTIFICATE_NONE: u32 = 0;
/// It is good.
pub const IMAPKIT_CERTIFICATE_VALID: u32 = 1;
/// It is for another host.
pub const IMAPKIT_CERTIFICATE_NO_MATCH: u32 = 2;
/// It has expired, or is not valid yet.
pub const IMAPKIT_CERTIFICATE_EXPIRED: u32 = 3;
/// Its issuer has revoked it.
pub const IMAPKIT_CERTIFICATE_REVOKED: u32 = 4;
/// Its issuer is not trusted.
pub const IMAPKIT_CERTIFICATE_UNTRUSTED: u32 = 5;
/// It is no proper certificate.
pub const IMAPKIT_CERTIFICATE_INVALID: u32 = 6;
/// The user's own.
pub const IMAPKIT_NAMESPACE_PERSONAL: u32 = 0;
/// Other users'.
pub const IMAPKIT_NAMESPACE_OTHER: u32 = 1;
/// Everybody's.
pub const IMAPKIT_NAMESPACE_SHARED: u32 = 2;

/// It did not fail.
pub const IMAPKIT_OK: i32 = 0;
/// The call was cancelled by `cancel` or by a callback (0x80042714).
pub const IMAPKIT_E_CANCELLED: i32 = -2_147_211_500;
/// The system does not permit it (0x8004271d).
pub const IMAPKIT_E_ACCESS_DENIED: i32 = -2_147_211_491;
/// An argument or property cannot be used as it is; nothing was sent (0x80042726).
pub const IMAPKIT_E_INVALID_ARGUMENT: i32 = -2_147_211_482;
/// Too many files or sockets are open (0x80042728).
pub const IMAPKIT_E_TOO_MANY_FILES: i32 = -2_147_211_480;
/// Another call is in progress, or this one was made from inside a callback (0x80042734).
pub const IMAPKIT_E_IN_PROGRESS: i32 = -2_147_211_468;
/// The address does not exist here (0x80042741).
pub const IMAPKIT_E_ADDRESS_NOT_AVAILABLE: i32 = -2_147_211_455;
/// The network is down (0x80042742).
pub const IMAPKIT_E_NETWORK_DOWN: i32 = -2_147_211_454;
/// The network cannot be reached (0x80042743).
pub const IMAPKIT_E_NETWORK_UNREACHABLE: i32 = -2_147_211_453;
/// The system gave the connection up (0x80042745).
pub const IMAPKIT_E_CONNECTION_ABORTED: i32 = -2_147_211_451;
/// The connection was broken off by the other side (0x80042746).
pub const IMAPKIT_E_CONNECTION_RESET: i32 = -2_147_211_450;
/// There is a connection already (0x80042748).
pub const IMAPKIT_E_ALREADY_CONNECTED: i32 = -2_147_211_448;
/// There is no connection (0x80042749).
pub const IMAPKIT_E_NOT_CONNECTED: i32 = -2_147_211_447;
/// The time given is over; after a connect the text names the phase (0x8004274c).
pub const IMAPKIT_E_TIMED_OUT: i32 = -2_147_211_444;
/// Nobody listens at that address and port (0x8004274d).
pub const IMAPKIT_E_CONNECTION_REFUSED: i32 = -2_147_211_443;
/// The host cannot be reached (0x80042751).
pub const IMAPKIT_E_HOST_UNREACHABLE: i32 = -2_147_211_439;
/// The host name does not exist (0x80042af9).
pub const IMAPKIT_E_HOST_UNKNOWN: i32 = -2_147_210_503;
/// The name server did not answer; later it may (0x80042afa).
pub const IMAPKIT_E_RESOLVER_FAILED: i32 = -2_147_210_502;
/// The host name exists but has no address (0x80042afc).
pub const IMAPKIT_E_HOST_WITHOUT_ADDRESS: i32 = -2_147_210_500;
/// The TLS handshake failed, or TLS broke later (0x80041000).
pub const IMAPKIT_E_TLS_FAILED: i32 = -2_147_217_408;
/// The server's certificate was rejected; `certificate_status` tells why (0x80041001).
pub const IMAPKIT_E_CERTIFICATE_REJECTED: i32 = -2_147_217_407;
/// The server wants a secure connection before it takes a password (0x80041002).
pub const IMAPKIT_E_SECURE_CONNECTION_REQUIRED: i32 = -2_147_217_406;
/// The server does not offer STARTTLS, or refused it; no credential was sent (0x80041003).
pub const IMAPKIT_E_STARTTLS_UNAVAILABLE: i32 = -2_147_217_405;
/// The server, or somebody on the way, acted unsafely before TLS; no credential was sent (0x80041004).
pub const IMAPKIT_E_UNSAFE_SERVER: i32 = -2_147_217_404;
/// The server does not offer the way to log in that is asked for (0x80041005).
pub const IMAPKIT_E_MECHANISM_UNAVAILABLE: i32 = -2_147_217_403;
/// The server refused the user name or password (0x80041006).
pub const IMAPKIT_E_LOGIN_REJECTED: i32 = -2_147_217_402;
/// The server refused the access token; it may have expired (0x80041007).
pub const IMAPKIT_E_TOKEN_REJECTED: i32 = -2_147_217_401;
/// Somebody is logged in already (0x80041008).
pub const IMAPKIT_E_ALREADY_AUTHENTICATED: i32 = -2_147_217_400;
/// Nobody is logged in (0x80041009).
pub const IMAPKIT_E_NOT_AUTHENTICATED: i32 = -2_147_217_399;
/// The server could not do it (NO) (0x8004100a).
pub const IMAPKIT_E_COMMAND_FAILED: i32 = -2_147_217_398;
/// The server did not understand it (BAD) (0x8004100b).
pub const IMAPKIT_E_COMMAND_REFUSED: i32 = -2_147_217_397;
/// The server's answer makes no sense (0x8004100c).
pub const IMAPKIT_E_UNEXPECTED_REPLY: i32 = -2_147_217_396;
/// The server ended the connection (BYE) (0x8004100d).
pub const IMAPKIT_E_SERVER_CLOSED: i32 = -2_147_217_395;
/// No mailbox is selected (0x8004100e).
pub const IMAPKIT_E_NO_MAILBOX_SELECTED: i32 = -2_147_217_394;
/// There is no such mailbox (0x8004100f).
pub const IMAPKIT_E_MAILBOX_NOT_FOUND: i32 = -2_147_217_393;
/// There is a mailbox of that name already (0x80041010).
pub const IMAPKIT_E_MAILBOX_EXISTS: i32 = -2_147_217_392;
/// The mailbox is open read-only (0x80041011).
pub const IMAPKIT_E_MAILBOX_READ_ONLY: i32 = -2_147_217_391;
/// There is no message of that number or UID (0x80041012).
pub const IMAPKIT_E_MESSAGE_NOT_FOUND: i32 = -2_147_217_390;
/// The message has no such part (0x80041013).
pub const IMAPKIT_E_PART_NOT_FOUND: i32 = -2_147_217_389;
/// No message is open for reading (0x80041014).
pub const IMAPKIT_E_MESSAGE_NOT_OPEN: i32 = -2_147_217_388;
/// The server did not understand the search criteria (0x80041015).
pub const IMAPKIT_E_SEARCH_REJECTED: i32 = -2_147_217_387;
/// The charset of the search is not known, here or to the server (0x80041016).
pub const IMAPKIT_E_CHARSET_REJECTED: i32 = -2_147_217_386;
/// There is no room: the quota is exceeded (0x80041017).
pub const IMAPKIT_E_QUOTA_EXCEEDED: i32 = -2_147_217_385;
/// The server asks to slow down or to come back later (0x80041018).
pub const IMAPKIT_E_THROTTLED: i32 = -2_147_217_384;
/// Something is larger than a limit, which the text names (0x80041019).
pub const IMAPKIT_E_LIMIT_EXCEEDED: i32 = -2_147_217_383;
/// The server cannot do this at all (0x8004101a).
pub const IMAPKIT_E_NOT_SUPPORTED_BY_SERVER: i32 = -2_147_217_382;
/// This build of the library cannot do this (0x8004101b).
pub const IMAPKIT_E_NOT_SUPPORTED_IN_BUILD: i32 = -2_147_217_381;
/// A file could not be read or written (0x8004101c).
pub const IMAPKIT_E_FILE_ERROR: i32 = -2_147_217_380;
/// There is not enough memory (0x8004101d).
pub const IMAPKIT_E_OUT_OF_MEMORY: i32 = -2_147_217_379;
/// A mistake in this library, or a callback that panicked (0x8004101e).
pub const IMAPKIT_E_INTERNAL_ERROR: i32 = -2_147_217_378;
/// The proxy refused, or does not speak the protocol of its URL (0x8004101f).
pub const IMAPKIT_E_PROXY_FAILED: i32 = -2_147_217_377;
/// The connection was lost, or the time over, before the answer came: the server may have done it or not
/// (0x80041020).
pub const IMAPKIT_E_OUTCOME_UNKNOWN: i32 = -2_147_217_376;
/// The server does not permit it to this user (0x80041021).
pub const IMAPKIT_E_PERMISSION_DENIED: i32 = -2_147_217_375;
/// The mailbox was selected anew, or its UIDs have changed, while this was under way (0x80041022).
pub const IMAPKIT_E_MAILBOX_CHANGED: i32 = -2_147_217_374;

#[cfg(test)]
mod tests {
    use super::*;
    use imapkit_control as control;

    #[test]
    fn they_are_those_of_the_component() {
        let same = [
            (IMAPKIT_OPTION_NONE, control::Options::None.value()),
            (IMAPKIT_OPTION_IDENTIFY, control::Options::Identify.value()),
            (IMAPKIT_OPTION_TUNNEL, control::Options::Tunnel.value()),
            (IMAPKIT_OPTION_TRUSTED_SITE, control::Options::TrustedSite.value()),
            (IMAPKIT_OPTION_SECURE_EXPLICIT, control::Options::SecureExplicit.value()),
            (IMAPKIT_OPTION_SECURE_IMPLICIT, control::Options::SecureImplicit.value()),
            (IMAPKIT_OPTION_SECURE_FALLBACK, control::Options::SecureFallback.value()),
            (IMAPKIT_OPTION_PREFER_IPV6, control::Options::PreferIPv6.value()),
            (IMAPKIT_FLAG_NONE, control::MessageFlags::None.value()),
            (IMAPKIT_FLAG_ANSWERED, control::MessageFlags::Answered.value()),
            (IMAPKIT_FLAG_DRAFT, control::MessageFlags::Draft.value()),
            (IMAPKIT_FLAG_URGENT, control::MessageFlags::Urgent.value()),
            (IMAPKIT_FLAG_SEEN, control::MessageFlags::Seen.value()),
            (IMAPKIT_FLAG_RECENT, control::MessageFlags::Recent.value()),
            (IMAPKIT_FLAG_DELETED, control::MessageFlags::Deleted.value()),
            (IMAPKIT_MAILBOX_NONE, control::MailboxFlags::None.value()),
            (IMAPKIT_MAILBOX_NO_INFERIORS, control::MailboxFlags::NoInferiors.value()),
            (IMAPKIT_MAILBOX_NO_SELECT, control::MailboxFlags::NoSelect.value()),
            (IMAPKIT_MAILBOX_MARKED, control::MailboxFlags::Marked.value()),
            (IMAPKIT_MAILBOX_UNMARKED, control::MailboxFlags::Unmarked.value()),
            (IMAPKIT_SECTION_DEFAULT, control::Section::Default.value()),
            (IMAPKIT_SECTION_HEADER, control::Section::Header.value()),
            (IMAPKIT_SECTION_MIME_HEADER, control::Section::MimeHeader.value()),
            (IMAPKIT_SECTION_BODY, control::Section::Body.value()),
            (IMAPKIT_SECTION_PREVIEW, control::Section::Preview.value()),
            (IMAPKIT_TRACE_INFO, control::TraceFlags::Info.value()),
            (IMAPKIT_TRACE_ERROR, control::TraceFlags::Error.value()),
            (IMAPKIT_TRACE_WARNING, control::TraceFlags::Warning.value()),
            (IMAPKIT_TRACE_BYTES, control::TraceFlags::Bytes.value()),
            (IMAPKIT_TLS_DEFAULT, control::TlsVersions::Default.value()),
            (IMAPKIT_TLS_1_0, control::TlsVersions::Tls10.value()),
            (IMAPKIT_TLS_1_1, control::TlsVersions::Tls11.value()),
            (IMAPKIT_TLS_1_2, control::TlsVersions::Tls12.value()),
            (IMAPKIT_TLS_1_3, control::TlsVersions::Tls13.value()),
            (IMAPKIT_AUTH_LOGIN, control::AuthType::Login.value()),
            (IMAPKIT_AUTH_PLAIN, control::AuthType::Plain.value()),
            (IMAPKIT_AUTH_CRAM_MD5, control::AuthType::CramMd5.value()),
            (IMAPKIT_AUTH_SCRAM_SHA_1, control::AuthType::ScramSha1.value()),
            (IMAPKIT_AUTH_XOAUTH2, control::AuthType::XOAuth2.value()),
            (IMAPKIT_AUTH_OAUTH_BEARER, control::AuthType::OAuthBearer.value()),
            (IMAPKIT_AUTH_SCRAM_SHA_256, control::AuthType::ScramSha256.value()),
            (IMAPKIT_AUTH_EXTERNAL, control::AuthType::External.value()),
            (IMAPKIT_AUTH_ANONYMOUS, control::AuthType::Anonymous.value()),
            (IMAPKIT_AUTH_AUTO, control::AuthType::Auto.value()),
            (IMAPKIT_STATE_DISCONNECTED, control::State::Disconnected.value()),
            (IMAPKIT_STATE_CONNECTING, control::State::Connecting.value()),
            (IMAPKIT_STATE_CONNECTED, control::State::Connected.value()),
            (IMAPKIT_STATE_AUTHENTICATING, control::State::Authenticating.value()),
            (IMAPKIT_STATE_IDLE, control::State::Idle.value()),
            (IMAPKIT_STATE_SENDING, control::State::Sending.value()),
            (IMAPKIT_STATE_RECEIVING, control::State::Receiving.value()),
            (IMAPKIT_STATE_MONITORING, control::State::Monitoring.value()),
            (IMAPKIT_STATE_CLOSING, control::State::Closing.value()),
            (IMAPKIT_RESULT_UNKNOWN, control::ResultCode::Unknown.value()),
            (IMAPKIT_RESULT_OK, control::ResultCode::Ok.value()),
            (IMAPKIT_RESULT_NO, control::ResultCode::No.value()),
            (IMAPKIT_RESULT_BAD, control::ResultCode::Bad.value()),
            (IMAPKIT_RESULT_CONTINUE, control::ResultCode::Continue.value()),
            (IMAPKIT_IDLE_NO_WAIT, control::IdleOption::NoWait.value()),
            (IMAPKIT_IDLE_WAIT, control::IdleOption::Wait.value()),
            (IMAPKIT_UPDATE_UNKNOWN, control::UpdateType::Unknown.value()),
            (IMAPKIT_UPDATE_MESSAGE, control::UpdateType::Message.value()),
            (IMAPKIT_UPDATE_EXPUNGE, control::UpdateType::Expunge.value()),
            (IMAPKIT_UPDATE_MAILBOX, control::UpdateType::Mailbox.value()),
            (IMAPKIT_CERTIFICATE_NONE, control::CertificateStatus::None.value()),
            (IMAPKIT_CERTIFICATE_VALID, control::CertificateStatus::Valid.value()),
            (IMAPKIT_CERTIFICATE_NO_MATCH, control::CertificateStatus::NoMatch.value()),
            (IMAPKIT_CERTIFICATE_EXPIRED, control::CertificateStatus::Expired.value()),
            (IMAPKIT_CERTIFICATE_REVOKED, control::CertificateStatus::Revoked.value()),
            (IMAPKIT_CERTIFICATE_UNTRUSTED, control::CertificateStatus::Untrusted.value()),
            (IMAPKIT_CERTIFICATE_INVALID, control::CertificateStatus::Invalid.value()),
        ];
        for (ours, theirs) in same {
            assert_eq!(ours, theirs);
        }
        let bits =
            control::Options::ALL.value() | control::MessageFlags::ALL.value() | control::MailboxFlags::ALL.value();
        assert_eq!(same.iter().take(20).fold(0, |all, (bit, _)| all | bit), bits, "none is missing");
    }

    #[test]
    fn every_code_has_its_constant() {
        let codes = [
            (IMAPKIT_E_CANCELLED, control::ErrorCode::Cancelled),
            (IMAPKIT_E_ACCESS_DENIED, control::ErrorCode::AccessDenied),
            (IMAPKIT_E_INVALID_ARGUMENT, control::ErrorCode::InvalidArgument),
            (IMAPKIT_E_TOO_MANY_FILES, control::ErrorCode::TooManyFiles),
            (IMAPKIT_E_IN_PROGRESS, control::ErrorCode::InProgress),
            (IMAPKIT_E_ADDRESS_NOT_AVAILABLE, control::ErrorCode::AddressNotAvailable),
            (IMAPKIT_E_NETWORK_DOWN, control::ErrorCode::NetworkDown),
            (IMAPKIT_E_NETWORK_UNREACHABLE, control::ErrorCode::NetworkUnreachable),
            (IMAPKIT_E_CONNECTION_ABORTED, control::ErrorCode::ConnectionAborted),
            (IMAPKIT_E_CONNECTION_RESET, control::ErrorCode::ConnectionReset),
            (IMAPKIT_E_ALREADY_CONNECTED, control::ErrorCode::AlreadyConnected),
            (IMAPKIT_E_NOT_CONNECTED, control::ErrorCode::NotConnected),
            (IMAPKIT_E_TIMED_OUT, control::ErrorCode::TimedOut),
            (IMAPKIT_E_CONNECTION_REFUSED, control::ErrorCode::ConnectionRefused),
            (IMAPKIT_E_HOST_UNREACHABLE, control::ErrorCode::HostUnreachable),
            (IMAPKIT_E_HOST_UNKNOWN, control::ErrorCode::HostUnknown),
            (IMAPKIT_E_RESOLVER_FAILED, control::ErrorCode::ResolverFailed),
            (IMAPKIT_E_HOST_WITHOUT_ADDRESS, control::ErrorCode::HostWithoutAddress),
            (IMAPKIT_E_TLS_FAILED, control::ErrorCode::TlsFailed),
            (IMAPKIT_E_CERTIFICATE_REJECTED, control::ErrorCode::CertificateRejected),
            (IMAPKIT_E_SECURE_CONNECTION_REQUIRED, control::ErrorCode::SecureConnectionRequired),
            (IMAPKIT_E_STARTTLS_UNAVAILABLE, control::ErrorCode::StartTlsUnavailable),
            (IMAPKIT_E_UNSAFE_SERVER, control::ErrorCode::UnsafeServer),
            (IMAPKIT_E_MECHANISM_UNAVAILABLE, control::ErrorCode::MechanismUnavailable),
            (IMAPKIT_E_LOGIN_REJECTED, control::ErrorCode::LoginRejected),
            (IMAPKIT_E_TOKEN_REJECTED, control::ErrorCode::TokenRejected),
            (IMAPKIT_E_ALREADY_AUTHENTICATED, control::ErrorCode::AlreadyAuthenticated),
            (IMAPKIT_E_NOT_AUTHENTICATED, control::ErrorCode::NotAuthenticated),
            (IMAPKIT_E_COMMAND_FAILED, control::ErrorCode::CommandFailed),
            (IMAPKIT_E_COMMAND_REFUSED, control::ErrorCode::CommandRefused),
            (IMAPKIT_E_UNEXPECTED_REPLY, control::ErrorCode::UnexpectedReply),
            (IMAPKIT_E_SERVER_CLOSED, control::ErrorCode::ServerClosed),
            (IMAPKIT_E_NO_MAILBOX_SELECTED, control::ErrorCode::NoMailboxSelected),
            (IMAPKIT_E_MAILBOX_NOT_FOUND, control::ErrorCode::MailboxNotFound),
            (IMAPKIT_E_MAILBOX_EXISTS, control::ErrorCode::MailboxExists),
            (IMAPKIT_E_MAILBOX_READ_ONLY, control::ErrorCode::MailboxReadOnly),
            (IMAPKIT_E_MESSAGE_NOT_FOUND, control::ErrorCode::MessageNotFound),
            (IMAPKIT_E_PART_NOT_FOUND, control::ErrorCode::PartNotFound),
            (IMAPKIT_E_MESSAGE_NOT_OPEN, control::ErrorCode::MessageNotOpen),
            (IMAPKIT_E_SEARCH_REJECTED, control::ErrorCode::SearchRejected),
            (IMAPKIT_E_CHARSET_REJECTED, control::ErrorCode::CharsetRejected),
            (IMAPKIT_E_QUOTA_EXCEEDED, control::ErrorCode::QuotaExceeded),
            (IMAPKIT_E_THROTTLED, control::ErrorCode::Throttled),
            (IMAPKIT_E_LIMIT_EXCEEDED, control::ErrorCode::LimitExceeded),
            (IMAPKIT_E_NOT_SUPPORTED_BY_SERVER, control::ErrorCode::NotSupportedByServer),
            (IMAPKIT_E_NOT_SUPPORTED_IN_BUILD, control::ErrorCode::NotSupportedInBuild),
            (IMAPKIT_E_FILE_ERROR, control::ErrorCode::FileError),
            (IMAPKIT_E_OUT_OF_MEMORY, control::ErrorCode::OutOfMemory),
            (IMAPKIT_E_INTERNAL_ERROR, control::ErrorCode::InternalError),
            (IMAPKIT_E_PROXY_FAILED, control::ErrorCode::ProxyFailed),
            (IMAPKIT_E_OUTCOME_UNKNOWN, control::ErrorCode::OutcomeUnknown),
            (IMAPKIT_E_PERMISSION_DENIED, control::ErrorCode::PermissionDenied),
            (IMAPKIT_E_MAILBOX_CHANGED, control::ErrorCode::MailboxChanged),
        ];
        for (ours, theirs) in codes {
            assert_eq!(ours, theirs.value().cast_signed());
        }
        assert_eq!(codes.map(|(_, code)| code), control::ErrorCode::ALL, "all of them, in order");
    }
}
