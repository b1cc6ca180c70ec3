//! Messages.

use super::limit;
use crate::{declare_syscall, tos::memory::translate_string};

/// Bytes of a message.
pub const LOG_BYTES_MAX: u64 = 10_000;

declare_syscall!(
    /// `tos_log(text, len)`: keeps a message in debug mode; costs the same without it.
    TosLog = "tos_log",
    |caller: &mut Caller, text, len, _c, _d, _e| {
        let cost = caller.cost("tos_log");
        caller.charge(cost.of(len))?;
        limit("message", LOG_BYTES_MAX, len)?;
        caller.with_memory(|context, memory| {
            let text = translate_string(memory, text, len)?;
            if context.debug_mode {
                context.log.push(text.to_owned());
            }
            Ok(0)
        })
    }
);
