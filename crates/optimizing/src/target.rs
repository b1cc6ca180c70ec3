//! The processor that code is made for: the one that compiles.

use std::sync::{Arc, OnceLock};

use cranelift_codegen::{
    isa::{self, OwnedTargetIsa, TargetIsa},
    settings::{self, Configurable},
};

/// A code generator, as it makes code that is small and code that is not.
#[derive(Clone)]
pub(crate) struct Target(Arc<[OwnedTargetIsa; 2]>);

/// What code that is made here may ask of the processor beyond its kind's least, the kind first; nothing where no code is
/// made.
pub fn target() -> Vec<&'static str> {
    NAME.into_iter().chain(features()).collect()
}

impl Target {
    /// For this processor, if there is one.
    pub(crate) fn host() -> Option<Self> {
        static HOST: OnceLock<Option<Target>> = OnceLock::new();
        HOST.get_or_init(|| Self::new(false)).clone()
    }

    /// The same, which also says where blocks of its code begin.
    pub(crate) fn listed() -> Option<Self> {
        static LISTED: OnceLock<Option<Target>> = OnceLock::new();
        LISTED.get_or_init(|| Self::new(true)).clone()
    }

    fn new(is_listed: bool) -> Option<Self> {
        Some(Self(Arc::new([make("speed", is_listed)?, make("none", is_listed)?])))
    }

    /// Which looks for what is cheaper and computed twice.
    pub(crate) fn isa(&self) -> &dyn TargetIsa {
        &*self.0[0]
    }

    /// Which does not.
    pub(crate) fn quick(&self) -> &dyn TargetIsa {
        &*self.0[1]
    }
}

/// Settings that are not Cranelift's defaults.
const SETTINGS: &[(&str, &str)] = &[
    // The context has a register of its own.
    ("enable_pinned_reg", "true"),
    // Stacks of ours are large enough, and nothing unwinds through code.
    ("enable_probestack", "false"),
    // Calls in place of the function that runs need them.
    ("preserve_frame_pointers", "true"),
    ("unwind_info", "false"),
    ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
];

fn make(opt_level: &str, is_listed: bool) -> Option<OwnedTargetIsa> {
    let mut flags = settings::builder();
    flags.set("opt_level", opt_level).ok()?;
    flags.set("machine_code_cfg_info", if is_listed { "true" } else { "false" }).ok()?;
    for (name, value) in SETTINGS {
        flags.set(name, value).ok()?;
    }
    let mut builder = isa::lookup_by_name(NAME?).ok()?;
    for feature in features() {
        builder.enable(feature).ok()?;
    }
    builder.finish(settings::Flags::new(flags)).ok()
}

/// The processor's name for Cranelift; `None` where code is not made.
const NAME: Option<&str> =
    if cfg!(all(target_arch = "x86_64", unix)) { Some("x86_64") } else { None };

/// What the processor has beyond its kind's least. Results never depend on it.
#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    macro_rules! detected {
        ($($name:tt = $flag:literal),*) => {
            [$((std::is_x86_feature_detected!($name), $flag)),*]
        };
    }
    let all = detected![
        "sse3" = "has_sse3",
        "ssse3" = "has_ssse3",
        "sse4.1" = "has_sse41",
        "sse4.2" = "has_sse42",
        "popcnt" = "has_popcnt",
        "avx" = "has_avx",
        "avx2" = "has_avx2",
        "fma" = "has_fma",
        "bmi1" = "has_bmi1",
        "bmi2" = "has_bmi2",
        "lzcnt" = "has_lzcnt"
    ];
    all.into_iter().filter_map(|(has, flag)| has.then_some(flag)).collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> Vec<&'static str> {
    Vec::new()
}
