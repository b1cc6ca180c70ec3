//! Bytes of machine code as instructions of x86-64, in Intel's notation.
//!
//! Places are offsets in the function, written `+01a4`. What follows an instruction that never goes on to the next one is data,
//! up to where a block begins or a jump has gone: some operations of the code generator jump within their block.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display, Formatter},
};

use iced_x86::{
    Decoder, DecoderOptions, Formatter as _, Instruction, IntelFormatter, Mnemonic, OpKind,
    SymbolResolver, SymbolResult,
};
use lockstep::{NativeListing, encode_hex};
use lockstep_ir::FuncId;
use serde::Serialize;

const BITS: u32 = 64;
/// Data is shown so many bytes at a time: an entry of a table of jumps.
const DATA_BYTES: usize = 4;

/// An instruction, or data.
#[derive(Debug, Serialize)]
pub(super) struct MachineRow {
    offset: u32,
    bytes: String,
    text: String,
}

impl Display for MachineRow {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7} {}", format!("+{:04x}", self.offset), self.text)
    }
}

/// What the code of `listing` consists of, by offset; `name_of` names the functions of the program that it calls.
pub(super) fn decode(
    listing: &NativeListing,
    name_of: impl Fn(FuncId) -> String,
) -> BTreeMap<u32, MachineRow> {
    let code = &listing.code[..];
    let callees = listing.calls.iter().map(|call| (call.offset, name_of(call.func)));
    let callees: BTreeMap<u32, String> = callees.collect();
    let mut begins: BTreeSet<u64> = listing.blocks.iter().copied().map(u64::from).collect();
    let mut formatter = formatter();
    let mut rows = BTreeMap::new();
    let (mut at, mut is_code) = (0, true);
    while at < code.len() {
        let offset = at as u32;
        let (len, text) = if is_code || begins.contains(&(at as u64)) {
            let mut decoder = Decoder::with_ip(BITS, &code[at..], at as u64, DecoderOptions::NONE);
            let inst = decoder.decode();
            begins.extend(target(&inst));
            is_code = falls_through(&inst);
            let mut text = String::new();
            match callees.range(offset..offset + inst.len() as u32).next() {
                Some((_, callee)) => text = format!("call {callee}"),
                None => formatter.format(&inst, &mut text),
            }
            (inst.len(), text)
        } else {
            let end = begins.range(at as u64..).next().map_or(code.len(), |&end| end as usize);
            let len = DATA_BYTES.min(end - at);
            (len, format!("data 0x{}", digits(&code[at..at + len])))
        };
        let bytes = encode_hex(&code[at..at + len]).to_string();
        rows.insert(offset, MachineRow { offset, bytes, text });
        at += len;
    }
    rows
}

/// Where `inst` jumps to, if it says so itself.
fn target(inst: &Instruction) -> Option<u64> {
    (inst.op0_kind() == OpKind::NearBranch64).then(|| inst.near_branch64())
}

/// Numbers without leading zeros, as `0x1f`.
fn formatter() -> IntelFormatter {
    let mut formatter = IntelFormatter::with_options(Some(Box::new(Places)), None);
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    options.set_signed_immediate_operands(true);
    options.set_small_hex_numbers_in_decimal(true);
    formatter
}

/// Whether the instruction behind `inst` may be the next.
fn falls_through(inst: &Instruction) -> bool {
    !matches!(inst.mnemonic(), Mnemonic::Jmp | Mnemonic::Ret | Mnemonic::Ud2 | Mnemonic::INVALID)
}

/// A number, its lowest byte first.
fn digits(bytes: &[u8]) -> String {
    bytes.iter().rev().map(|byte| format!("{byte:02x}")).collect()
}

/// Names for what lies in the function.
struct Places;

impl SymbolResolver for Places {
    fn symbol(
        &mut self,
        inst: &Instruction,
        operand: u32,
        _: Option<u32>,
        address: u64,
        _: u32,
    ) -> Option<SymbolResult<'_>> {
        let is_place = match inst.op_kind(operand) {
            OpKind::NearBranch64 => true,
            OpKind::Memory => inst.is_ip_rel_memory_operand(),
            _ => false,
        };
        is_place.then(|| SymbolResult::with_string(address, format!("+{address:04x}")))
    }
}
