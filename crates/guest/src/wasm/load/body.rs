//! Validation of bodies, and the limits that hold inside them: what is not valid beyond doubt (`quick`), the validator reads.

use lockstep_ir::Type;
use wasmparser::{
    BinaryReader, BlockType, FrameKind, FuncToValidate, FuncValidator, FuncValidatorAllocations,
    FunctionBody, ValType, ValidatorResources, VisitOperator, WasmFeatures,
};

use super::{Read, features::offered, invalid, limit, malformed, quick::Quick, sections::Sections};
use crate::wasm::{config::Profile, limits};

/// The opcodes of blocks, branches and calls (Wasm 2.0, 5.4.1), all that lie in this range.
const BLOCK: u8 = 0x02;
const IF: u8 = 0x04;
const ELSE: u8 = 0x05;
const END: u8 = 0x0b;
const BR: u8 = 0x0c;
const BR_IF: u8 = 0x0d;
const BR_TABLE: u8 = 0x0e;
const RETURN: u8 = 0x0f;
const CALL: u8 = 0x10;
const RETURN_CALL: u8 = 0x12;
const RETURN_CALL_INDIRECT: u8 = 0x13;
/// Opcodes of locals and constants, and what lies between them.
const LOCAL_GET: u8 = 0x20;
const LOCAL_SET: u8 = 0x21;
const LOCAL_TEE: u8 = 0x22;
const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;

/// Validates every body. `first` is of the first one: what all need is in it, and keeping more than the place of each would
/// take many times its bytes.
pub(super) fn validate(
    bytes: &[u8],
    sections: &Sections,
    first: &FuncToValidate<ValidatorResources>,
) -> Read {
    let mut allocations = FuncValidatorAllocations::default();
    let types = &sections.func_types[sections.imported_funcs..];
    let mut quick = Quick::new(sections);
    let is_quick = first.features == offered(Profile::Consensus);
    for (index, (range, ty)) in (first.index..).zip(sections.bodies.iter().zip(types)) {
        let content = &bytes[range.start as usize..range.end as usize];
        let is_valid = is_quick && quick.is_valid(content, *ty);
        if is_valid && !cfg!(debug_assertions) {
            continue;
        }
        let (resources, features) = (first.resources.clone(), first.features);
        let func = FuncToValidate { resources, index, ty: *ty, features };
        let body = FunctionBody::new(BinaryReader::new(content, u64::from(range.start)));
        let mut checked = Body { bytes, sections, validator: func.into_validator(allocations) };
        let validated = checked.validate(features, &body);
        assert!(!is_valid || validated.is_ok(), "what is valid beyond doubt is valid");
        validated?;
        allocations = checked.validator.into_allocations();
    }
    Ok(())
}

/// Slots that a local takes; what type it is, the validator judges.
fn slots_of(ty: ValType) -> u64 {
    if ty == ValType::V128 { u64::from(Type::V128.slots()) } else { 1 }
}

struct Body<'a> {
    bytes: &'a [u8],
    sections: &'a Sections,
    validator: FuncValidator<ValidatorResources>,
}

impl Body<'_> {
    fn validate(&mut self, features: WasmFeatures, body: &FunctionBody<'_>) -> Read {
        let mut reader = body.get_binary_reader();
        self.locals(&mut reader)?;
        reader.set_features(features);
        let start = body.range().start;
        let len = body.range().end - start;
        let moves_max = limits::MOVES_FREE + limits::MOVES_PER_BYTE_MAX * len;
        let mut moves = 0;
        while !reader.eof() {
            let offset = reader.original_position();
            let opcode = self.bytes[offset as usize];
            if (BLOCK..=RETURN_CALL_INDIRECT).contains(&opcode) {
                moves += self.handed_over(opcode, reader.clone())?;
                limit(offset, "operands handed over in a function", moves_max, moves)?;
            }
            if !self.short(opcode, offset, &mut reader)? {
                let visited = reader.visit_operator(&mut self.validator.visitor(offset));
                visited.map_err(malformed)?.map_err(invalid)?;
            }
            let operands = u64::from(self.validator.operand_stack_height());
            let nesting = u64::from(self.validator.control_stack_height());
            if operands > limits::OPERANDS_MAX || nesting > limits::NESTING_MAX {
                limit(offset, "operands on the stack", limits::OPERANDS_MAX, operands)?;
                limit(offset, "nested blocks", limits::NESTING_MAX, nesting)?;
            }
        }
        let end = reader.original_position();
        reader.finish_expression(&self.validator.visitor(end)).map_err(invalid)
    }

    /// Validates an instruction of a local or a constant whose number has one byte, which half of all are: what the parser
    /// asks first of each instruction costs more than these do. False when it is none, and nothing was read.
    #[inline]
    fn short(&mut self, opcode: u8, offset: u64, reader: &mut BinaryReader<'_>) -> Read<bool> {
        if !(LOCAL_GET..=I64_CONST).contains(&opcode) {
            return Ok(false);
        }
        if self.validator.control_stack_height() == 0 || reader.bytes_remaining() < 2 {
            return Ok(false);
        }
        let number = self.bytes[offset as usize + 1];
        if number >= 0x80 {
            return Ok(false);
        }
        let mut visitor = self.validator.visitor(offset);
        // The number's sign is the second bit from the top.
        let signed = (number as i8) << 1 >> 1;
        let visited = match opcode {
            LOCAL_GET => visitor.visit_local_get(u32::from(number)),
            LOCAL_SET => visitor.visit_local_set(u32::from(number)),
            LOCAL_TEE => visitor.visit_local_tee(u32::from(number)),
            I32_CONST => visitor.visit_i32_const(i32::from(signed)),
            I64_CONST => visitor.visit_i64_const(i64::from(signed)),
            _ => return Ok(false),
        };
        visited.map_err(invalid)?;
        reader.read_u8().and_then(|_| reader.read_u8()).map_err(malformed)?;
        Ok(true)
    }

    fn locals(&mut self, reader: &mut BinaryReader<'_>) -> Read {
        let params =
            (0..self.validator.len_locals()).filter_map(|at| self.validator.get_local_type(at));
        let mut slots: u64 = params.map(slots_of).sum();
        for _ in 0..reader.read_var_u32().map_err(malformed)? {
            let offset = reader.original_position();
            let count: u32 = reader.read().map_err(malformed)?;
            let ty: ValType = reader.read().map_err(malformed)?;
            slots += u64::from(count) * slots_of(ty);
            limit(offset, "slots of locals", limits::LOCAL_SLOTS_MAX, slots)?;
            self.validator.define_locals(offset, count, ty).map_err(invalid)?;
        }
        Ok(())
    }

    /// How many operands the instruction at `reader` hands to a block, label or function. What does not exist counts as
    /// nothing: the validator refuses it.
    fn handed_over(&self, opcode: u8, mut reader: BinaryReader<'_>) -> Read<u64> {
        reader.read_u8().map_err(malformed)?;
        Ok(match opcode {
            BLOCK..=IF => {
                let ty = reader.read_var_s33().map_err(malformed)?;
                u32::try_from(ty).map_or(1, |ty| self.type_len(ty))
            }
            ELSE | END => self.label_len(0),
            BR_TABLE => return self.labels_len(reader),
            RETURN => self.label_len(self.validator.control_stack_height().saturating_sub(1)),
            BR..=RETURN_CALL_INDIRECT => {
                let number = reader.read_var_u32().map_err(malformed)?;
                match opcode {
                    BR | BR_IF => self.label_len(number),
                    CALL | RETURN_CALL => {
                        let ty = self.sections.func_types.get(number as usize);
                        ty.map_or(0, |ty| self.type_len(*ty))
                    }
                    _ => self.type_len(number),
                }
            }
            _ => 0,
        })
    }

    /// What all labels of a `br_table` take along.
    fn labels_len(&self, mut reader: BinaryReader<'_>) -> Read<u64> {
        let offset = reader.original_position();
        let count = reader.read_var_u32().map_err(malformed)?;
        limit(offset, "labels of a br_table", limits::BR_TABLE_MAX, u64::from(count))?;
        let mut all = 0;
        for _ in 0..=count {
            all += self.label_len(reader.read_var_u32().map_err(malformed)?);
        }
        Ok(all)
    }

    fn type_len(&self, ty: u32) -> u64 {
        let ty = self.sections.types.get(ty as usize);
        ty.map_or(0, |ty| (ty.params.len() + ty.results.len()) as u64)
    }

    /// Operands that a branch to the label takes along.
    fn label_len(&self, depth: u32) -> u64 {
        let Some(frame) = self.validator.get_control_frame(depth as usize) else { return 0 };
        match (frame.block_type, frame.kind) {
            (BlockType::Empty, _) | (BlockType::Type(_), FrameKind::Loop) => 0,
            (BlockType::Type(_), _) => 1,
            (BlockType::FuncType(ty), kind) => {
                let ty = self.sections.types.get(ty as usize);
                ty.map_or(0, |ty| match kind {
                    FrameKind::Loop => ty.params.len() as u64,
                    _ => ty.results.len() as u64,
                })
            }
        }
    }
}
