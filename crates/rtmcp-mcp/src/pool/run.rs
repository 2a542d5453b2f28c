//! One call: a place, a connection, and once more where that is safe.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rtmcp_core::ToolOutcome;
use serde_json::{Map, Value};
use tokio::time::sleep;

use crate::{
    CallError, CallOptions,
    client::Work,
    failure::Failure,
    inbox::Caller,
    offer,
    slot::{Phase, Slot},
};

pub(super) async fn call(
    slot: &Slot,
    tool: &str,
    args: Map<String, Value>,
    mut options: CallOptions,
) -> Result<ToolOutcome, CallError> {
    options.max_total = options.max_total.or(slot.config().max_total);
    let caller = Arc::new(Caller::new(tool, &options));
    let work = Work {
        tool: tool.to_owned(),
        args,
        caller: Arc::clone(&caller),
        dispatched: AtomicBool::new(false),
    };
    let has_place = AtomicBool::new(false);
    let run = async {
        let _place = slot.places.acquire().await;
        has_place.store(true, Ordering::Relaxed);
        run(slot, &work, options.repeatable).await
    };
    let failure = tokio::select! {
        biased;
        () = options.cancel.cancelled() => Failure::Cancelled,
        result = run => return result,
        () = caller.clock.over() => match has_place.load(Ordering::Relaxed) {
            true => Failure::CallTimeout(caller.clock.limit()),
            false => Failure::Busy(slot.config().max_calls),
        },
    };
    let may_have_run = work.dispatched.load(Ordering::Relaxed);
    if may_have_run && matches!(failure, Failure::CallTimeout(_)) {
        doubt(slot);
    }
    Err(CallError::new(slot.error(failure), may_have_run))
}

/// Runs a call, and once more where that is safe: the connection was gone before the server could
/// act on it, or it may be done twice.
async fn run(slot: &Slot, work: &Work, repeatable: bool) -> Result<ToolOutcome, CallError> {
    let failure = match once(slot, work).await? {
        Ok(outcome) => return Ok(outcome),
        Err(failure) => failure,
    };
    let was_not_processed = failure.precedes_processing();
    if !failure.is_passing() || !(was_not_processed || repeatable) {
        return Err(failed(slot, failure));
    }
    // What came with it is more likely to be over in a moment.
    if !failure.is_loss() {
        sleep(PAUSE).await;
    }
    work.dispatched.store(!was_not_processed, Ordering::Relaxed);
    match once(slot, work).await {
        Ok(result) => result.map_err(|failure| failed(slot, failure)),
        // The first one may have.
        Err(error) if !was_not_processed => Err(error.after_dispatch()),
        Err(error) => Err(error),
    }
}

/// Runs a call once; the outer error says that there was no connection for it.
async fn once(slot: &Slot, work: &Work) -> Result<Result<ToolOutcome, Failure>, CallError> {
    let live = slot.live().await;
    let (live, offer) = live.map_err(|error| CallError::new(error, false))?;
    let result = offer::run(&live.client, &offer, work).await;
    match &result {
        // A JSON-RPC error is the answer of a server that works.
        Ok(_) | Err(Failure::Rpc(_)) => slot.worked(),
        Err(failure) if failure.precedes_processing() && failure.is_loss() => {
            live.client.loss().report(failure.clone());
        }
        Err(failure) if failure.is_trouble() => slot.failed(),
        Err(_) => {}
    }
    Ok(result)
}

fn failed(slot: &Slot, failure: Failure) -> CallError {
    if failure == Failure::SignInForMore {
        // The server stays connected: nobody else would tell.
        slot.needs_sign_in();
    }
    let may_have_run = !failure.precedes_processing();
    CallError::new(slot.error(failure), may_have_run)
}

/// Nothing came back in time: is the tool slow, or the connection stuck?
fn doubt(slot: &Slot) {
    if let Phase::Ready(live) = slot.state().phase {
        live.client.loss().doubt();
    }
}

const PAUSE: Duration = Duration::from_millis(250);
