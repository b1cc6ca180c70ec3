//! Bytes as binaries: checked before anything is believed.

use std::sync::Arc;

use lockstep_base::Hash;
use lockstep_ir::FuncId;
use lockstep_rt::native::{Compiled, DirectCall};
use lockstep_state::keccak256;

use super::{
    BYTES_MAX, Binary, BinaryError, BinaryGuest, CHECKSUM_BYTES, Function, HEAD_BYTES, MAGIC,
    VERSION, build,
};

impl Binary {
    /// Whether `bytes` begin as a binary does.
    pub fn is_binary(bytes: &[u8]) -> bool {
        bytes.starts_with(&MAGIC)
    }

    /// Reads what [`Binary::to_bytes`] wrote, by this engine for such a processor.
    ///
    /// # Errors
    ///
    /// [`BinaryError`] with the first reason to refuse it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BinaryError> {
        let binary = Self::parse(bytes)?;
        if binary.build != build() {
            return Err(BinaryError::Build);
        }
        let here = lockstep_optimizing::target();
        match binary.target.iter().find(|feature| !here.contains(&feature.as_str())) {
            Some(missing) => Err(BinaryError::Target { missing: missing.clone() }),
            None => Ok(binary),
        }
    }

    /// What the bytes say, whoever wrote them.
    fn parse(bytes: &[u8]) -> Result<Self, BinaryError> {
        if !Self::is_binary(bytes) {
            return Err(BinaryError::NoBinary);
        }
        let mut reader = Reader { bytes, at: MAGIC.len() };
        let found = reader.number()?;
        if found != VERSION {
            return Err(BinaryError::Version { found });
        }
        let len = u64::from_le_bytes(reader.array("a length")?);
        let (found, whole) =
            (bytes.len() as u64, len.saturating_add((HEAD_BYTES + CHECKSUM_BYTES) as u64));
        if found != whole {
            return Err(BinaryError::Length { found, expected: whole });
        }
        if found > BYTES_MAX {
            return Err(BinaryError::Length { found, expected: BYTES_MAX });
        }
        let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
        if keccak256(content).0 != checksum {
            return Err(BinaryError::Checksum);
        }
        reader.bytes = content;
        let binary = reader.binary()?;
        if reader.at != content.len() {
            return Err(reader.malformed("the end"));
        }
        Ok(binary)
    }
}

/// Bytes, read from front to back.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn malformed(&self, what: &'static str) -> BinaryError {
        BinaryError::Malformed { offset: self.at, what }
    }

    fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], BinaryError> {
        let taken = self.bytes[self.at..].get(..len).ok_or_else(|| self.malformed(what))?;
        self.at += len;
        Ok(taken)
    }

    fn array<const LEN: usize>(&mut self, what: &'static str) -> Result<[u8; LEN], BinaryError> {
        let taken = self.take(LEN, what)?;
        Ok(taken.try_into().expect("so many bytes were taken"))
    }

    fn number(&mut self) -> Result<u32, BinaryError> {
        self.array("a number").map(u32::from_le_bytes)
    }

    /// How many things follow, of which each takes a byte at least.
    fn count(&mut self) -> Result<usize, BinaryError> {
        let count = self.number()? as usize;
        let is_possible = count <= self.bytes.len() - self.at;
        if is_possible { Ok(count) } else { Err(self.malformed("as many things as it says")) }
    }

    fn piece(&mut self) -> Result<&'a [u8], BinaryError> {
        let len = self.number()? as usize;
        self.take(len, "as many bytes as it says")
    }

    fn text(&mut self) -> Result<String, BinaryError> {
        let bytes = self.piece()?;
        String::from_utf8(bytes.to_vec()).map_err(|_| self.malformed("text"))
    }

    fn binary(&mut self) -> Result<Binary, BinaryError> {
        let build = Hash(self.array("a build")?);
        let target = (0..self.count()?).map(|_| self.text()).collect::<Result<_, _>>()?;
        let [guest] = self.array("a guest")?;
        let guest = BinaryGuest::ALL.get(usize::from(guest)).copied();
        let guest = guest.ok_or_else(|| self.malformed("a guest"))?;
        let configuration = self.text()?;
        let hash = Hash(self.array("a hash")?);
        let code: Arc<[u8]> = self.piece()?.into();
        if keccak256(&code) != hash {
            return Err(BinaryError::Content);
        }
        let count = self.count()?;
        let functions = (0..count).map(|_| self.function(count)).collect::<Result<_, _>>()?;
        Ok(Binary { build, target, guest, configuration, code, functions })
    }

    /// One of `count` functions.
    fn function(&mut self, count: usize) -> Result<Function, BinaryError> {
        match self.array("a kind of function")? {
            [0] => Ok(Function::Missing),
            [1] => self.compiled(count).map(Function::Code),
            [2] => self.compiled(count).map(Function::Below),
            _ => Err(self.malformed("a kind of function")),
        }
    }

    fn compiled(&mut self, count: usize) -> Result<Compiled, BinaryError> {
        let (body, door) = (self.piece()?.to_vec(), self.piece()?.to_vec());
        let calls = (0..self.count()?).map(|_| self.call(body.len(), count));
        Ok(Compiled { calls: calls.collect::<Result<_, _>>()?, body, door })
    }

    /// A call in a body of so many bytes.
    fn call(&mut self, len: usize, count: usize) -> Result<DirectCall, BinaryError> {
        let (offset, func) = (self.number()?, FuncId(self.number()?));
        let end = (offset as usize).saturating_add(4);
        let exists = end <= len && (func.0 as usize) < count;
        if exists { Ok(DirectCall { offset, func }) } else { Err(self.malformed("a call")) }
    }
}
