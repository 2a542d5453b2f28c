//! Requests with a token of their own: asked for as each is sent, and once more where it is refused.

use http::header;
use rtmcp_core::Private;

use super::{HttpClient, clients::sensitive};
use crate::{
    auth::{Authorizer, Challenge, Refusal},
    failure::Failure,
};

impl HttpClient {
    pub(super) async fn send_authorized(
        &self,
        authorizer: &Authorizer,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, Failure> {
        let again = request.try_clone();
        let token = authorizer.token().await?;
        let response = self.send_plain(with(request, token.as_ref())?).await?;
        let Some(first) = refusal(&response, token) else {
            return Ok(response);
        };
        let Some(token) = authorizer.refused(&first).await? else {
            return Ok(response);
        };
        let again = again.ok_or(Failure::Unauthorized(first.status))?;
        let response = self.send_plain(with(again, Some(&token))?).await?;
        match refusal(&response, Some(token)) {
            Some(second) => Err(authorizer.given_up(&second).await),
            None => Ok(response),
        }
    }
}

fn with(
    request: reqwest::RequestBuilder,
    token: Option<&Private<String>>,
) -> Result<reqwest::RequestBuilder, Failure> {
    let Some(token) = token else {
        return Ok(request);
    };
    let value = sensitive(&format!("Bearer {}", token.expose()));
    let value = value.ok_or_else(|| {
        Failure::Config("the token has characters that no header can carry".to_owned())
    })?;
    Ok(request.header(header::AUTHORIZATION, value))
}

fn refusal(response: &reqwest::Response, token: Option<Private<String>>) -> Option<Refusal> {
    let status = response.status().as_u16();
    matches!(status, 401 | 403).then(|| Refusal {
        status,
        challenge: Challenge::read(response.headers()),
        token,
    })
}
