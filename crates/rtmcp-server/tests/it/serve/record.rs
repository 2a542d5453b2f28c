//! Calls that the backend leads, recorded.

use std::fs;

use rtmcp::record::{End, Recorder, Recording};
use rtmcp_api::Happening;
use serde_json::json;

use super::stage::Stage;
use crate::stage::KEY;

#[tokio::test]
async fn each_call_has_a_recording_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(folder.path()).unwrap();
    let stage = Stage::with(|config| config.record = Some(recorder)).await;
    let browser = stage.browser().await;
    let calls = [browser.call().await, browser.call().await];
    for call in &calls {
        browser.events(call).await.ready().await;
    }
    let arguments = json!({"city": "Reykjavik"});
    stage.endpoint.call("call_1", "get_weather", &arguments);
    for call in &calls {
        let finished = |it: &Happening| matches!(it, Happening::ToolFinished { .. }).then_some(());
        browser.events(call).await.until(finished).await;
        browser.end(call).await;
        browser.events(call).await.rest().await;
    }
    let files = fs::read_dir(folder.path()).unwrap();
    let mut files: Vec<_> = files.map(|it| it.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 2);
    for call in &calls {
        let named = |it: &&std::path::PathBuf| it.to_str().unwrap().contains(&call.call_id);
        let text = fs::read_to_string(files.iter().find(named).unwrap()).unwrap();
        assert!(!text.contains("Reykjavik") && !text.contains(KEY));
        assert!(text.contains("\"player\":\"endpoint\"") && text.contains("call_tool"));
        let mut replay = Recording::read(&text).unwrap().replay();
        for step in replay.by_ref() {
            assert_eq!(step.unwrap().difference, None);
        }
        assert_eq!(replay.end(), End::Whole);
    }
}
