//! A guest of bytes: calls are made as a program would make them, with a vector for memory.

mod file;
mod lifecycle;
mod path;
mod process;
mod readdir;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use super::{
    Config, Errno, Preopen, Wasi,
    call::{open::path_open, stream},
    flag::{open_flag, right},
    memory::{Memory, word},
};

/// A directory that is removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    /// A new one, with a file `outside` and a directory `root`, which a guest may find open.
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path =
            std::env::temp_dir().join(format!("lockstep-wasi-{}-{number}", std::process::id()));
        fs::create_dir_all(path.join("root")).expect("a directory can be made");
        fs::write(path.join("outside"), "secret").expect("a file can be made");
        Self(path)
    }

    fn root(&self) -> PathBuf {
        self.0.join("root")
    }

    fn file(&self, name: &str, content: &str) {
        fs::write(self.root().join(name), content).expect("a file can be made");
    }

    fn directory(&self, name: &str) {
        fs::create_dir_all(self.root().join(name)).expect("a directory can be made");
    }

    fn link(&self, text: impl AsRef<Path>, name: &str) {
        std::os::unix::fs::symlink(text, self.root().join(name)).expect("a link can be made");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A host with its guest's memory.
struct Guest {
    host: Wasi,
    bytes: Vec<u8>,
}

/// The first preopened directory.
const ROOT: u32 = 3;

/// Where a guest puts what it writes, in pages: results, vectors, paths, data.
const RESULT: u32 = 0;
const VECTORS: u32 = 64;
const PATH: u32 = 0x1000;
const OTHER_PATH: u32 = 0x3000;
const DATA: u32 = 0x5000;

impl Guest {
    fn new(config: Config) -> Self {
        Self {
            host: Wasi::new(config).expect("the configuration is good"),
            bytes: vec![0; 0x10000],
        }
    }

    /// A guest that finds `root` of `scratch` open.
    fn at(scratch: &Scratch, is_writable: bool) -> Self {
        let preopen = Preopen { host: scratch.root(), guest: "/".to_owned(), is_writable };
        Self::new(Config { preopens: vec![preopen], ..Config::default() })
    }

    /// Makes a call.
    fn call<A>(
        &mut self,
        body: fn(&mut Wasi, &mut Memory<'_>, A) -> Result<(), Errno>,
        args: A,
    ) -> Result<(), Errno> {
        body(&mut self.host, &mut Memory::new(&mut self.bytes), args)
    }

    fn put(&mut self, at: u32, bytes: &[u8]) -> u32 {
        self.bytes[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
        bytes.len() as u32
    }

    fn path(&mut self, path: &str) -> (u32, u32) {
        (PATH, self.put(PATH, path.as_bytes()))
    }

    fn result(&self) -> u32 {
        word(&self.bytes, RESULT as usize)
    }

    fn long_result(&self) -> u64 {
        super::memory::long(&self.bytes, RESULT as usize)
    }

    /// Writes one vector and returns where it is.
    fn vector(&mut self, at: u32, len: u32) -> u32 {
        self.put(VECTORS, &[at.to_le_bytes(), len.to_le_bytes()].concat());
        VECTORS
    }

    /// Opens `path` below `fd` with all flags given.
    fn open_with(
        &mut self,
        fd: u32,
        path: &str,
        lookup: u32,
        flags: u32,
        rights: u64,
    ) -> Result<u32, Errno> {
        let (at, len) = self.path(path);
        self.call(path_open, (fd, lookup, at, len, flags, rights, u64::MAX, 0, RESULT))?;
        Ok(self.result())
    }

    /// Opens `path` to read, links followed.
    fn open(&mut self, path: &str) -> Result<u32, Errno> {
        self.open_with(ROOT, path, 1, 0, right::FILE_READING | right::DIRECTORY)
    }

    /// Makes a file and opens it to read and write.
    fn create(&mut self, path: &str) -> Result<u32, Errno> {
        self.open_with(ROOT, path, 1, open_flag::CREATE, right::FILE)
    }

    fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<u32, Errno> {
        let len = self.put(DATA, bytes);
        let vectors = self.vector(DATA, len);
        self.call(stream::fd_write, (fd, vectors, 1, RESULT))?;
        Ok(self.result())
    }

    fn read(&mut self, fd: u32, len: u32) -> Result<Vec<u8>, Errno> {
        let vectors = self.vector(DATA, len);
        self.call(stream::fd_read, (fd, vectors, 1, RESULT))?;
        Ok(self.bytes[DATA as usize..][..self.result() as usize].to_vec())
    }

    /// What the file at `path` holds.
    fn content(&mut self, path: &str) -> Result<Vec<u8>, Errno> {
        let fd = self.open(path)?;
        self.read(fd, 0x1000)
    }
}
