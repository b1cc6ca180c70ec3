//! Glue around bodies: the way in from outside, and the way down to the tier below.

use cranelift_codegen::{
    ir::{self, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind},
    isa::TargetFrontendConfig,
};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use lockstep_ir::{FuncId, Signature};
use lockstep_rt::native::{Helpers, Layout};

use crate::{
    abi::{self, RESULTS_BEFORE, WORD, has_area, params_before, slots},
    slot::{load, load_all, store_all},
};

/// The context.
const PLAIN: MemFlagsData = MemFlagsData::trusted();

/// Writes the door of a body into `to`: called in C with the context, a frame of results and arguments, and the body. Where
/// arguments stand, `places` says, in slots; one after the other behind the results where it says nothing.
pub(crate) fn door(
    (to, room): (&mut ir::Function, &mut FunctionBuilderContext),
    config: TargetFrontendConfig,
    (signature, places): (&Signature, Option<&[u32]>),
    depth_limit: u64,
) {
    let body_signature = abi::body(signature);
    to.signature = abi::c_function(&[WORD; 3], None);
    let mut b = FunctionBuilder::new(to, room);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    let [context, frame, body] = [0, 1, 2].map(|position| b.block_params(entry)[position]);
    let gas = b.ins().load(WORD, PLAIN, context, Layout::GAS);
    let depth = b.ins().load(WORD, PLAIN, context, Layout::DEPTH);
    let limit = b.ins().iconst(WORD, depth_limit as i64);
    let depth_left = b.ins().isub(limit, depth);
    let mut args = vec![gas, depth_left];
    // Results stand at the beginning of the frame, which is the area where there has to be one.
    args.extend(has_area(signature).then_some(frame));
    match places {
        Some(places) => {
            for (ty, place) in signature.params.iter().zip(places) {
                load(&mut b, *ty, (frame, *place), &mut args);
            }
        }
        None => {
            args.extend(load_all(&mut b, &signature.params, (frame, slots(&signature.results))));
        }
    }
    let body_signature = b.import_signature(body_signature);
    let call = b.ins().call_indirect(body_signature, body, &args);
    let results = b.inst_results(call).to_vec();
    b.ins().store(PLAIN, results[0], context, Layout::GAS);
    if !has_area(signature) {
        store_all(&mut b, &signature.results, &results[RESULTS_BEFORE..], (frame, 0));
    }
    b.ins().return_(&[]);
    b.seal_all_blocks();
    b.finalize(config);
}

/// Writes a body into `to` that runs `func` in the tier below.
pub(crate) fn below(
    (to, room): (&mut ir::Function, &mut FunctionBuilderContext),
    config: TargetFrontendConfig,
    (func, signature): (FuncId, &Signature),
    depth_limit: u64,
) {
    to.signature = abi::body(signature);
    let mut b = FunctionBuilder::new(to, room);
    let entry = b.create_block();
    b.append_block_params_for_function_params(entry);
    b.switch_to_block(entry);
    let params = b.block_params(entry).to_vec();
    let context = b.ins().get_pinned_reg(WORD);
    let (results, args) = (slots(&signature.results), slots(&signature.params));
    let size = (results + args).max(1) * 8;
    let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size, 4);
    let slot = b.create_sized_stack_slot(data);
    let place = b.ins().stack_addr(WORD, slot, 0);
    let own = &params[params_before(signature)..];
    store_all(&mut b, &signature.params, own, (place, results));
    b.ins().store(PLAIN, params[0], context, Layout::GAS);
    let limit = b.ins().iconst(WORD, depth_limit as i64);
    let depth = b.ins().isub(limit, params[1]);
    b.ins().store(PLAIN, depth, context, Layout::DEPTH);
    let number = |b: &mut FunctionBuilder<'_>, number: u32| b.ins().iconst(WORD, i64::from(number));
    let numbers = [func.0, results, args].map(|n| number(&mut b, n));
    let helper_args = [context, numbers[0], numbers[1], place, numbers[2]];
    let returned = call_helper(&mut b, context, Helpers::BELOW, &helper_args, Some(WORD));
    let (done, leave) = (b.create_block(), b.create_block());
    b.set_cold_block(leave);
    b.ins().brif(returned, done, &[], leave, &[]);
    b.switch_to_block(done);
    let mut all = vec![b.ins().load(WORD, PLAIN, context, Layout::GAS)];
    let values = load_all(&mut b, &signature.results, (place, 0));
    match has_area(signature) {
        true => {
            store_all(&mut b, &signature.results, &values, (params[2], 0));
            all.push(params[2]);
        }
        false => all.extend(values),
    }
    b.ins().return_(&all);
    b.switch_to_block(leave);
    call_helper(&mut b, context, Helpers::LEAVE, &[context], None);
    b.ins().trap(ir::TrapCode::unwrap_user(1));
    b.seal_all_blocks();
    b.finalize(config);
}

/// Calls a helper; its result, or the context where it has none.
fn call_helper(
    b: &mut FunctionBuilder<'_>,
    context: ir::Value,
    offset: i32,
    args: &[ir::Value],
    result: Option<ir::Type>,
) -> ir::Value {
    let signature = b.import_signature(abi::c_function(&vec![WORD; args.len()], result));
    let helper = b.ins().load(WORD, PLAIN, context, Layout::HELPERS + offset);
    let call = b.ins().call_indirect(signature, helper, args);
    b.inst_results(call).first().copied().unwrap_or(context)
}
