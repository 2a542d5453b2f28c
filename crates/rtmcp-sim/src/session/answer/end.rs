//! [`Ending`]: how a response ends, what it says then, and what follows.

use rtmcp_core::{
    ItemStatus, Response, ResponseStatus, StatusDetails, Timestamp, event::server,
    response::StatusError,
};

use super::{Active, Phase};
use crate::session::{Session, input::duration, turn::nullable};

/// How a response ends.
#[derive(Debug)]
pub(crate) enum Ending {
    Completed,
    /// For this reason.
    Cancelled(&'static str),
    /// For this reason.
    Incomplete(&'static str),
    Failed {
        code: &'static str,
        message: String,
    },
}

impl Session {
    /// Ends a response.
    pub(super) fn end(&mut self, now: Timestamp, mut active: Active, ending: &Ending) {
        self.forget_questions(&active);
        if let Phase::Writing { piece, .. } = &mut active.phase
            && let Some(piece) = piece.take()
        {
            self.close(&mut active, &piece, ItemStatus::Incomplete);
        }
        let (status, details) = ending.describe();
        let usage = self.meter.usage(active.read, active.written);
        let tokens = usage.total_tokens.unwrap_or_default();
        let mut response = self.describe(&active, status);
        response.status_details = details;
        response.output = std::mem::take(&mut active.output);
        response.usage = Some(usage);
        self.out.send(|event_id| server::ResponseDone {
            event_id,
            response: Box::new(response),
            ..Default::default()
        });
        let rate_limits = self.allowance.spend(tokens, now);
        self.out.send(|event_id| server::RateLimitsUpdated {
            event_id,
            rate_limits,
            ..Default::default()
        });
        self.finish_playing(&active.id);
        if active.request.in_conversation {
            self.after(now, &active, ending);
        }
    }

    /// What follows a response of the conversation.
    fn after(&mut self, now: Timestamp, active: &Active, ending: &Ending) {
        if std::mem::take(&mut self.reply_wanted) {
            self.reply();
        } else if matches!(ending, Ending::Completed) {
            match self.playback.as_mut().map(|it| it.then_idle(&active.id)) {
                // It begins once the rest has been heard.
                Some(true) => {}
                Some(false) => self.wait_for_speech(now),
                None => {
                    let from = active.sound_from.unwrap_or(now);
                    let played = from + duration(active.sound_samples);
                    self.wait_for_speech(played.max(now));
                }
            }
        }
    }

    fn forget_questions(&mut self, active: &Active) {
        if let Some(job) = active.waits_for() {
            self.out.abandon(job);
        }
        let out = &mut self.out;
        self.hearings.retain(|job, hearing| {
            let kept = !hearing.is_for(&active.id);
            if !kept {
                out.abandon(*job);
            }
            kept
        });
    }

    pub(super) fn describe(&self, active: &Active, status: ResponseStatus) -> Response {
        let request = &active.request;
        let conversation = request.in_conversation.then(|| self.conversation.clone());
        Response {
            id: active.id.clone(),
            object: Some("realtime.response".to_owned()),
            status,
            conversation_id: nullable(conversation),
            output_modalities: Some(vec![request.modality.clone()]),
            max_output_tokens: Some(request.max_tokens.clone()),
            audio: Some(request.audio()),
            metadata: request.metadata.clone(),
            ..Response::default()
        }
    }
}

impl Ending {
    /// An engine can't do its part.
    pub(super) const fn broken(message: String) -> Self {
        let code = "server_error";
        Self::Failed { code, message }
    }

    fn describe(&self) -> (ResponseStatus, Option<StatusDetails>) {
        let details = |kind, reason: Option<&str>, error| StatusDetails {
            kind: Some(kind),
            reason: reason.map(str::to_owned),
            error,
            ..StatusDetails::default()
        };
        let (status, reason, error) = match self {
            Self::Completed => return (ResponseStatus::Completed, None),
            Self::Cancelled(reason) => (ResponseStatus::Cancelled, Some(*reason), None),
            Self::Incomplete(reason) => (ResponseStatus::Incomplete, Some(*reason), None),
            Self::Failed { code, message } => {
                let error = StatusError {
                    kind: Some((*code).to_owned()),
                    code: Some((*code).to_owned()),
                    message: Some(message.clone()),
                    ..StatusError::default()
                };
                (ResponseStatus::Failed, None, Some(error))
            }
        };
        (status.clone(), Some(details(status, reason, error)))
    }
}
