//! Opcodes that ask the host: environment, accounts, storage, logs, calls (Yellow Paper app. H.2).

use lockstep_base::Fork;
use lockstep_ir::{Operand, Terminator};

use super::{Entry, Lower};
use crate::evm::{imports::HostOp, opcodes::Opcode};

/// Price of a word that is hashed (Yellow Paper app. G, `Gkeccak256word`).
const KECCAK_WORD_GAS: u32 = 6;
/// Price of a byte that is logged (Yellow Paper app. G, `Glogdata`).
const LOG_BYTE_GAS: u32 = 8;
/// Price of a word of initialization code (EIP-3860).
const INIT_CODE_WORD_GAS: u32 = 2;
/// Price of a word that is copied (Yellow Paper app. G, `Gcopy`).
const COPY_WORD_GAS: u32 = 3;
const WORD_BYTES: u32 = 32;

/// Opcodes that take nothing and push what the host says, in at most so many bits.
macro_rules! environment {
    ($($name:ident = $op:ident, $bits:literal;)*) => {$(
        pub(in crate::evm) fn $name(l: &mut Lower<'_, '_>, _row: &Opcode) {
            let word = l.call_host(HostOp::$op, &[]);
            l.stack.push(Entry::bounded(word.into(), $bits));
        }
    )*};
}

environment! {
    address = Address, 160;
    caller = Caller, 160;
    callvalue = Callvalue, 256;
    origin = Origin, 160;
    gasprice = Gasprice, 256;
    coinbase = Coinbase, 160;
    timestamp = Timestamp, 256;
    number = Number, 256;
    prevrandao = Prevrandao, 256;
    gaslimit = Gaslimit, 256;
    chainid = Chainid, 256;
    basefee = Basefee, 256;
    blobbasefee = Blobbasefee, 256;
    selfbalance = Selfbalance, 256;
}

/// Opcodes that take a word and push a word.
macro_rules! lookup {
    ($($name:ident = $op:ident;)*) => {$(
        pub(in crate::evm) fn $name(l: &mut Lower<'_, '_>, _row: &Opcode) {
            let key = l.pop_word();
            let word = l.call_host(HostOp::$op, &[key]);
            l.push_word(word.into());
        }
    )*};
}

lookup! {
    balance = Balance;
    extcodehash = Extcodehash;
    blockhash = Blockhash;
    blobhash = Blobhash;
    sload = Sload;
    tload = Tload;
}

pub(in crate::evm) fn sstore(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (key, value) = (l.pop_word(), l.pop_word());
    l.call_host(HostOp::Sstore, &[key, value]);
}

pub(in crate::evm) fn tstore(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (key, value) = (l.pop_word(), l.pop_word());
    l.call_host(HostOp::Tstore, &[key, value]);
}

pub(in crate::evm) fn extcodesize(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let address = l.pop_word();
    let size = l.call_host(HostOp::Extcodesize, &[address]);
    l.push_narrow(size.into(), 48);
}

pub(in crate::evm) fn returndatasize(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let size = l.call_host(HostOp::Returndatasize, &[]);
    l.push_narrow(size.into(), 48);
}

pub(in crate::evm) fn keccak256(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (offset, len) = (l.pop(), l.pop());
    l.charge_by(len, KECCAK_WORD_GAS, WORD_BYTES);
    let range = l.range(offset, len);
    let hash = l.call_host(HostOp::Keccak256, &[range.token, range.len64]);
    l.push_word(hash.into());
}

pub(in crate::evm) fn extcodecopy(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let address = l.pop_word();
    let (to, from, len) = (l.pop(), l.pop_word(), l.pop());
    l.charge_by(len, COPY_WORD_GAS, WORD_BYTES);
    let range = l.range(to, len);
    l.call_host(HostOp::Extcodecopy, &[address, range.token, from, range.len64]);
}

pub(in crate::evm) fn returndatacopy(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let (to, from, len) = (l.pop(), l.pop_word(), l.pop());
    l.charge_by(len, COPY_WORD_GAS, WORD_BYTES);
    let range = l.range(to, len);
    l.call_host(HostOp::Returndatacopy, &[range.token, from, range.len64]);
}

/// LOG0 to LOG4.
pub(in crate::evm) fn log(l: &mut Lower<'_, '_>, row: &Opcode) {
    const LOGS: [HostOp; 5] =
        [HostOp::Log0, HostOp::Log1, HostOp::Log2, HostOp::Log3, HostOp::Log4];
    let topics = usize::from(row.pops) - 2;
    let (offset, len) = (l.pop(), l.pop());
    let mut args = [Operand::ZERO; 6];
    for topic in &mut args[2..2 + topics] {
        *topic = l.pop_word();
    }
    l.charge_by(len, LOG_BYTE_GAS, 1);
    let range = l.range(offset, len);
    args[0] = range.token;
    args[1] = range.len64;
    l.call_host(LOGS[topics], &args[..2 + topics]);
}

/// CREATE and CREATE2; the latter hashes its code (EIP-1014).
fn create_with(l: &mut Lower<'_, '_>, op: HostOp, hash_gas: u32) {
    let value = l.pop_word();
    let (offset, len) = (l.pop(), l.pop());
    let shanghai = l.program.fork() >= Fork::Shanghai;
    let per = hash_gas + if shanghai { INIT_CODE_WORD_GAS } else { 0 };
    if per > 0 {
        l.charge_by(len, per, WORD_BYTES);
    }
    let mut args = [value, Operand::ZERO, Operand::ZERO, Operand::ZERO];
    let mut count = 3;
    if op == HostOp::Create2 {
        args[3] = l.pop_word();
        count = 4;
    }
    let range = l.range(offset, len);
    args[1] = range.token;
    args[2] = range.len64;
    let address = l.call_host(op, &args[..count]);
    l.stack.push(Entry::bounded(address.into(), 160));
}

pub(in crate::evm) fn create(l: &mut Lower<'_, '_>, _row: &Opcode) {
    create_with(l, HostOp::Create, 0);
}

pub(in crate::evm) fn create2(l: &mut Lower<'_, '_>, _row: &Opcode) {
    create_with(l, HostOp::Create2, KECCAK_WORD_GAS);
}

/// The four message calls; `value` says whether one is on the stack.
fn call_with(l: &mut Lower<'_, '_>, op: HostOp, value: bool) {
    let mut args = [Operand::ZERO; 7];
    let leading = if value { 3 } else { 2 };
    for arg in &mut args[..leading] {
        *arg = l.pop_word();
    }
    let (input, input_len) = (l.pop(), l.pop());
    let (output, output_len) = (l.pop(), l.pop());
    for (position, (offset, len)) in [(input, input_len), (output, output_len)].iter().enumerate() {
        let range = l.range(*offset, *len);
        args[leading + 2 * position] = range.token;
        args[leading + 2 * position + 1] = range.len64;
    }
    let success = l.call_host(op, &args[..leading + 4]);
    l.push_narrow(success.into(), 1);
}

pub(in crate::evm) fn call(l: &mut Lower<'_, '_>, _row: &Opcode) {
    call_with(l, HostOp::Call, true);
}

pub(in crate::evm) fn callcode(l: &mut Lower<'_, '_>, _row: &Opcode) {
    call_with(l, HostOp::Callcode, true);
}

pub(in crate::evm) fn delegatecall(l: &mut Lower<'_, '_>, _row: &Opcode) {
    call_with(l, HostOp::Delegatecall, false);
}

pub(in crate::evm) fn staticcall(l: &mut Lower<'_, '_>, _row: &Opcode) {
    call_with(l, HostOp::Staticcall, false);
}

pub(in crate::evm) fn selfdestruct(l: &mut Lower<'_, '_>, _row: &Opcode) {
    let beneficiary = l.pop_word();
    l.call_host(HostOp::Selfdestruct, &[beneficiary]);
    l.leave(Terminator::Exit { revert: false, token: Operand::ZERO, len: Operand::ZERO });
}
