//! The import section of a WebAssembly module.

use anyhow::{Context as _, bail, ensure};

/// One thing that a module wants from its host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) name: String,
}

const IMPORT_SECTION: u8 = 2;

/// Everything that a module imports.
///
/// # Errors
///
/// When the bytes are no WebAssembly module.
pub(super) fn of(module: &[u8]) -> anyhow::Result<Vec<Import>> {
    ensure!(
        module.starts_with(b"\0asm\x01\0\0\0"),
        "not a WebAssembly module of version 1"
    );
    let mut reader = Reader { left: &module[8..] };
    while !reader.left.is_empty() {
        let id = reader.byte()?;
        let size = reader.size()?;
        let mut section = Reader {
            left: reader.take(size)?,
        };
        if id == IMPORT_SECTION {
            return (0..section.size()?).map(|_| section.import()).collect();
        }
    }
    Ok(Vec::new())
}

/// Reads what is left of a section.
struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    fn import(&mut self) -> anyhow::Result<Import> {
        let import = Import {
            module: self.name()?,
            name: self.name()?,
        };
        match self.byte()? {
            0 => drop(self.size()?),
            1 => self.table()?,
            2 => self.limits()?,
            3 => drop(self.take(2)?),
            4 => drop((self.byte()?, self.size()?)),
            kind => bail!("unknown kind of import: {kind}"),
        }
        Ok(import)
    }

    fn table(&mut self) -> anyhow::Result<()> {
        self.byte()?;
        self.limits()
    }

    fn limits(&mut self) -> anyhow::Result<()> {
        let has_maximum = self.byte()? & 1 == 1;
        self.size()?;
        if has_maximum {
            self.size()?;
        }
        Ok(())
    }

    fn name(&mut self) -> anyhow::Result<String> {
        let length = self.size()?;
        Ok(std::str::from_utf8(self.take(length)?)?.to_owned())
    }

    /// An unsigned LEB128 number.
    fn size(&mut self) -> anyhow::Result<usize> {
        let mut size = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            size |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(usize::try_from(size)?);
            }
        }
        bail!("a number that doesn't end")
    }

    fn byte(&mut self) -> anyhow::Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, count: usize) -> anyhow::Result<&'a [u8]> {
        let (taken, left) = self
            .left
            .split_at_checked(count)
            .context("the module is cut off")?;
        self.left = left;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::{Import, of};

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";

    fn import(module: &str, name: &str) -> Import {
        Import {
            module: module.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn imports_of_every_kind_are_read() {
        let section: &[u8] = b"\x04\
            \x03env\x01f\x00\x05\
            \x03env\x03mem\x02\x01\x01\x80\x02\
            \x01x\x01t\x01\x70\x00\x01\
            \x01x\x01g\x03\x7f\x00";
        let size = u8::try_from(section.len()).unwrap();
        let module = [HEADER, b"\x01\x01\x00", &[2, size], section].concat();
        let expected = [
            import("env", "f"),
            import("env", "mem"),
            import("x", "t"),
            import("x", "g"),
        ];
        assert_eq!(of(&module).unwrap(), expected);
    }

    #[test]
    fn a_module_may_import_nothing() {
        assert_eq!(of(HEADER).unwrap(), []);
    }

    #[test]
    fn what_is_no_module_or_cut_off_is_refused() {
        assert!(of(b"#!/bin/sh").is_err());
        assert!(of(&[HEADER, b"\x02\x7f\x01"].concat()).is_err());
    }
}
