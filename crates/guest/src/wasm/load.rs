//! Bytes to a module: parse, limits, validation, metadata.
//!
//! Invariants: whatever is counted is compared with its limit before anything is allocated for it, and nothing is kept
//! of a module that does not validate.

mod body;
mod constant;
pub(super) mod features;
mod interface;
mod quick;
mod sections;
mod sizes;
mod types;

use std::sync::Arc;

use wasmparser::{Parser, ValidPayload, Validator, WasmFeatures};

use self::{features::offered, sections::Sections};
use super::{
    config::Config,
    error::{LoadError, LoadErrorKind},
    limits,
    module::Module,
};

/// The first bytes of a component (component model, binary format 0.1): no module at all.
const COMPONENT_PREAMBLE: &[u8] = &[0, b'a', b's', b'm', 0x0d, 0, 1, 0];

pub(super) fn load(bytes: Arc<[u8]>, config: &Config) -> Result<Module, LoadError> {
    limit(0, "bytes of the module", limits::MODULE_BYTES_MAX, bytes.len() as u64)?;
    if bytes.starts_with(COMPONENT_PREAMBLE) {
        return Err(LoadError { offset: 4, kind: LoadErrorKind::Unsupported("component model") });
    }
    let features = offered(config.profile);
    let sections = match read(&bytes, features) {
        Ok(sections) => sections,
        Err(Refusal::Parser { error, is_valid_syntax }) => {
            return Err(features::explain(&bytes, features, &error, is_valid_syntax));
        }
        Err(Refusal::Loader(error)) => return Err(error),
    };
    Ok(interface::module(sections, bytes, config))
}

/// Why reading stopped.
enum Refusal {
    /// The parser or validator refuses.
    Parser { error: wasmparser::Error, is_valid_syntax: bool },
    /// We do.
    Loader(LoadError),
}

impl From<LoadError> for Refusal {
    fn from(error: LoadError) -> Self {
        Self::Loader(error)
    }
}

type Read<T = ()> = Result<T, Refusal>;

fn malformed(error: wasmparser::Error) -> Refusal {
    Refusal::Parser { error, is_valid_syntax: false }
}

fn invalid(error: wasmparser::Error) -> Refusal {
    Refusal::Parser { error, is_valid_syntax: true }
}

/// Everything but the bodies is collected while it is validated; bodies are validated last.
fn read(bytes: &[u8], features: WasmFeatures) -> Read<Sections> {
    let mut parser = Parser::new(0);
    parser.set_features(features);
    let mut validator = Validator::new_with_features(features);
    let mut sections = Sections::default();
    let mut first = None;
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(malformed)?;
        sections.limits(bytes, &payload)?;
        if let ValidPayload::Func(func, _) = validator.payload(&payload).map_err(invalid)? {
            first.get_or_insert(func);
        }
        sections.payload(payload)?;
    }
    if let Some(first) = first {
        body::validate(bytes, &sections, &first)?;
    }
    Ok(sections)
}

/// Refuses `found` of `what` beyond `limit`.
fn limit(offset: u64, what: &'static str, limit: u64, found: u64) -> Result<(), LoadError> {
    if found <= limit {
        return Ok(());
    }
    let kind = LoadErrorKind::Limit { what, limit, found };
    Err(LoadError { offset: offset as usize, kind })
}
