//! What is nobody's business goes on without an allocation.

use rtmcp_core::Timestamp;
use rtmcp_session::proxy::{ProxyInput, ProxyOutput};

use super::line::Line;

#[test]
fn sound_and_words_go_on_without_an_allocation() {
    let mut line = Line::ready();
    line.begins("r1");
    let _ = line.calls("r1", "ours", "c1");
    let sound = "A".repeat(64 * 1024);
    let of_client = [
        format!(r#"{{"type":"input_audio_buffer.append","audio":"{sound}"}}"#),
        format!(r#"{{"event_id":"e","audio":"{sound}","type":"input_audio_buffer.append"}}"#),
    ];
    let of_endpoint = [
        format!(
            r#"{{"type":"response.output_audio.delta","event_id":"e","response_id":"r1","item_id":"i","output_index":0,"content_index":0,"delta":"{sound}"}}"#
        ),
        format!(r#"{{"delta":"{sound}", "type":"response.output_audio.delta"}}"#),
        r#"{"type":"response.output_audio_transcript.delta","delta":"\"hello\""}"#.to_owned(),
        r#"{"type":"response.output_text.delta","delta":"hello"}"#.to_owned(),
        r#"{"type":"response.content_part.added","part":{}}"#.to_owned(),
        r#"{"type":"conversation.item.input_audio_transcription.delta","delta":"hello"}"#
            .to_owned(),
        r#"{"type":"rate_limits.updated","rate_limits":[]}"#.to_owned(),
        r#"{"type":"new.in_2027"}"#.to_owned(),
    ];
    let client = of_client.iter().map(|text| (true, text));
    let all: Vec<(bool, &String)> = client
        .chain(of_endpoint.iter().map(|it| (false, it)))
        .collect();
    let looked_at =
        r#"{"type":"response.output_item.added","response_id":"r1","item":{"type":"message"}}"#;
    line.endpoint_passes(looked_at);
    // The queue of effects grows once.
    line.client_passes("x");
    for (is_clients, text) in all {
        let mut forwarded = false;
        let allocated = allocation_counter::measure(|| {
            let input = if is_clients {
                ProxyInput::Client(text)
            } else {
                ProxyInput::Endpoint(text)
            };
            let mut outputs = line.proxy.handle(Timestamp::ZERO, input);
            forwarded = matches!(outputs.next(), Some(ProxyOutput::Forward));
            forwarded &= outputs.next().is_none();
        });
        let kind = text.get(..40).unwrap_or(text);
        assert!(forwarded, "{kind}");
        assert_eq!(allocated.count_total, 0, "{kind}");
    }
    let allocated = allocation_counter::measure(|| drop(line.endpoint(looked_at)));
    assert_ne!(allocated.count_total, 0, "they are counted");
}
