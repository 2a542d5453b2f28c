//! Each thing that a new connection can't have, and what is said of it.
