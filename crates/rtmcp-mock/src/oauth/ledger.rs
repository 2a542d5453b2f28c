//! [`Ledger`]: the clients, codes and tokens that are out.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use super::Counts;

/// What was given out.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) counts: Counts,
    /// What each token must allow.
    pub(super) required: Vec<String>,
    /// The ways back of each client.
    pub(super) clients: HashMap<String, Vec<String>>,
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Refresh>,
}

/// A code that waits to be redeemed.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) client: String,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) resource: String,
    pub(super) scopes: Vec<String>,
}

struct Access {
    family: u64,
    scopes: Vec<String>,
    until: Instant,
}

struct Refresh {
    family: u64,
    client: String,
    scopes: Vec<String>,
    is_used: bool,
}

/// A pair of tokens.
pub(super) struct Given {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) scopes: Vec<String>,
}

impl Ledger {
    pub(super) fn register(&mut self, ways_back: Vec<String>) -> String {
        self.counts.registered += 1;
        let id = random("client");
        self.clients.insert(id.clone(), ways_back);
        id
    }

    pub(super) fn code(&mut self, code: Code) -> String {
        let name = random("code");
        self.codes.insert(name.clone(), code);
        name
    }

    /// Takes a code out: it works once.
    pub(super) fn take_code(&mut self, name: &str) -> Option<Code> {
        self.codes.remove(name)
    }

    pub(super) fn sign_in(&mut self, code: &Code, lifetime: Duration) -> Given {
        self.counts.signed_in += 1;
        let family = RandomState::new().build_hasher().finish();
        self.give(family, &code.client, code.scopes.clone(), lifetime)
    }

    /// Exchanges a refresh token. One that is used twice was stolen from one of the two: all that
    /// came of the same sign-in ends.
    pub(super) fn refresh(
        &mut self,
        token: &str,
        client: &str,
        lifetime: Duration,
    ) -> Option<Given> {
        let Some(held) = self
            .refresh
            .get_mut(token)
            .filter(|held| held.client == client)
        else {
            self.counts.refused += 1;
            return None;
        };
        let (family, scopes) = (held.family, held.scopes.clone());
        if held.is_used {
            self.counts.refused += 1;
            self.refresh.retain(|_, held| held.family != family);
            self.access.retain(|_, held| held.family != family);
            return None;
        }
        held.is_used = true;
        self.counts.refreshed += 1;
        Some(self.give(family, client, scopes, lifetime))
    }

    pub(super) fn scopes_of(&self, token: &str) -> Option<&[String]> {
        let held = self.access.get(token)?;
        (held.until > Instant::now()).then_some(held.scopes.as_slice())
    }

    pub(super) fn revoke(&mut self) {
        self.access.clear();
    }

    pub(super) fn revoke_refresh(&mut self) {
        self.refresh.clear();
    }

    fn give(
        &mut self,
        family: u64,
        client: &str,
        scopes: Vec<String>,
        lifetime: Duration,
    ) -> Given {
        let given = Given {
            access: random("access"),
            refresh: random("refresh"),
            scopes: scopes.clone(),
        };
        let access = Access {
            family,
            scopes: scopes.clone(),
            until: Instant::now() + lifetime,
        };
        let refresh = Refresh {
            family,
            client: client.to_owned(),
            scopes,
            is_used: false,
        };
        self.access.insert(given.access.clone(), access);
        self.refresh.insert(given.refresh.clone(), refresh);
        given
    }
}

/// Nobody on this machine guesses it, and nobody else gets here.
fn random(what: &str) -> String {
    let part = || RandomState::new().build_hasher().finish();
    format!("mock-{what}-{:016x}{:016x}", part(), part())
}
