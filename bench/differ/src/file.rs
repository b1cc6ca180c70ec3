//! State tests as files: findings are written as such, fixtures are read.

mod read;
mod write;

pub use read::read;
pub use write::to_text;
