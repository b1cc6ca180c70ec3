//! Messages.

use super::{limit, system_call};

/// Bytes of a message.
pub const LOG_BYTES_MAX: u64 = 10_000;

system_call!(
    /// `tos_log(text, len)`: keeps a message in debug mode; costs the same without it.
    TosLog = "tos_log",
    |caller: &mut Caller, text, len, _c, _d, _e| {
        let cost = caller.cost("tos_log");
        caller.charge(cost.of(len))?;
        limit("message", LOG_BYTES_MAX, len)?;
        let text = caller.text(text, len)?;
        caller.metered(|invocation, units| invocation.keep_message(units, &text))?;
        Ok(0)
    }
);
