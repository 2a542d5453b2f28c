//! `POST /api/calls` and `POST /api/token`: calls that the backend leads.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Json, extract::State, http::StatusCode};
use rtmcp::{Agent, Bridge, CallSetup, Config, ConnectError, core::RealtimeCallId};
use rtmcp_api::{Call, CallRequest, CallSource, ProblemCode, Token, TokenRequest};

use super::{
    Common, Shared,
    body::Body,
    choice::Choice,
    diagnostics::Diagnostics,
    lookout::lookout,
    peer::Peer,
    recorder::Ending,
    refusal::Refusal,
    session::{Lead, Running, Session, linger},
    slots::{Full, Slot},
    trouble,
    visitor::{Visitor, random_id},
};

/// Begins a call.
pub(super) async fn create(
    State(backend): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    Extension(peer): Extension<Peer>,
    Body(request): Body<CallRequest>,
) -> Result<(StatusCode, Json<Call>), Refusal> {
    check_source(&request.source)?;
    let choice = Choice::new(&backend.config, &request.setup)?;
    if let CallSource::CallId(_) = &request.source {
        check_has_calls(&choice, "send `sdp`, and the backend answers it")?;
    }
    let opening = Opening {
        slot: CallSlot::take(&backend, &visitor, peer)?,
        source: request.source,
        choice,
        visitor,
    };
    // A task of its own: a page that goes away meanwhile must not leave a call behind that nobody
    // watches over.
    let opened = backend.tasks.spawn(opening.open(Arc::clone(&backend)));
    let opened = opened.await;
    let call = opened.map_err(|_| Refusal::internal("the call could not be opened: try again"))?;
    Ok((StatusCode::CREATED, Json(call?)))
}

/// Mints a key.
pub(super) async fn mint(
    State(backend): State<Shared>,
    Extension(visitor): Extension<Visitor>,
    Body(request): Body<TokenRequest>,
) -> Result<Json<Token>, Refusal> {
    if !backend.config.tokens {
        return Err(Refusal::forbidden(
            "this backend gives no keys away: use `POST /api/calls`, which needs none",
        ));
    }
    let seconds = request.seconds.unwrap_or(60);
    if !(10..=7200).contains(&seconds) {
        return Err(Refusal::bad("`seconds` is between 10 and 7200"));
    }
    let mut choice = Choice::new(&backend.config, &request.setup)?;
    check_has_calls(&choice, "use `POST /api/calls`, which needs no key")?;
    let lead = lead(&backend, &mut choice, &visitor)?;
    let minted = lead.agent().mint(Duration::from_secs(seconds.into())).await;
    lead.end().await;
    let secret =
        minted.map_err(|error| trouble::endpoint(&choice.endpoint, &error, &choice.scrub))?;
    if choice.scrub.finds(secret.value.expose()) {
        let name = &choice.endpoint;
        return Err(Refusal::new(
            ProblemCode::Endpoint,
            format!(
                "the Realtime endpoint `{name}` gives its own key away in place of one for browsers: \
                 use `POST /api/calls`, which needs none"
            ),
        ));
    }
    Ok(Json(Token {
        value: secret.value,
        expires_at: secret.expires_at,
        calls_url: secret.calls_url.into(),
        model: secret.model,
    }))
}

fn check_source(source: &CallSource) -> Result<(), Refusal> {
    match source {
        CallSource::Sdp(offer) if !offer.starts_with("v=0") => Err(Refusal::bad(
            "`sdp` is no offer: send what `createOffer` of the browser made",
        )),
        CallSource::CallId(id) if !is_call_id(id) => Err(Refusal::bad(
            "`call_id` is no name of a call: it stands at the end of the endpoint's `Location`",
        )),
        _ => Ok(()),
    }
}

/// Refuses what only an endpoint can do that has calls of its own.
fn check_has_calls(choice: &Choice, instead: &str) -> Result<(), Refusal> {
    if choice.realtime.gateway.is_none() {
        return Ok(());
    }
    let name = &choice.endpoint;
    Err(Refusal::bad(format!(
        "the Realtime endpoint `{name}` has no calls of its own: {instead}"
    )))
}

/// It becomes a part of addresses, with the key.
pub(super) fn is_call_id(id: &str) -> bool {
    let is_good = |it: u8| it.is_ascii_alphanumeric() || b"_-".contains(&it);
    (1..=128).contains(&id.len()) && id.bytes().all(is_good)
}

/// Returns the agent for what was chosen: the shared one, where the servers are those of all, and
/// nobody signs in to them for themselves.
fn lead(backend: &Common, choice: &mut Choice, visitor: &Visitor) -> Result<Lead, Refusal> {
    if backend.stop.is_cancelled() {
        return Err(Refusal::shutting_down());
    }
    let chosen = choice.own_config(&backend.config);
    let is_chosen = chosen.is_some();
    let mut config = chosen.unwrap_or_else(|| Config {
        realtime: choice.realtime.clone(),
        ..backend.base.clone()
    });
    let is_personal = backend.sign_ins.give(visitor, &mut config.servers);
    match (is_chosen || is_personal).then_some(config) {
        None => {
            let realtime = choice.realtime.clone();
            Ok(Lead::Shared(backend.agent.with_realtime(realtime)))
        }
        Some(config) => Agent::new(with_pins(backend, config)?)
            .map(Lead::Own)
            .map_err(|error| {
                let error = choice.scrub.clean(error.to_string());
                Refusal::bad(format!("the servers can't be used so: {error}"))
            }),
    }
}

/// Holds the tools of an agent of its own to what is approved by now: what is new since this program
/// began is in the file.
fn with_pins(backend: &Common, mut config: Config) -> Result<Config, Refusal> {
    if let (Some(file), Some(pins)) = (&backend.config.pins, &mut config.router.offer.pins) {
        *pins = rtmcp::pins::load(file).map_err(|error| {
            tracing::warn!(%error, "no call without the approved tools");
            Refusal::internal("the backend's list of approved tools can't be read")
        })?;
    }
    Ok(config)
}

/// The right to have a call, until it is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "they are held, not read")]
pub(super) struct CallSlot(Slot<Visitor>, Slot<Peer>);

impl CallSlot {
    /// Lets a visitor have another call, unless the address has many: a new cookie is quickly had.
    fn take(backend: &Common, visitor: &Visitor, peer: Peer) -> Result<Self, Refusal> {
        let own = backend.calls.take(visitor);
        let own = own.map_err(|full| match full {
            Full::Own => {
                let most = backend.config.limits.calls_per_visitor;
                format!(
                    "you have {most} calls already: end one of them, here or in another tab, first"
                )
            }
            Full::All => "the backend has as many calls as it takes: try again later".to_owned(),
        });
        let of_peer = |own| match backend.callers.take(&peer) {
            Ok(of_peer) => Ok(Self(own, of_peer)),
            Err(_) => {
                Err("your address has as many calls as one may have: try again later".to_owned())
            }
        };
        let taken = own.and_then(of_peer);
        taken.map_err(|message| Refusal::too_many(message, LATER))
    }
}

/// When to try again, where nobody knows when a call will end.
const LATER: Duration = Duration::from_secs(10);

/// A call that is being opened.
struct Opening {
    slot: CallSlot,
    source: CallSource,
    choice: Choice,
    visitor: Visitor,
}

impl Opening {
    async fn open(mut self, backend: Shared) -> Result<Call, Refusal> {
        let id = random_id()?;
        let lead = lead(&backend, &mut self.choice, &self.visitor)?;
        let (lookout, seen) = lookout();
        let setup = CallSetup {
            observers: vec![Arc::new(lookout)],
            record: backend.config.record.clone(),
            ..CallSetup::default()
        };
        let is_answered = self.choice.realtime.gateway.is_some();
        let connected = connect(lead.agent(), self.source, is_answered, setup).await;
        let (sdp, call_id, bridge) = match connected {
            Ok(connected) => connected,
            Err(error) => {
                lead.end().await;
                let Choice {
                    endpoint, scrub, ..
                } = &self.choice;
                return Err(trouble::endpoint(endpoint, &error, scrub));
            }
        };
        let call = Call {
            id: id.clone(),
            sdp: sdp.map(|it| self.choice.scrub.clean(it)),
            call_id: self.choice.scrub.clean(call_id.to_string()),
        };
        let limits = &backend.config.limits;
        let diagnostics = Diagnostics::new(limits, self.choice.scrub);
        let session = Session::new(
            id,
            self.visitor,
            diagnostics,
            bridge.handle(),
            Arc::clone(lead.agent().pool()),
        );
        let running = Running {
            endpoint: self.choice.endpoint,
            call_id: (!is_answered).then_some(call_id),
            bridge,
            seen,
            lead,
            slot: self.slot,
            unread: limits.unread,
        };
        start(backend, session, running);
        Ok(call)
    }
}

type Connected = (Option<String>, RealtimeCallId, Bridge);

async fn connect(
    agent: &Agent,
    source: CallSource,
    is_answered: bool,
    setup: CallSetup,
) -> Result<Connected, ConnectError> {
    match source {
        CallSource::Sdp(offer) => {
            let relayed = match is_answered {
                true => agent.answer(&offer, setup).await?,
                false => agent.relay(&offer, setup).await?,
            };
            Ok((Some(relayed.answer), relayed.call_id, relayed.bridge))
        }
        CallSource::CallId(id) => {
            let call_id = RealtimeCallId::from(id);
            agent.settled().await;
            let bridge = agent.attach(&call_id, setup).await?;
            Ok((None, call_id, bridge))
        }
    }
}

/// Lets a session be found, and runs it.
fn start(backend: Shared, session: Arc<Session>, running: Running) {
    backend.sessions.add(&session);
    // Who shuts down ends the sessions that are there: this one may have come right after.
    if backend.stop.is_cancelled() {
        session.end(Ending::Shutdown);
    }
    let tasks = backend.tasks.clone();
    tasks.spawn(async move {
        // A task of its own, so that a fault in it is an end that readers hear of.
        let led = tokio::spawn(running.run(Arc::clone(&session))).await;
        if led.is_err() {
            session.fail();
        }
        backend.sessions.over(&session, backend.config.limits.calls);
        // Its events go with the last reader, where others need the room.
        let id = session.id.clone();
        drop(session);
        let readable = backend.config.limits.readable;
        linger(readable, backend.stop.cancelled()).await;
        backend.sessions.remove(&id);
    });
}
