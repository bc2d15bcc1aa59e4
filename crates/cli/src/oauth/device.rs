//! Leave by device code: a code to enter in a browser anywhere, while we ask the provider whether it has been. RFC 8628.
//!
//! Separate because it needs no browser here. The crate polls as the provider says, slower when told so; the code's own lifetime, or what
//! the user is willing to wait, is the deadline.

use std::time::Duration;

use oauth2::{Scope, StandardDeviceAuthorizationResponse};
use tokio::time::sleep;

use super::{Client, http, trouble};
use crate::errors::{Outcome, Problem};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::Output;
use crate::output::text::{clean, duration};
use crate::vault::Grant;

/// No wait between two polls is longer than this.
const MAX_BACKOFF: Duration = Duration::from_mins(1);

/// Asks for leave by a code; waits no longer than `wait`, and no longer than the code lives.
pub(crate) async fn login(client: &Client, wait: Option<Duration>, output: &mut Output) -> Outcome<Grant> {
    let basic =
        client.basic().set_device_authorization_url(client.provider.device()?).set_token_uri(client.provider.token()?);
    let secrets = [client.secret.as_ref()];
    let send = |request| http::send(request, client.way.clone());
    let mut interrupt = Interrupt::listen();
    let request =
        basic.exchange_device_code().add_scopes(client.provider.endpoints.scope.iter().cloned().map(Scope::new));
    let asked = tokio::select! {
        asked = request.request_async(&send) => asked,
        () = interrupt.pressed() => return Err(trouble::cut_off()),
    };
    let details: StandardDeviceAuthorizationResponse =
        asked.map_err(|error| trouble::explain(&client.provider, &error, &secrets))?;
    let life = wait.map_or_else(|| details.expires_in(), |wait| wait.min(details.expires_in()));
    output.note(&format!("in any browser, open  {}", clean(details.verification_uri().as_str())));
    output.note(&format!("and enter this code:  {}", clean(details.user_code().secret())));
    output.note(&format!("within {}; Ctrl-C breaks off", duration(life)));
    let poll = basic.exchange_device_access_token(&details).set_max_backoff_interval(MAX_BACKOFF);
    let answer = tokio::select! {
        answer = tokio::time::timeout(life, poll.request_async(&send, sleep, None)) => answer,
        () = interrupt.pressed() => return Err(trouble::cut_off()),
    };
    let answer = answer.map_err(|_| {
        Problem::new(Exit::Auth, "oauth", "the code was not entered in time").next("run the same command again")
    })?;
    answer
        .map(|answer| client.grant(&answer, None))
        .map_err(|error| trouble::explain(&client.provider, &error, &secrets))
}
