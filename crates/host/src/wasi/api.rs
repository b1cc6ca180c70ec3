//! The functions a WASI guest imports, one type each, named `wasi_snapshot_preview1.*`.
//!
//! A row gives name and types of the arguments as Wasm sees them; what the function does is a plain function of host,
//! memory and arguments in [`call`](super::call). Each returns an `errno`, 0 for success. `proc_exit` alone does not
//! return.

use lockstep_rt::{HostFunction, HostRow, Parts, Stop, View};

use super::{
    Wasi,
    call::{attribute, descriptor, directory, environment, open, poll, stream, tree},
    memory::Memory,
};

/// Declares functions: `Type = "name" (argument types) => body;`.
macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident = $text:literal ($($type:ty),*) => $body:path;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub enum $name {}

            impl HostFunction<Wasi> for $name {
                const NAME: &'static str = concat!("wasi_snapshot_preview1.", $text);
                type Args = ($($type,)*);
                type Results = (u32,);

                fn call(view: &mut View<'_, Wasi>, args: Self::Args) -> Result<(u32,), Stop> {
                    let Parts { host, memory, .. } = view.parts();
                    let done = $body(host, &mut Memory::new(memory), args);
                    Ok((done.map_or_else(|errno| errno.code(), |()| 0),))
                }
            }
        )*

        /// Every function, in the order of the specification.
        pub fn functions() -> Vec<HostRow<Wasi>> {
            vec![$(HostRow::of::<$name>(),)* HostRow::of::<ProcExit>()]
        }
    };
}

functions! {
    /// Writes the arguments.
    ArgsGet = "args_get" (u32, u32) => environment::args_get;
    /// Number and size of the arguments.
    ArgsSizesGet = "args_sizes_get" (u32, u32) => environment::args_sizes_get;
    /// Writes the environment.
    EnvironGet = "environ_get" (u32, u32) => environment::environ_get;
    /// Number and size of the environment's strings.
    EnvironSizesGet = "environ_sizes_get" (u32, u32) => environment::environ_sizes_get;
    /// The step of a clock.
    ClockResGet = "clock_res_get" (u32, u32) => environment::clock_res_get;
    /// Reads a clock.
    ClockTimeGet = "clock_time_get" (u32, u64, u32) => environment::clock_time_get;
    /// Takes advice on how a file is used.
    FdAdvise = "fd_advise" (u32, u64, u64, u32) => descriptor::fd_advise;
    /// Makes room for a file's bytes.
    FdAllocate = "fd_allocate" (u32, u64, u64) => descriptor::fd_allocate;
    /// Closes a descriptor.
    FdClose = "fd_close" (u32) => descriptor::fd_close;
    /// Waits until a file's bytes are stored.
    FdDatasync = "fd_datasync" (u32) => descriptor::fd_datasync;
    /// What a descriptor is and may.
    FdFdstatGet = "fd_fdstat_get" (u32, u32) => descriptor::fd_fdstat_get;
    /// Sets a descriptor's flags.
    FdFdstatSetFlags = "fd_fdstat_set_flags" (u32, u32) => descriptor::fd_fdstat_set_flags;
    /// Gives rights of a descriptor up.
    FdFdstatSetRights = "fd_fdstat_set_rights" (u32, u64, u64) => descriptor::fd_fdstat_set_rights;
    /// Attributes of an open file.
    FdFilestatGet = "fd_filestat_get" (u32, u32) => attribute::fd_filestat_get;
    /// Sets the size of an open file.
    FdFilestatSetSize = "fd_filestat_set_size" (u32, u64) => attribute::fd_filestat_set_size;
    /// Sets the times of an open file.
    FdFilestatSetTimes = "fd_filestat_set_times" (u32, u64, u64, u32) =>
        attribute::fd_filestat_set_times;
    /// Reads at an offset.
    FdPread = "fd_pread" (u32, u32, u32, u64, u32) => stream::fd_pread;
    /// What a descriptor that was found open is.
    FdPrestatGet = "fd_prestat_get" (u32, u32) => descriptor::fd_prestat_get;
    /// Its name.
    FdPrestatDirName = "fd_prestat_dir_name" (u32, u32, u32) => descriptor::fd_prestat_dir_name;
    /// Writes at an offset.
    FdPwrite = "fd_pwrite" (u32, u32, u32, u64, u32) => stream::fd_pwrite;
    /// Reads.
    FdRead = "fd_read" (u32, u32, u32, u32) => stream::fd_read;
    /// Reads entries of a directory.
    FdReaddir = "fd_readdir" (u32, u32, u32, u64, u32) => directory::fd_readdir;
    /// Moves a descriptor over another.
    FdRenumber = "fd_renumber" (u32, u32) => descriptor::fd_renumber;
    /// Moves a file's position.
    FdSeek = "fd_seek" (u32, u64, u32, u32) => stream::fd_seek;
    /// Waits until a file is stored.
    FdSync = "fd_sync" (u32) => descriptor::fd_sync;
    /// A file's position.
    FdTell = "fd_tell" (u32, u32) => stream::fd_tell;
    /// Writes.
    FdWrite = "fd_write" (u32, u32, u32, u32) => stream::fd_write;
    /// Makes a directory.
    PathCreateDirectory = "path_create_directory" (u32, u32, u32) => tree::path_create_directory;
    /// Attributes of what a path names.
    PathFilestatGet = "path_filestat_get" (u32, u32, u32, u32, u32) => attribute::path_filestat_get;
    /// Sets the times of what a path names.
    PathFilestatSetTimes = "path_filestat_set_times" (u32, u32, u32, u32, u64, u64, u32) =>
        attribute::path_filestat_set_times;
    /// Gives a file another name.
    PathLink = "path_link" (u32, u32, u32, u32, u32, u32, u32) => tree::path_link;
    /// Opens a file or directory.
    PathOpen = "path_open" (u32, u32, u32, u32, u32, u64, u64, u32, u32) => open::path_open;
    /// Reads where a link leads.
    PathReadlink = "path_readlink" (u32, u32, u32, u32, u32, u32) => tree::path_readlink;
    /// Removes an empty directory.
    PathRemoveDirectory = "path_remove_directory" (u32, u32, u32) => tree::path_remove_directory;
    /// Renames a file or directory.
    PathRename = "path_rename" (u32, u32, u32, u32, u32, u32) => tree::path_rename;
    /// Makes a link.
    PathSymlink = "path_symlink" (u32, u32, u32, u32, u32) => tree::path_symlink;
    /// Removes a file.
    PathUnlinkFile = "path_unlink_file" (u32, u32, u32) => tree::path_unlink_file;
    /// Waits for one of several events.
    PollOneoff = "poll_oneoff" (u32, u32, u32, u32) => poll::poll_oneoff;
    /// Raises a signal, which no guest has.
    ProcRaise = "proc_raise" (u32) => environment::proc_raise;
    /// Lets others run.
    SchedYield = "sched_yield" () => environment::sched_yield;
    /// Random bytes.
    RandomGet = "random_get" (u32, u32) => environment::random_get;
    /// Sockets are not supported.
    SockAccept = "sock_accept" (u32, u32, u32) => environment::no_sockets;
    /// Sockets are not supported.
    SockRecv = "sock_recv" (u32, u32, u32, u32, u32, u32) => environment::no_sockets;
    /// Sockets are not supported.
    SockSend = "sock_send" (u32, u32, u32, u32, u32) => environment::no_sockets;
    /// Sockets are not supported.
    SockShutdown = "sock_shutdown" (u32, u32) => environment::no_sockets;
}

/// Ends the guest with a code.
#[derive(Debug)]
pub enum ProcExit {}

impl HostFunction<Wasi> for ProcExit {
    const NAME: &'static str = "wasi_snapshot_preview1.proc_exit";
    type Args = (u32,);
    type Results = ();

    fn call(view: &mut View<'_, Wasi>, (code,): (u32,)) -> Result<(), Stop> {
        view.host().exit_code = Some(code);
        Err(view.finish(false, 0, 0)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Preview 1 has 46 functions with `sock_accept`, which came last; the rest are the 45 of its first edition.
    #[test]
    fn every_function_of_preview_1_is_here_once() {
        let rows = functions();
        let names: BTreeSet<_> = rows.iter().map(|row| row.name).collect();
        assert_eq!((rows.len(), names.len()), (46, 46));
        assert!(names.iter().all(|name| name.starts_with("wasi_snapshot_preview1.")));
    }

    #[test]
    fn all_but_proc_exit_return_an_error_number() {
        for row in functions() {
            let results = usize::from(!row.name.ends_with("proc_exit"));
            assert_eq!(row.results.len(), results, "{}", row.name);
            assert!(row.params.len() <= 9, "{}", row.name);
        }
    }
}
