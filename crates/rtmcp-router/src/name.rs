//! How a server and a tool become one function name that every endpoint accepts.
//!
//! A name follows from the set of tools alone, never from the order in which servers came up:
//!
//! 1. The owner's own names are taken first.
//! 2. A tool keeps its name where that is legal, no other server has a tool of that name, and it
//!    holds no `__`. The last rule keeps the plain names apart from the qualified ones, so that no
//!    server can take a name that another server's tool has.
//! 3. Else it is `server__tool`. Where both parts are legal this depends on nothing else, and a
//!    split at the first `__` gives the parts back.
//! 4. Illegal characters become `_`. Where that makes two tools of a server alike, the result is
//!    too long, or the split would lie, the name ends with a hash of what it stands for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use rtmcp_core::{FunctionName, ServerName, limits};

/// One tool of one server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ToolRef {
    /// The server.
    pub server: ServerName,
    /// The tool's name there.
    pub tool: String,
}

impl fmt::Display for ToolRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of `{}`", self.tool, self.server)
    }
}

/// Names every tool; `reserved` are the owner's own names.
pub(crate) fn assign(
    tools: &BTreeSet<ToolRef>,
    reserved: &BTreeSet<FunctionName>,
) -> BTreeMap<ToolRef, FunctionName> {
    let bare = count(tools.iter().map(|t| t.tool.as_str()));
    let mangled = count(tools.iter().map(|t| (&t.server, clean(&t.tool))));
    let alone = |t: &ToolRef| mangled.get(&(&t.server, clean(&t.tool))) == Some(&1);

    let mut taken = reserved.clone();
    let mut names = BTreeMap::new();
    let mut rest = Vec::new();
    for tool in tools {
        let plain = if bare.get(tool.tool.as_str()) == Some(&1) && !tool.tool.contains(SEPARATOR) {
            FunctionName::new(&tool.tool).ok()
        } else {
            None
        };
        let name = plain.filter(|n| !reserved.contains(n)).or_else(|| {
            let name = qualified(tool, alone(tool))?;
            (!reserved.contains(&name)).then_some(name)
        });
        match name {
            Some(name) => {
                taken.insert(name.clone());
                names.insert(tool.clone(), name);
            }
            None => rest.push(tool),
        }
    }
    for tool in rest {
        if let Some(name) = (0..=u32::MAX).find_map(|salt| hashed(tool, salt, &taken)) {
            taken.insert(name.clone());
            names.insert(tool.clone(), name);
        }
    }
    names
}

/// Tells whether `spelling` is the server and the tool, joined in any of the ways that models
/// use: `shop.quote`, `shop/quote`, `shop:quote`, `shop__quote`.
pub(crate) fn spells_qualified(tool: &ToolRef, spelling: &str) -> bool {
    let rest = spelling.strip_prefix(tool.server.as_str());
    rest.is_some_and(|rest| {
        let joined = [SEPARATOR, ".", "/", ":"].into_iter();
        joined
            .filter_map(|mark| rest.strip_prefix(mark))
            .any(|name| spells_bare(tool, name))
    })
}

/// Tells whether `spelling` is the tool's name, as it is or made legal.
pub(crate) fn spells_bare(tool: &ToolRef, spelling: &str) -> bool {
    tool.tool == spelling || (!spelling.is_empty() && clean(&tool.tool) == spelling)
}

/// Returns `server__tool` where the split at the first separator gives the server back and no
/// other tool of the server reads the same.
fn qualified(tool: &ToolRef, alone: bool) -> Option<FunctionName> {
    let server = tool.server.as_str();
    let splits = clean(server) == server && !server.contains(SEPARATOR) && !server.ends_with('_');
    let faithful = alone || clean(&tool.tool) == tool.tool;
    if !splits || !faithful || tool.tool.is_empty() {
        return None;
    }
    FunctionName::new(&format!("{server}{SEPARATOR}{}", clean(&tool.tool))).ok()
}

/// Returns a readable beginning and the hash of what the name stands for, unless it is taken.
fn hashed(tool: &ToolRef, salt: u32, taken: &BTreeSet<FunctionName>) -> Option<FunctionName> {
    let mut name = clean(tool.server.as_str());
    name.truncate(SERVER_CHARS);
    name.push_str(SEPARATOR);
    name.push_str(&clean(&tool.tool));
    name.truncate(limits::FUNCTION_NAME_CHARS - 1 - HASH_CHARS);
    let hash = fnv1a(&[
        tool.server.as_str().as_bytes(),
        tool.tool.as_bytes(),
        &salt.to_be_bytes(),
    ]);
    // Folding keeps all 64 bits in play.
    name.push_str(&format!("_{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff)));
    FunctionName::new(&name).ok().filter(|n| !taken.contains(n))
}

/// Replaces every run of illegal characters by one `_`.
fn clean(name: &str) -> String {
    let mut cleaned = String::with_capacity(name.len());
    let mut replaced = false;
    for c in name.chars() {
        let legal = c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if legal {
            cleaned.push(c);
        } else if !replaced {
            cleaned.push('_');
        }
        replaced = !legal;
    }
    cleaned
}

fn count<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}

/// FNV-1a over length-prefixed parts: stable across builds and machines, which the hashers of the
/// standard library don't promise. Nothing rests on it being hard to collide: a name that is
/// taken is salted again.
fn fnv1a(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        let length = (part.len() as u64).to_be_bytes();
        for byte in length.iter().chain(part.iter()) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

/// Stands between server and tool. Two of them, as one is common within names.
const SEPARATOR: &str = "__";

/// Hexadecimal digits of the hash in a name.
const HASH_CHARS: usize = 8;

/// Characters of the server in a name that is hashed: the tool's own words help the model more.
const SERVER_CHARS: usize = 20;
