//! The words of the Realtime protocol: ids, time, audio formats, items, tools, settings and events.
