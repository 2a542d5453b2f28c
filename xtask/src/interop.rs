//! `interop`: OpenAI's own clients against the simulator, and through the proxy.

mod clients;
mod outcome;
mod stage;
mod trials;

use std::fs;

use anyhow::{Context as _, ensure};

use crate::{cache::Cache, setup, setup::Part, workspace};
use clients::Client;
use outcome::Row;
use stage::Stage;
use trials::{Place, Trial, Trials};

/// Has OpenAI's own clients use tools, at the simulator and through the proxy
///
/// The clients for Python and JavaScript and the agents for JavaScript are installed as they are
/// published, in versions that are pinned in xtask/interop. Each has a typed and a spoken turn with
/// a tool of its own, and gains tools through the proxy that it never heard of. What went wrong is
/// left in target/interop.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Try only one client
    #[arg(long, value_name = "CLIENT")]
    only: Option<Client>,
    /// Try only what is at one place: `sim`, `proxy` or `native`
    #[arg(long, value_name = "PLACE")]
    at: Option<Place>,
}

/// # Errors
///
/// When something can't be set up or built, or a trial doesn't succeed.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    setup::prepare(&[Part::Voice, Part::Hear])?;
    let cache = Cache::locate()?;
    let clients: Vec<Client> = Client::all().filter(|it| wanted(args.only, *it)).collect();
    let versions = clients::install(&cache, &clients)?;
    let rtmcp = workspace::build_rtmcp()?;
    let left = workspace::target()?.join("interop");
    fs::create_dir_all(&left)?;
    let trials = Trials::read()?;
    let stage = Stage::set(&rtmcp, &left, args.at != Some(Place::Sim))?;
    let mut rows = Vec::new();
    println!();
    for client in clients {
        let own = trials.of(client).filter(|it| wanted(args.at, it.at));
        for trial in own {
            let outcome = attempt(&cache, client, trial, &stage)?;
            let row = Row::new(client, versions.of(client), &trial.name, outcome);
            println!("{}", row.brief());
            rows.push(row);
        }
    }
    println!("\n{}", outcome::table(&rows));
    let failed = rows.iter().filter(|it| !it.is_good()).count();
    ensure!(
        failed == 0,
        "{failed} of {} trials failed; their logs are in {}",
        rows.len(),
        left.display()
    );
    Ok(())
}

fn wanted<T: PartialEq + Copy>(only: Option<T>, it: T) -> bool {
    only.is_none_or(|only| only == it)
}

/// Puts a client through a trial.
fn attempt(
    cache: &Cache,
    client: Client,
    trial: &Trial,
    stage: &Stage,
) -> anyhow::Result<outcome::Outcome> {
    let mut command = client.command(cache);
    stage.prepare(&mut command, trial)?;
    let log = stage.log(&format!("{}-{}.log", client.name(), trial.number));
    outcome::of(&mut command, &log).context("a client could not be tried")
}
