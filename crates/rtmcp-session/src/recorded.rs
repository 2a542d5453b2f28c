//! How the types of this crate are written down where serde's own way won't do.

/// A span of time as whole microseconds, the unit of [`Timestamp`](rtmcp_core::Timestamp).
pub(crate) mod micros {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(span.as_micros()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_micros)
    }
}

/// An item and how much of it was heard.
pub(crate) mod heard {
    use std::time::Duration;

    use rtmcp_core::ItemId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::micros;

    #[derive(Serialize, Deserialize)]
    struct Heard {
        item_id: ItemId,
        #[serde(with = "micros")]
        played: Duration,
    }

    pub(crate) fn serialize<S: Serializer>(
        heard: &Option<(ItemId, Duration)>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let heard = heard.clone();
        let heard = heard.map(|(item_id, played)| Heard { item_id, played });
        heard.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<(ItemId, Duration)>, D::Error> {
        let heard = Option::<Heard>::deserialize(from)?;
        Ok(heard.map(|heard| (heard.item_id, heard.played)))
    }
}

/// An event of the endpoint, as it is on the wire.
///
/// One that isn't understood is written with what was wrong with it, as it is read again from
/// something else than the text in which the fault was found. It is known by having no `type`.
pub(crate) mod wire {
    use rtmcp_core::{ServerEvent, Unknown};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Written<U, E> {
        Unknown { not_understood: U },
        Known(E),
    }

    pub(crate) fn serialize<S: Serializer>(event: &ServerEvent, to: S) -> Result<S::Ok, S::Error> {
        let written = match event {
            ServerEvent::Unknown(not_understood) => Written::Unknown { not_understood },
            event => Written::Known(event),
        };
        written.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Box<ServerEvent>, D::Error> {
        let written = Written::<Unknown, Box<ServerEvent>>::deserialize(from)?;
        Ok(match written {
            Written::Unknown { not_understood } => Box::new(ServerEvent::Unknown(not_understood)),
            Written::Known(event) => event,
        })
    }
}
