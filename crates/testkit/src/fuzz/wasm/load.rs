//! Bytes as a module: refused with a place in them, or translated to the last function.

use std::sync::Arc;

use lockstep::wasm::{Config, LoadErrorKind, Profile};
use lockstep_guest::wasm::Module;
use lockstep_interp::Code;
use lockstep_ir::{Func, FuncId, Functions, verify_function};

use super::{agree, smith};

/// Longer modules say nothing new.
const MODULE_MAX_BYTES: usize = 64 << 10;
/// What every module begins with.
const MAGIC: &[u8] = b"\0asm";
/// Bytes that one mistake is made from.
const MISTAKE_BYTES: usize = 4;
/// Mistakes in a generated module, at most.
const MISTAKES_MAX: usize = 8;

/// Loads bytes that begin like a module as they are; of others a module is generated, with mistakes put into it.
///
/// # Panics
///
/// When a refusal has no place in the bytes, when a module that loads cannot be translated, or when tiers differ on it.
pub fn wasm_load(bytes: &[u8]) {
    if bytes.len() > MODULE_MAX_BYTES {
        return;
    }
    if bytes.starts_with(MAGIC) {
        check(bytes);
    } else if let Some((count, rest)) = bytes.split_first() {
        let count = usize::from(*count) % MISTAKES_MAX * MISTAKE_BYTES;
        let Some((mistakes, seed)) = rest.split_at_checked(count) else { return };
        let Some(mut module) = smith::module(seed) else { return };
        mistakes.chunks_exact(MISTAKE_BYTES).for_each(|mistake| spoil(&mut module, mistake));
        check(&module);
    }
}

/// Puts a mistake into a module.
fn spoil(module: &mut Vec<u8>, mistake: &[u8]) {
    let [kind, high, low, value] = *mistake else { return };
    if module.is_empty() {
        return;
    }
    let at = usize::from(u16::from_be_bytes([high, low])) % module.len();
    match kind % 6 {
        0 => module[at] = value,
        1 => module[at] ^= 1 << (value % 8),
        2 => module.insert(at, value),
        3 => drop(module.remove(at)),
        4 => module.truncate(at),
        // A long number that means the same as a short one, or something else entirely.
        _ => {
            module[at] |= 0x80;
            module.insert(at + 1, value & 0x7f);
        }
    }
}

/// Loads `bytes` in both profiles and does with a module what can be done with it.
pub(super) fn check(bytes: &[u8]) {
    let without_floats = Config { profile: Profile::ConsensusNoFloat, ..Config::default() };
    for config in [Config::default(), without_floats] {
        match Module::load(Arc::from(bytes), &config) {
            Ok(module) => translate(&Arc::new(module)),
            Err(error) => {
                assert!(error.offset <= bytes.len(), "{error}, of {} bytes", bytes.len());
                let (LoadErrorKind::Malformed(text) | LoadErrorKind::Invalid(text)) = error.kind
                else {
                    continue;
                };
                assert!(!text.is_empty(), "a refusal without a reason");
            }
        }
    }
    agree::tiers(bytes, agree::How { gas: 5_000, seed: bytes.len() as u64 });
}

/// Lowers, verifies and encodes every function.
fn translate(module: &Arc<Module>) {
    let code = Code::functions(module.clone());
    let interface = module.interface();
    let mut func = Func::default();
    for number in 0..interface.signatures.len() {
        let id = FuncId(number as u32);
        func.clear();
        module.lower(id, &mut func);
        let verified = verify_function(interface, id, &func);
        let verified = verified.unwrap_or_else(|error| panic!("function {number}: {error}"));
        if let Err(error) = code.list(verified) {
            panic!("function {number}: {error}");
        }
    }
}
