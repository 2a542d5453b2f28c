//! [`Choice`]: what a request asks for, checked against what the configuration lets pages choose.

use std::collections::BTreeSet;

use rtmcp::{
    Config, Realtime,
    mcp::ServerConfig,
    router::{RouterConfig, ServerRules},
};
use rtmcp_api::{EndpointKind, ProblemCode, Server, Setup};
use rtmcp_core::{Private, ServerName, session::Voice};

use super::{
    config::{BackendConfig, NamedEndpoint},
    own,
    refusal::Refusal,
    scrub::Scrub,
};

/// What a session is made of.
#[derive(Debug)]
pub(super) struct Choice {
    /// The endpoint's name.
    pub(super) endpoint: String,
    /// The endpoint, with the key and the session that are asked for.
    pub(super) realtime: Realtime,
    /// Servers and rules; none where they are just the configured ones.
    pub(super) servers: Option<(Vec<ServerConfig>, RouterConfig)>,
    /// Knows the secrets of all that.
    pub(super) scrub: Scrub,
}

impl Choice {
    /// Checks a request.
    pub(super) fn new(config: &BackendConfig, setup: &Setup) -> Result<Self, Refusal> {
        let endpoint = endpoint(config, setup.endpoint.as_deref())?;
        let realtime = realtime(config, endpoint, setup)?;
        let servers = match &setup.servers {
            Some(wanted) => Selection::new(config, wanted)?.into_parts(config),
            None => None,
        };
        let used = servers.as_ref().map_or(&config.servers, |(it, _)| it);
        Ok(Self {
            scrub: Scrub::new(Some(&realtime), used),
            endpoint: endpoint.name.clone(),
            realtime,
            servers,
        })
    }

    /// Returns the configuration of an agent of its own, where one is needed.
    pub(super) fn own_config(&mut self, config: &BackendConfig) -> Option<Config> {
        let (servers, router) = self.servers.take()?;
        Some(Config {
            realtime: self.realtime.clone(),
            servers,
            router,
            wait_for_tools: config.wait_for_tools,
            calls_per_session: config.calls_per_session,
            proxy: None,
            // A page's own servers aren't the owner's to approve.
            pins: None,
            approvals: config.approvals.clone(),
            safety: config.safety.clone(),
        })
    }
}

fn endpoint<'a>(
    config: &'a BackendConfig,
    name: Option<&str>,
) -> Result<&'a NamedEndpoint, Refusal> {
    let mut endpoints = config.endpoints.iter();
    let found = endpoints.find(|it| name.is_none_or(|name| it.name == name));
    found.ok_or_else(|| {
        let names = config.endpoints.iter().map(|it| it.name.as_str());
        Refusal::bad(format!("there is no such endpoint: {}", one_of(names)))
    })
}

fn realtime(
    config: &BackendConfig,
    endpoint: &NamedEndpoint,
    setup: &Setup,
) -> Result<Realtime, Refusal> {
    let mut realtime = endpoint.realtime.clone();
    if let Some(key) = &setup.key {
        if !config.own_key {
            let message = "this backend takes no keys from pages: leave `key` out";
            return Err(Refusal::forbidden(message));
        }
        realtime.api_key = Some(checked_key(key)?);
    }
    if realtime.api_key.is_none() && endpoint.kind == EndpointKind::Openai {
        let name = &endpoint.name;
        let message = format!("the Realtime endpoint `{name}` needs a key: give one as `key`");
        return Err(Refusal::new(ProblemCode::BadKey, message));
    }
    if let Some(instructions) = &setup.instructions {
        realtime.session.instructions = Some(instructions.clone());
    }
    if let Some(voice) = &setup.voice {
        let audio = realtime.session.audio.get_or_insert_default();
        let output = audio.output.get_or_insert_default();
        output.voice = Some(Voice::Name(voice.clone()));
    }
    Ok(realtime)
}

fn checked_key(key: &Private<String>) -> Result<Private<String>, Refusal> {
    let text = key.expose().trim();
    match !text.is_empty() && text.bytes().all(|it| it.is_ascii_graphic()) {
        true => Ok(Private::from(text)),
        false => Err(Refusal::new(
            ProblemCode::BadKey,
            "`key` is empty or has characters that no key has: copy it again",
        )),
    }
}

/// The servers that are asked for.
#[derive(Debug, Default)]
struct Selection {
    servers: Vec<ServerConfig>,
    rules: Vec<ServerRules>,
}

impl Selection {
    fn new(config: &BackendConfig, wanted: &[Server]) -> Result<Self, Refusal> {
        let limit = config.limits.servers;
        if wanted.len() > limit {
            return Err(Refusal::bad(format!("a call has {limit} servers at most")));
        }
        let mut names = BTreeSet::new();
        let mut selection = Self::default();
        for wanted in wanted {
            if !names.insert(wanted.name.trim()) {
                let message = "two servers have one name: rename one of them";
                return Err(Refusal::bad(message));
            }
            let (server, rules) = server(config, wanted)?;
            selection.servers.push(server);
            selection.rules.push(rules);
        }
        Ok(selection)
    }

    /// Returns servers and rules, unless they are just the configured ones.
    fn into_parts(self, config: &BackendConfig) -> Option<(Vec<ServerConfig>, RouterConfig)> {
        if self.rules == config.router.servers {
            return None;
        }
        let rules = &self.rules;
        let is_allowed = |server: &ServerName, tool: &str| {
            let rules = rules.iter().find(|it| it.name == *server);
            rules.is_some_and(|it| it.allows(tool))
        };
        let routes = config.router.routes.iter();
        let routes = routes.filter(|it| is_allowed(&it.server, &it.tool));
        let routes = routes.cloned().collect();
        let servers = self.rules;
        let offer = config.router.offer.clone();
        let router = RouterConfig {
            servers,
            routes,
            offer,
            // All of them, so that each keeps its number.
            approvals: config.router.approvals.clone(),
            redact: config.router.redact.clone(),
        };
        Some((self.servers, router))
    }
}

/// Returns a server that is asked for, and the rules for it.
pub(super) fn server(
    config: &BackendConfig,
    wanted: &Server,
) -> Result<(ServerConfig, ServerRules), Refusal> {
    let configured = config.servers.iter();
    // As names of a page's own are trimmed too: none may pass for a configured one.
    let mut configured = configured.filter(|it| it.name.as_str() == wanted.name.trim());
    let Some(server) = configured.next() else {
        return own::server(config, wanted);
    };
    if wanted.url.is_some() || wanted.transport.is_some() || !wanted.headers.is_empty() {
        let message = "a configured server is where its owner says: leave `url`, `transport` and \
                       `headers` out, or give your own server another name";
        return Err(Refusal::forbidden(message));
    }
    let mut rules = config.router.servers.iter();
    let rules = rules.find(|it| it.name == server.name);
    let mut rules = rules
        .cloned()
        .unwrap_or_else(|| ServerRules::new(server.name.clone()));
    narrow(&mut rules, wanted.allow.as_deref());
    Ok((server.clone(), rules))
}

/// Leaves out what a page doesn't want. What the owner doesn't allow stays so.
fn narrow(rules: &mut ServerRules, wanted: Option<&[String]>) {
    let Some(wanted) = wanted else { return };
    let allowed = wanted.iter().filter(|it| rules.allows(it));
    let allowed: Vec<_> = allowed.cloned().collect();
    rules.allow = Some(allowed);
}

/// Says what can be chosen.
pub(super) fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.map(|it| format!("`{it}`")).collect();
    match names.as_slice() {
        [] => "there is none to choose".to_owned(),
        names => format!("choose one of {}", names.join(", ")),
    }
}
