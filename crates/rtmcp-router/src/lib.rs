//! Which tool answers a function call, where, and under what rule.
