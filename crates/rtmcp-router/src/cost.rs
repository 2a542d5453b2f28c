//! [`estimate_tokens`]: about how many tokens a text costs, without a tokenizer.

/// Estimates how many tokens a model counts for a text.
pub fn estimate_tokens(text: &str) -> usize {
    text.len().div_ceil(4)
}
