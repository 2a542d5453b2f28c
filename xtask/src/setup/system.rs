//! System packages: installed where we may, else told how to.

use std::env;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::shell;

/// Packages of one name under each package manager that we know.
pub(super) struct Packages<'a> {
    pub(super) apt: &'a [&'a str],
    pub(super) brew: &'a [&'a str],
}

/// Installs packages with the system's package manager.
///
/// # Errors
///
/// When there is none that we know, or it needs rights that we lack; the message has the command.
pub(super) fn install(packages: &Packages<'_>) -> anyhow::Result<()> {
    if shell::on_path("apt-get").is_some() {
        return apt(packages.apt);
    }
    if shell::on_path("brew").is_some() && !packages.brew.is_empty() {
        return shell::run(Command::new("brew").arg("install").args(packages.brew));
    }
    bail!(
        "there is neither apt-get nor brew here: install the equivalents of {} with your system's \
         package manager, then run `cargo xtask setup` again",
        packages.apt.join(", "),
    )
}

fn apt(packages: &[&str]) -> anyhow::Result<()> {
    if !is_root()? {
        bail!(
            "this needs root: run `sudo apt-get update && sudo apt-get install -y {}`, then \
             `cargo xtask setup` again",
            packages.join(" "),
        );
    }
    if shell::run(&mut apt_install(packages)).is_ok() {
        return Ok(());
    }
    println!("      the package lists may be missing or old: updating them");
    shell::run(Command::new("apt-get").args(["-qq", "update"]))?;
    shell::run(&mut apt_install(packages)).context("apt-get could not install the packages")
}

fn apt_install(packages: &[&str]) -> Command {
    let mut install = Command::new("apt-get");
    install
        .args(["-qq", "-y", "--no-install-recommends", "install"])
        .args(packages);
    install.env("DEBIAN_FRONTEND", "noninteractive");
    install
}

fn is_root() -> anyhow::Result<bool> {
    if env::consts::FAMILY != "unix" {
        return Ok(false);
    }
    Ok(shell::output(Command::new("id").arg("-u"))?.trim() == "0")
}
