//! Says which sources machine code comes from, so that code of another engine is told apart (`src/binary.rs`).

use std::{env, fs, path::Path};

/// Crates beside this one that decide what machine code is and what it means.
const CRATES: &[&str] = &["base", "ir", "guest", "rt", "interp", "optimizing", "host", "engine"];

fn main() {
    let root = env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    // FNV-1a: it tells builds apart and keeps no secret.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for name in CRATES {
        // A package alone has nothing beside it: there its version says it all, which the program adds.
        let folder = Path::new(&root).join("..").join(name).join("src");
        if folder.is_dir() {
            println!("cargo::rerun-if-changed={}", folder.display());
            add(&folder, &mut hash);
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=LOCKSTEP_SOURCES={hash:016x}");
}

/// Adds what lies in `folder`, sorted.
fn add(folder: &Path, hash: &mut u64) {
    let entries = fs::read_dir(folder).expect("sources can be listed");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add(&path, hash);
        } else {
            for byte in fs::read(&path).expect("sources can be read") {
                *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
}
