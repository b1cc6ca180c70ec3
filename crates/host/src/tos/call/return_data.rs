//! What a contract returns besides its number.

use super::{limit, system_call};

/// Bytes that can be returned.
pub const RETURN_DATA_BYTES_MAX: u64 = 1024;

system_call!(
    /// `tos_set_return_data(from, len)`.
    TosSetReturnData = "tos_set_return_data",
    |caller: &mut Caller, from, len, _c, _d, _e| {
        let cost = caller.cost("tos_set_return_data");
        caller.charge(cost.of(len))?;
        limit("return data", RETURN_DATA_BYTES_MAX, len)?;
        let bytes = caller.read(from, len)?;
        caller.context().set_returned(bytes);
        Ok(0)
    }
);

system_call!(
    /// `tos_get_return_data(to, room, contract)`: copies as much as there is room for, and where there is any the hash of the
    /// contract that returned it; says how much there is.
    TosGetReturnData = "tos_get_return_data",
    |caller: &mut Caller, to, room, contract, _d, _e| {
        let cost = caller.cost("tos_get_return_data");
        caller.charge(cost.of(0))?;
        let (from, bytes) = caller.context().last_returned();
        if !bytes.is_empty() && room > 0 {
            let shown = &bytes[..bytes.len().min(room as usize)];
            caller.write(to, shown)?;
            caller.write(contract, &from)?;
        }
        Ok(bytes.len() as u64)
    }
);
