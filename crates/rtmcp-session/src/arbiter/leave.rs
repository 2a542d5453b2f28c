//! What becomes of wishes when the connection is gone that they were told over.

use super::Arbiter;

impl Arbiter {
    /// Nothing more comes of what was asked for, and nobody else knows of it: what is wanted is to be
    /// asked for anew, over another connection to an empty conversation.
    ///
    /// `calls` says that the response being written has made calls: then the reply is the one that
    /// comes after them. Otherwise more was to come of it, also where all that came was whole. Returns
    /// whether the answer starts over.
    pub(crate) fn leave(&mut self, calls: bool) -> bool {
        let mut starts_over = false;
        if let Some(active) = self.active.take() {
            let perhaps = self.asked.as_ref().and_then(|it| it.perhaps.as_ref());
            let doubtful = perhaps == Some(&active.id);
            if calls || active.stopped {
                self.asked.take_if(|_| doubtful);
            } else if let Some(wish) = active.answers.filter(|it| !it.fills) {
                starts_over = true;
                // Where it is the one that was asked for, that is put back below.
                if !doubtful {
                    self.put_back(wish);
                }
            }
        }
        if let Some(asked) = self.asked.take_if(|asked| !asked.stopped) {
            self.ask_again(asked);
        }
        let unanswered = self.person_waits && !self.accompanies;
        self.rest();
        if unanswered {
            self.want([]);
        }
        starts_over
    }

    /// The conversation goes on where nobody looks: what the endpoint was asked for or does by
    /// itself is done there, and what may not have reached it is asked for again.
    pub(crate) fn look_away(&mut self) {
        if let Some(asked) = self.asked.take_if(|asked| !asked.stopped) {
            self.ask_again(asked);
        }
        self.rest();
    }

    /// The person stops what they can't hear yet.
    pub(crate) fn stop_all(&mut self) {
        self.forgo();
        self.special.retain(|wish| wish.asked_as.is_empty());
    }

    /// The conversation has all that replies must have seen, or never will.
    pub(crate) fn all_seen(&mut self) {
        let wishes = self.wanted.iter_mut().chain(&mut self.special);
        wishes.for_each(|wish| wish.unseen.clear());
    }

    fn rest(&mut self) {
        self.active = None;
        self.asked = None;
        self.person_speaks = false;
        self.person_waits = false;
        self.own_reply_due = false;
        self.waits = false;
        self.refusals = 0;
    }
}
