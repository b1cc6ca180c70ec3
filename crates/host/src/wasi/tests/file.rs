//! Descriptors and files: reading, writing, seeking, rights, renumbering, bounds.

use super::*;
use crate::wasi::{
    call::{attribute, descriptor},
    flag::fd_flag,
    memory::{VECTORS_MAX, long},
    table::{Descriptor, Kind},
};

#[test]
fn positions_move_with_reading_writing_and_seeking() {
    let scratch = Scratch::new();
    let mut guest = Guest::at(&scratch, true);
    let fd = guest.create("file").expect("it can be made");
    assert_eq!(guest.write(fd, b"0123456789"), Ok(10));
    let mut seek = |offset: i64, whence| {
        guest.call(stream::fd_seek, (fd, offset as u64, whence, RESULT))?;
        Ok(guest.long_result())
    };
    assert_eq!(seek(4, 0), Ok(4));
    assert_eq!(seek(-1, 1), Ok(3));
    assert_eq!(seek(-3, 2), Ok(7));
    assert_eq!(seek(-8, 1), Err(Errno::Inval));
    assert_eq!(seek(-1, 0), Err(Errno::Inval));
    assert_eq!(seek(0, 3), Err(Errno::Inval));
    assert_eq!(seek(5, 2), Ok(15));
    assert_eq!(seek(2, 0), Ok(2));
    assert_eq!(guest.read(fd, 3), Ok(b"234".to_vec()));
    assert_eq!(guest.call(stream::fd_tell, (fd, RESULT)), Ok(()));
    assert_eq!(guest.long_result(), 5);
}

#[test]
fn vectors_are_served_in_order_at_the_position_or_an_offset() {
    let scratch = Scratch::new();
    let mut guest = Guest::at(&scratch, true);
    let fd = guest.create("file").expect("it can be made");
    let arrange = |guest: &mut Guest| {
        guest.put(DATA, b"abcdef");
        let rows = [(DATA, 2), (DATA, 0), (DATA + 3, 3_u32)];
        let rows = rows.map(|(at, len)| [at.to_le_bytes(), len.to_le_bytes()].concat()).concat();
        guest.put(VECTORS, &rows);
    };
    arrange(&mut guest);
    assert_eq!(guest.call(stream::fd_write, (fd, VECTORS, 3, RESULT)), Ok(()));
    assert_eq!(guest.result(), 5);
    assert_eq!(guest.call(stream::fd_pwrite, (fd, VECTORS, 3, 4, RESULT)), Ok(()));
    assert_eq!(guest.content("file"), Ok(b"abdeabdef".to_vec()));
    arrange(&mut guest);
    assert_eq!(guest.call(stream::fd_pread, (fd, VECTORS, 3, 6, RESULT)), Ok(()));
    assert_eq!((guest.result(), &guest.bytes[DATA as usize..][..6]), (3, &b"decfef"[..]));
    assert_eq!(guest.call(stream::fd_pread, (fd, VECTORS, 1, u64::MAX, RESULT)), Err(Errno::Inval));
}

#[test]
fn bad_vectors_and_results_are_refused_before_anything_is_written() {
    let scratch = Scratch::new();
    let mut guest = Guest::at(&scratch, true);
    let fd = guest.create("file").expect("it can be made");
    let vectors = guest.vector(DATA, 4);
    let faults = [(fd, vectors, 1, 0xffff), (fd, 0xffff, 1, RESULT), (fd, u32::MAX, 2, RESULT)];
    for args in faults {
        assert_eq!(guest.call(stream::fd_write, args), Err(Errno::Fault), "{args:?}");
        assert_eq!(guest.call(stream::fd_read, args), Err(Errno::Fault), "{args:?}");
    }
    let many = (fd, vectors, VECTORS_MAX + 1, RESULT);
    assert_eq!(guest.call(stream::fd_write, many), Err(Errno::Inval));
    let vectors = guest.vector(DATA, u32::MAX);
    assert_eq!(guest.call(stream::fd_write, (fd, vectors, 1, RESULT)), Err(Errno::Fault));
    let (at, len) = guest.path("new");
    let open = (ROOT, 0, at, len, open_flag::CREATE, right::FILE, 0, 0, 0xfffd);
    assert_eq!(guest.call(path_open, open), Err(Errno::Fault));
    assert!(!scratch.root().join("new").exists());
    assert_eq!(guest.content("file"), Ok(vec![]));
}

#[test]
fn opening_makes_empties_and_insists_as_asked() {
    let scratch = Scratch::new();
    scratch.file("file", "text");
    scratch.link("file", "link");
    scratch.directory("dir");
    let mut guest = Guest::at(&scratch, true);
    let mut open = |path: &str, flags| guest.open_with(ROOT, path, 1, flags, right::FILE);
    let exclusive = open_flag::CREATE | open_flag::EXCLUSIVE;
    assert_eq!(open("file", exclusive), Err(Errno::Exist));
    assert_eq!(open("link", exclusive), Err(Errno::Exist));
    assert_eq!(open("file", open_flag::DIRECTORY), Err(Errno::Notdir));
    assert_eq!(open("dir", 0), Err(Errno::Isdir));
    assert_eq!(open("dir", open_flag::CREATE | open_flag::DIRECTORY), Err(Errno::Inval));
    assert_eq!(open("file", 1 << 4), Err(Errno::Inval));
    assert_eq!(open("absent", 0), Err(Errno::Noent));
    assert!(open("dir", open_flag::DIRECTORY).is_ok(), "a directory has no use for the rest");
    assert!(open("link", open_flag::TRUNCATE).is_ok());
    assert!(open("new", exclusive).is_ok());
    assert_eq!(fs::read(scratch.root().join("file")).ok(), Some(vec![]));
}

#[test]
fn appending_writes_at_the_end() {
    let scratch = Scratch::new();
    scratch.file("file", "text");
    let mut guest = Guest::at(&scratch, true);
    let (at, len) = guest.path("file");
    let open = (ROOT, 0, at, len, 0, right::FILE, 0, u32::from(fd_flag::APPEND), RESULT);
    assert_eq!(guest.call(path_open, open), Ok(()));
    let fd = guest.result();
    assert_eq!(guest.write(fd, b"+1"), Ok(2));
    assert_eq!(guest.call(descriptor::fd_fdstat_set_flags, (fd, 0)), Ok(()));
    assert_eq!(guest.call(stream::fd_seek, (fd, 0, 0, RESULT)), Ok(()));
    assert_eq!(guest.write(fd, b"T"), Ok(1));
    assert_eq!(guest.content("file"), Ok(b"Text+1".to_vec()));
    let sync = u32::from(fd_flag::SYNC);
    assert_eq!(guest.call(descriptor::fd_fdstat_set_flags, (fd, sync)), Err(Errno::Notsup));
    assert_eq!(guest.call(descriptor::fd_fdstat_set_flags, (fd, 1 << 16)), Err(Errno::Inval));
}

#[test]
fn rights_are_given_up_and_never_won() {
    let scratch = Scratch::new();
    scratch.file("file", "text");
    let mut guest = Guest::at(&scratch, true);
    let fd = guest.create("file").expect("it can be made");
    let set = descriptor::fd_fdstat_set_rights;
    let few = right::FD_READ | right::FD_FILESTAT_GET;
    assert_eq!(guest.call(set, (fd, few, 0)), Ok(()));
    assert_eq!(guest.call(set, (fd, few | right::FD_SEEK, 0)), Err(Errno::Notcapable));
    assert_eq!(guest.call(set, (fd, few, 1)), Err(Errno::Notcapable));
    assert_eq!(guest.write(fd, b"x"), Err(Errno::Notcapable));
    assert_eq!(guest.read(fd, 4), Ok(b"text".to_vec()));
    assert_eq!(guest.call(stream::fd_seek, (fd, 0, 0, RESULT)), Err(Errno::Notcapable));
    assert_eq!(guest.call(stream::fd_tell, (fd, RESULT)), Err(Errno::Notcapable));
    assert_eq!(guest.call(descriptor::fd_fdstat_get, (fd, DATA)), Ok(()));
    let row = &guest.bytes[DATA as usize..];
    assert_eq!((row[0], long(row, 8), long(row, 16)), (4, few, 0));
}

#[test]
fn directories_are_no_files_and_files_no_directories() {
    let scratch = Scratch::new();
    scratch.file("file", "text");
    let mut guest = Guest::at(&scratch, true);
    assert_eq!(guest.read(ROOT, 1), Err(Errno::Badf));
    assert_eq!(guest.write(ROOT, b"x"), Err(Errno::Badf));
    assert_eq!(guest.call(stream::fd_seek, (ROOT, 0, 1, RESULT)), Err(Errno::Badf));
    assert_eq!(guest.call(descriptor::fd_advise, (ROOT, 0, 0, 0)), Err(Errno::Badf));
    assert_eq!(guest.call(descriptor::fd_allocate, (ROOT, 0, 1)), Err(Errno::Badf));
    assert_eq!(guest.call(descriptor::fd_sync, (ROOT,)), Err(Errno::Badf));
    assert_eq!(guest.call(descriptor::fd_datasync, (ROOT,)), Err(Errno::Badf));
    assert_eq!(guest.call(descriptor::fd_fdstat_set_flags, (ROOT, 4)), Err(Errno::Badf));
    assert_eq!(guest.call(attribute::fd_filestat_set_size, (ROOT, 0)), Err(Errno::Badf));
    let fd = guest.open("file").expect("it is there");
    assert_eq!(guest.open_with(fd, "x", 0, 0, 0), Err(Errno::Notdir));
    assert_eq!(guest.open_with(99, "x", 0, 0, 0), Err(Errno::Badf));
}

#[test]
fn sizes_grow_and_shrink_within_the_bytes_allowed() {
    let scratch = Scratch::new();
    let preopens = vec![Preopen { host: scratch.root(), guest: "/".to_owned(), is_writable: true }];
    let mut guest = Guest::new(Config { preopens, file_bytes_max: 10, ..Config::default() });
    let fd = guest.create("file").expect("it can be made");
    assert_eq!(guest.write(fd, b"12345678"), Ok(8));
    assert_eq!(guest.call(attribute::fd_filestat_set_size, (fd, 11)), Err(Errno::Nospc));
    assert_eq!(guest.call(attribute::fd_filestat_set_size, (fd, 4)), Ok(()));
    assert_eq!(guest.call(descriptor::fd_allocate, (fd, 0, 3)), Err(Errno::Nospc));
    assert_eq!(guest.call(descriptor::fd_allocate, (fd, 0, 0)), Err(Errno::Inval));
    assert_eq!(guest.call(descriptor::fd_allocate, (fd, u64::MAX, 2)), Err(Errno::Fbig));
    assert_eq!(guest.write(fd, b"abc"), Ok(2), "as much as is allowed");
    assert_eq!(guest.write(fd, b"c"), Err(Errno::Nospc));
    let huge = attribute::fd_filestat_set_size;
    assert_eq!(guest.call(huge, (fd, u64::MAX)), Err(Errno::Inval));
    assert_eq!(guest.call(descriptor::fd_sync, (fd,)), Ok(()));
}

#[test]
fn times_are_set_and_shown_only_when_the_configuration_says_so() {
    let scratch = Scratch::new();
    scratch.file("file", "text");
    for shows_file_times in [false, true] {
        let preopens =
            vec![Preopen { host: scratch.root(), guest: "/".to_owned(), is_writable: true }];
        let mut guest = Guest::new(Config { preopens, shows_file_times, ..Config::default() });
        let fd = guest.create("file").expect("it can be made");
        let times = (fd, 1_000_000_002, 3_000_000_004, 5);
        assert_eq!(guest.call(attribute::fd_filestat_set_times, times), Ok(()));
        assert_eq!(guest.call(attribute::fd_filestat_get, (fd, DATA)), Ok(()));
        let row = &guest.bytes[DATA as usize..];
        let expected = if shows_file_times { (1_000_000_002, 3_000_000_004) } else { (0, 0) };
        assert_eq!((long(row, 40), long(row, 48)), expected);
        assert_eq!((row[16], long(row, 24), long(row, 32)), (4, 1, 4));
    }
}

#[test]
fn preopened_directories_are_found_by_number_and_name() {
    let scratch = Scratch::new();
    let preopen =
        |guest: &str| Preopen { host: scratch.root(), guest: guest.to_owned(), is_writable: false };
    let preopens = vec![preopen("/first"), preopen("b")];
    let mut guest = Guest::new(Config { preopens, ..Config::default() });
    let lens = [2, 3, 4, 5].map(|fd| {
        guest.call(descriptor::fd_prestat_get, (fd, DATA))?;
        Ok((guest.bytes[DATA as usize], word(&guest.bytes, DATA as usize + 4)))
    });
    assert_eq!(lens, [Err(Errno::Badf), Ok((0, 6)), Ok((0, 1)), Err(Errno::Badf)]);
    let name = descriptor::fd_prestat_dir_name;
    assert_eq!(guest.call(name, (3, DATA, 5)), Err(Errno::Nametoolong));
    assert_eq!(guest.call(name, (3, 0xfffc, 6)), Err(Errno::Fault));
    assert_eq!(guest.call(name, (3, DATA, 7)), Ok(()));
    assert_eq!(&guest.bytes[DATA as usize..][..7], b"/first\0");
}

#[test]
fn closed_and_renumbered_descriptors_leak_nothing() {
    let scratch = Scratch::new();
    let mut guest = Guest::at(&scratch, true);
    let open_now = || fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let (a, b) = (guest.create("a"), guest.create("b"));
    assert_eq!((a, b), (Ok(4), Ok(5)));
    assert_eq!(guest.call(descriptor::fd_renumber, (5, 4)), Ok(()));
    assert_eq!(guest.call(descriptor::fd_renumber, (5, 4)), Err(Errno::Badf));
    assert_eq!(guest.write(4, b"to b"), Ok(4));
    assert_eq!(guest.content("b"), Ok(b"to b".to_vec()));
    assert_eq!(guest.call(descriptor::fd_close, (4,)), Ok(()));
    assert_eq!(guest.call(descriptor::fd_close, (4,)), Err(Errno::Badf));
    assert_eq!(guest.call(descriptor::fd_close, (ROOT,)), Ok(()));
    assert_eq!(guest.open("a"), Err(Errno::Badf));
    // Other tests open files meanwhile; what this one must not do is to add up over many rounds.
    let before = open_now();
    for _ in 0..500 {
        let mut guest = Guest::at(&scratch, true);
        let _ = (guest.create("a"), guest.create("b"), guest.open("absent/../x"));
        assert_eq!(guest.call(descriptor::fd_renumber, (4, 5)), Ok(()));
    }
    assert!(open_now() < before + 250);
}

#[test]
fn a_guest_with_all_its_descriptors_makes_no_file_that_it_could_not_open() {
    let scratch = Scratch::new();
    let mut guest = Guest::at(&scratch, true);
    let stream = || Descriptor { kind: Kind::Input, base: 0, inheriting: 0, flags: 0 };
    while guest.host.table.insert(stream()).is_ok() {}
    assert_eq!(guest.create("new"), Err(Errno::Mfile));
    assert!(!scratch.root().join("new").exists());
    assert_eq!(guest.call(descriptor::fd_close, (200,)), Ok(()));
    assert_eq!(guest.create("new"), Ok(200));
}
