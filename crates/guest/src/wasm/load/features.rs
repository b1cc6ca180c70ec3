//! Which proposals are offered, and the name of the one that a refused module needs.

use wasmparser::{Validator, WasmFeatures};

use crate::wasm::{
    config::Profile,
    error::{LoadError, LoadErrorKind},
    limits,
};

/// What modules may use.
pub(in crate::wasm) const fn offered(profile: Profile) -> WasmFeatures {
    let all = WasmFeatures::WASM2
        .union(WasmFeatures::RELAXED_SIMD)
        .union(WasmFeatures::TAIL_CALL)
        .union(WasmFeatures::MULTI_MEMORY)
        .union(WasmFeatures::MEMORY64)
        .union(WasmFeatures::EXTENDED_CONST)
        .union(WasmFeatures::WIDE_ARITHMETIC);
    match profile {
        Profile::Consensus => all,
        Profile::ConsensusNoFloat => all.difference(WasmFeatures::FLOATS),
    }
}

/// What is not offered, with its name and what it builds on.
const REFUSED: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::FLOATS, "floating point"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::FUNCTION_REFERENCES, "typed function references"),
    (WasmFeatures::EXCEPTIONS, "exceptions"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exceptions"),
    (WITH_GC, "gc"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom page sizes"),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
    (WasmFeatures::COMPACT_IMPORTS, "compact imports"),
    (WITH_GC.union(WasmFeatures::EXCEPTIONS), "exceptions"),
    (WITH_GC.union(WasmFeatures::CUSTOM_DESCRIPTORS), "custom descriptors"),
];

/// How the parser begins to say that [`limits::EXTERN_TYPES_MAX`] is exceeded.
const TYPE_SIZE: &str = "effective type size exceeds the limit";

const WITH_GC: WasmFeatures = WasmFeatures::FUNCTION_REFERENCES.union(WasmFeatures::GC);

/// Says why `bytes` were refused: by the name of a proposal when they are valid with it.
pub(super) fn explain(
    bytes: &[u8],
    features: WasmFeatures,
    error: &wasmparser::Error,
    is_valid_syntax: bool,
) -> LoadError {
    if error.message().starts_with(TYPE_SIZE) {
        let (what, limit) = ("sizes of types of imports and exports", limits::EXTERN_TYPES_MAX);
        // The parser does not say how much it found.
        let kind = LoadErrorKind::Limit { what, limit, found: limit + 1 };
        return LoadError { offset: error.offset() as usize, kind };
    }
    let is_valid = |more| Validator::new_with_features(features | more).validate_all(bytes).is_ok();
    let kind = match is_valid(WasmFeatures::all()) {
        true => {
            let single = REFUSED.iter().find(|(more, _)| is_valid(*more));
            LoadErrorKind::Unsupported(
                single.map_or("a combination of proposals", |(_, name)| name),
            )
        }
        false if is_valid_syntax => LoadErrorKind::Invalid(error.message().into()),
        false => LoadErrorKind::Malformed(error.message().into()),
    };
    LoadError { offset: error.offset() as usize, kind }
}
