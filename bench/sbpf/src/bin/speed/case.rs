//! Measured programs: an object, an input and the answer.

use std::{fs, io, path::Path};

use lockstep::ebpf::Guest;

/// Bytes of the input before the arena.
const HEAD: usize = 64;
/// No arena is longer.
const ARENA_MAX: u64 = 1 << 26;

/// A case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) object: Vec<u8>,
    argument: u64,
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
    Ok(Case {
        name: name.to_owned(),
        object: fs::read(folder.join(format!("{name}.v2.o")))?,
        argument,
        want: u64::from_str_radix(want, 16).map_err(|_| bad())?,
    })
}

impl Case {
    /// The argument, and an arena as long as the object says in its first word of data, `arena_size`.
    pub(crate) fn input(&self, guest: &Guest) -> Vec<u8> {
        let regions = guest.layout().regions(0);
        let data = regions.iter().find(|region| region.name == "data");
        let word = data.and_then(|data| guest.image().get(data.offset as usize..)?.first_chunk());
        let arena = word.map_or(0, |word| u64::from_le_bytes(*word)).min(ARENA_MAX);
        let mut input = self.argument.to_le_bytes().to_vec();
        input.resize(HEAD + arena as usize, 0);
        input
    }
}
