//! Options that say when the adaptive tier compiles.

use clap::Args;
use lockstep::{Heat, NativeStatistics};

use crate::command::talk;

/// When something is hot.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct HeatArguments {
    /// Gas that a program, or a function of a module, uses for each byte of its code before the adaptive tier compiles it; a
    /// program counts as 512 bytes longer.
    #[arg(long, value_name = "GAS")]
    heat: Option<u64>,
    /// Lets the adaptive tier wait for machine code of what is hot: then gas alone decides what runs where.
    #[arg(long)]
    heat_waits: bool,
}

impl HeatArguments {
    /// What they say.
    pub(crate) fn heat(self) -> Heat {
        let heat = self.heat.map_or_else(Heat::default, Heat::of);
        if self.heat_waits { heat.awaited() } else { heat }
    }
}

/// Says what was compiled, if something was.
pub(crate) fn talk_of(native: NativeStatistics) {
    let NativeStatistics { compiled, loaded, below, resumed, climbed, heads, switched, .. } =
        native;
    if compiled + loaded + below + heads > 0 {
        talk(&format!(
            "machine code: {compiled} functions compiled, {loaded} from a file, {below} refused, entered {climbed} times from the interpreter \
             as hot, left {resumed} times for it; {heads} heads of loops compiled, {switched} frames switched there\n"
        ));
    }
}
