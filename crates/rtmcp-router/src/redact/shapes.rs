//! Secrets that are known by their form: e-mail addresses, telephone numbers, keys.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

/// Forms that one kind of secret has.
#[derive(Debug)]
pub(super) struct Shapes {
    forms: LazyLock<Vec<Regex>>,
    /// What a form alone can't say.
    fits: fn(&str) -> bool,
}

impl Shapes {
    const fn new(forms: fn() -> Vec<Regex>, fits: fn(&str) -> bool) -> Self {
        Self {
            forms: LazyLock::new(forms),
            fits,
        }
    }

    /// Finds all; places may overlap.
    pub(super) fn find(&self, text: &str) -> Vec<Range<usize>> {
        let forms = self.forms.iter();
        let found = forms.flat_map(|form| form.find_iter(text));
        found
            .filter(|it| (self.fits)(it.as_str()))
            .map(|it| it.range())
            .collect()
    }
}

/// E-mail addresses, also those with letters of other scripts.
pub(super) static EMAIL: Shapes = Shapes::new(
    || all(&[r"[\w.!#$%&'*+?^`{|}~-]+@(?:[\w-]+\.)+[^\W\d_][\w-]*[^\W_]"]),
    |_| true,
);

/// Telephone numbers as people write them.
pub(super) static PHONE: Shapes = Shapes::new(
    || {
        all(&[
            r"\+[ (]{0,2}\d(?:[ ().\-/]{0,3}\d){6,14}",
            r"\b00[1-9](?:[ ().\-/]{0,3}\d){7,14}",
            r"\(\d{2,5}\)[ .\-/]{0,2}\d(?:[ .\-/]?\d){4,11}",
            r"\b\d{3}[ .\-]\d{3}[ .\-]\d{4}\b",
            r"\b0\d{1,4}[ ./\-]{1,3}\d(?:[ .\-/]?\d){4,10}\b",
        ])
    },
    |_| true,
);

/// Keys by the forms that well-known services give them.
pub(super) static KEY: Shapes = Shapes::new(
    || {
        all(&[
            // Of OpenAI, Anthropic, Stripe and those that do as they do.
            r"(?:sk|rk|pk|whsec|ek)[-_][A-Za-z0-9_\-]{16,}",
            // Of GitHub, GitLab, npm, PyPI, Hugging Face, DigitalOcean, Shopify.
            r"gh[pousr]_[A-Za-z0-9]{20,}",
            r"github_pat_[A-Za-z0-9_]{20,}",
            r"glpat-[A-Za-z0-9_\-]{16,}",
            r"npm_[A-Za-z0-9]{30,}",
            r"pypi-[A-Za-z0-9_\-]{16,}",
            r"hf_[A-Za-z0-9]{20,}",
            r"do[opr]_v1_[a-f0-9]{32,}",
            r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
            // Of Slack, AWS, Google, SendGrid.
            r"xox[a-z]-[A-Za-z0-9\-]{10,}",
            r"xapp-[A-Za-z0-9\-]{10,}",
            r"(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}",
            r"AIza[A-Za-z0-9_\-]{35}",
            r"ya29\.[A-Za-z0-9_\-]{20,}",
            r"SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}",
            // JSON Web Tokens, bearer tokens, passwords in addresses.
            r"eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*){0,3}",
            r"(?i:bearer)\s+[A-Za-z0-9._~+/\-]{16,}=*",
            r"[a-z][a-z0-9+.\-]*://[^\s/:@]+:[^\s/@]+@",
            // Private keys as PEM, also those that are cut off.
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        ])
    },
    // Words that are joined with dashes have the form of some keys, but no digits.
    |key| {
        key.starts_with("-----") || key.contains("://") || key.bytes().any(|it| it.is_ascii_digit())
    },
);

fn all(forms: &[&str]) -> Vec<Regex> {
    let compiled = forms.iter().map(|form| Regex::new(form));
    compiled.filter_map(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_compiles() {
        assert_eq!(
            (EMAIL.forms.len(), PHONE.forms.len(), KEY.forms.len()),
            (1, 5, 19)
        );
    }
}
