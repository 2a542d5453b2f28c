//! Says a sentence and looks whether the ear understands it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{program, python};
use crate::cache::Cache;
use crate::report;
use crate::setup::tools_file;

const SENTENCE: &str = "What is the weather in Paris?";

/// # Errors
///
/// When the ear doesn't start, or hears something else.
pub(super) fn hears(cache: &Cache) -> anyhow::Result<()> {
    let Some(voice) = tools_file::voice() else {
        println!("      not tried out: there is no voice (`cargo xtask setup --only voice`)");
        return Ok(());
    };
    let wav = speak(voice)?;
    let (rate, speech) = samples(&wav).context("the voice wrote no WAV")?;
    let request = json!({"id": 1, "rate": rate, "audio": BASE64_STANDARD.encode(speech)});

    let mut ear = Command::new(python(cache))
        .arg(program(cache))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("could not start the ear")?;
    let mut lines = BufReader::new(ear.stdout.take().context("the ear has no stdout")?).lines();
    let ready: Value = serde_json::from_str(&lines.next().context("the ear ended at once")??)?;
    let start = Instant::now();
    // Taken, so that it closes after this one line and the ear ends.
    let mut input = ear.stdin.take().context("the ear has no stdin")?;
    writeln!(input, "{request}")?;
    drop(input);
    let reply: Value = serde_json::from_str(&lines.next().context("the ear ended early")??)?;
    let took = report::seconds(start.elapsed());
    ear.wait()?;

    let heard = reply["text"].as_str().unwrap_or_default();
    println!(
        "      said “{SENTENCE}”, {} heard “{heard}” in {took}",
        ready["engine"]
    );
    let words = heard.to_lowercase();
    ensure!(
        words.contains("weather") && words.contains("paris"),
        "the ear answered {reply}: delete {} and run `cargo xtask setup --only hear`",
        cache.hear().display(),
    );
    Ok(())
}

fn speak(voice: &[&str]) -> anyhow::Result<Vec<u8>> {
    let mut speaker = Command::new(voice[0])
        .args(&voice[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start {}", voice[0]))?;
    let mut input = speaker.stdin.take().context("the voice has no stdin")?;
    input.write_all(SENTENCE.as_bytes())?;
    drop(input);
    Ok(speaker.wait_with_output()?.stdout)
}

/// The rate and the PCM of a WAV. The length in its header is not relied on: a program that writes
/// to a pipe can't know it yet.
fn samples(wav: &[u8]) -> Option<(u32, &[u8])> {
    let rate = u32::from_le_bytes(wav.get(24..28)?.try_into().ok()?);
    let data = wav.windows(4).position(|word| word == b"data")?;
    let pcm = wav.get(data + 8..)?;
    Some((rate, &pcm[..pcm.len() / 2 * 2]))
}

#[cfg(test)]
mod tests {
    use super::samples;

    #[test]
    fn a_wav_gives_its_rate_and_samples() {
        let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
        wav.extend_from_slice(&22_050_u32.to_le_bytes());
        wav.extend_from_slice(b"\0\0\0\0\x02\0\x10\0data\xff\xff\xff\x7f\x01\x02\x03\x04\x05");
        assert_eq!(samples(&wav), Some((22_050, &[1, 2, 3, 4][..])));
        assert_eq!(samples(b"no WAV"), None);
    }
}
