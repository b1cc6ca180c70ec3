//! One instruction in many functions: each operand a local, a constant, a value of its own or the same local again, the
//! result returned or put to one of the uses that tiers write together with the instruction.

use lockstep::wasm::{ValType, Value};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, Ieee32, Ieee64, Instruction, MemArg,
    MemArgTarget, MemorySection, MemoryType, Module, TypeSection,
};

use super::{
    rows::{self, Half, Row},
    script::{self, Call, Case},
};
use crate::random::Random;

/// Functions of a module.
const FUNCTIONS: usize = 40;
/// Calls of each.
const CALLS: usize = 24;
/// Types of the globals, in their order.
pub const TYPES: [ValType; 5] =
    [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
/// Memories: indexed by i32, by i64, and one that is not the first.
pub const MEMORIES: [bool; 3] = [false, true, false];
const PAGE: u64 = 1 << 16;

/// Where an operand comes from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Local,
    /// The first local of its type.
    Same,
    Constant(Value),
    /// Read from a global that was set to the local.
    Global,
}

/// What becomes of the result.
#[derive(Debug, Clone, Copy)]
enum Use {
    Return,
    /// Through a local that held the operand.
    Tee,
    Global,
    /// The following want an i32.
    Branch,
    If,
    Select,
    Eqz,
    Extend,
}

/// The module of `seed`: seeds that follow one another go through the instructions.
pub fn case(seed: u64) -> Case {
    let row = rows::row(seed % rows::count());
    let mut random = Random::new(seed);
    let mut parts = Parts::default();
    for number in 0..FUNCTIONS {
        function(&mut parts, row, &mut random, number);
    }
    Case { name: row.name.to_owned(), bytes: parts.finish(&mut random), calls: Some(parts.calls) }
}

/// A module on the way.
#[derive(Default)]
pub struct Parts {
    /// Types of its functions.
    pub signatures: Vec<(Vec<ValType>, Option<ValType>)>,
    types: TypeSection,
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
    pub calls: Vec<Call>,
}

impl Parts {
    /// Adds a function that is exported under a name of its own.
    pub fn add(&mut self, export: &str, ty: (&[ValType], Option<ValType>), body: &Function) {
        let number = self.types.len();
        let (params, result) = ty;
        self.types.ty().function(params.iter().map(|ty| encoded(*ty)), result.map(encoded));
        self.functions.function(number);
        self.exports.export(export, ExportKind::Func, number);
        self.code.function(body);
        self.signatures.push((params.to_vec(), result));
    }

    /// The bytes.
    pub fn finish(&self, random: &mut Random) -> Vec<u8> {
        let mut exports = self.exports.clone();
        let mut memories = MemorySection::new();
        for (number, memory64) in MEMORIES.into_iter().enumerate() {
            exports.export(&format!("memory{number}"), ExportKind::Memory, number as u32);
            let maximum = Some(2);
            memories.memory(MemoryType {
                minimum: 1,
                maximum,
                memory64,
                shared: false,
                page_size_log2: None,
            });
        }
        let mut globals = GlobalSection::new();
        for (number, ty) in TYPES.into_iter().enumerate() {
            exports.export(&format!("global{number}"), ExportKind::Global, number as u32);
            let ty = GlobalType { val_type: encoded(ty), mutable: true, shared: false };
            globals.global(ty, &zero(TYPES[number]));
        }
        let mut data = DataSection::new();
        data.passive(random.bytes(40));
        for number in 0..MEMORIES.len() as u32 {
            for at in [0, PAGE - 64] {
                let offset = match MEMORIES[number as usize] {
                    true => ConstExpr::i64_const(at as i64),
                    false => ConstExpr::i32_const(at as i32),
                };
                data.active(number, &offset, random.bytes(64));
            }
        }
        let mut module = Module::new();
        module.section(&self.types).section(&self.functions).section(&memories).section(&globals);
        module.section(&exports).section(&DataCountSection { count: data.len() });
        module.section(&self.code).section(&data);
        module.finish()
    }
}

pub fn encoded(ty: ValType) -> wasm_encoder::ValType {
    match ty {
        ValType::I32 => wasm_encoder::ValType::I32,
        ValType::I64 => wasm_encoder::ValType::I64,
        ValType::F32 => wasm_encoder::ValType::F32,
        ValType::F64 => wasm_encoder::ValType::F64,
        ValType::V128 => wasm_encoder::ValType::V128,
        ValType::FuncRef => wasm_encoder::ValType::FUNCREF,
        ValType::ExternRef => wasm_encoder::ValType::EXTERNREF,
    }
}

fn zero(ty: ValType) -> ConstExpr {
    match ty {
        ValType::I32 => ConstExpr::i32_const(0),
        ValType::I64 => ConstExpr::i64_const(0),
        ValType::F32 => ConstExpr::f32_const(Ieee32::new(0)),
        ValType::F64 => ConstExpr::f64_const(Ieee64::new(0)),
        _ => ConstExpr::v128_const(0),
    }
}

pub fn constant(value: Value) -> Instruction<'static> {
    match value {
        Value::I32(bits) => Instruction::I32Const(bits as i32),
        Value::I64(bits) => Instruction::I64Const(bits as i64),
        Value::F32(bits) => Instruction::F32Const(Ieee32::new(bits)),
        Value::F64(bits) => Instruction::F64Const(Ieee64::new(bits)),
        Value::V128(bits) => Instruction::V128Const(bits as i128),
        Value::FuncRef(_) | Value::ExternRef(_) => Instruction::Nop,
    }
}

pub fn global_of(ty: ValType) -> u32 {
    TYPES.iter().position(|candidate| *candidate == ty).unwrap_or_default() as u32
}

/// An address near a border of a memory, or an operand like any other.
fn operand(random: &mut Random, row: &Row, position: usize, ty: ValType) -> Value {
    let is_place = row.name.starts_with("Memory") || row.access_bytes > 0 && position == 0;
    if !is_place || random.chance(150) {
        return script::value(random, ty);
    }
    let near = match random.below(4) {
        0 => random.below(64),
        1 => PAGE - 1 - random.below(40),
        2 => PAGE.wrapping_add(random.below(4)).wrapping_sub(u64::from(row.access_bytes)),
        _ => 0_u64.wrapping_sub(random.below(20)),
    };
    if ty == ValType::I64 { Value::I64(near) } else { Value::I32(near as u32) }
}

/// A memory, and an immediate that leads to a border of it.
fn memarg(random: &mut Random, row: &Row) -> (u32, MemArg) {
    let memory: u32 = random.weighted(&[(6, 0), (2, 1), (1, 2)]);
    let near = PAGE - u64::from(row.access_bytes);
    let far = if MEMORIES[memory as usize] { u64::MAX } else { u64::from(u32::MAX) };
    let offset = random.pick(&[0, 0, 0, 1, 8, near, near + 1, PAGE, far - 7, far]);
    let target = MemArgTarget::Memory(memory);
    (memory, MemArg { offset, align: 0, target, ordering: None })
}

/// Adds a function and its calls.
fn function(parts: &mut Parts, row: &Row, random: &mut Random, number: usize) {
    let (memory, memarg) = memarg(random, row);
    let instruction = (row.make)(random, memarg);
    let params = params(row, MEMORIES[memory as usize]);
    let sources = sources(random, row, &params, number);
    let used = row.result.map(|ty| (ty, pick_use(random, ty, number)));
    let mut body = Function::new([(1, encoded(used.map_or(ValType::I32, |(ty, _)| ty)))]);
    for (position, source) in sources.iter().enumerate() {
        push(&mut body, &params, position, *source);
    }
    body.instruction(&instruction);
    halve(&mut body, row.half);
    if let Some((ty, used)) = used {
        consume(&mut body, ty, used, params.len() as u32);
    }
    body.instruction(&Instruction::End);
    let result = used.map(|(ty, used)| match used {
        Use::Extend => ValType::I64,
        _ => ty,
    });
    let forms: Vec<String> = sources.iter().map(|source| format!("{source:x?}")).collect();
    let used = used.map_or_else(String::new, |(_, used)| format!(" {used:?}"));
    let export = format!("{number} {instruction:x?} {}{used}", forms.join(", "));
    parts.add(&export, (&params, result), &body);
    let calls = if number == 0 { CALLS * 10 } else { CALLS };
    for _ in 0..calls {
        let args = params.iter().enumerate();
        let args = args.map(|(position, ty)| operand(random, row, position, *ty)).collect();
        parts.calls.push(Call { export: export.clone(), args });
    }
}

/// What the instruction takes, its address first.
fn params(row: &Row, is_64: bool) -> Vec<ValType> {
    let address = if is_64 { ValType::I64 } else { ValType::I32 };
    let address = (row.access_bytes > 0).then_some(address);
    address.into_iter().chain(row.params.iter().copied()).collect()
}

/// Where the operands come from: in the first function all from locals.
fn sources(random: &mut Random, row: &Row, params: &[ValType], number: usize) -> Vec<Source> {
    let source = |(position, ty): (usize, &ValType)| match random.below(8) {
        _ if number == 0 => Source::Local,
        0..=2 => Source::Constant(operand(random, row, position, *ty)),
        3 => Source::Global,
        4 => Source::Same,
        _ => Source::Local,
    };
    params.iter().enumerate().map(source).collect()
}

fn pick_use(random: &mut Random, ty: ValType, number: usize) -> Use {
    if number == 0 {
        return Use::Return;
    }
    match ty {
        ValType::I32 => random.pick(&[
            Use::Return,
            Use::Tee,
            Use::Global,
            Use::Branch,
            Use::If,
            Use::Select,
            Use::Eqz,
            Use::Extend,
        ]),
        _ => random.pick(&[Use::Return, Use::Tee, Use::Global]),
    }
}

/// Pushes the operand at `position`, whose local has that number.
fn push(body: &mut Function, params: &[ValType], position: usize, source: Source) {
    let (local, ty) = (position as u32, params[position]);
    match source {
        Source::Local => body.instruction(&Instruction::LocalGet(local)),
        Source::Same => {
            let first = params.iter().position(|candidate| *candidate == ty).unwrap_or(position);
            body.instruction(&Instruction::LocalGet(first as u32))
        }
        Source::Constant(value) => body.instruction(&constant(value)),
        Source::Global => body
            .instruction(&Instruction::LocalGet(local))
            .instruction(&Instruction::GlobalSet(global_of(ty)))
            .instruction(&Instruction::GlobalGet(global_of(ty))),
    };
}

/// Leaves one of two 64-bit results.
pub fn halve(body: &mut Function, half: Half) {
    let global = global_of(ValType::I64);
    match half {
        Half::Whole => body,
        Half::Low => body.instruction(&Instruction::Drop),
        Half::High => body
            .instruction(&Instruction::GlobalSet(global))
            .instruction(&Instruction::Drop)
            .instruction(&Instruction::GlobalGet(global)),
    };
}

/// Leaves a result on the stack in one of the ways; `local` is free and of its type.
fn consume(body: &mut Function, ty: ValType, used: Use, local: u32) {
    let (yes, no) = (Instruction::I32Const(1), Instruction::I32Const(0));
    let block = BlockType::Result(encoded(ValType::I32));
    match used {
        Use::Return => body,
        Use::Tee => body
            .instruction(&Instruction::LocalTee(local))
            .instruction(&Instruction::Drop)
            .instruction(&Instruction::LocalGet(local)),
        Use::Global => body
            .instruction(&Instruction::GlobalSet(global_of(ty)))
            .instruction(&Instruction::GlobalGet(global_of(ty))),
        Use::Branch => body
            .instruction(&Instruction::LocalSet(local))
            .instruction(&Instruction::Block(block))
            .instruction(&yes)
            .instruction(&Instruction::LocalGet(local))
            .instruction(&Instruction::BrIf(0))
            .instruction(&Instruction::Drop)
            .instruction(&no)
            .instruction(&Instruction::End),
        Use::If => body
            .instruction(&Instruction::If(block))
            .instruction(&yes)
            .instruction(&Instruction::Else)
            .instruction(&no)
            .instruction(&Instruction::End),
        Use::Select => body
            .instruction(&Instruction::LocalSet(local))
            .instruction(&yes)
            .instruction(&no)
            .instruction(&Instruction::LocalGet(local))
            .instruction(&Instruction::Select),
        Use::Eqz => body.instruction(&Instruction::I32Eqz),
        Use::Extend => body.instruction(&Instruction::I64ExtendI32S),
    };
}
