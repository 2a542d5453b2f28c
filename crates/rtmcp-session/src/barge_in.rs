//! What an interruption does to the calls that run.
//!
//! The person interrupts a call when they begin to speak, or press stop, after the call was dispatched
//! and before its reply was wanted: while the model still speaks the turn that made the call, or while
//! the tool works in silence. The moment counts at which the endpoint says that speech began; what is
//! said, and whether the model was heard, doesn't matter. What is typed interrupts nothing, nor does
//! speech while somebody decides about the call: the person may be saying yes.
//!
//! What becomes of the call then is its policy's [`OnBargeIn`](rtmcp_core::OnBargeIn). In every case it
//! gets its one output:
//!
//! | policy | the call | its output | the reply to it |
//! |---|---|---|---|
//! | silent | runs on | what the tool gives | none of its own: the model knows it when it speaks next |
//! | finish | runs on | what the tool gives | as if nothing had happened |
//! | report | runs on | what the tool gives | with the model's next turn, or when the conversation is idle |
//! | cancel | is stopped, on the server too | that it was cancelled | none of its own |
//!
//! A call that gave no answer isn't passed over in silence, whatever its policy: it is reported, as it
//! may have taken effect. Calls of one response get one reply together, as eager as the most eager of them wants it.

use rtmcp_core::Private;

use crate::{CallState, Output, Session, texts};

impl Session {
    /// The person interrupts what the model and its tools do.
    pub(crate) fn interrupt_calls(&mut self) {
        if !self.leads() {
            return;
        }
        for call_id in self.ledger.interrupted() {
            self.cancel_call(&call_id);
        }
    }

    /// Cancels a call for the person, who interrupted it.
    pub(crate) fn cancel_call(&mut self, call_id: &rtmcp_core::CallId) {
        let output = Private::from(texts::INTERRUPTED);
        self.answer(call_id, CallState::Cancelled, output);
        self.outbox.push_back(Output::CancelTool(call_id.clone()));
    }
}
