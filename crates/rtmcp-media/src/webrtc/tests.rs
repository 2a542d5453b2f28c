//! Two peers over networks good and bad, faster than time passes.

mod hostile;
mod link;
mod pace;

use std::time::Duration;

use link::{Link, Road};

use super::{CloseReason, KeyError, Peer, PeerConfig, PeerError, PeerEvent, SendError};
use crate::{Sound, compare};

const SPEECH: &[u8] = include_bytes!("../../tests/weather-in-paris-8k.wav");
const RATE: u32 = 24_000;

/// Five seconds of speech, no part of which is like another: forwards, backwards, slower.
pub(super) fn speech() -> Vec<i16> {
    let once = Sound::from_wav(SPEECH).unwrap();
    let at = |rate| {
        Sound {
            rate,
            ..once.clone()
        }
        .resampled(RATE)
        .unwrap()
        .samples
    };
    let backwards = at(8_000).into_iter().rev();
    let speech = at(8_000)
        .into_iter()
        .chain(backwards)
        .chain(at(6_500))
        .chain(at(7_200));
    speech.take(5 * RATE as usize).collect()
}

/// A message of so many bytes that can be told from others.
fn message(nth: usize, bytes: usize) -> String {
    let mut text = format!("{nth}:");
    text.extend(std::iter::repeat_n(
        '€',
        bytes.saturating_sub(text.len()) / 3,
    ));
    text
}

/// Sends messages of mixed lengths from both sides at once and looks at what arrives.
fn exchange(link: &mut Link, count: usize, most: Duration) {
    let lengths: Vec<usize> = (0..count)
        .map(|nth| match nth % 100 {
            99 => 200 * 1_024,
            _ => link.below(2_000) as usize,
        })
        .collect();
    let sent: Vec<String> = lengths
        .iter()
        .zip(0..)
        .map(|(it, nth)| message(nth, *it))
        .collect();
    for text in &sent {
        for side in &mut link.sides {
            side.peer.send(text.clone()).unwrap();
        }
    }
    let mut seen = [0; 2];
    let mut arrived = [0; 2];
    link.run_until(most, |sides| {
        for (nth, side) in sides.iter().enumerate() {
            let new = side.events[seen[nth]..].iter();
            arrived[nth] += new
                .filter(|(_, it)| matches!(it, PeerEvent::Message(_)))
                .count();
            seen[nth] = side.events.len();
        }
        arrived == [count; 2]
    });
    for side in &link.sides {
        assert!(side.messages() == sent, "another message, or another order");
        assert_eq!(side.peer.queued_bytes(), 0);
    }
}

#[test]
fn two_peers_connect_and_open_the_channel_in_a_few_round_trips() {
    let link = Link::connected(Road::CLEAN, 1);
    assert!(
        link.elapsed() < Duration::from_millis(300),
        "{:?}",
        link.elapsed()
    );
    for side in &link.sides {
        let connected = side.first(|it| *it == PeerEvent::Connected).unwrap();
        let open = side.first(|it| *it == PeerEvent::ChannelOpen).unwrap();
        assert!(connected.0 <= open.0);
    }
}

#[test]
fn a_thousand_messages_arrive_whole_and_in_order() {
    let mut link = Link::connected(Road::CLEAN, 2);
    exchange(&mut link, 1_000, Duration::from_secs(60));
}

#[test]
fn no_message_is_lost_on_a_bad_road() {
    let mut link = Link::connected(Road::BAD, 3);
    exchange(&mut link, 200, Duration::from_secs(300));
}

#[test]
fn speech_arrives_as_it_was() {
    let mut link = Link::connected(Road::CLEAN, 4);
    let speech = speech();
    link.sides[0].peer.play(&speech);
    link.sides[0].peer.finish_playback();
    link.run(Duration::from_secs(6));
    let likeness = compare::speech_likeness(&speech, &link.sides[1].sound());
    assert!(likeness > 0.9, "{likeness}");
    let stats = link.sides[1].stats().received;
    assert_eq!(
        (stats.lost, stats.late, stats.concealed),
        (0, 0, 0),
        "{stats:?}"
    );
    assert!(stats.delay <= Duration::from_millis(20), "{stats:?}");
}

#[test]
fn speech_is_recognizable_after_a_bad_road() {
    let mut link = Link::connected(Road::BAD, 5);
    // Long enough that the delay is found.
    link.run(Duration::from_secs(3));
    let before = link.sides[1].stats().received;
    let speech = speech();
    link.sides[0].peer.play(&speech);
    link.run(Duration::from_secs(6));
    let likeness = compare::speech_likeness(&speech, &link.sides[1].sound());
    assert!(likeness > 0.75, "{likeness}");

    let after = link.sides[1].stats().received;
    let packets = (after.packets - before.packets) as f64;
    let lost = (after.lost - before.lost) as f64 / (packets + 1.0);
    assert!((0.01..0.12).contains(&lost), "{lost} lost: {after:?}");
    let concealed = (after.concealed - before.concealed) as f64 / packets;
    assert!(concealed < 0.2, "{concealed} concealed: {after:?}");
    let millis = |it: Duration| it.as_secs_f64() * 1_000.0;
    assert!((5.0..40.0).contains(&millis(after.jitter)), "{after:?}");
    assert!((30.0..60.0).contains(&millis(after.delay)), "{after:?}");
    let sender = link.sides[0].stats();
    let round_trip = sender.round_trip.map(millis).unwrap();
    assert!((40.0..130.0).contains(&round_trip), "{sender:?}");
    assert!(sender.sent.lost.is_some_and(|it| it > 0), "{sender:?}");
    assert!(sender.sent.jitter.is_some(), "{sender:?}");
}

#[test]
fn playback_is_paced_and_says_where_it_is() {
    let mut link = Link::connected(Road::CLEAN, 6);
    let second = &speech()[..RATE as usize];
    let peer = &mut link.sides[0].peer;
    assert_eq!(peer.play(second), 0..24_000);
    assert_eq!(peer.play(second), 24_000..48_000);
    link.run(Duration::from_millis(500));
    let playback = link.sides[0].peer.playback();
    assert!(playback.playing);
    assert!(
        (11_500..=12_500).contains(&playback.position),
        "{playback:?}"
    );

    let cleared = link.sides[0].peer.clear_playback();
    assert_eq!(cleared.position, playback.position);
    assert_eq!(cleared.dropped, 48_000 - playback.position);
    link.run(Duration::from_millis(500));
    assert_eq!(link.sides[0].peer.playback().position, playback.position);
    let heard = link.sides[1].sound();
    assert!(
        crate::rms(&heard[heard.len() - 9_600..]) < 0.001,
        "it was cut"
    );
    assert!(
        link.sides[0]
            .first(|it| matches!(it, PeerEvent::PlaybackStopped { .. }))
            .is_none()
    );

    let begins = playback.position;
    assert_eq!(
        link.sides[0].peer.play(&second[..10_000]),
        begins..begins + 10_000
    );
    link.sides[0].peer.finish_playback();
    link.run(Duration::from_secs(1));
    let ends = begins + 10_000;
    let position = |it: &PeerEvent| match it {
        PeerEvent::PlaybackStarted { position } | PeerEvent::PlaybackStopped { position } => {
            Some(*position)
        }
        _ => None,
    };
    let positions = link.sides[0]
        .events
        .iter()
        .filter_map(|(_, it)| position(it));
    assert_eq!(positions.collect::<Vec<_>>(), [0, begins, ends]);
}

#[test]
fn keys_cross_a_bad_road_each_once_and_speech_goes_on_behind_them() {
    let mut link = Link::connected(Road::BAD, 13);
    let peer = &mut link.sides[0].peer;
    peer.play(&speech()[..RATE as usize]);
    peer.press("12*#a").unwrap();
    assert_eq!(peer.press("1?"), Err(KeyError::Unknown));
    link.run(Duration::from_secs(4));
    let keys = link.sides[1].events.iter().filter_map(|(_, it)| match it {
        PeerEvent::Key(key) => Some(*key.expose()),
        _ => None,
    });
    assert_eq!(keys.collect::<String>(), "12*#A");
    assert_eq!(link.sides[0].peer.playback().position, u64::from(RATE));
    link.sides[0].peer.close();
    assert_eq!(link.sides[0].peer.press("1"), Err(KeyError::NotTaken));
}

#[test]
fn each_side_learns_who_closed() {
    let mut link = Link::connected(Road::CLEAN, 7);
    link.sides[1].peer.close();
    link.run(Duration::from_millis(100));
    let reasons = [CloseReason::Remote, CloseReason::Local];
    for (side, reason) in link.sides.iter_mut().zip(reasons) {
        let last = side.events.last().map(|(_, it)| it);
        assert_eq!(last, Some(&PeerEvent::Closed(reason)));
        assert_eq!(side.peer.deadline(), None);
        assert_eq!(side.peer.send("{}".to_owned()), Err(SendError::Closed));
    }
}

#[test]
fn a_side_that_falls_silent_is_noticed() {
    let mut link = Link::connected(Road::CLEAN, 8);
    link.road.lost_percent = 100;
    link.run_until(Duration::from_secs(30), |it| {
        it.iter().all(|it| it.peer.is_closed())
    });
    let lost = PeerEvent::Closed(CloseReason::Lost);
    assert!(
        link.sides
            .iter()
            .all(|it| it.events.last().unwrap().1 == lost)
    );
}

#[test]
fn a_connection_that_never_comes_is_given_up() {
    let road = Road {
        lost_percent: 100,
        ..Road::CLEAN
    };
    let mut link = Link::new(road, 9);
    let within = PeerConfig::default().connect_within;
    link.run_until(Duration::from_secs(16), |it| {
        it.iter().all(|it| it.peer.is_closed())
    });
    assert!(link.elapsed() >= within);
    let never = PeerEvent::Closed(CloseReason::NeverConnected(within));
    assert!(
        link.sides
            .iter()
            .all(|it| it.events.last().unwrap().1 == never)
    );
}

#[test]
fn messages_wait_for_the_channel_and_fit_the_other_side() {
    let config = PeerConfig {
        most_message_bytes: 300 * 1_024,
        ..PeerConfig::default()
    };
    let mut link = Link::with(Road::CLEAN, 10, &config);
    let early = link.sides[0].peer.send("{}".to_owned());
    assert_eq!(early, Err(SendError::NotOpen));
    link.run_until(Duration::from_secs(5), |it| {
        it.iter().all(|it| it.peer.is_open())
    });
    let longest = "x".repeat(300 * 1_024);
    link.sides[0].peer.send(longest.clone()).unwrap();
    let too_long = SendError::TooLong {
        length: longest.len() + 1,
        most: longest.len(),
    };
    assert_eq!(
        link.sides[0].peer.send(longest.clone() + "x"),
        Err(too_long)
    );
    link.run(Duration::from_secs(2));
    assert!(link.sides[1].messages() == [longest]);
}

#[test]
fn datagrams_of_others_change_nothing() {
    let mut link = Link::connected(Road::CLEAN, 11);
    let stranger = "10.0.0.9:9".parse().unwrap();
    let here = "10.0.0.1:4000".parse().unwrap();
    for length in 0..200 {
        let noise: Vec<u8> = (0..length).map(|_| link.below(256) as u8).collect();
        let now = std::time::Instant::now();
        link.sides[0].peer.receive(now, stranger, here, &noise);
    }
    link.sides[0].peer.send("still here".to_owned()).unwrap();
    link.run(Duration::from_secs(1));
    assert_eq!(link.sides[1].messages(), ["still here"]);
}

#[test]
fn descriptions_without_what_a_call_needs_are_refused() {
    let now = std::time::Instant::now();
    let answer = |offer: &str| Peer::answer(offer, PeerConfig::default(), now).unwrap_err();
    assert!(matches!(answer("hello"), PeerError::Sdp { .. }));
    let (mut peer, offer) = Peer::offer(PeerConfig::default(), now).unwrap();
    assert!(matches!(
        answer(&offer.replace("opus", "speex")),
        PeerError::NoAudio
    ));
    assert!(matches!(
        answer(&offer.replace("m=application", "m=video")),
        PeerError::NoChannel
    ));
    assert!(matches!(
        answer(&offer.replace("a=fingerprint", "a=print")),
        PeerError::Sdp { .. }
    ));

    let refused = offer.replace("m=audio 9", "m=audio 0");
    let refused = peer.accept_answer(&refused, now).unwrap_err();
    assert!(matches!(refused, PeerError::NoAudio));
    let (_, good) = Peer::answer(&offer, PeerConfig::default(), now).unwrap();
    peer.accept_answer(&good, now).unwrap();
    let twice = peer.accept_answer(&good, now).unwrap_err();
    assert!(matches!(twice, PeerError::NotOffering));
}

#[test]
fn what_people_say_is_not_in_debug() {
    let mut link = Link::connected(Road::CLEAN, 12);
    link.sides[0]
        .peer
        .send("my card is 4242".to_owned())
        .unwrap();
    link.run(Duration::from_secs(1));
    let shown = format!("{:?}", link.sides);
    assert!(shown.contains("Private(..)") && !shown.contains("4242"));
}
