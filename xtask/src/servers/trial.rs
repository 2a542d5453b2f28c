//! [`Result`]: what `rtmcp tools` and a caller saw of a server.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{
    plan::{Call, Plan, Planned, Way},
    running::Running,
    stage::Stage,
};
use crate::shell;

/// What was seen of one server.
pub(super) struct Result {
    pub(super) name: String,
    pub(super) package: String,
    pub(super) version: String,
    pub(super) transport: String,
    pub(super) know: String,
    /// What it says of itself, and the revision in use.
    pub(super) about: Value,
    /// Milliseconds from its start until its tools were there.
    pub(super) ready: f64,
    pub(super) tools: Tools,
    /// Its tools in its own words.
    pub(super) described: Value,
    pub(super) calls: Vec<Called>,
}

/// The tools of servers, as `rtmcp tools --json` lists them.
pub(super) struct Tools(Vec<Value>);

/// A call that was made.
pub(super) struct Called {
    pub(super) what: String,
    pub(super) function: String,
    /// What the model read.
    pub(super) output: String,
    pub(super) kind: String,
    pub(super) asked: bool,
    pub(super) milliseconds: f64,
    /// What isn't as it should be.
    pub(super) wrong: Vec<String>,
}

/// All servers in one program.
pub(super) struct Together {
    pub(super) servers: usize,
    pub(super) tools: Tools,
}

/// Lists a server alone, and calls its tools.
///
/// # Errors
///
/// When it can't be started or listed, or the calls can't be made at all.
pub(super) fn of(
    server: &Planned,
    version: &str,
    rtmcp: &Path,
    trial: &Path,
    stage: &Stage,
) -> anyhow::Result<Result> {
    let running = Running::start(server, &stage.file(""))?;
    let config = stage.file(&format!("{}.toml", server.name));
    fs::write(&config, configuration(server, running.as_ref()))?;
    let listed = list(rtmcp, &config).with_context(|| format!("{} wasn't listed", server.name))?;
    let calls = stage.file(&format!("{}.json", server.name));
    fs::write(&calls, serde_json::to_vec(&wanted(&server.calls))?)?;
    let mut caller = Command::new(trial);
    let seen = shell::output(caller.arg(&config).arg(&calls).env("RUST_LOG", "off"));
    let seen = seen.with_context(|| format!("the tools of {} weren't called", server.name))?;
    let seen: Value = serde_json::from_str(&seen)?;
    let made = seen["calls"].as_array().into_iter().flatten();
    let made = server.calls.iter().zip(made);
    let ready = seen["ready"][&server.name].as_f64();
    let started = running.map_or(0.0, |it| it.started.as_secs_f64() * 1000.0);
    Ok(Result {
        name: server.name.clone(),
        package: server.package.clone(),
        version: version.to_owned(),
        transport: server.transport.clone(),
        know: server.know.clone(),
        about: listed["servers"][0]["about"].clone(),
        ready: started + ready.context("its tools weren't there for the caller")?,
        tools: Tools::of(&listed),
        described: seen["tools"][&server.name].clone(),
        calls: made
            .map(|(call, made)| Called::of(call, made, stage))
            .collect(),
    })
}

/// Lists all servers at once.
///
/// # Errors
///
/// As [`of`].
pub(super) fn together(plan: &Plan, rtmcp: &Path, stage: &Stage) -> anyhow::Result<Together> {
    let mut text = String::new();
    let mut running = Vec::new();
    for server in &plan.servers {
        let one = Running::start(server, &stage.file(""))?;
        text += &configuration(server, one.as_ref());
        running.extend(one);
    }
    let config = stage.file("all.toml");
    fs::write(&config, text)?;
    let listed = list(rtmcp, &config).context("the servers weren't listed together")?;
    Ok(Together {
        servers: plan.servers.len(),
        tools: Tools::of(&listed),
    })
}

impl Result {
    /// One line for each thing that isn't as it should be.
    pub(super) fn wrong(&self) -> impl Iterator<Item = String> {
        let calls = self.calls.iter();
        calls.flat_map(|call| {
            let place = format!("{}: {}", self.name, call.what);
            call.wrong
                .iter()
                .map(move |wrong| format!("{place}: {wrong}"))
        })
    }
}

impl Tools {
    fn of(listed: &Value) -> Self {
        Self(listed["tools"].as_array().cloned().unwrap_or_default())
    }

    /// How many have a verdict.
    pub(super) fn count(&self, verdict: &str) -> usize {
        let with = self.0.iter().filter(|it| it["verdict"] == verdict);
        with.count()
    }

    /// What they take of the model's context, where it is told.
    pub(super) fn tokens(&self) -> Option<u64> {
        let offered = self.0.iter().filter(|it| !it["function"].is_null());
        offered.map(|it| it["tokens"].as_u64()).sum()
    }

    /// The tools that are not as they came, each with why.
    pub(super) fn remarks(&self) -> Vec<String> {
        let changed = self.0.iter().filter(|it| it["verdict"] != "ok");
        let remark = |it: &Value| {
            let because = it["because"].as_array().into_iter().flatten();
            let because: Vec<&str> = because.filter_map(Value::as_str).collect();
            let verdict = it["verdict"].as_str().unwrap_or_default().replace('_', " ");
            let tool = it["tool"].as_str().unwrap_or_default();
            format!("`{tool}` {verdict}: {}", because.join("; "))
        };
        changed.map(remark).collect()
    }

    /// The tools that have another name for the model.
    pub(super) fn renamed(&self) -> usize {
        let offered = self.0.iter().filter(|it| !it["function"].is_null());
        offered.filter(|it| it["function"] != it["tool"]).count()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Called {
    fn of(call: &Call, made: &Value, stage: &Stage) -> Self {
        let text = |name: &str| made[name].as_str().unwrap_or_default().to_owned();
        let output = text("output");
        let (kind, asked) = (text("kind"), made["asked"].as_bool().unwrap_or_default());
        let mut wrong = Vec::new();
        let mut must = |so: bool, said: String| {
            if !so {
                wrong.push(said);
            }
        };
        must(
            kind == call.ends,
            format!("it ended as `{kind}`, not as `{}`", call.ends),
        );
        must(
            asked == call.asks,
            format!("whether somebody is asked: {asked}"),
        );
        for words in &call.contains {
            let said = format!("the model doesn't read `{words}`, but: {output}");
            must(output.contains(words), said);
        }
        for words in &call.lacks {
            must(
                !output.contains(words),
                format!("the model reads `{words}`"),
            );
        }
        for part in &call.parts {
            let had = made["parts"]
                .as_array()
                .is_some_and(|had| had.iter().any(|it| it == part));
            must(had, format!("the answer has no part `{part}`"));
        }
        Self {
            what: call.what.clone(),
            function: call.function.clone(),
            output: stage.hide(&output),
            kind,
            asked,
            milliseconds: made["milliseconds"].as_f64().unwrap_or_default(),
            wrong,
        }
    }
}

fn wanted(calls: &[Call]) -> Vec<Value> {
    let wanted = |it: &Call| json!({ "function": it.function, "arguments": it.arguments });
    calls.iter().map(wanted).collect()
}

fn list(rtmcp: &Path, config: &Path) -> anyhow::Result<Value> {
    let mut tools = Command::new(rtmcp);
    tools.args(["tools", "--json", "--config"]).arg(config);
    Ok(serde_json::from_str(&shell::output(
        tools.env("RUST_LOG", "off"),
    )?)?)
}

/// A server's part of an `rtmcp.toml`. JSON's strings are TOML's too.
fn configuration(server: &Planned, running: Option<&Running>) -> String {
    let mut toml = format!("[[mcp]]\nname = {}\n", json!(server.name));
    // Writing to a string can't fail.
    let _ = match (&server.way, running) {
        (Way::Command(command), _) => writeln!(toml, "command = {}", json!(command)),
        (_, Some(running)) => writeln!(toml, "url = {}", json!(running.url)),
        (_, None) => Ok(()),
    };
    if let Way::Command(_) = server.way {
        let _ = writeln!(toml, "[mcp.env]");
        for (name, value) in &server.env {
            let _ = writeln!(toml, "{name} = {}", json!(value));
        }
    }
    toml + "\n"
}
