//! The `[approvals]` section and the `[[approve]]` rules.

use std::{
    collections::BTreeSet,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use rtmcp_router::{ApproveRule, Ask, Channel, Condition, Hint, Test};
use serde::{
    Deserialize, Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Number, Value};

use super::{Secret, field, humantime_option, parse_url};
use crate::config::{
    Audit, AuditArguments, Config, ConfigError, DecisionKeys, SpokenWords, Webhook,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawApprovals {
    by: Option<BTreeSet<Channel>>,
    webhook: Option<String>,
    webhook_secret: Option<Secret>,
    #[serde(default, with = "humantime_option")]
    webhook_timeout: Option<Duration>,
    answers: Option<String>,
    audit: Option<PathBuf>,
    audit_arguments: Option<String>,
    #[serde(default)]
    voice: RawVoice,
    #[serde(default)]
    dtmf: RawKeys,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVoice {
    agree: Option<Vec<String>>,
    deny: Option<Vec<String>>,
    fillers: Option<Vec<String>>,
    numbers: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKeys {
    approve: Option<String>,
    deny: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawApproveRule {
    server: Option<String>,
    tool: Option<String>,
    annotation: Option<Hint>,
    #[serde(default)]
    when: RawWhen,
    ask: Ask,
    by: Option<BTreeSet<Channel>>,
    #[serde(default, with = "humantime_option")]
    expires: Option<Duration>,
    remember: Option<bool>,
}

/// Conditions that must all hold: written as a table where there is one, or as a list.
#[derive(Debug, Default)]
struct RawWhen(Vec<RawCondition>);

// Not untagged: that would lose which word is wrong.
impl<'de> Deserialize<'de> for RawWhen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMore)
    }
}

struct OneOrMore;

impl<'de> Visitor<'de> for OneOrMore {
    type Value = RawWhen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`{ path = \"cents\", above = 10000 }` or a list of such tables for `when`")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RawWhen, A::Error> {
        let one = RawCondition::deserialize(MapAccessDeserializer::new(map))?;
        Ok(RawWhen(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<RawWhen, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(RawWhen)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    path: String,
    above: Option<Number>,
    below: Option<Number>,
    equals: Option<Value>,
    matches: Option<String>,
    missing: Option<bool>,
}

impl RawApprovals {
    /// Adds it to a configuration, with the rules.
    pub(super) fn resolve(
        self,
        rules: Vec<RawApproveRule>,
        folder: &Path,
        config: &mut Config,
    ) -> Result<(), ConfigError> {
        if let Some(by) = self.by {
            config.router.approvals.by = by;
        }
        for (at, rule) in rules.into_iter().enumerate() {
            let rule = rule.resolve(at + 1)?;
            if let Some(server) = &rule.server
                && !config.servers.iter().any(|it| it.name == *server)
            {
                let trouble = format!("there is no server `{server}`: add it or correct the name");
                return Err(field(format!("approve.{}.server", at + 1), trouble));
            }
            config.router.approvals.rules.push(rule);
        }
        let settings = &mut config.approvals;
        settings.voice = self.voice.resolve()?;
        settings.keys = self.dtmf.resolve()?;
        if let Some(text) = self.webhook {
            let url = parse_url("approvals.webhook", &text, &["https", "http"])?;
            let mut webhook = Webhook::new(url);
            let secret = self.webhook_secret.as_ref();
            let secret = secret.map(|it| it.look_up("approvals.webhook_secret", folder));
            webhook.secret = secret.transpose()?;
            if let Some(timeout) = self.webhook_timeout {
                webhook.timeout = timeout;
            }
            let answers = self.answers.as_deref();
            let answers = answers.map(|it| parse_url("approvals.answers", it, &["https", "http"]));
            webhook.answers = answers.transpose()?;
            settings.webhook = Some(webhook);
        } else if let Some(field_name) = [
            ("webhook_secret", self.webhook_secret.is_some()),
            ("webhook_timeout", self.webhook_timeout.is_some()),
            ("answers", self.answers.is_some()),
        ]
        .into_iter()
        .find_map(|(name, is_there)| is_there.then_some(name))
        {
            let trouble = "there is no webhook: name it in `approvals.webhook`, or leave this out";
            return Err(field(format!("approvals.{field_name}"), trouble));
        }
        let arguments = audit_arguments(self.audit_arguments.as_deref())?;
        settings.audit = self.audit.map(|file| Audit {
            file: folder.join(file),
            arguments,
        });
        check_webhook(config)
    }
}

/// A rule that leaves the decision to a webhook alone needs one.
fn check_webhook(config: &Config) -> Result<(), ConfigError> {
    if config.approvals.webhook.is_some() {
        return Ok(());
    }
    let only_it = |by: &BTreeSet<Channel>| by.iter().eq([&Channel::Webhook]);
    let trouble = "nobody could decide: there is no webhook; name it in `approvals.webhook`, or \
                   another channel";
    let approvals = &config.router.approvals;
    if only_it(&approvals.by) {
        return Err(field("approvals.by", trouble));
    }
    let mut rules = approvals.rules.iter().enumerate();
    let found = rules.find(|(_, rule)| rule.by.as_ref().is_some_and(only_it));
    match found {
        Some((at, _)) => Err(field(format!("approve.{}.by", at + 1), trouble)),
        None => Ok(()),
    }
}

fn audit_arguments(word: Option<&str>) -> Result<AuditArguments, ConfigError> {
    match word {
        None | Some("hash") => Ok(AuditArguments::Hash),
        Some("redacted") => Ok(AuditArguments::Redacted),
        Some("whole") => Ok(AuditArguments::Whole),
        Some(_) => Err(field(
            "approvals.audit_arguments",
            "use \"hash\", \"redacted\" or \"whole\"",
        )),
    }
}

impl RawVoice {
    fn resolve(self) -> Result<SpokenWords, ConfigError> {
        let defaults = SpokenWords::default();
        let words = SpokenWords {
            agree: self.agree.unwrap_or(defaults.agree),
            deny: self.deny.unwrap_or(defaults.deny),
            fillers: self.fillers.unwrap_or(defaults.fillers),
            numbers: self.numbers.unwrap_or(defaults.numbers),
        };
        for (name, list) in [("agree", &words.agree), ("deny", &words.deny)] {
            let is_silent = |it: &String| !it.chars().any(char::is_alphanumeric);
            if list.is_empty() || list.iter().any(is_silent) {
                let trouble = "name at least one word that can be said";
                return Err(field(format!("approvals.voice.{name}"), trouble));
            }
        }
        Ok(words)
    }
}

impl RawKeys {
    fn resolve(self) -> Result<DecisionKeys, ConfigError> {
        let defaults = DecisionKeys::default();
        let keys = DecisionKeys {
            approve: key("approve", self.approve.as_deref(), defaults.approve)?,
            deny: key("deny", self.deny.as_deref(), defaults.deny)?,
        };
        if keys.approve == keys.deny {
            let trouble = "one key can't both approve and deny: name two";
            return Err(field("approvals.dtmf", trouble));
        }
        Ok(keys)
    }
}

fn key(name: &str, text: Option<&str>, default: char) -> Result<char, ConfigError> {
    let Some(text) = text else { return Ok(default) };
    let mut chars = text.chars().map(|it| it.to_ascii_uppercase());
    match (chars.next(), chars.next()) {
        (Some(key), None) if "0123456789*#ABCD".contains(key) => Ok(key),
        _ => Err(field(
            format!("approvals.dtmf.{name}"),
            "name one key: 0 to 9, *, #, A to D",
        )),
    }
}

impl RawApproveRule {
    fn resolve(self, number: usize) -> Result<ApproveRule, ConfigError> {
        let when = self.when.0.into_iter().map(|it| it.resolve(number));
        Ok(ApproveRule {
            server: self.server.map(Into::into),
            tool: self.tool,
            annotation: self.annotation,
            when: when.collect::<Result<_, _>>()?,
            ask: self.ask,
            by: self.by,
            expires: self.expires,
            remember: self.remember,
        })
    }
}

impl RawCondition {
    fn resolve(self, rule: usize) -> Result<Condition, ConfigError> {
        let trouble = || {
            let trouble = "say one of `above`, `below`, `equals`, `matches` and `missing = true`";
            field(format!("approve.{rule}.when"), trouble)
        };
        let tests = [
            self.above.map(Test::Above),
            self.below.map(Test::Below),
            self.equals.map(Test::Equals),
            self.matches.map(Test::Matches),
        ];
        let mut tests: Vec<Test> = tests.into_iter().flatten().collect();
        match self.missing {
            Some(true) => tests.push(Test::Missing),
            Some(false) => return Err(trouble()),
            None => {}
        }
        let (Some(test), true) = (tests.pop(), tests.is_empty()) else {
            return Err(trouble());
        };
        Ok(Condition {
            path: self.path,
            test,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHOP: &str = "[[mcp]]\nname = \"shop\"\nurl = \"http://127.0.0.1:1/mcp\"\n";

    fn trouble(text: &str) -> String {
        let config = Config::from_toml(&format!("{SHOP}{text}"));
        config.unwrap_err().to_string()
    }

    #[test]
    fn rules_and_ways_are_read_as_they_stand() {
        let text = r#"
            [approvals]
            by = ["page", "webhook"]
            webhook = "https://approvals.example/rtmcp"
            answers = "https://voice.example"
            webhook_timeout = "3s"
            audit = "decisions.jsonl"
            audit_arguments = "redacted"
            [approvals.voice]
            agree = ["ich genehmige"]
            [approvals.dtmf]
            approve = "9"
            [[approve]]
            server = "shop"
            tool = "issue_*"
            annotation = "open_world"
            when = { path = "cents", above = 10000 }
            ask = "always"
            by = ["voice", "dtmf"]
            expires = "2m"
            remember = false
            [[approve]]
            when = [{ path = "note", matches = "^A" }, { path = "rate", below = 0.5 }, { path = "x", missing = true }]
            ask = "never"
            [[approve]]
            when = { path = "to", equals = { iban = "DE" } }
            ask = "never"
        "#;
        let config = Config::from_toml(&format!("{SHOP}{text}")).unwrap();
        let approvals = &config.router.approvals;
        assert_eq!(approvals.by, [Channel::Page, Channel::Webhook].into());
        let [first, second, third] = approvals.rules.as_slice() else {
            panic!("{approvals:?}")
        };
        assert_eq!(first.annotation, Some(Hint::OpenWorld));
        assert_eq!(first.when[0].to_string(), "cents above 10000");
        assert_eq!(first.by, Some([Channel::Voice, Channel::Dtmf].into()));
        assert_eq!(first.expires, Some(Duration::from_secs(120)));
        assert_eq!((first.ask, first.remember), (Ask::Always, Some(false)));
        let tests: Vec<_> = second.when.iter().map(ToString::to_string).collect();
        assert_eq!(tests, ["note matches `^A`", "rate below 0.5", "x missing"]);
        assert_eq!(third.when[0].test, Test::Equals(json!({"iban": "DE"})));
        let settings = &config.approvals;
        let webhook = settings.webhook.as_ref().unwrap();
        assert_eq!(webhook.timeout, Duration::from_secs(3));
        assert_eq!(settings.voice.agree, ["ich genehmige"]);
        assert!(settings.voice.deny.contains(&"no".to_owned()));
        assert_eq!((settings.keys.approve, settings.keys.deny), ('9', '2'));
        let audit = settings.audit.as_ref().unwrap();
        assert_eq!(audit.file, Path::new(".").join("decisions.jsonl"));
        assert_eq!(audit.arguments, AuditArguments::Redacted);
    }

    #[test]
    fn what_can_not_be_meant_is_said_where_it_stands() {
        let rule = |text: &str| trouble(&format!("[[approve]]\nask = \"always\"\n{text}"));
        assert_eq!(
            rule("server = \"shpo\""),
            "`approve.1.server`: there is no server `shpo`: add it or correct the name"
        );
        for when in [
            "{ path = \"a\" }",
            "{ path = \"a\", above = 1, below = 2 }",
            "{ path = \"a\", missing = false }",
        ] {
            let said = rule(&format!("when = {when}"));
            assert!(said.starts_with("`approve.1.when`: say one of"), "{said}");
        }
        let said = rule("when = { path = \"a\", abov = 1 }");
        assert!(said.contains("unknown field `abov`"), "{said}");
        let said = rule("when = \"a\"");
        assert!(said.contains("for `when`"), "{said}");
        let said = rule("when = { path = \"a\", matches = \"(\" }");
        assert!(said.starts_with("rule 1 has a pattern"), "{said}");
        let said = rule("by = [\"webhook\"]");
        assert!(said.starts_with("`approve.1.by`: nobody could"), "{said}");
        let said = rule("by = [\"telepathy\"]");
        assert!(said.contains("unknown variant `telepathy`"), "{said}");
        for (text, expected) in [
            (
                "answers = \"https://a.example\"",
                "`approvals.answers`: there is no webhook",
            ),
            ("webhook = \"ftp://a.example\"", "`approvals.webhook`"),
            ("audit_arguments = \"some\"", "`approvals.audit_arguments`"),
            (
                "by = []",
                "the configuration of approvals lets nobody decide",
            ),
            ("voice.agree = []", "`approvals.voice.agree`"),
            ("voice.deny = [\"…\"]", "`approvals.voice.deny`"),
            ("dtmf.deny = \"1\"", "`approvals.dtmf`: one key"),
            ("dtmf.deny = \"x\"", "`approvals.dtmf.deny`"),
        ] {
            let said = trouble(&format!("[approvals]\n{text}"));
            assert!(said.starts_with(expected), "{text}: {said}");
        }
    }
}
