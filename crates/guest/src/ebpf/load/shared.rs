//! sBPF shared objects.

use super::object::malformed;
use crate::ebpf::{config::Config, error::LoadError, module::Module};

pub(super) fn load(_bytes: &[u8], _config: &Config) -> Result<Module, LoadError> {
    Err(malformed(16, "a shared object"))
}
