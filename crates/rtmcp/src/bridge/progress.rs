//! What is done with the progress of a running call.

use rtmcp_core::{CallId, Private};
use rtmcp_mcp::Progress;
use rtmcp_router::Reader;
use rtmcp_session::{Input, ToolNews};

use super::driver::Driver;
use crate::Event;

impl Driver {
    /// A call says how far it is: the application hears it, and the session, which has the model say
    /// the newest words where the call takes long.
    pub(super) fn progressed(&mut self, call_id: CallId, progress: Progress) {
        if let Some(words) = &progress.message {
            let redaction = self.tools.router.redaction();
            let words = redaction.text(Reader::Model, words.expose()).into_owned();
            let message = Some(Private::new(words));
            self.tell(Input::Tool(call_id.clone(), ToolNews::Progress { message }));
        }
        self.notify(Event::ToolProgress { call_id, progress });
    }
}
