//! `get_weather`: a small table, and plausible made-up weather for every other city.

use rmcp::handler::server::wrapper::Parameters;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Answer, refused, spoken};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Asked {
    /// Name of the city, for example Paris.
    city: String,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Weather {
    /// The city as it was understood.
    city: String,
    temperature_celsius: i32,
    /// Sky and precipitation in a word or two.
    conditions: String,
    humidity_percent: u32,
    /// Where this comes from: always "sample data".
    source: String,
}

pub(super) fn answer(Parameters(asked): Parameters<Asked>) -> Answer {
    // "Paris, France" is Paris to this table.
    let city = asked.city.split(',').next().unwrap_or_default().trim();
    if city.is_empty() {
        return refused("Which city? Give its name, for example Paris.");
    }
    let weather = weather_in(city);
    spoken(
        format!(
            "{} degrees and {} in {}, according to sample data.",
            weather.temperature_celsius, weather.conditions, weather.city
        ),
        &weather,
    )
}

const KNOWN: [(&str, i32, &str, u32); 12] = [
    ("Berlin", 16, "cloudy", 61),
    ("Cairo", 31, "sunny", 28),
    ("London", 14, "raining lightly", 78),
    ("Madrid", 24, "sunny", 37),
    ("Mumbai", 30, "humid", 82),
    ("New York", 20, "partly cloudy", 55),
    ("Paris", 18, "sunny", 52),
    ("Reykjavik", 3, "snowing", 81),
    ("Rome", 22, "sunny", 49),
    ("San Francisco", 15, "foggy", 86),
    ("Sydney", 19, "windy", 58),
    ("Tokyo", 21, "clear", 60),
];

fn weather_in(city: &str) -> Weather {
    let known = KNOWN
        .iter()
        .find(|(name, ..)| name.eq_ignore_ascii_case(city));
    let (city, temperature_celsius, conditions, humidity_percent) =
        known.copied().unwrap_or_else(|| invented(city));
    Weather {
        city: city.to_owned(),
        temperature_celsius,
        conditions: conditions.to_owned(),
        humidity_percent,
        source: "sample data".to_owned(),
    }
}

/// The same weather for the same name on every machine and in every version: no snow above
/// freezing, no drizzle in the dry.
fn invented(city: &str) -> (&str, i32, &'static str, u32) {
    const MILD: [&str; 5] = [
        "sunny",
        "partly cloudy",
        "cloudy",
        "windy",
        "raining lightly",
    ];
    let hash = fnv1a(&city.to_lowercase());
    let temperature = (hash % 34) as i32 - 4;
    let humidity = 35 + (hash >> 16) as u32 % 55;
    let conditions = if temperature <= 0 {
        "snowing"
    } else {
        // Rain is the last entry: left out when the air is dry.
        let choices = if humidity < 50 {
            MILD.len() - 1
        } else {
            MILD.len()
        };
        MILD[(hash >> 32) as usize % choices]
    };
    (city, temperature, conditions, humidity)
}

/// FNV-1a: short, and fixed for all time, which the standard hasher doesn't promise.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::weather_in;

    #[test]
    fn a_city_is_known_however_it_is_written() {
        assert_eq!(weather_in("PARIS").city, "Paris");
        assert_eq!(weather_in("new york").temperature_celsius, 20);
    }

    #[test]
    fn invented_weather_is_plausible_and_stays_the_same() {
        for city in ["Oslo", "Lima", "Ulm", "Springfield", "Zürich", "Nowhere"] {
            let weather = weather_in(city);
            assert!(
                (-4..=29).contains(&weather.temperature_celsius),
                "{weather:?}"
            );
            assert!((35..90).contains(&weather.humidity_percent), "{weather:?}");
            assert_eq!(
                weather.conditions == "snowing",
                weather.temperature_celsius <= 0,
                "{weather:?}"
            );
        }
        let oslo = weather_in("Oslo");
        let again = weather_in("oslo");
        assert_eq!(oslo.temperature_celsius, again.temperature_celsius);
        assert_eq!(oslo.conditions, again.conditions);
    }
}
