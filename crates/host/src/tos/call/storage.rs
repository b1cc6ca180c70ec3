//! Bytes by key.

use super::{limit, system_call};
use crate::tos::error::TosError;

/// Bytes of a key.
pub const STORAGE_KEY_BYTES_MAX: u64 = 256;
/// Bytes of a value.
pub const STORAGE_VALUE_BYTES_MAX: u64 = 65_536;

system_call!(
    /// `tos_storage_read(key, key_len, to, room)`: copies what is stored and says how long it is; zero where nothing is.
    TosStorageRead = "tos_storage_read",
    |caller: &mut Caller, key, key_len, to, room, _e| {
        let cost = caller.cost("tos_storage_read");
        caller.charge(cost.of(0))?;
        limit("key", STORAGE_KEY_BYTES_MAX, key_len)?;
        let key = caller.read(key, key_len)?;
        let value = caller.metered(|invocation, units| invocation.load(units, &key))?;
        let Some(value) = value else { return Ok(0) };
        let needed = value.len() as u64;
        caller.charge(cost.of(needed) - cost.of(0))?;
        if needed > room {
            return Err(TosError::BufferTooSmall { needed, found: room });
        }
        caller.write(to, &value)?;
        Ok(needed)
    }
);

system_call!(
    /// `tos_storage_write(key, key_len, value, value_len)`.
    TosStorageWrite = "tos_storage_write",
    |caller: &mut Caller, key, key_len, value, value_len, _e| {
        let cost = caller.cost("tos_storage_write");
        caller.charge(cost.of(value_len))?;
        limit("key", STORAGE_KEY_BYTES_MAX, key_len)?;
        limit("value", STORAGE_VALUE_BYTES_MAX, value_len)?;
        let (key, value) = (caller.read(key, key_len)?, caller.read(value, value_len)?);
        caller.metered(|invocation, units| invocation.store(units, &key, &value))?;
        Ok(0)
    }
);

system_call!(
    /// `tos_storage_delete(key, key_len)`: one where something was stored, else zero.
    TosStorageDelete = "tos_storage_delete",
    |caller: &mut Caller, key, key_len, _c, _d, _e| {
        let cost = caller.cost("tos_storage_delete");
        caller.charge(cost.of(0))?;
        limit("key", STORAGE_KEY_BYTES_MAX, key_len)?;
        let key = caller.read(key, key_len)?;
        let was_there = caller.metered(|invocation, units| invocation.delete(units, &key))?;
        Ok(u64::from(was_there))
    }
);
