//! Trying the page without a browser.
