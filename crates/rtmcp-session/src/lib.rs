//! One Realtime conversation as a state machine: events in, effects out, no IO and no clock.
