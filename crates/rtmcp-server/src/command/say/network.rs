//! How the network of a call did, in one line.

use std::time::Duration;

use rtmcp::PeerStats;

/// Returns jitter, loss and the way there and back, as far as they are known.
pub(super) fn words(stats: &PeerStats) -> String {
    let PeerStats {
        sent,
        received,
        round_trip,
    } = stats;
    let expected = received.packets + received.lost;
    let lost = share(received.lost as f64 / expected.max(1) as f64);
    let mut words = format!(
        "network: {} packets heard, {lost} lost, jitter {}",
        received.packets,
        millis(received.jitter)
    );
    words += &format!("; {} said", sent.packets);
    if let Some(lost) = sent.lost {
        words += &format!(", {} lost", share(lost as f64 / sent.packets.max(1) as f64));
    }
    if let Some(jitter) = sent.jitter {
        words += &format!(", jitter {}", millis(jitter));
    }
    match round_trip {
        Some(round_trip) => words + &format!("; {} there and back", millis(*round_trip)),
        None => words,
    }
}

fn millis(span: Duration) -> String {
    format!("{:.1} ms", span.as_secs_f64() * 1_000.0)
}

fn share(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_said() {
        let mut stats = PeerStats::default();
        stats.received.packets = 95;
        stats.received.lost = 5;
        stats.received.jitter = Duration::from_micros(12_340);
        stats.sent.packets = 200;
        let known = "network: 95 packets heard, 5.0 % lost, jitter 12.3 ms; 200 said";
        assert_eq!(words(&stats), known);
        stats.sent.lost = Some(3);
        stats.sent.jitter = Some(Duration::from_millis(4));
        stats.round_trip = Some(Duration::from_millis(61));
        let more = ", 1.5 % lost, jitter 4.0 ms; 61.0 ms there and back";
        assert_eq!(words(&stats), format!("{known}{more}"));
    }
}
