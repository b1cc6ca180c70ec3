//! Paths: what stays inside, what is refused, what a slash at the end demands, what read-only means.

use super::*;
use crate::wasi::{
    call::{attribute, descriptor, tree},
    memory::long,
};

/// Calls a function of directory and path.
type OnPath = fn(&mut Wasi, &mut Memory<'_>, (u32, u32, u32)) -> Result<(), Errno>;

fn on(guest: &mut Guest, body: OnPath, path: &str) -> Result<(), Errno> {
    let (at, len) = guest.path(path);
    guest.call(body, (ROOT, at, len))
}

fn symlink(guest: &mut Guest, text: &str, path: &str) -> Result<(), Errno> {
    let len = guest.put(OTHER_PATH, text.as_bytes());
    let (at, path_len) = guest.path(path);
    guest.call(tree::path_symlink, (OTHER_PATH, len, ROOT, at, path_len))
}

fn rename(guest: &mut Guest, old: &str, new: &str) -> Result<(), Errno> {
    let len = guest.put(OTHER_PATH, new.as_bytes());
    let (at, old_len) = guest.path(old);
    guest.call(tree::path_rename, (ROOT, at, old_len, ROOT, OTHER_PATH, len))
}

fn link(guest: &mut Guest, old: &str, new: &str) -> Result<(), Errno> {
    let len = guest.put(OTHER_PATH, new.as_bytes());
    let (at, old_len) = guest.path(old);
    guest.call(tree::path_link, (ROOT, 0, at, old_len, ROOT, OTHER_PATH, len))
}

fn readlink(guest: &mut Guest, path: &str, len: u32) -> Result<Vec<u8>, Errno> {
    let (at, path_len) = guest.path(path);
    guest.call(tree::path_readlink, (ROOT, at, path_len, DATA, len, RESULT))?;
    Ok(guest.bytes[DATA as usize..][..guest.result() as usize].to_vec())
}

#[test]
fn paths_that_stay_inside_lead_to_their_file() {
    let scratch = Scratch::new();
    scratch.directory("dir/nested");
    scratch.file("dir/nested/file", "x");
    scratch.link("nested", "dir/to-nested");
    scratch.link("../dir/to-nested/../nested/file", "dir/to-file");
    scratch.link("./dir/", "to-dir");
    let mut guest = Guest::at(&scratch, false);
    for path in [
        "dir/nested/file",
        "./dir/.//nested/../../dir/nested/../nested///./file",
        "dir/to-nested/file",
        "dir/to-file",
        "to-dir/to-file",
        "to-dir/to-nested/../../to-dir/nested/file",
    ] {
        assert_eq!(guest.content(path), Ok(b"x".to_vec()), "{path}");
    }
}

#[test]
fn paths_that_lead_outside_are_refused() {
    let scratch = Scratch::new();
    scratch.directory("dir/nested");
    scratch.link("../outside", "up");
    scratch.link(scratch.0.join("outside"), "absolute");
    scratch.link("dir/../..", "up-by-directory");
    scratch.link("up", "to-up");
    scratch.link("..", "dir/nested/one-up");
    let mut guest = Guest::at(&scratch, true);
    for path in [
        "..",
        "../outside",
        "../root/dir",
        "dir/../../outside",
        "dir/nested/../../../outside",
        "/outside",
        "/",
        "up",
        "absolute",
        "to-up",
        "up-by-directory/outside",
        "up-by-directory/",
        "dir/nested/one-up/../../outside",
    ] {
        assert_eq!(guest.open(path), Err(Errno::Perm), "{path}");
        assert_eq!(guest.create(path), Err(Errno::Perm), "{path}");
    }
    assert_eq!(on(&mut guest, tree::path_unlink_file, "../outside"), Err(Errno::Perm));
    assert_eq!(on(&mut guest, tree::path_create_directory, "../new"), Err(Errno::Perm));
    assert_eq!(rename(&mut guest, "dir", "../dir"), Err(Errno::Perm));
    assert_eq!(rename(&mut guest, "../outside", "mine"), Err(Errno::Perm));
    assert_eq!(link(&mut guest, "../outside", "mine"), Err(Errno::Perm));
    assert_eq!(link(&mut guest, "up/", "mine"), Err(Errno::Perm));
    assert_eq!(symlink(&mut guest, "/etc", "mine"), Err(Errno::Perm));
    assert_eq!(readlink(&mut guest, "absolute", 99), Err(Errno::Perm), "it tells of the host");
    assert_eq!(fs::read(scratch.0.join("outside")).ok(), Some(b"secret".to_vec()));
}

#[test]
fn renaming_an_open_directory_does_not_move_the_border() {
    let scratch = Scratch::new();
    scratch.directory("a/b");
    let mut guest = Guest::at(&scratch, true);
    let inner = guest.open("a/b").expect("it is there");
    assert_eq!(rename(&mut guest, "a/b", "c"), Ok(()));
    assert_eq!(symlink(&mut guest, "../..", "a/b"), Ok(()));
    for path in ["../outside", "../../outside", "../c"] {
        assert_eq!(guest.open_with(inner, path, 1, 0, right::FD_READ), Err(Errno::Perm), "{path}");
    }
    assert_eq!(guest.open("a/b/outside"), Err(Errno::Perm));
    let made = guest.open_with(inner, "file", 1, open_flag::CREATE, right::FD_WRITE);
    assert!(made.is_ok() && scratch.root().join("c/file").exists());
}

#[test]
fn links_go_round_in_circles_only_so_often() {
    let scratch = Scratch::new();
    scratch.link("b", "a");
    scratch.link("a", "b");
    scratch.link("self/x", "self");
    scratch.file("l0", "x");
    (1..=41).for_each(|i| scratch.link(format!("l{}", i - 1), &format!("l{i}")));
    let mut guest = Guest::at(&scratch, true);
    for path in ["a", "b/", "a/x", "self", "l41"] {
        assert_eq!(guest.open(path), Err(Errno::Loop), "{path}");
    }
    assert_eq!(guest.content("l40"), Ok(b"x".to_vec()));
    assert_eq!(guest.open_with(ROOT, "l1", 0, 0, right::FD_READ), Err(Errno::Loop), "not followed");
}

#[test]
fn malformed_paths_are_refused() {
    let scratch = Scratch::new();
    scratch.file("file", "x");
    let mut guest = Guest::at(&scratch, true);
    assert_eq!(guest.open(""), Err(Errno::Noent));
    assert_eq!(guest.open("file\0"), Err(Errno::Inval));
    assert_eq!(guest.open(&"a".repeat(256)), Err(Errno::Nametoolong));
    assert_eq!(guest.open(&"a/".repeat(2049)), Err(Errno::Nametoolong));
    assert_eq!(guest.open("file/x"), Err(Errno::Notdir));
    assert_eq!(guest.open("absent/x"), Err(Errno::Noent));
    guest.put(PATH, b"\xff");
    let open = (ROOT, 0, PATH, 1, 0, 0, 0, 0, RESULT);
    assert_eq!(guest.call(path_open, open), Err(Errno::Ilseq));
    let open = (ROOT, 0, u32::MAX, 5, 0, 0, 0, 0, RESULT);
    assert_eq!(guest.call(path_open, open), Err(Errno::Fault));
    let deep = "d/".repeat(200);
    scratch.directory(&deep);
    assert_eq!(guest.open(&deep), Err(Errno::Nametoolong));
    assert_eq!(guest.open(&"d/../".repeat(400)).map(|_| ()), Ok(()));
}

#[test]
fn a_slash_at_the_end_demands_a_directory() {
    let scratch = Scratch::new();
    scratch.directory("dir");
    scratch.file("file", "x");
    scratch.link("dir", "to-dir");
    let mut guest = Guest::at(&scratch, true);
    let guest = &mut guest;
    assert_eq!(guest.open("file/"), Err(Errno::Notdir));
    assert_eq!(guest.open("file///"), Err(Errno::Notdir));
    assert_eq!(guest.open("file/."), Err(Errno::Notdir));
    assert_eq!(guest.create("new/"), Err(Errno::Isdir));
    assert!(guest.open("dir///").is_ok());
    assert!(guest.open_with(ROOT, "to-dir/", 0, 0, 0).is_ok(), "the slash follows the link");
    assert_eq!(on(guest, tree::path_unlink_file, "file/"), Err(Errno::Notdir));
    assert_eq!(on(guest, tree::path_unlink_file, "dir/"), Err(Errno::Isdir));
    assert_eq!(on(guest, tree::path_unlink_file, "to-dir/"), Err(Errno::Notdir));
    assert_eq!(on(guest, tree::path_remove_directory, "to-dir/"), Err(Errno::Notdir));
    assert_eq!(symlink(guest, "source", "new/"), Err(Errno::Noent));
    assert_eq!(symlink(guest, "source", "dir/"), Err(Errno::Exist));
    assert_eq!(symlink(guest, "source", "file/"), Err(Errno::Notdir));
    assert_eq!(link(guest, "file/", "new"), Err(Errno::Notdir));
    assert_eq!(link(guest, "file", "new/"), Err(Errno::Noent));
    assert_eq!(rename(guest, "file/", "new"), Err(Errno::Notdir));
    assert_eq!(rename(guest, "file", "new/"), Err(Errno::Notdir));
    assert_eq!(rename(guest, "dir/", "new/"), Ok(()));
    assert_eq!(on(guest, tree::path_remove_directory, "new/"), Ok(()));
    assert_eq!(on(guest, tree::path_create_directory, "new/"), Ok(()));
}

#[test]
fn trees_are_made_changed_and_removed() {
    let scratch = Scratch::new();
    let mut guest = Guest::at(&scratch, true);
    let guest = &mut guest;
    assert_eq!(on(guest, tree::path_create_directory, "dir"), Ok(()));
    assert_eq!(on(guest, tree::path_create_directory, "dir"), Err(Errno::Exist));
    assert_eq!(on(guest, tree::path_create_directory, "."), Err(Errno::Exist));
    let fd = guest.create("dir/file").expect("it can be made");
    assert_eq!(guest.write(fd, b"text"), Ok(4));
    assert_eq!(link(guest, "dir/file", "second"), Ok(()));
    assert_eq!(symlink(guest, "dir/file", "third"), Ok(()));
    assert_eq!(guest.content("second"), Ok(b"text".to_vec()));
    assert_eq!(guest.content("third"), Ok(b"text".to_vec()));
    assert_eq!(readlink(guest, "third", 99), Ok(b"dir/file".to_vec()));
    assert_eq!(readlink(guest, "third", 3), Ok(b"dir".to_vec()), "as much as there is room");
    assert_eq!(readlink(guest, "second", 99), Err(Errno::Inval));
    assert_eq!(on(guest, tree::path_remove_directory, "dir"), Err(Errno::Notempty));
    assert_eq!(on(guest, tree::path_remove_directory, "second"), Err(Errno::Notdir));
    assert_eq!(rename(guest, "second", "dir/file"), Ok(()));
    assert_eq!(on(guest, tree::path_unlink_file, "dir/file"), Ok(()));
    assert_eq!(on(guest, tree::path_unlink_file, "dir/file"), Err(Errno::Noent));
    assert_eq!(guest.open("third"), Err(Errno::Noent), "it leads nowhere now");
    assert_eq!(on(guest, tree::path_remove_directory, "dir"), Ok(()));
    assert!(guest.create("third").is_err(), "the directory it leads to is gone");
    assert_eq!(on(guest, tree::path_unlink_file, "third"), Ok(()));
}

#[test]
fn a_read_only_directory_lets_nothing_change() {
    let scratch = Scratch::new();
    scratch.directory("dir");
    scratch.file("file", "x");
    scratch.link("file", "link");
    let mut guest = Guest::at(&scratch, false);
    let guest = &mut guest;
    let refused = Err(Errno::Notcapable);
    for path in ["dir", "file", "link", "new"] {
        for body in [
            tree::path_create_directory as OnPath,
            tree::path_remove_directory,
            tree::path_unlink_file,
        ] {
            assert_eq!(on(guest, body, path), refused, "{path}");
        }
        assert_eq!(rename(guest, path, "other"), refused);
        assert_eq!(link(guest, path, "other"), refused);
        assert_eq!(symlink(guest, path, "other"), refused);
        assert_eq!(guest.create(path).map(|_| ()), refused);
        assert_eq!(
            guest.open_with(ROOT, path, 1, open_flag::TRUNCATE, right::FD_READ).map(|_| ()),
            refused
        );
        assert_eq!(guest.open_with(ROOT, path, 1, 0, right::FD_WRITE).map(|_| ()), refused);
        let (at, len) = guest.path(path);
        let times = (ROOT, 0, at, len, 1, 1, 5);
        assert_eq!(guest.call(attribute::path_filestat_set_times, times), refused);
    }
    assert_eq!(guest.content("link"), Ok(b"x".to_vec()));
    // Whatever else a guest asks for is left out, in directories below as well.
    let inner = guest.open("dir").expect("it is there");
    let made = guest.open_with(inner, "new", 1, open_flag::CREATE, 0);
    assert_eq!(made.map(|_| ()), refused);
    let file = guest.open_with(ROOT, "file", 0, 0, !right::FD_WRITE).expect("it is there");
    assert_eq!(guest.write(file, b"y"), Err(Errno::Notcapable));
    assert_eq!(guest.call(attribute::fd_filestat_set_size, (file, 0)), refused);
    assert_eq!(guest.call(attribute::fd_filestat_set_times, (file, 0, 0, 5)), refused);
    assert_eq!(guest.call(descriptor::fd_allocate, (file, 0, 9)), refused);
}

#[test]
fn a_file_of_a_read_only_directory_cannot_be_linked_into_a_writable_one() {
    let (precious, own) = (Scratch::new(), Scratch::new());
    precious.file("file", "x");
    let preopen = |scratch: &Scratch, is_writable| Preopen {
        host: scratch.root(),
        guest: "/".to_owned(),
        is_writable,
    };
    let preopens = vec![preopen(&precious, false), preopen(&own, true)];
    let mut guest = Guest::new(Config { preopens, ..Config::default() });
    let (at, len) = guest.path("file");
    let link = (ROOT, 0, at, len, ROOT + 1, at, len);
    assert_eq!(guest.call(tree::path_link, link), Err(Errno::Notcapable));
    let rename = (ROOT, at, len, ROOT + 1, at, len);
    assert_eq!(guest.call(tree::path_rename, rename), Err(Errno::Notcapable));
}

#[test]
fn attributes_are_of_the_link_or_of_what_it_leads_to() {
    let scratch = Scratch::new();
    scratch.directory("dir");
    scratch.file("file", "four");
    scratch.link("file", "link");
    let mut guest = Guest::at(&scratch, true);
    let mut stat = |lookup, path: &str| {
        let (at, len) = guest.path(path);
        guest.call(attribute::path_filestat_get, (ROOT, lookup, at, len, DATA))?;
        let row = &guest.bytes[DATA as usize..][..64];
        Ok((row[16], long(row, 32), long(row, 48)))
    };
    assert_eq!(stat(0, "file"), Ok((4, 4, 0)));
    assert_eq!(stat(1, "link"), Ok((4, 4, 0)));
    assert_eq!(stat(0, "link").map(|(kind, ..)| kind), Ok(7));
    assert_eq!(stat(0, ".").map(|(kind, ..)| kind), Ok(3));
    assert_eq!(stat(0, "file/"), Err(Errno::Notdir));
    assert_eq!(stat(1, "absent"), Err(Errno::Noent));
    assert_eq!(stat(2, "file"), Err(Errno::Inval));
    assert_eq!(stat(0, ".."), Err(Errno::Perm));
}

#[test]
fn pipes_are_not_opened_and_nobody_waits_for_their_other_end() {
    let scratch = Scratch::new();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    let path = scratch.root().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0)
        .expect("a pipe can be made");
    let mut guest = Guest::at(&scratch, true);
    assert_eq!(guest.open("pipe"), Err(Errno::Notsup));
    assert_eq!(guest.open_with(ROOT, "pipe", 0, 0, right::FD_WRITE), Err(Errno::Nxio));
}
