//! What a program is loaded for: where it begins, and what its host offers.

/// A function that a host offers to programs, of five 64-bit arguments and one such result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper {
    /// The name, by which objects and the engine know it.
    pub name: String,
    /// The number by which `call` knows it, if it has one.
    pub number: Option<u32>,
}

impl Helper {
    /// A helper with a name alone.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), number: None }
    }

    /// A helper with a number too.
    pub fn numbered(name: &str, number: u32) -> Self {
        Self { name: name.to_owned(), number: Some(number) }
    }
}

/// How a program is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The function it begins with: by default the only global one, `entrypoint`, `entry` or `main`.
    pub entry: Option<String>,
    /// What the host offers.
    pub helpers: Vec<Helper>,
    /// Bytes of the heap.
    pub heap_bytes: u64,
    /// Whether functions that the host does not offer are left for the engine to miss, for those who only want to look.
    pub accepts_unknown: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { entry: None, helpers: Vec::new(), heap_bytes: 32 << 10, accepts_unknown: false }
    }
}
