//! Descriptors through any sequence of opening, closing and renumbering: a model says which numbers are open, and a
//! file knows by its inode which one it is.

use std::os::unix::fs::MetadataExt;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::wasi::{
    call::{attribute, descriptor},
    memory::long,
};

/// Files to open.
const FILES: usize = 3;

/// The most numbers that a sequence uses, and some that it never opens.
const NUMBERS: u32 = 24;

#[derive(Debug, Clone, Copy)]
enum Step {
    Open(usize),
    Close(u32),
    Renumber(u32, u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..FILES).prop_map(Step::Open),
        1 => (ROOT..NUMBERS).prop_map(Step::Close),
        1 => (ROOT + 1..12_u32, ROOT + 1..12_u32).prop_map(|(from, to)| Step::Renumber(from, to)),
    ]
}

/// Which file each number is open for.
type Model = Vec<Option<usize>>;

/// Does `step` to guest and model, which must answer alike. The directory, number [`ROOT`], is never closed.
fn take(guest: &mut Guest, model: &mut Model, step: Step) {
    let is_open = |model: &Model, fd: u32| model.get(fd as usize).is_some_and(Option::is_some);
    match step {
        Step::Open(file) => {
            let free = (ROOT as usize + 1..).find(|fd| !is_open(model, *fd as u32));
            let free = free.expect("numbers do not end");
            assert_eq!(guest.open(&file.to_string()), Ok(free as u32));
            model.resize(model.len().max(free + 1), None);
            model[free] = Some(file);
        }
        Step::Close(ROOT) => {}
        Step::Close(fd) => {
            let expected = if is_open(model, fd) { Ok(()) } else { Err(Errno::Badf) };
            assert_eq!(guest.call(descriptor::fd_close, (fd,)), expected);
            if expected.is_ok() {
                model[fd as usize] = None;
            }
        }
        Step::Renumber(from, to) => {
            let are_open = is_open(model, from) && is_open(model, to);
            let expected = if are_open { Ok(()) } else { Err(Errno::Badf) };
            assert_eq!(guest.call(descriptor::fd_renumber, (from, to)), expected);
            if are_open && from != to {
                model[to as usize] = model[from as usize].take();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_number_stands_for_the_file_that_the_model_says(steps in vec(step(), 0..20)) {
        let scratch = Scratch::new();
        let inodes: Vec<_> = (0..FILES)
            .map(|file| {
                scratch.file(&file.to_string(), "");
                fs::metadata(scratch.root().join(file.to_string())).expect("it is there").ino()
            })
            .collect();
        let mut guest = Guest::at(&scratch, false);
        let mut model = Model::new();
        for step in steps {
            take(&mut guest, &mut model, step);
        }
        for fd in ROOT + 1..NUMBERS {
            let got = guest.call(attribute::fd_filestat_get, (fd, DATA));
            let got = got.map(|()| long(&guest.bytes, DATA as usize + 8));
            let expected = model.get(fd as usize).copied().flatten().map(|file| inodes[file]);
            prop_assert_eq!(got, expected.ok_or(Errno::Badf));
        }
    }
}
