//! Measured programs: an object, an input and the answer.

use std::{fs, io, path::Path};

/// Bytes of the input before the arena, and of the largest arena.
const HEAD: usize = 64;
const ARENA: usize = 2 << 20;

/// A case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) object: Vec<u8>,
    pub(crate) input: Vec<u8>,
    pub(crate) want: u64,
}

/// The cases of a folder.
pub(crate) fn read(folder: &Path) -> io::Result<Vec<Case>> {
    let table = fs::read_to_string(folder.join("cases.tsv"))?;
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| case(folder, line)).collect()
}

fn case(folder: &Path, line: &str) -> io::Result<Case> {
    let bad = || io::Error::new(io::ErrorKind::InvalidData, format!("no case: {line}"));
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, argument, want] = words[..] else { return Err(bad()) };
    let argument: u64 = argument.parse().map_err(|_| bad())?;
    let mut input = argument.to_le_bytes().to_vec();
    input.resize(HEAD + ARENA, 0);
    Ok(Case {
        name: name.to_owned(),
        object: fs::read(folder.join(format!("{name}.v2.o")))?,
        input,
        want: u64::from_str_radix(want, 16).map_err(|_| bad())?,
    })
}
