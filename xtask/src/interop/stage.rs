//! [`Stage`]: the servers that the clients are led to, and the questions as sound.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::trials::{Place, Trial};
use crate::{server::Server, speech};

/// The key of the endpoint, which clients of the proxy never see.
const ENDPOINT_KEY: &str = "sk-interop-endpoint";
/// The key that the proxy lets in.
const PROXY_KEY: &str = "interop-proxy-key";

/// Silence after a question: longer than the slowest detection of turns waits.
const SILENCE_SAMPLES: usize = 24_000 * 5;

/// What runs while clients are tried.
pub(super) struct Stage {
    sim: Server,
    proxy: Option<Server>,
    shop: Server,
    left: PathBuf,
}

impl Stage {
    /// Starts everything; the proxy only where it is wanted.
    ///
    /// # Errors
    ///
    /// When something can't be started.
    pub(super) fn set(rtmcp: &Path, left: &Path, with_proxy: bool) -> anyhow::Result<Self> {
        let shop = Server::start(rtmcp, &["mock", "shop"])?;
        let sim = Server::start(rtmcp, &["sim", "--key", ENDPOINT_KEY])?;
        let config = left.join("rtmcp.toml");
        fs::write(&config, configuration(&sim.address, &shop.address))?;
        let config = config.to_string_lossy();
        let variables = [
            ("INTEROP_ENDPOINT_KEY", ENDPOINT_KEY),
            ("INTEROP_PROXY_KEY", PROXY_KEY),
            // The table is what is to be read.
            ("RUST_LOG", "warn"),
        ];
        let arguments = ["serve", "--config", &config];
        let start = || Server::start_with(rtmcp, &arguments, &variables);
        let proxy = with_proxy.then(start).transpose()?;
        Ok(Self {
            sim,
            proxy,
            shop,
            left: left.to_owned(),
        })
    }

    /// Leads a client to where the trial is, with what it needs.
    ///
    /// # Errors
    ///
    /// When the question can't be spoken.
    pub(super) fn prepare(&self, client: &mut Command, trial: &Trial) -> anyhow::Result<()> {
        let (url, key) = match trial.at {
            Place::Sim => (self.sim.address.clone(), ENDPOINT_KEY),
            Place::Proxy | Place::Native => {
                let proxy = self.proxy.as_ref().context("the proxy isn't there")?;
                let address = proxy.address.trim_end_matches("/api");
                (format!("{address}/v1"), PROXY_KEY)
            }
        };
        client
            .env("INTEROP_TRIAL", trial.number.to_string())
            .env("INTEROP_URL", url)
            .env("INTEROP_KEY", key)
            .env("INTEROP_MCP", &self.shop.address)
            // Nothing but what is given here is talked to.
            .env_remove("OPENAI_API_KEY")
            .env_remove("OPENAI_BASE_URL");
        if trial.spoken {
            client.env("INTEROP_SPEECH", self.question(&trial.ask)?);
        }
        Ok(())
    }

    /// Where what a client said of itself is kept.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.left.join(name)
    }

    /// Speaks a question into a file of plain samples, with the silence that ends a turn.
    fn question(&self, text: &str) -> anyhow::Result<PathBuf> {
        let (wav, pcm) = (
            self.left.join("question.wav"),
            self.left.join("question.pcm"),
        );
        speech::speak(text, &wav)?;
        let mut samples = speech::realtime_pcm(&fs::read(wav)?)?;
        samples.extend([0; SILENCE_SAMPLES]);
        let bytes: Vec<u8> = samples.iter().flat_map(|it| it.to_le_bytes()).collect();
        fs::write(&pcm, bytes)?;
        Ok(pcm)
    }
}

fn configuration(endpoint: &str, shop: &str) -> String {
    format!(
        "[realtime]\nurl = \"{endpoint}\"\napi_key = {{ env = \"INTEROP_ENDPOINT_KEY\" }}\n\n\
         [proxy]\nkeys = [{{ env = \"INTEROP_PROXY_KEY\" }}]\nnative = \"emulate\"\n\n\
         [safety]\nallow = [\"localhost\"]\n\n\
         [[mcp]]\nname = \"shop\"\nurl = \"{shop}\"\n"
    )
}
