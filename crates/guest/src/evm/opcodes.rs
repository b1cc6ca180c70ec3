//! One row per opcode: name, stack effect, static gas by fork, lowering. All else derives from it.
//!
//! # Invariants
//!
//! 1. Rows ascend by byte, prices in a row ascend by fork; the first price says when the opcode appeared.
//! 2. The price is the static part, which the guest charges; what depends on operands or state is charged by the
//!    lowering (memory, words, bytes) or by the host function (access, value, refunds).

use lockstep_base::Fork::{
    self, Berlin, Byzantium, Cancun, Constantinople, Frontier, Homestead, Istanbul, London, Osaka,
    Shanghai, Tangerine,
};

use super::lower::{Lower, arith, flow, host, memory};

/// An opcode with its history.
#[derive(Debug, Clone, Copy)]
pub struct Opcode {
    /// The byte.
    pub byte: u8,
    /// The mnemonic.
    pub name: &'static str,
    /// Words it needs on the stack and takes.
    pub pops: u8,
    /// Words it leaves.
    pub pushes: u8,
    /// Its static price from each fork on.
    pub gas: &'static [(Fork, u16)],
    /// Bytes of the immediate that follows it.
    pub immediate: u8,
    /// What makes dMIR of it.
    pub(super) lower: fn(&mut Lower<'_, '_>, &Opcode),
}

impl Opcode {
    /// The static price under `fork`; `None` when the fork does not define the opcode.
    pub const fn price(&self, fork: Fork) -> Option<u16> {
        let mut price = None;
        let mut i = 0;
        while i < self.gas.len() && self.gas[i].0 as u8 <= fork as u8 {
            price = Some(self.gas[i].1);
            i += 1;
        }
        price
    }
}

type Lowering = fn(&mut Lower<'_, '_>, &Opcode);

const fn op(
    byte: u8,
    name: &'static str,
    stack: (u8, u8),
    gas: &'static [(Fork, u16)],
    lower: Lowering,
) -> Opcode {
    Opcode { byte, name, pops: stack.0, pushes: stack.1, gas, immediate: 0, lower }
}

const fn push(byte: u8, name: &'static str) -> Opcode {
    let immediate = byte - 0x5f;
    Opcode { byte, name, pops: 0, pushes: 1, gas: &[(Frontier, 3)], immediate, lower: flow::push }
}

const fn dup(byte: u8, name: &'static str) -> Opcode {
    let depth = byte - 0x7f;
    op(byte, name, (depth, depth + 1), &[(Frontier, 3)], flow::dup)
}

const fn swap(byte: u8, name: &'static str) -> Opcode {
    let depth = byte - 0x8e;
    op(byte, name, (depth, depth), &[(Frontier, 3)], flow::swap)
}

/// Prices of reading an account: Yellow Paper app. G, EIP-150, EIP-2929.
const EXTERNAL: &[(Fork, u16)] = &[(Frontier, 20), (Tangerine, 700), (Berlin, 100)];

/// Every opcode, ascending.
#[rustfmt::skip]
pub const OPCODES: &[Opcode] = &[
    //  byte  name            pops, pushes  static gas by fork                      lowering
    op(0x00, "STOP",           (0, 0), &[(Frontier, 0)],                            flow::stop),
    op(0x01, "ADD",            (2, 1), &[(Frontier, 3)],                            arith::add),
    op(0x02, "MUL",            (2, 1), &[(Frontier, 5)],                            arith::mul),
    op(0x03, "SUB",            (2, 1), &[(Frontier, 3)],                            arith::sub),
    op(0x04, "DIV",            (2, 1), &[(Frontier, 5)],                            arith::div),
    op(0x05, "SDIV",           (2, 1), &[(Frontier, 5)],                            arith::sdiv),
    op(0x06, "MOD",            (2, 1), &[(Frontier, 5)],                            arith::rem),
    op(0x07, "SMOD",           (2, 1), &[(Frontier, 5)],                            arith::smod),
    op(0x08, "ADDMOD",         (3, 1), &[(Frontier, 8)],                            arith::addmod),
    op(0x09, "MULMOD",         (3, 1), &[(Frontier, 8)],                            arith::mulmod),
    op(0x0a, "EXP",            (2, 1), &[(Frontier, 10)],                           arith::exp),
    op(0x0b, "SIGNEXTEND",     (2, 1), &[(Frontier, 5)],                            arith::signextend),
    op(0x10, "LT",             (2, 1), &[(Frontier, 3)],                            arith::lt),
    op(0x11, "GT",             (2, 1), &[(Frontier, 3)],                            arith::gt),
    op(0x12, "SLT",            (2, 1), &[(Frontier, 3)],                            arith::slt),
    op(0x13, "SGT",            (2, 1), &[(Frontier, 3)],                            arith::sgt),
    op(0x14, "EQ",             (2, 1), &[(Frontier, 3)],                            arith::eq),
    op(0x15, "ISZERO",         (1, 1), &[(Frontier, 3)],                            arith::iszero),
    op(0x16, "AND",            (2, 1), &[(Frontier, 3)],                            arith::and),
    op(0x17, "OR",             (2, 1), &[(Frontier, 3)],                            arith::or),
    op(0x18, "XOR",            (2, 1), &[(Frontier, 3)],                            arith::xor),
    op(0x19, "NOT",            (1, 1), &[(Frontier, 3)],                            arith::not),
    op(0x1a, "BYTE",           (2, 1), &[(Frontier, 3)],                            arith::byte),
    op(0x1b, "SHL",            (2, 1), &[(Constantinople, 3)],                      arith::shl),         // EIP-145
    op(0x1c, "SHR",            (2, 1), &[(Constantinople, 3)],                      arith::shr),         // EIP-145
    op(0x1d, "SAR",            (2, 1), &[(Constantinople, 3)],                      arith::sar),         // EIP-145
    op(0x1e, "CLZ",            (1, 1), &[(Osaka, 5)],                               arith::clz),         // EIP-7939
    op(0x20, "KECCAK256",      (2, 1), &[(Frontier, 30)],                           host::keccak256),
    op(0x30, "ADDRESS",        (0, 1), &[(Frontier, 2)],                            host::address),
    op(0x31, "BALANCE",        (1, 1), &[(Frontier, 20), (Tangerine, 400), (Istanbul, 700),
                                         (Berlin, 100)],                            host::balance),      // EIP-150, 1884, 2929
    op(0x32, "ORIGIN",         (0, 1), &[(Frontier, 2)],                            host::origin),
    op(0x33, "CALLER",         (0, 1), &[(Frontier, 2)],                            host::caller),
    op(0x34, "CALLVALUE",      (0, 1), &[(Frontier, 2)],                            host::callvalue),
    op(0x35, "CALLDATALOAD",   (1, 1), &[(Frontier, 3)],                            memory::calldataload),
    op(0x36, "CALLDATASIZE",   (0, 1), &[(Frontier, 2)],                            memory::calldatasize),
    op(0x37, "CALLDATACOPY",   (3, 0), &[(Frontier, 3)],                            memory::calldatacopy),
    op(0x38, "CODESIZE",       (0, 1), &[(Frontier, 2)],                            memory::codesize),
    op(0x39, "CODECOPY",       (3, 0), &[(Frontier, 3)],                            memory::codecopy),
    op(0x3a, "GASPRICE",       (0, 1), &[(Frontier, 2)],                            host::gasprice),
    op(0x3b, "EXTCODESIZE",    (1, 1), EXTERNAL,                                    host::extcodesize),
    op(0x3c, "EXTCODECOPY",    (4, 0), EXTERNAL,                                    host::extcodecopy),
    op(0x3d, "RETURNDATASIZE", (0, 1), &[(Byzantium, 2)],                           host::returndatasize), // EIP-211
    op(0x3e, "RETURNDATACOPY", (3, 0), &[(Byzantium, 3)],                           host::returndatacopy), // EIP-211
    op(0x3f, "EXTCODEHASH",    (1, 1), &[(Constantinople, 400), (Istanbul, 700),
                                         (Berlin, 100)],                            host::extcodehash),  // EIP-1052, 1884, 2929
    op(0x40, "BLOCKHASH",      (1, 1), &[(Frontier, 20)],                           host::blockhash),
    op(0x41, "COINBASE",       (0, 1), &[(Frontier, 2)],                            host::coinbase),
    op(0x42, "TIMESTAMP",      (0, 1), &[(Frontier, 2)],                            host::timestamp),
    op(0x43, "NUMBER",         (0, 1), &[(Frontier, 2)],                            host::number),
    op(0x44, "PREVRANDAO",     (0, 1), &[(Frontier, 2)],                            host::prevrandao),   // DIFFICULTY before EIP-4399
    op(0x45, "GASLIMIT",       (0, 1), &[(Frontier, 2)],                            host::gaslimit),
    op(0x46, "CHAINID",        (0, 1), &[(Istanbul, 2)],                            host::chainid),      // EIP-1344
    op(0x47, "SELFBALANCE",    (0, 1), &[(Istanbul, 5)],                            host::selfbalance),  // EIP-1884
    op(0x48, "BASEFEE",        (0, 1), &[(London, 2)],                              host::basefee),      // EIP-3198
    op(0x49, "BLOBHASH",       (1, 1), &[(Cancun, 3)],                              host::blobhash),     // EIP-4844
    op(0x4a, "BLOBBASEFEE",    (0, 1), &[(Cancun, 2)],                              host::blobbasefee),  // EIP-7516
    op(0x50, "POP",            (1, 0), &[(Frontier, 2)],                            flow::pop),
    op(0x51, "MLOAD",          (1, 1), &[(Frontier, 3)],                            memory::mload),
    op(0x52, "MSTORE",         (2, 0), &[(Frontier, 3)],                            memory::mstore),
    op(0x53, "MSTORE8",        (2, 0), &[(Frontier, 3)],                            memory::mstore8),
    op(0x54, "SLOAD",          (1, 1), &[(Frontier, 50), (Tangerine, 200), (Istanbul, 800),
                                         (Berlin, 100)],                            host::sload),        // EIP-150, 1884, 2929
    op(0x55, "SSTORE",         (2, 0), &[(Frontier, 0)],                            host::sstore),       // all of it dynamic
    op(0x56, "JUMP",           (1, 0), &[(Frontier, 8)],                            flow::jump),
    op(0x57, "JUMPI",          (2, 0), &[(Frontier, 10)],                           flow::jumpi),
    op(0x58, "PC",             (0, 1), &[(Frontier, 2)],                            flow::pc),
    op(0x59, "MSIZE",          (0, 1), &[(Frontier, 2)],                            memory::msize),
    op(0x5a, "GAS",            (0, 1), &[(Frontier, 2)],                            flow::gas),
    op(0x5b, "JUMPDEST",       (0, 0), &[(Frontier, 1)],                            flow::jumpdest),
    op(0x5c, "TLOAD",          (1, 1), &[(Cancun, 100)],                            host::tload),        // EIP-1153
    op(0x5d, "TSTORE",         (2, 0), &[(Cancun, 100)],                            host::tstore),       // EIP-1153
    op(0x5e, "MCOPY",          (3, 0), &[(Cancun, 3)],                              memory::mcopy),      // EIP-5656
    op(0x5f, "PUSH0",          (0, 1), &[(Shanghai, 2)],                            flow::push),         // EIP-3855
    push(0x60, "PUSH1"), push(0x61, "PUSH2"), push(0x62, "PUSH3"), push(0x63, "PUSH4"),
    push(0x64, "PUSH5"), push(0x65, "PUSH6"), push(0x66, "PUSH7"), push(0x67, "PUSH8"),
    push(0x68, "PUSH9"), push(0x69, "PUSH10"), push(0x6a, "PUSH11"), push(0x6b, "PUSH12"),
    push(0x6c, "PUSH13"), push(0x6d, "PUSH14"), push(0x6e, "PUSH15"), push(0x6f, "PUSH16"),
    push(0x70, "PUSH17"), push(0x71, "PUSH18"), push(0x72, "PUSH19"), push(0x73, "PUSH20"),
    push(0x74, "PUSH21"), push(0x75, "PUSH22"), push(0x76, "PUSH23"), push(0x77, "PUSH24"),
    push(0x78, "PUSH25"), push(0x79, "PUSH26"), push(0x7a, "PUSH27"), push(0x7b, "PUSH28"),
    push(0x7c, "PUSH29"), push(0x7d, "PUSH30"), push(0x7e, "PUSH31"), push(0x7f, "PUSH32"),
    dup(0x80, "DUP1"), dup(0x81, "DUP2"), dup(0x82, "DUP3"), dup(0x83, "DUP4"),
    dup(0x84, "DUP5"), dup(0x85, "DUP6"), dup(0x86, "DUP7"), dup(0x87, "DUP8"),
    dup(0x88, "DUP9"), dup(0x89, "DUP10"), dup(0x8a, "DUP11"), dup(0x8b, "DUP12"),
    dup(0x8c, "DUP13"), dup(0x8d, "DUP14"), dup(0x8e, "DUP15"), dup(0x8f, "DUP16"),
    swap(0x90, "SWAP1"), swap(0x91, "SWAP2"), swap(0x92, "SWAP3"), swap(0x93, "SWAP4"),
    swap(0x94, "SWAP5"), swap(0x95, "SWAP6"), swap(0x96, "SWAP7"), swap(0x97, "SWAP8"),
    swap(0x98, "SWAP9"), swap(0x99, "SWAP10"), swap(0x9a, "SWAP11"), swap(0x9b, "SWAP12"),
    swap(0x9c, "SWAP13"), swap(0x9d, "SWAP14"), swap(0x9e, "SWAP15"), swap(0x9f, "SWAP16"),
    op(0xa0, "LOG0",           (2, 0), &[(Frontier, 375)],                          host::log),
    op(0xa1, "LOG1",           (3, 0), &[(Frontier, 750)],                          host::log),
    op(0xa2, "LOG2",           (4, 0), &[(Frontier, 1125)],                         host::log),
    op(0xa3, "LOG3",           (5, 0), &[(Frontier, 1500)],                         host::log),
    op(0xa4, "LOG4",           (6, 0), &[(Frontier, 1875)],                         host::log),
    op(0xf0, "CREATE",         (3, 1), &[(Frontier, 32000)],                        host::create),
    op(0xf1, "CALL",           (7, 1), &[(Frontier, 40), (Tangerine, 700), (Berlin, 100)], host::call),
    op(0xf2, "CALLCODE",       (7, 1), &[(Frontier, 40), (Tangerine, 700), (Berlin, 100)], host::callcode),
    op(0xf3, "RETURN",         (2, 0), &[(Frontier, 0)],                            flow::ret),
    op(0xf4, "DELEGATECALL",   (6, 1), &[(Homestead, 40), (Tangerine, 700), (Berlin, 100)], host::delegatecall), // EIP-7
    op(0xf5, "CREATE2",        (4, 1), &[(Constantinople, 32000)],                  host::create2),      // EIP-1014
    op(0xfa, "STATICCALL",     (6, 1), &[(Byzantium, 700), (Berlin, 100)],          host::staticcall),   // EIP-214
    op(0xfd, "REVERT",         (2, 0), &[(Byzantium, 0)],                           flow::revert),       // EIP-140
    op(0xfe, "INVALID",        (0, 0), &[(Frontier, 0)],                            flow::invalid),      // EIP-141
    op(0xff, "SELFDESTRUCT",   (1, 0), &[(Frontier, 0), (Tangerine, 5000)],         host::selfdestruct), // EIP-150
];

const _: () = {
    let mut i = 0;
    while i < OPCODES.len() {
        let row = &OPCODES[i];
        assert!(i == 0 || OPCODES[i - 1].byte < row.byte, "rows ascend");
        assert!(!row.gas.is_empty(), "an opcode appears in some fork");
        let mut j = 1;
        while j < row.gas.len() {
            assert!((row.gas[j - 1].0 as u8) < row.gas[j].0 as u8, "prices ascend by fork");
            j += 1;
        }
        i += 1;
    }
};

/// An opcode as one fork has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Priced {
    /// The row.
    pub(super) row: &'static Opcode,
    /// The static price.
    pub(super) gas: u16,
}

type Table = [Option<Priced>; 256];

const fn table(fork: Fork) -> Table {
    let mut table: Table = [None; 256];
    let mut i = 0;
    while i < OPCODES.len() {
        let row = &OPCODES[i];
        if let Some(gas) = row.price(fork) {
            table[row.byte as usize] = Some(Priced { row, gas });
        }
        i += 1;
    }
    table
}

static TABLES: [Table; Fork::ALL.len()] = {
    let mut tables = [[None; 256]; Fork::ALL.len()];
    let mut i = 0;
    while i < tables.len() {
        tables[i] = table(Fork::ALL[i]);
        i += 1;
    }
    tables
};

/// What `byte` means under `fork`; `None` when it is undefined.
pub(super) fn priced(fork: Fork, byte: u8) -> Option<Priced> {
    TABLES[fork as usize][usize::from(byte)]
}

/// The opcodes that `fork` defines, with their static prices.
pub fn rows(fork: Fork) -> impl Iterator<Item = (&'static Opcode, u16)> {
    OPCODES.iter().filter_map(move |row| Some((row, row.price(fork)?)))
}
