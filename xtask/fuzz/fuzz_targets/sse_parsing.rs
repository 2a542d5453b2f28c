//! Event streams of a stranger's server: however chunks part them, the events are the same, and never
//! more than came.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rtmcp_mcp::fuzzing::read_events;

fuzz_target!(|input: &[u8]| {
    // The first byte says how large the chunks are.
    let Some((size, bytes)) = input.split_first() else {
        return;
    };
    let whole = read_events(&[bytes]);
    let chunks: Vec<_> = bytes.chunks(usize::from(*size).max(1)).collect();
    assert_eq!(read_events(&chunks), whole);
    let length: usize = whole.iter().map(|it| it.data.as_deref().map_or(0, str::len)).sum();
    // A byte that is no UTF-8 becomes a mark of three.
    assert!(length <= bytes.len() * 3);
    for event in &whole {
        // It goes into a header, where all beyond ASCII is opaque.
        let id = event.id.as_deref().unwrap_or_default();
        assert!(!id.bytes().any(|it| it.is_ascii_control()), "{id:?}");
    }
});
