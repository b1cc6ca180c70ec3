//! Shared objects, as they are and changed.

use lockstep::ebpf::Program;

use crate::{
    compare::{self, Tally},
    random::Random,
};

/// Files of a folder and copies of each with a few bytes changed. A difference in one that is not changed fails.
pub(crate) fn campaign(folder: &str, copies: u64) -> Tally {
    let mut tally = Tally::default();
    let mut machine = compare::machine();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "so"));
    paths.sort();
    for path in paths {
        let Ok(original) = std::fs::read(&path) else { continue };
        for copy in 0..=copies {
            let mut random = Random::new(copy);
            let bytes = if copy == 0 { original.clone() } else { changed(&original, &mut random) };
            let ours = Program::load(&bytes, &compare::config()).map_err(|error| error.to_string());
            let theirs = peer_sbpf::Program::from_elf(&bytes, &compare::hosts());
            let done = compare::loaded(&mut machine, (ours, theirs), &mut random, &mut tally);
            if let Err(message) = done {
                println!("{}, copy {copy}: {message}", path.display());
                tally.different += 1;
            }
        }
    }
    tally
}

fn changed(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let len = bytes.len() as u64;
    for _ in 0..=random.below(3) {
        // Headers lie at both ends.
        let at = match random.below(4) {
            0 | 1 => random.below(len.min(64)),
            2 => len - 1 - random.below(len.min(1200)),
            _ => random.below(len),
        } as usize;
        bytes[at] = match random.below(4) {
            0 => random.next() as u8,
            1 => bytes[at] ^ 1 << random.below(8),
            2 => 0,
            _ => 0xff,
        };
    }
    if random.is_one_in(10) {
        bytes.truncate(random.below(len) as usize);
    }
    bytes
}
