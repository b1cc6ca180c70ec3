//! Reading directories, page by page.

use super::*;
use crate::wasi::{call::directory::fd_readdir, memory::long};

/// An entry as a guest sees it: next cookie, type, name.
type Seen = (u64, u8, String);

/// Reads entries from `cookie` with a buffer of `len`; the last may be cut. Returns how many bytes came.
fn page(guest: &mut Guest, fd: u32, cookie: u64, len: u32) -> Result<(Vec<Seen>, u32), Errno> {
    guest.call(fd_readdir, (fd, DATA, len, cookie, RESULT))?;
    let used = guest.result();
    let mut rest = &guest.bytes[DATA as usize..][..used as usize];
    let mut seen = Vec::new();
    while rest.len() >= 24 {
        let (next, name_len, kind) = (long(rest, 0), word(rest, 16) as usize, rest[20]);
        let Some(name) = rest.get(24..24 + name_len) else { break };
        seen.push((next, kind, String::from_utf8_lossy(name).into_owned()));
        rest = &rest[24 + name_len..];
    }
    Ok((seen, used))
}

fn populated() -> Scratch {
    let scratch = Scratch::new();
    ["delta", "alpha", "charlie"].iter().for_each(|name| scratch.file(name, ""));
    scratch.directory("bravo");
    scratch.link("nowhere", "echo");
    scratch
}

fn names(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|(_, _, name)| name.as_str()).collect()
}

#[test]
fn entries_come_sorted_behind_the_two_dots() {
    let scratch = populated();
    let mut guest = Guest::at(&scratch, false);
    let (seen, used) = page(&mut guest, ROOT, 0, 0x1000).expect("it can be read");
    assert_eq!(names(&seen), [".", "..", "alpha", "bravo", "charlie", "delta", "echo"]);
    assert_eq!(seen.iter().map(|(next, ..)| *next).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(seen.iter().map(|(_, kind, _)| *kind).collect::<Vec<_>>(), [3, 3, 4, 3, 4, 4, 7]);
    assert!(used < 0x1000);
    assert_eq!(page(&mut guest, ROOT, 7, 0x1000), Ok((vec![], 0)));
    assert_eq!(page(&mut guest, ROOT, u64::MAX, 0x1000), Ok((vec![], 0)));
}

#[test]
fn small_pages_show_the_same_as_a_large_one() {
    let scratch = populated();
    let mut guest = Guest::at(&scratch, false);
    let (whole, _) = page(&mut guest, ROOT, 0, 0x1000).expect("it can be read");
    for len in [31, 40, 64, 100] {
        let (mut all, mut cookie) = (Vec::new(), 0);
        loop {
            let (seen, used) = page(&mut guest, ROOT, cookie, len).expect("it can be read");
            cookie = seen.last().map_or(cookie, |(next, ..)| *next);
            all.extend(seen);
            if used < len {
                break;
            }
        }
        assert_eq!(all, whole, "{len}");
    }
}

#[test]
fn changes_between_pages_do_not_move_the_entries_to_come() {
    let scratch = populated();
    let mut guest = Guest::at(&scratch, true);
    let (seen, used) = page(&mut guest, ROOT, 0, 60).expect("it can be read");
    assert_eq!((names(&seen), used), (vec![".", ".."], 60));
    fs::remove_file(scratch.root().join("alpha")).expect("it can be removed");
    scratch.file("aaa", "");
    let (seen, _) = page(&mut guest, ROOT, 2, 0x1000).expect("it can be read");
    assert_eq!(names(&seen)[..2], ["alpha", "bravo"]);
    let (seen, _) = page(&mut guest, ROOT, 0, 0x1000).expect("it can be read");
    assert_eq!(names(&seen)[2..4], ["aaa", "bravo"], "a new reading begins at cookie 0");
}

#[test]
fn bad_buffers_and_descriptors_are_refused() {
    let scratch = populated();
    let mut guest = Guest::at(&scratch, false);
    assert_eq!(guest.call(fd_readdir, (ROOT, 0xfff0, 17, 0, RESULT)), Err(Errno::Fault));
    assert_eq!(guest.call(fd_readdir, (ROOT, DATA, 17, 0, 0xfffd)), Err(Errno::Fault));
    assert_eq!(guest.call(fd_readdir, (1, DATA, 17, 0, RESULT)), Err(Errno::Notdir));
    assert_eq!(guest.call(fd_readdir, (9, DATA, 17, 0, RESULT)), Err(Errno::Badf));
    assert_eq!(page(&mut guest, ROOT, 0, 0), Ok((vec![], 0)));
    let inner = guest.open_with(ROOT, "bravo", 0, open_flag::DIRECTORY, right::PATH_OPEN);
    let inner = inner.expect("it is there");
    assert_eq!(page(&mut guest, inner, 0, 99), Err(Errno::Notcapable));
}
