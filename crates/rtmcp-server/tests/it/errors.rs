//! Every error that a person can cause, and what the command says about it.

mod calls;
mod configuration;
mod endpoint;
mod recordings;
mod servers;
mod speech;

use std::net::SocketAddr;

use crate::{
    page::{self, Case, Stdout},
    rtmcp::Ran,
    stage::{KEY, Stage, nowhere},
};

#[tokio::test]
async fn errors_are_as_documented() {
    let (configuration, endpoint, servers, calls, speech, recordings) = tokio::join!(
        configuration::cases(),
        endpoint::cases(),
        servers::cases(),
        calls::cases(),
        speech::cases(),
        recordings::cases(),
    );
    page::compare(&[
        ("Configuration", configuration),
        ("Realtime endpoint", endpoint),
        ("MCP servers", servers),
        ("Calls", calls),
        ("Speech, files, addresses", speech),
        ("Recordings", recordings),
    ]);
}

/// Where the cases of a section run, and how their addresses are shown.
#[derive(Debug)]
struct Scene {
    stage: Stage,
    places: Vec<(SocketAddr, &'static str)>,
    cases: Vec<Case>,
}

impl Scene {
    /// A scene with an address where nobody listens.
    async fn new() -> (Self, SocketAddr) {
        let nowhere = nowhere().await;
        let scene = Self {
            stage: Stage::new(),
            places: vec![(nowhere, "127.0.0.1:9")],
            cases: Vec::new(),
        };
        (scene, nowhere)
    }

    /// Names an address as the page shows it.
    fn place(&mut self, place: SocketAddr, shown: &'static str) {
        self.places.push((place, shown));
    }

    /// Runs a command of which only the error matters.
    async fn err(&mut self, what: &str, args: &[&str]) {
        let ran = self.run(args).await;
        self.note(what, args, &ran, Stdout::Left);
    }

    /// Runs a command of which everything matters that it prints.
    async fn all(&mut self, what: &str, args: &[&str]) {
        let ran = self.run(args).await;
        self.note(what, args, &ran, Stdout::Shown);
    }

    async fn run(&self, args: &[&str]) -> Ran {
        self.stage.rtmcp(args).env("RTMCP_KEY", KEY).run().await
    }

    fn note(&mut self, what: &str, args: &[&str], ran: &Ran, stdout: Stdout) {
        assert_ne!(ran.code, Some(0), "{what}: {ran:?}");
        let case = Case::new(what, args, ran, stdout);
        self.cases.push(case.at(&self.places));
    }
}
