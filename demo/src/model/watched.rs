//! [`Watched<T>`]: a value that remembers whether it was touched.

use std::ops::{Deref, DerefMut};

/// A value that notes when it may have changed, so that only what shows it is drawn again.
#[derive(Debug, Default)]
pub struct Watched<T> {
    value: T,
    touched: bool,
}

impl<T> Watched<T> {
    /// Tells whether the value was touched since this was last asked.
    pub fn take_touched(&mut self) -> bool {
        std::mem::take(&mut self.touched)
    }
}

impl<T> Deref for Watched<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Watched<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.touched = true;
        &mut self.value
    }
}
