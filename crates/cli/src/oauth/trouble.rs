//! What a provider says no with, in words for people.
//!
//! Separate because providers name the cause in three ways: a code of RFC 6749 §5.2, §4.1.2.1 or RFC 8628 §3.5, a number of Microsoft's
//! (AADSTS), or nothing at all. Invariant: what the provider wrote is shown cleaned, short, and with every secret we sent it masked: some
//! say back what they were sent.

use imapkit::types::Secret;
use oauth2::{ErrorResponse, RequestTokenError, StandardErrorResponse};

use super::http::{Failure, encoded};
use super::provider::Provider;
use crate::errors::Problem;
use crate::exit::Exit;
use crate::output::text::{clean, cut};

/// Longest text of a provider that is shown.
const MAX_COLUMNS: usize = 400;

/// What went wrong with a request that held these secrets.
pub(super) fn explain<T>(
    provider: &Provider,
    error: &RequestTokenError<Failure, StandardErrorResponse<T>>,
    secrets: &[Option<&Secret>],
) -> Problem
where
    T: oauth2::ErrorResponseType + std::fmt::Display + AsRef<str> + 'static,
    StandardErrorResponse<T>: ErrorResponse,
{
    match error {
        RequestTokenError::ServerResponse(said) => {
            refused(provider, said.error().as_ref(), said.error_description().map(String::as_str), secrets)
        }
        RequestTokenError::Request(failure) => {
            Problem::new(Exit::Network, "oauth", format!("no answer from {}: {failure}", clean(&provider.name)))
                .next("check this machine's network and the provider's URLs, then try again")
        }
        // The answer itself may hold tokens, and what fails to be read in it is quoted by the error.
        _ => Problem::new(
            Exit::Auth,
            "oauth",
            format!("{} answered something that is not OAuth 2.0", clean(&provider.name)),
        )
        .next("check the provider's URLs"),
    }
}

/// The provider refused, with this code and these words.
pub(super) fn refused(provider: &Provider, code: &str, words: Option<&str>, secrets: &[Option<&Secret>]) -> Problem {
    let words = masked(words.unwrap_or_default(), secrets);
    let number = aadsts(&words);
    let (means, next) = number.and_then(by_number).unwrap_or_else(|| by_code(code));
    let exit = if matches!(code, "server_error" | "temporarily_unavailable") { Exit::Network } else { Exit::Auth };
    let problem = Problem::new(exit, "oauth", format!("{} did not give a token: {means}", clean(&provider.name)));
    problem.said(&cut(&clean(&words), MAX_COLUMNS)).code(cut(&clean(&masked(code, secrets)), 60)).next(next)
}

/// Somebody pressed Ctrl-C.
pub(super) fn cut_off() -> Problem {
    Problem::new(Exit::Failed, "cut-off", "the login was broken off; nothing is kept")
}

fn masked(text: &str, secrets: &[Option<&Secret>]) -> String {
    secrets.iter().flatten().filter(|secret| !secret.is_empty()).fold(text.to_owned(), |text, secret| {
        text.replace(secret.expose(), "***").replace(&encoded(secret.expose()), "***")
    })
}

/// `700082` of `AADSTS700082: The refresh token has expired`.
fn aadsts(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("AADSTS")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|digits| !digits.is_empty())
}

fn by_number(number: &str) -> Option<(&'static str, &'static str)> {
    Some(match number {
        "50011" => (
            "the client id does not allow this redirect",
            "add http://localhost to its redirects, under mobile and desktop applications",
        ),
        "50020" | "50194" => (
            "the client id belongs to one tenant only",
            "give --auth-url and --token-url with the tenant in place of `common`",
        ),
        "50076" | "50079" | "50158" => ("it wants a second factor", "run: imapkit login, and confirm in the browser"),
        "53000" | "53003" => ("a rule of the organisation forbids it", "ask its administrator to permit this program"),
        "65001" | "90094" | "65005" => (
            "nobody has consented yet that this client id reads mail",
            "consent in the browser; in an organisation its administrator may have to do so",
        ),
        "65004" => ("consent was declined", "run the same command again, and accept"),
        "70000" | "70008" | "70043" | "700082" | "50173" | "700084" => {
            ("the login has expired or was revoked", "log in anew: imapkit login")
        }
        "700016" | "90002" => {
            ("it does not know the client id", "check --client-id; it is the application (client) ID")
        }
        "7000215" | "7000222" => ("the client secret is wrong or has expired", "make a new one, or leave it out"),
        "7000218" => (
            "it wants a client secret",
            "switch on `Allow public client flows` for the client id, or give --client-secret-command",
        ),
        _ => return None,
    })
}

fn by_code(code: &str) -> (&'static str, &'static str) {
    match code {
        "access_denied" | "authorization_declined" => {
            ("consent was declined", "run the same command again, and accept")
        }
        "invalid_client" => (
            "it does not know this client id, or not with this secret",
            "check --client-id; if it has a secret, give --client-secret-file or --client-secret-command",
        ),
        "invalid_grant" => ("the login has expired, was revoked or was used already", "log in anew: imapkit login"),
        "unauthorized_client" => ("the client id may not log in this way", "check its settings at the provider"),
        "invalid_scope" => ("it does not know what was asked for", "check --scope"),
        "expired_token" | "bad_verification_code" => {
            ("the code ended before it was entered", "run the same command again")
        }
        "server_error" | "temporarily_unavailable" => ("it is in trouble itself", "try again in some minutes"),
        "invalid_request" | "unsupported_grant_type" | "unsupported_response_type" => (
            "it does not understand the request",
            "check the provider's URLs, and whether the client id is for desktop programs",
        ),
        _ => ("it refused", "check the client id and the scope; what it said may help"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Endpoints;

    #[test]
    fn codes_and_numbers_become_causes_and_secrets_stay_hidden() {
        let provider = Provider::new(Some("microsoft"), None, &Endpoints::default()).unwrap().unwrap();
        let secret = Secret::new("canary/secret");
        let words = "AADSTS700082: The refresh token canary/secret (canary%2Fsecret) has expired.\u{1b}[2J";
        let problem = refused(&provider, "invalid_grant", Some(words), &[Some(&secret), None]);
        let text = problem.to_string();
        assert!(text.starts_with("microsoft did not give a token: the login has expired or was revoked\n"), "{text}");
        assert!(text.contains("[invalid_grant]") && text.contains("imapkit login"), "{text}");
        assert!(!text.contains("canary") && !text.contains('\u{1b}'), "{text}");
        assert_eq!(refused(&provider, "server_error", None, &[]).exit(), Exit::Network);
        assert_eq!(aadsts("no number"), None);
    }
}
