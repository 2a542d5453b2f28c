//! Which names come nearest to one that doesn't exist.

/// Returns up to three of `names` that resemble `wanted`, nearest first.
///
/// Names are compared without case and with `-` as `_`; a name that holds the other counts as
/// near.
pub(crate) fn names<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let wanted = fold(wanted);
    let mut scored: Vec<(f64, &str)> = names
        .map(|name| (likeness(&wanted, &fold(name)), name))
        .filter(|(score, _)| *score >= NEAR)
        .collect();
    // Equal scores are in the order of the alphabet, so that the same question has one answer.
    scored.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.cmp(y)));
    scored.truncate(SHOWN);
    scored.into_iter().map(|(_, name)| name).collect()
}

fn likeness(a: &str, b: &str) -> f64 {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    if short.len() >= HELD && long.contains(short) {
        return 1.0;
    }
    let typo = strsim::normalized_damerau_levenshtein(a, b);
    // Words in another order, such as `weather_get`.
    typo.max(strsim::sorensen_dice(a, b))
}

fn fold(name: &str) -> String {
    name.chars()
        .take(LENGTH)
        .map(|c| {
            if c == '-' {
                '_'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// The least likeness, of 1: `get_wether` and `weather_get` are near `get_weather`,
/// `get_quote` isn't.
const NEAR: f64 = 0.6;

/// Names that are suggested.
const SHOWN: usize = 3;

/// The least length of a name that another name holds.
const HELD: usize = 4;

/// Characters that are compared: the work is quadratic, and the name is a stranger's.
const LENGTH: usize = 128;
