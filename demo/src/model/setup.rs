//! [`Setup`]: what the next call is made of: an endpoint, a key, servers and their tools.

pub mod form;
pub mod server;

use rtmcp_api::{Endpoint, EndpointKind, KeyState, Server, Settings, Tools};
use rtmcp_core::Private;

use super::{
    Effect, Model,
    trouble::{Failure, Trouble},
};
pub use form::{Form, OwnServer};
pub use server::{Choice, Listing, ToolAct};

/// What the next call is made of.
#[derive(Debug, Default)]
pub struct Setup {
    /// What there is to choose from.
    pub offer: Offer,
    /// The name of the endpoint that was chosen.
    pub endpoint: String,
    /// A key of the person's own.
    pub key: Private<String>,
    /// What the model is told about its part; empty for what is configured.
    pub instructions: Private<String>,
    /// The servers, configured ones first.
    pub servers: Vec<Choice>,
    /// The form for a server of one's own.
    pub form: OwnServer,
}

/// What there is to choose from.
#[derive(Debug, Default)]
pub enum Offer {
    /// The backend hasn't said yet.
    #[default]
    Loading,
    /// This.
    Known(Settings),
    /// The backend doesn't say.
    Failed(Trouble),
}

/// What tools take of the model's context, in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// All functions together.
    pub tokens: usize,
    /// What they may.
    pub budget: usize,
}

impl Setup {
    /// Returns what there is to choose from, once that is known.
    pub const fn settings(&self) -> Option<&Settings> {
        match &self.offer {
            Offer::Known(settings) => Some(settings),
            Offer::Loading | Offer::Failed(_) => None,
        }
    }

    /// Returns the endpoint that was chosen.
    pub fn chosen(&self) -> Option<&Endpoint> {
        let endpoints = &self.settings()?.endpoints;
        endpoints
            .iter()
            .find(|endpoint| endpoint.name == self.endpoint)
    }

    /// Tells whether a key may be typed for the endpoint that was chosen.
    pub fn takes_key(&self) -> bool {
        let own_key = self.settings().is_some_and(|settings| settings.own_key);
        let simulated = |endpoint: &Endpoint| endpoint.kind == EndpointKind::Simulator;
        own_key && self.chosen().is_some_and(|endpoint| !simulated(endpoint))
    }

    /// Tells whether a key must be typed before a call can begin.
    pub fn key_missing(&self) -> bool {
        let wanted = |endpoint: &Endpoint| endpoint.key == KeyState::Wanted;
        self.chosen().is_some_and(wanted) && self.key.expose().trim().is_empty()
    }

    /// Returns how many tools the model may call, of those that are known.
    pub fn allowed_tools(&self) -> usize {
        let used = self.servers.iter().filter(|choice| choice.used);
        used.map(|choice| choice.listing.allowed()).sum()
    }

    /// Returns what the tools that the model may call take of its context, once a server has listed
    /// its own.
    pub fn cost(&self) -> Option<Cost> {
        let used = self.servers.iter().filter(|choice| choice.used);
        let listings: Vec<&Listing> = used.map(|choice| &choice.listing).collect();
        let budgets = listings.iter().filter_map(|listing| listing.budget());
        Some(Cost {
            tokens: listings.iter().map(|listing| listing.tokens()).sum(),
            budget: budgets.max()?,
        })
    }

    /// Returns what the backend is asked for.
    pub(super) fn request(&self) -> rtmcp_api::Setup {
        let key = self.key.expose().trim();
        let instructions = Some(&self.instructions);
        let used = self.servers.iter().filter(|choice| choice.used);
        rtmcp_api::Setup {
            endpoint: Some(self.endpoint.clone()).filter(|name| !name.is_empty()),
            key: (self.takes_key() && !key.is_empty()).then(|| Private::from(key)),
            servers: Some(used.map(Choice::request).collect()),
            instructions: instructions
                .filter(|text| !text.expose().trim().is_empty())
                .cloned(),
            voice: None,
        }
    }

    pub(super) fn loading(&mut self) {
        if matches!(self.offer, Offer::Failed(_)) {
            self.offer = Offer::Loading;
        }
    }

    /// Takes another endpoint; a key is for one endpoint only.
    pub(super) fn choose(&mut self, name: &str) {
        if self.endpoint != name {
            name.clone_into(&mut self.endpoint);
            self.key = Private::default();
        }
    }

    pub(super) fn set_key(&mut self, key: Private<String>) {
        self.key = key;
    }

    /// Adds the server that the form describes, and asks for its tools.
    pub(super) fn add(&mut self) -> Option<Effect> {
        let taken: Vec<String> = self.servers.iter().map(|it| it.name.clone()).collect();
        match self.form.server(&taken) {
            Ok(server) => {
                let same = |it: &Choice| it.own.as_ref().is_some_and(|own| own.url == server.url);
                let name = if let Some(known) = self.servers.iter_mut().find(|it| same(it)) {
                    // The address is known: what is new are the headers or the transport.
                    known.own = Some(Server {
                        name: known.name.clone(),
                        ..server
                    });
                    known.name.clone()
                } else {
                    let name = server.name.clone();
                    self.servers.push(Choice::own(server));
                    name
                };
                self.form = OwnServer::default();
                self.load(&name)
            }
            Err(trouble) => {
                self.form.trouble = Some(trouble);
                None
            }
        }
    }

    /// Asks for the tools of a server.
    pub(super) fn load(&mut self, name: &str) -> Option<Effect> {
        let choice = self.choice_mut(name)?;
        choice.listing.begin();
        let server = choice.server();
        Some(Effect::LoadTools {
            server: choice.name.clone(),
            request: Box::new(rtmcp_api::ToolsRequest { server }),
        })
    }

    pub(super) fn use_server(&mut self, name: &str, on: bool) -> Option<Effect> {
        let choice = self.choice_mut(name)?;
        choice.used = on;
        let unknown = on && matches!(choice.listing, Listing::Unknown);
        if unknown { self.load(name) } else { None }
    }

    pub(super) fn forget(&mut self, name: &str) {
        self.servers
            .retain(|choice| choice.own.is_none() || choice.name != name);
    }

    pub(super) fn change_tools(&mut self, name: &str, act: ToolAct) {
        if let Some(choice) = self.choice_mut(name) {
            choice.listing.change(act);
        }
    }

    fn choice_mut(&mut self, name: &str) -> Option<&mut Choice> {
        self.servers.iter_mut().find(|choice| choice.name == name)
    }
}

impl Model {
    /// The backend said what there is: choose the first endpoint, and list the configured servers.
    pub(super) fn settings(&mut self, answer: Result<Settings, Failure>) {
        let settings = match answer {
            Ok(settings) => settings,
            Err(failure) => {
                self.setup.offer = Offer::Failed(failure.into());
                return;
            }
        };
        let setup = &mut *self.setup;
        let known = |name: &str| settings.endpoints.iter().any(|it| it.name == name);
        if !known(&setup.endpoint) {
            let first = settings.endpoints.first();
            setup.endpoint = first.map(|it| it.name.clone()).unwrap_or_default();
        }
        setup.servers.retain(|choice| choice.own.is_some());
        let configured = settings.servers.iter().map(Choice::configured);
        setup.servers.splice(0..0, configured);
        let names: Vec<String> = settings.servers.iter().map(|it| it.name.clone()).collect();
        setup.offer = Offer::Known(settings);
        for name in names {
            let loading = self.setup.load(&name);
            self.effects.extend(loading);
        }
    }

    pub(super) fn tools(&mut self, server: &str, answer: Result<Tools, Failure>) {
        if let Some(choice) = self.setup.choice_mut(server) {
            choice.listing.end(answer);
        }
    }
}
