//! WebAssembly: bytes loaded, text read, generated modules run on both tiers.
//!
//! ```text
//! wasm_load   bytes, or a generated module with a few bytes wrong  -\
//! wasm_text   text -> bytes                                        --> load -> translate all -> both tiers, little gas
//! wasm_smith  a generated module, which must load                  -/
//! ```

mod agree;
mod load;
mod smith;
mod text;

pub use load::wasm_load;
pub use smith::wasm_smith;
pub use text::wasm_text;
