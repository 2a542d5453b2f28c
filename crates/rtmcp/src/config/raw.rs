//! The TOML as it is written, and how it becomes a [`Config`].

mod approvals;
mod client;
mod gateway;
mod oauth;
mod policy;
mod proxy;
mod redact;
mod safety;
mod tools;
mod words;

use std::{
    collections::BTreeMap,
    fmt::Display,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rtmcp_core::{Duplicates, FunctionName, Nullable, OnBargeIn, Private, ReplyMode};
use rtmcp_mcp::{Endpoint, HttpTransport, ServerConfig};
use rtmcp_router::{Approve, Retry, Router, ServerRules, StaticRoute, ToolRules};
use serde::Deserialize;
use url::Url;

use super::{Config, ConfigError, OPENAI_URL, with_voice};
use approvals::{RawApprovals, RawApproveRule};
use client::{RawCache, RawClient};
use gateway::RawGateway;
use oauth::RawOAuth;
use policy::{RawPolicy, RawSoftDeadline};
use proxy::RawProxy;
use redact::RawRedact;
use safety::RawSafety;
use tools::RawTools;
use words::in_words;

/// Reads the TOML, exactly what was written.
pub(super) fn parse(text: &str) -> Result<RawConfig, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text[..start].matches('\n').count();
        let line = text.lines().nth(before).unwrap_or_default();
        ConfigError::Syntax {
            line: before + 1,
            trouble: in_words(error.message(), line),
        }
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    #[serde(default)]
    realtime: RawRealtime,
    #[serde(default)]
    mcp: Vec<RawServer>,
    #[serde(default)]
    route: Vec<RawRoute>,
    #[serde(default)]
    redact: Vec<RawRedact>,
    proxy: Option<RawProxy>,
    #[serde(default)]
    tools: RawTools,
    #[serde(default)]
    safety: RawSafety,
    #[serde(default)]
    cache: RawCache,
    #[serde(default)]
    approvals: RawApprovals,
    #[serde(default)]
    approve: Vec<RawApproveRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRealtime {
    url: Option<String>,
    model: Option<String>,
    api_key: Option<Secret>,
    transport: Option<String>,
    dialect: Option<String>,
    gateway: Option<RawGateway>,
    auth: Option<String>,
    reconnect: Option<bool>,
    instructions: Option<String>,
    voice: Option<String>,
    transcription: Option<String>,
    #[serde(default, with = "humantime_option")]
    connect_timeout: Option<Duration>,
    #[serde(default, with = "humantime_option")]
    wait_for_tools: Option<Duration>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawServer {
    name: String,
    url: Option<String>,
    command: Option<Vec<String>>,
    cwd: Option<PathBuf>,
    #[serde(default)]
    env: BTreeMap<String, Text>,
    transport: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Text>,
    bearer: Option<Secret>,
    #[serde(default)]
    oauth: RawOAuth,
    allow: Option<Vec<String>>,
    approve: Option<Approve>,
    #[serde(default, with = "humantime_option")]
    timeout: Option<Duration>,
    #[serde(default, with = "humantime_option")]
    approval_expires: Option<Duration>,
    output_tokens: Option<usize>,
    image_bytes: Option<usize>,
    trusted: Option<bool>,
    soft_deadline: Option<RawSoftDeadline>,
    reply: Option<ReplyMode>,
    on_barge_in: Option<OnBargeIn>,
    retry: Option<Retry>,
    duplicates: Option<Duplicates>,
    #[serde(default, with = "humantime_option")]
    connect_timeout: Option<Duration>,
    #[serde(default, with = "humantime_option")]
    list_timeout: Option<Duration>,
    #[serde(default, with = "humantime_option")]
    max_timeout: Option<Duration>,
    max_calls: Option<usize>,
    resources: Option<bool>,
    prompts: Option<bool>,
    elicitation: Option<bool>,
    #[serde(default, with = "humantime_option")]
    answer_timeout: Option<Duration>,
    #[serde(default)]
    roots: Vec<String>,
    log_level: Option<String>,
    #[serde(default)]
    tools: BTreeMap<String, RawTool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTool {
    approve: Option<Approve>,
    #[serde(default, with = "humantime_option")]
    timeout: Option<Duration>,
    #[serde(default, with = "humantime_option")]
    approval_expires: Option<Duration>,
    output_tokens: Option<usize>,
    soft_deadline: Option<RawSoftDeadline>,
    reply: Option<ReplyMode>,
    on_barge_in: Option<OnBargeIn>,
    retry: Option<Retry>,
    duplicates: Option<Duplicates>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRoute {
    function: String,
    mcp: String,
    tool: String,
    description: Option<String>,
}

/// Where a secret is. Keys don't stand in configuration files.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Secret(Text);

/// A plain text, or where it is.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "expected text in quotes, `{ env = \"NAME\" }` or `{ file = \"path\" }`"
)]
enum Text {
    Plain(Private<String>),
    Kept(Place),
}

/// Where a text is kept.
#[derive(Debug, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "`{ env = \"NAME\" }` or `{ file = \"path\" }`"
)]
struct Place {
    env: Option<String>,
    file: Option<PathBuf>,
}

impl RawConfig {
    /// Checks everything, and looks secrets up.
    pub(super) fn resolve(self, folder: &Path) -> Result<Config, ConfigError> {
        let mut config = self.realtime.resolve(folder)?;
        let proxy = self.proxy.map(|proxy| proxy.resolve(folder));
        config.proxy = proxy.transpose()?;
        for server in self.mcp {
            let (server, rules) = server.resolve(folder)?;
            config = config.server_with(server, rules);
        }
        self.tools.resolve(folder, &mut config)?;
        self.safety.resolve(&mut config)?;
        self.cache.resolve(&mut config, folder);
        for route in self.route {
            let function = FunctionName::new(&route.function)
                .map_err(|error| field("route.function", error))?;
            config.router.routes.push(StaticRoute {
                description: route.description,
                ..StaticRoute::new(function, route.mcp.as_str(), route.tool)
            });
        }
        for rule in self.redact {
            let rule = rule.resolve(&config.router.servers)?;
            config.router.redact.push(rule);
        }
        let approvals = self.approvals;
        approvals.resolve(self.approve, folder, &mut config)?;
        // The router knows best what contradicts itself.
        Router::new(config.router.clone())?;
        Ok(config)
    }
}

impl RawRealtime {
    fn resolve(self, folder: &Path) -> Result<Config, ConfigError> {
        let url = self.url.as_deref().unwrap_or(OPENAI_URL);
        let url = parse_url("realtime.url", url, &["http", "https", "ws", "wss"])?;
        let mut config = Config::new(url);
        let realtime = &mut config.realtime;
        if let Some(transport) = self.transport {
            realtime.transport = transport
                .parse()
                .map_err(|error| field("realtime.transport", error))?;
        }
        if let Some(dialect) = self.dialect {
            realtime.dialect = dialect
                .parse()
                .map_err(|error| field("realtime.dialect", error))?;
        }
        if let Some(gateway) = self.gateway {
            realtime.gateway = gateway.resolve()?;
        }
        if let Some(auth) = self.auth {
            realtime.auth = auth
                .parse()
                .map_err(|error| field("realtime.auth", error))?;
        }
        if let Some(reconnect) = self.reconnect {
            realtime.reconnect = reconnect;
        }
        if let Some(model) = self.model {
            realtime.model = model;
        }
        if let Some(secret) = self.api_key {
            realtime.api_key = Some(secret.look_up("realtime.api_key", folder)?);
        }
        realtime.session.instructions = self.instructions.map(Private::new);
        if let Some(voice) = self.voice {
            with_voice(&mut realtime.session, voice);
        }
        if let Some(model) = self.transcription
            && let Some(audio) = &mut realtime.session.audio
            && let Some(input) = &mut audio.input
        {
            match &mut input.transcription {
                Nullable::Set(transcription) if model != "off" => transcription.model = Some(model),
                transcription => *transcription = Nullable::Absent,
            }
        }
        if let Some(timeout) = self.connect_timeout {
            realtime.connect_timeout = timeout;
        }
        if let Some(wait) = self.wait_for_tools {
            config.wait_for_tools = wait;
        }
        Ok(config)
    }
}

impl RawServer {
    fn resolve(self, folder: &Path) -> Result<(ServerConfig, ServerRules), ConfigError> {
        let at = |name: &str| format!("mcp.{}.{name}", self.name);
        let endpoint = self.endpoint(folder, &at)?;
        let mut server = ServerConfig::new(self.name.as_str(), endpoint);
        for (name, value) in &self.headers {
            let field_name = at(&format!("headers.{name}"));
            server
                .headers
                .push((name.clone(), value.look_up(&field_name, folder)?));
        }
        if let Some(bearer) = &self.bearer {
            server.bearer = Some(bearer.look_up(&at("bearer"), folder)?);
        }
        if let Some(oauth) = self.oauth.resolve(&at, folder)? {
            if server.bearer.is_some() {
                return Err(field(at("oauth"), "use `bearer` or `oauth`, not both"));
            }
            server.auth = oauth.into();
        }
        if let Some(timeout) = self.connect_timeout {
            server.connect_timeout = timeout;
        }
        let client = RawClient {
            list_timeout: self.list_timeout,
            max_timeout: self.max_timeout,
            max_calls: self.max_calls,
            resources: self.resources,
            prompts: self.prompts,
            elicitation: self.elicitation,
            answer_timeout: self.answer_timeout,
            roots: self.roots.clone(),
            log_level: self.log_level.clone(),
        };
        client.resolve(&mut server, &at)?;
        let defaults = ServerRules::new(self.name.as_str());
        let rules = ServerRules {
            allow: self.allow,
            approve: self.approve,
            timeout: self.timeout.unwrap_or(defaults.timeout),
            approval_expires: self.approval_expires.unwrap_or(defaults.approval_expires),
            output_tokens: self.output_tokens.unwrap_or(defaults.output_tokens),
            image_bytes: self.image_bytes.unwrap_or(defaults.image_bytes),
            trusted: self.trusted.unwrap_or(defaults.trusted),
            calls: RawPolicy {
                soft_deadline: self.soft_deadline,
                reply: self.reply,
                on_barge_in: self.on_barge_in,
                retry: self.retry,
                duplicates: self.duplicates,
            }
            .into(),
            tools: self
                .tools
                .into_iter()
                .map(|(name, raw)| (name, raw.into()))
                .collect(),
            ..defaults
        };
        Ok((server, rules))
    }

    fn endpoint(
        &self,
        folder: &Path,
        at: &impl Fn(&str) -> String,
    ) -> Result<Endpoint, ConfigError> {
        match (&self.url, self.command.as_deref()) {
            (Some(url), None) => {
                let transport = match self.transport.as_deref() {
                    None => HttpTransport::Auto,
                    Some("streamable-http") => HttpTransport::StreamableHttp,
                    Some("sse") => HttpTransport::Sse,
                    Some(other) => return Err(no_transport(at, other, "a `url`")),
                };
                let url = parse_url(&at("url"), url, &["http", "https"])?;
                Ok(Endpoint::Http { url, transport })
            }
            (None, Some([command, args @ ..])) => {
                if let Some(other) = self.transport.as_deref().filter(|it| *it != "stdio") {
                    return Err(no_transport(at, other, "a `command`"));
                }
                let env = self.env.iter().map(|(name, value)| {
                    let value = value.look_up(&at(&format!("env.{name}")), folder)?;
                    Ok((name.clone(), value))
                });
                Ok(Endpoint::Stdio {
                    command: command.clone(),
                    args: args.to_vec(),
                    env: env.collect::<Result<_, ConfigError>>()?,
                    cwd: self.cwd.as_ref().map(|cwd| folder.join(cwd)),
                })
            }
            (None, Some([])) => Err(field(at("command"), "is empty: name the program first")),
            (Some(_), Some(_)) => Err(field(
                format!("mcp.{}", self.name),
                "has both `url` and `command`: a server is at one place, so keep one of them",
            )),
            (None, None) => Err(field(
                format!("mcp.{}", self.name),
                "has neither `url` nor `command`: say where the server is, such as \
                 `url = \"http://127.0.0.1:8091/mcp\"` or `command = [\"npx\", \"-y\", \"…\"]`",
            )),
        }
    }
}

impl From<RawTool> for ToolRules {
    fn from(raw: RawTool) -> Self {
        Self {
            approve: raw.approve,
            timeout: raw.timeout,
            approval_expires: raw.approval_expires,
            output_tokens: raw.output_tokens,
            calls: RawPolicy {
                soft_deadline: raw.soft_deadline,
                reply: raw.reply,
                on_barge_in: raw.on_barge_in,
                retry: raw.retry,
                duplicates: raw.duplicates,
            }
            .into(),
        }
    }
}

impl Secret {
    fn look_up(&self, name: &str, folder: &Path) -> Result<Private<String>, ConfigError> {
        match &self.0 {
            Text::Plain(_) => Err(field(
                name,
                "a secret doesn't stand in the file itself: use `{ env = \"NAME\" }` or \
                 `{ file = \"path\" }`",
            )),
            Text::Kept(place) => place.look_up(name, folder),
        }
    }
}

impl Text {
    fn look_up(&self, name: &str, folder: &Path) -> Result<Private<String>, ConfigError> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::Kept(place) => place.look_up(name, folder),
        }
    }
}

impl Place {
    fn look_up(&self, name: &str, folder: &Path) -> Result<Private<String>, ConfigError> {
        let text = match (&self.env, &self.file) {
            (Some(variable), None) => std::env::var(variable).map_err(|_| {
                let trouble =
                    format!("the environment has no `{variable}`: set it, or name another one");
                field(name, trouble)
            })?,
            (None, Some(path)) => {
                let path = folder.join(path);
                fs::read_to_string(&path).map_err(|error| {
                    field(name, format!("can't read {}: {error}", path.display()))
                })?
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err(field(name, "use one of `env` and `file`"));
            }
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(field(name, "the secret is empty"));
        }
        Ok(Private::from(text))
    }
}

fn parse_url(name: &str, text: &str, schemes: &[&str]) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|error| {
        let example = format!("{}://127.0.0.1:8090/…", schemes[0]);
        field(
            name,
            format!("`{text}` is no URL ({error}): write it like `{example}`"),
        )
    })?;
    if !schemes.contains(&url.scheme()) {
        let trouble = format!(
            "`{text}` must begin with `{}`",
            schemes.join("://` or `") + "://"
        );
        return Err(field(name, trouble));
    }
    Ok(url)
}

fn no_transport(at: &impl Fn(&str) -> String, transport: &str, place: &str) -> ConfigError {
    let trouble = format!(
        "`{transport}` doesn't go with {place}: use \"streamable-http\" or \"sse\" with a `url`, \
         \"stdio\" with a `command`, or leave it out"
    );
    field(at("transport"), trouble)
}

fn field(field: impl Into<String>, trouble: impl Display) -> ConfigError {
    ConfigError::Field {
        field: field.into(),
        trouble: trouble.to_string(),
    }
}

/// Durations as people write them: `20s`, `1m 30s`, `500ms`.
mod humantime_option {
    use std::{fmt, time::Duration};

    use serde::{
        Deserializer,
        de::{Error, Visitor},
    };

    pub(super) fn deserialize<'de, D>(deserializer: D) -> Result<Option<Duration>, D::Error>
    where
        D: Deserializer<'de>,
    {
        deserializer.deserialize_str(Span).map(Some)
    }

    struct Span;

    impl Visitor<'_> for Span {
        type Value = Duration;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a duration in quotes, such as `\"20s\"`")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
            humantime::parse_duration(text).map_err(|error| {
                E::custom(format!(
                    "`{text}` is no duration ({error}): write it like `20s`"
                ))
            })
        }
    }
}
