//! What a session does as soon as it becomes possible: gives pictures, asks for replies.

use rtmcp_core::{EventId, Private, ReplyMode, ResponseParams};

use crate::{Phase, Session, ledger::Settled, scope::Scope, texts, timer::Timer};

/// Characters of what the model said together with a call, from which on it may have been an answer
/// that must not be given twice. Fewer announce the call, as "one moment, please" does; and a reply
/// with instructions of its own costs more, as the endpoint has to read the session anew for it.
const AN_ANSWER: usize = 60;

impl Session {
    /// Does what has become possible: new tools, replies to settled batches, one request.
    pub(crate) fn settle(&mut self) {
        if self.phase != Phase::Ready {
            return;
        }
        self.want_settled();
        let quiet = self.arbiter.active().is_none() && !self.arbiter.is_asking();
        if quiet && let Some(tools) = self.new_tools.take() {
            self.offer(tools);
        }
        self.connect_if_due();
        self.cut_for_reply();
        self.ask();
        self.fill_silence();
    }

    /// Wants a reply to every batch of calls that is over, and shows the model the pictures first.
    pub(crate) fn want_settled(&mut self) {
        for settled in self.ledger.take_settled() {
            let Settled {
                response,
                mut unseen,
                reply,
                images,
            } = settled;
            for picture in images {
                let (event_id, item_id) = (self.event_id(), self.aside_id());
                let mut message = picture.into_message();
                message.id = Some(item_id.clone());
                self.give(event_id, message.into());
                unseen.insert(item_id);
            }
            if reply != ReplyMode::Silent {
                self.said = self.responses.said(&response).cloned();
            }
            self.arbiter.want_as(reply, unseen);
        }
    }

    /// Ends what the model says, where a reply is wanted that can't wait. A response that is writing
    /// a call is let finish: the call would be lost.
    fn cut_for_reply(&mut self) {
        let Some(response) = self.arbiter.to_cut().cloned() else {
            return;
        };
        if !self.ledger.is_writing_call(&response) {
            self.arbiter.cut();
            self.cancel(Some(response.clone()));
            self.responses.cut(&response);
            self.silence();
        }
    }

    /// Asks for a reply, if one is wanted and may be asked for.
    fn ask(&mut self) {
        let idle = !self.sounds() && !self.ledger.works();
        let Some(scope) = self.arbiter.next(idle) else {
            return;
        };
        if self.arbiter.is_urgent() && !self.makes_room() {
            return;
        }
        let event_id = EventId::from(self.next_id(scope.kind()));
        let Some(params) = self.arbiter.ask(&event_id) else {
            return;
        };
        let mut params = params.unwrap_or_else(|| Box::new(ResponseParams::default()));
        if scope == Scope::General && params.instructions.is_none() {
            params.instructions = self.not_twice();
        }
        self.request(event_id, params);
    }

    /// Stops what sounds for a reply that can't wait. Returns whether that can be asked for: where
    /// this side plays, once the player has said what was heard, or a moment later.
    fn makes_room(&mut self) -> bool {
        if !self.plays() {
            if self.sounds() {
                self.silence();
            }
            return true;
        }
        if self.is_audible() {
            self.interrupt();
            let due = self.now + self.options.reply_retry;
            self.timers.set(Timer::ReplyRetry, due);
        }
        !self.heard.is_stopping() || !self.timers.is_set(&Timer::ReplyRetry)
    }

    /// Returns what the reply is told, where the model has said much together with the calls.
    fn not_twice(&self) -> Option<Private<String>> {
        let line = self.transcript.line(self.said.as_ref()?)?;
        let words = line.text.expose();
        let answers = line.cut.is_none() && words.chars().count() >= AN_ANSWER;
        answers.then(|| self.instructed(&texts::already_said(words)))
    }
}
