//! `realtime.gateway` as it is written: `true`, or a table.

use std::{fmt, net::IpAddr};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::field;
use crate::config::{ConfigError, Gateway};

/// Whether calls are answered here, and how.
#[derive(Debug)]
pub(super) enum RawGateway {
    Switch(bool),
    Table(Table),
}

// Not untagged: that would lose which word is wrong.
impl<'de> Deserialize<'de> for RawGateway {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = RawGateway;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`true`, `false` or `{ addresses = [\"203.0.113.7\"] }` for `realtime.gateway`")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<RawGateway, E> {
        Ok(RawGateway::Switch(on))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawGateway, A::Error> {
        Table::deserialize(MapAccessDeserializer::new(map)).map(RawGateway::Table)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    addresses: Vec<String>,
}

impl RawGateway {
    pub(super) fn resolve(self) -> Result<Option<Gateway>, ConfigError> {
        let table = match self {
            Self::Switch(on) => return Ok(on.then(Gateway::default)),
            Self::Table(table) => table,
        };
        let addresses = table.addresses.iter().map(|text| address(text));
        let addresses = addresses.collect::<Result<Vec<_>, _>>()?;
        let mixed = addresses
            .windows(2)
            .any(|it| it[0].is_ipv4() != it[1].is_ipv4());
        if mixed {
            let trouble = "name addresses of one family: all IPv4, or all IPv6";
            return Err(field("realtime.gateway.addresses", trouble));
        }
        Ok(Some(Gateway { addresses }))
    }
}

fn address(text: &str) -> Result<IpAddr, ConfigError> {
    let address: Option<IpAddr> = text.parse().ok();
    let address = address.filter(|it| !it.is_unspecified());
    address.ok_or_else(|| {
        let trouble = format!("`{text}` is no address of a host: write it like `203.0.113.7`");
        field("realtime.gateway.addresses", trouble)
    })
}
