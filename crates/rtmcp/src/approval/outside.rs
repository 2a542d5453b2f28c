//! [`Outside`]: who else decides about the calls of a session, and what is written down of it.

use std::{collections::HashMap, sync::Arc};

use rtmcp_core::{CallId, Private, SessionId};
use rtmcp_router::{ApprovalRequest, AuditLine, Channel, Digest, Redaction};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    audit::AuditFile,
    webhook::{self, Caller, Told},
};
use crate::{Config, Handle, tools::News};

/// Who else decides about the calls of a session, and what is written down of it.
#[derive(Debug)]
pub(crate) struct Outside {
    config: Arc<Config>,
    /// The session, as the endpoint names it, or its call.
    session: Option<String>,
    /// By which whoever has a token decides.
    handle: Handle,
    news: mpsc::UnboundedSender<News>,
    caller: Option<Result<Caller, String>>,
    asked: HashMap<CallId, Asked>,
    audit: Option<AuditFile>,
}

/// A webhook that was asked.
#[derive(Debug)]
struct Asked {
    stop: CancellationToken,
    token: Option<Private<String>>,
    id: String,
}

impl Outside {
    pub(crate) fn new(
        config: &Arc<Config>,
        handle: Handle,
        news: mpsc::UnboundedSender<News>,
    ) -> Self {
        let settings = &config.approvals;
        Self {
            session: handle.call_id().map(ToString::to_string),
            handle,
            news,
            caller: settings.webhook.as_ref().map(Caller::new),
            asked: HashMap::new(),
            audit: settings.audit.as_ref().map(|audit| {
                // The router has compiled the same rules.
                let redaction = Redaction::new(&config.router.redact).unwrap_or_default();
                AuditFile::new(audit, redaction)
            }),
            config: Arc::clone(config),
        }
    }

    /// The endpoint has a name for the session. A call keeps its own, by which others know it.
    pub(crate) fn name_session(&mut self, id: &SessionId) {
        self.session.get_or_insert_with(|| id.to_string());
    }

    /// Asks the webhook, where it may decide.
    pub(crate) fn ask(&mut self, request: &ApprovalRequest) {
        let caller = match &self.caller {
            Some(caller) if request.channels.contains(&Channel::Webhook) => caller.clone(),
            _ => return,
        };
        let call_id = request.call_id.clone();
        let asked = caller.and_then(|caller| Ok((caller, random()?, random()?)));
        let (caller, id, token) = match asked {
            Ok(asked) => asked,
            Err(error) => return self.not_asked(call_id, error),
        };
        let token = Private::new(token);
        let decide_url = caller.decide_url(&token);
        let token = decide_url.is_some().then_some(token);
        if let Some(token) = &token {
            let handle = self.handle.clone();
            let tickets = &self.config.approvals.tickets;
            tickets.issue(token.clone(), handle, call_id.clone(), request.hash);
        }
        let body = webhook::requested(request, self.session.as_deref(), decide_url.as_ref());
        let until = Instant::now() + request.expires();
        let stop = CancellationToken::new();
        let asked = Asked {
            stop: stop.clone(),
            token,
            id: id.clone(),
        };
        self.asked.insert(call_id.clone(), asked);
        let (news, body, hash) = (self.news.clone(), Private::new(body), request.hash);
        tokio::spawn(stop.run_until_cancelled_owned(async move {
            let tell = |told| {
                // A session that is gone needs no news.
                let _ = news.send(news_of(&call_id, hash, told));
            };
            caller.ask(&id, body.expose(), until, tell).await;
        }));
    }

    /// A call doesn't wait any more: nobody is asked about it any longer, and it is written down.
    pub(crate) fn over(&mut self, line: &AuditLine) {
        let session = self.session.as_deref();
        if let Some(audit) = &mut self.audit {
            audit.write(line, session);
        }
        let Some(asked) = self.asked.remove(&line.call_id) else {
            return;
        };
        asked.stop.cancel();
        if let Some(token) = &asked.token {
            self.config.approvals.tickets.revoke(token);
        }
        if let Some(Ok(caller)) = &self.caller
            && line.channel != Some(Channel::Webhook)
        {
            let (caller, body) = (caller.clone(), webhook::over(line, session));
            let id = format!("{}-over", asked.id);
            tokio::spawn(async move { caller.tell(&id, &body).await });
        }
    }

    /// Ends with the session: all is written down.
    pub(crate) async fn end(&mut self) {
        for (_, asked) in self.asked.drain() {
            asked.stop.cancel();
            if let Some(token) = &asked.token {
                self.config.approvals.tickets.revoke(token);
            }
        }
        if let Some(audit) = &mut self.audit {
            audit.end().await;
        }
    }

    fn not_asked(&self, call_id: CallId, message: String) {
        let _ = self.news.send(News::NotAsked {
            call_id,
            channel: Channel::Webhook,
            message,
        });
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.asked.values().for_each(|it| it.stop.cancel());
    }
}

fn news_of(call_id: &CallId, hash: Digest, told: Told) -> News {
    let call_id = call_id.clone();
    match told {
        Told::Decided(verdict) => {
            // It is about what was asked, also where it doesn't say so: the call may be another one
            // by the time that it is heard.
            let mut decision = verdict.decision(call_id);
            decision.hash.get_or_insert(hash);
            News::Decided(Box::new(decision))
        }
        Told::Trouble(message) => News::NotAsked {
            call_id,
            channel: Channel::Webhook,
            message,
        },
    }
}

/// Makes a name that nobody can guess.
fn random() -> Result<String, String> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random numbers are left: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_webhook_answers_is_about_what_it_was_asked() {
        let asked = Digest::of(&json!({"amount": 5}));
        let other = Digest::of(&json!({"amount": 500}));
        for (said, hash) in [
            (json!({"approve": true}), asked),
            (json!({"approve": true, "hash": other}), other),
        ] {
            let told = Told::Decided(Box::new(serde_json::from_value(said).unwrap()));
            let News::Decided(decision) = news_of(&"call_1".into(), asked, told) else {
                panic!("a decision");
            };
            assert_eq!(decision.hash, Some(hash));
        }
    }
}
