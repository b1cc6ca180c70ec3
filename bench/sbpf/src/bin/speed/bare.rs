//! A measured program in rbpf, with memory where ours has it.

use lockstep::ebpf::Guest;
use peer_sbpf::bare::{Arena, Program};

use crate::{host::bare_helpers, quickest};

/// Bytes of each frame: its stack holds two.
const FRAME: u16 = 256;
/// Where memory begins.
const BASE: u64 = 1 << 32;

/// Seconds of the interpreter and of machine code; or why there are none.
pub(crate) fn measure(guest: &Guest, input: &[u8], want: u64) -> [Result<f64, String>; 2] {
    let text: Vec<u8> = guest.insns().iter().flat_map(|insn| insn.encode()).collect();
    let Some(place) = guest.layout().regions(input.len() as u64).last().copied() else {
        return [Err("no input".into()), Err("no input".into())];
    };
    let start = place.offset as usize;
    let all = start + input.len();
    let made = Arena::new(BASE, all).and_then(|arena| {
        let program = Program::new::<FRAME>(&text, &bare_helpers())?;
        Ok((arena, program))
    });
    let (mut arena, mut program) = match made {
        Ok(made) => made,
        Err(error) => return [Err(error.clone()), Err(error)],
    };
    let mut run = |program: &Program<'_>, is_compiled: bool| {
        quickest(|| {
            bare_helpers();
            let bytes = arena.bytes();
            bytes[..guest.image().len()].copy_from_slice(guest.image());
            bytes[start..].copy_from_slice(input);
            let result = match is_compiled {
                false => program.interpret(&mut arena, start, start..all),
                true => program.run_compiled(&mut arena, start..all),
            };
            match result {
                Ok(found) if found == want => Ok(()),
                Ok(found) => Err(format!("{found:#x}, not {want:#x}")),
                Err(error) => Err(error.lines().next().unwrap_or_default().to_owned()),
            }
        })
    };
    let interpreter = run(&program, false);
    // Machine code checks nothing, so it runs what has been seen to stay where it may.
    let compiled = match &interpreter {
        Ok(_) => program.compile().and_then(|()| run(&program, true)),
        Err(error) => Err(error.clone()),
    };
    [interpreter, compiled]
}
