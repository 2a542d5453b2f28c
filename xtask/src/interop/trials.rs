//! [`Trials`]: what each client is put through, as `xtask/interop/trials.json` says.

use std::fs;

use anyhow::Context as _;
use serde_json::Value;

use super::clients::Client;
use crate::workspace;

/// Where a client is led.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Place {
    /// The simulator.
    Sim,
    /// The proxy, in front of the simulator.
    Proxy,
    /// The proxy, which plays the MCP tools that the client asks the endpoint for.
    Native,
}

/// One trial.
#[derive(Debug)]
pub(super) struct Trial {
    /// Where it stands in the file, by which a client finds it.
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) at: Place,
    pub(super) ask: String,
    pub(super) spoken: bool,
    /// Who is put through it, if not all.
    clients: Option<Vec<String>>,
}

/// All trials, in order.
#[derive(Debug)]
pub(super) struct Trials(Vec<Trial>);

impl Trials {
    /// # Errors
    ///
    /// When the file can't be read or isn't what it should be.
    pub(super) fn read() -> anyhow::Result<Self> {
        let file = workspace::root()?.join("xtask/interop/trials.json");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let all: Value = serde_json::from_str(&text)?;
        let trials = all["trials"].as_array().context("it has no trials")?;
        let trials = trials.iter().enumerate().map(|(nth, it)| trial(nth, it));
        let trials = trials.collect::<Option<_>>();
        Ok(Self(trials.context("a trial lacks something")?))
    }

    /// Those of one client.
    pub(super) fn of(&self, client: Client) -> impl Iterator<Item = &Trial> {
        let is_its = move |it: &&Trial| {
            let named = it.clients.as_ref();
            named.is_none_or(|all| all.iter().any(|it| it == client.name()))
        };
        self.0.iter().filter(is_its)
    }
}

fn trial(number: usize, it: &Value) -> Option<Trial> {
    let text = |name: &str| it[name].as_str().map(str::to_owned);
    let clients = it["clients"].as_array().map(|all| {
        let names = all.iter().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    });
    Some(Trial {
        number,
        name: text("name")?,
        at: match it["at"].as_str()? {
            "sim" => Place::Sim,
            "proxy" => Place::Proxy,
            "native" => Place::Native,
            _ => return None,
        },
        ask: text("ask")?,
        spoken: it["spoken"].as_bool().unwrap_or_default(),
        clients,
    })
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::{Client, Place, Trials};

    #[test]
    fn every_client_has_a_typed_and_a_spoken_turn_at_the_simulator_and_through_the_proxy() {
        let trials = Trials::read().unwrap();
        for client in Client::all() {
            for place in [Place::Sim, Place::Proxy] {
                for spoken in [false, true] {
                    let fits = |it: &&super::Trial| it.at == place && it.spoken == spoken;
                    assert!(
                        trials.of(client).any(|it| fits(&it)),
                        "{client:?} {place:?} {spoken}"
                    );
                }
            }
        }
        let places = Place::value_variants().iter();
        assert!(
            places
                .into_iter()
                .all(|place| trials.0.iter().any(|it| it.at == *place))
        );
    }
}
