//! Audio for Realtime sessions: PCM, resampling and voice activity.
