//! What each kind of rule finds, and what it leaves.
