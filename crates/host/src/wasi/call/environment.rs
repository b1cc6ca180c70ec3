//! Arguments, environment, clocks, randomness, and what has no place elsewhere because it does nothing.

use crate::wasi::{
    Errno, Wasi,
    flag::{SIGNAL_LAST, SIGNAL_NONE},
    memory::{Memory, TRANSFER_BYTES_MAX},
};

/// Bytes of a pointer of the guest.
const POINTER_BYTES: u32 = 4;

pub(crate) fn args_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (pointers, bytes): (u32, u32),
) -> Result<(), Errno> {
    put_strings(memory, &host.args, pointers, bytes)
}

pub(crate) fn args_sizes_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (count, size): (u32, u32),
) -> Result<(), Errno> {
    put_sizes(memory, &host.args, count, size)
}

pub(crate) fn environ_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (pointers, bytes): (u32, u32),
) -> Result<(), Errno> {
    put_strings(memory, &host.env, pointers, bytes)
}

pub(crate) fn environ_sizes_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (count, size): (u32, u32),
) -> Result<(), Errno> {
    put_sizes(memory, &host.env, count, size)
}

/// Writes `strings` one after another at `bytes`, and at `pointers` where each begins.
fn put_strings(
    memory: &mut Memory<'_>,
    strings: &[Vec<u8>],
    pointers: u32,
    bytes: u32,
) -> Result<(), Errno> {
    let (mut pointer, mut at) = (pointers, bytes);
    for string in strings {
        memory.put_u32(pointer, at)?;
        memory.put(at, string)?;
        // Both are in bounds, so their ends fit or are the end of all addresses.
        pointer = pointer.wrapping_add(POINTER_BYTES);
        at = at.wrapping_add(string.len() as u32);
    }
    Ok(())
}

fn put_sizes(
    memory: &mut Memory<'_>,
    strings: &[Vec<u8>],
    count: u32,
    size: u32,
) -> Result<(), Errno> {
    // The configuration bounds the total.
    let total: usize = strings.iter().map(Vec::len).sum();
    memory.put_u32(count, strings.len() as u32)?;
    memory.put_u32(size, total as u32)
}

pub(crate) fn clock_res_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (clock, result): (u32, u32),
) -> Result<(), Errno> {
    memory.put_u64(result, host.clocks.resolution(clock)?)
}

pub(crate) fn clock_time_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (clock, _precision, result): (u32, u64, u32),
) -> Result<(), Errno> {
    memory.put_u64(result, host.clocks.read(clock)?)
}

/// Longer buffers than a transfer are refused: half-filled ones would look random.
pub(crate) fn random_get(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (at, len): (u32, u32),
) -> Result<(), Errno> {
    if u64::from(len) > TRANSFER_BYTES_MAX {
        return Err(Errno::Inval);
    }
    host.random.fill(memory.get_mut(at, len)?);
    Ok(())
}

/// Nothing receives signals, so raising none is all that works.
pub(crate) fn proc_raise(_: &mut Wasi, _: &mut Memory<'_>, (signal,): (u32,)) -> Result<(), Errno> {
    match signal {
        SIGNAL_NONE => Ok(()),
        1..=SIGNAL_LAST => Err(Errno::Notsup),
        _ => Err(Errno::Inval),
    }
}

/// There is one thread, and it has the processor.
pub(crate) fn sched_yield(_: &mut Wasi, _: &mut Memory<'_>, (): ()) -> Result<(), Errno> {
    Ok(())
}

/// No descriptor is a socket.
pub(crate) fn no_sockets<A>(_: &mut Wasi, _: &mut Memory<'_>, _: A) -> Result<(), Errno> {
    Err(Errno::Notsup)
}
