//! Arguments, environment, clocks, randomness, standard streams, waiting.

use super::*;
use crate::wasi::{
    Clock, ConfigError, Sink,
    call::{environment, poll},
    memory::long,
};

fn bytes(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

#[test]
fn arguments_lie_one_after_another_with_pointers_to_them() {
    let args = vec![bytes("prog"), bytes(""), bytes("x y")];
    let mut guest = Guest::new(Config { args, ..Config::default() });
    assert_eq!(guest.call(environment::args_sizes_get, (0, 4)), Ok(()));
    assert_eq!((word(&guest.bytes, 0), word(&guest.bytes, 4)), (3, 10));
    assert_eq!(guest.call(environment::args_get, (16, 100)), Ok(()));
    assert_eq!([16, 20, 24].map(|at| word(&guest.bytes, at)), [100, 105, 106]);
    assert_eq!(&guest.bytes[100..110], b"prog\0\0x y\0");
}

#[test]
fn the_environment_is_names_and_values() {
    let env = vec![(bytes("A"), bytes("1=2")), (bytes("B"), bytes(""))];
    let mut guest = Guest::new(Config { env, ..Config::default() });
    assert_eq!(guest.call(environment::environ_sizes_get, (0, 4)), Ok(()));
    assert_eq!((word(&guest.bytes, 0), word(&guest.bytes, 4)), (2, 9));
    assert_eq!(guest.call(environment::environ_get, (16, 100)), Ok(()));
    assert_eq!(&guest.bytes[100..109], b"A=1=2\0B=\0");
}

#[test]
fn strings_that_do_not_fit_the_memory_are_faults() {
    let mut guest = Guest::new(Config { args: vec![bytes("prog")], ..Config::default() });
    let end = guest.bytes.len() as u32;
    assert_eq!(guest.call(environment::args_get, (0, end - 4)), Err(Errno::Fault));
    assert_eq!(guest.call(environment::args_get, (end - 3, 0)), Err(Errno::Fault));
    assert_eq!(guest.call(environment::args_get, (u32::MAX, 0)), Err(Errno::Fault));
    assert_eq!(guest.call(environment::args_sizes_get, (0, end)), Err(Errno::Fault));
}

#[test]
fn configurations_that_no_guest_could_read_are_refused() {
    let args = |args| Wasi::new(Config { args, ..Config::default() }).map(drop);
    assert!(matches!(args(vec![b"a\0b".to_vec()]), Err(ConfigError::Nul)));
    assert!(matches!(args(vec![vec![b'a'; 2 << 20]]), Err(ConfigError::TooLong)));
    let env = vec![(bytes("a=b"), bytes("c"))];
    let env = Wasi::new(Config { env, ..Config::default() }).map(drop);
    assert!(matches!(env, Err(ConfigError::VariableName)));
    let scratch = Scratch::new();
    let host = scratch.root().join("absent");
    let preopens = vec![Preopen { host, guest: "/".to_owned(), is_writable: false }];
    let absent = Wasi::new(Config { preopens, ..Config::default() }).map(drop);
    assert!(matches!(absent, Err(ConfigError::Preopen { .. })));
}

#[test]
fn equal_configurations_read_equal_clocks_and_random_bytes() {
    let clock = Clock { real_nanos: 1_700_000_000_000_000_000, monotonic_nanos: 5, step_nanos: 3 };
    let run = |seed| {
        let mut guest = Guest::new(Config { clock, seed, ..Config::default() });
        let times = [0, 1, 0].map(|clock| {
            assert_eq!(guest.call(environment::clock_time_get, (clock, 0, RESULT)), Ok(()));
            guest.long_result()
        });
        assert_eq!(guest.call(environment::random_get, (DATA, 100)), Ok(()));
        (times, guest.bytes[DATA as usize..][..100].to_vec())
    };
    let (times, random) = run([1; 32]);
    assert_eq!(times, [clock.real_nanos, 8, clock.real_nanos + 6]);
    assert_eq!(run([1; 32]), (times, random.clone()));
    assert_ne!(run([2; 32]).1, random);
}

#[test]
fn random_bytes_outside_the_memory_are_a_fault_and_too_many_are_refused() {
    let mut guest = Guest::new(Config::default());
    assert_eq!(guest.call(environment::random_get, (u32::MAX, 2)), Err(Errno::Fault));
    assert_eq!(guest.call(environment::random_get, (0, u32::MAX)), Err(Errno::Inval));
}

#[test]
fn output_is_captured_and_input_is_read_to_its_end() {
    let mut guest = Guest::new(Config { stdin: bytes("hello"), ..Config::default() });
    assert_eq!(guest.write(1, b"out "), Ok(4));
    assert_eq!(guest.write(2, b"err"), Ok(3));
    assert_eq!(guest.write(1, b"put"), Ok(3));
    assert_eq!(guest.host.stdout().captured(), b"out put");
    assert_eq!(guest.host.stderr().captured(), b"err");
    assert_eq!(guest.read(0, 3), Ok(bytes("hel")));
    assert_eq!(guest.read(0, 9), Ok(bytes("lo")));
    assert_eq!(guest.read(0, 9), Ok(vec![]));
    assert_eq!(guest.read(1, 1), Err(Errno::Notcapable));
    assert_eq!(guest.write(0, b"x"), Err(Errno::Notcapable));
    assert_eq!(guest.call(stream::fd_tell, (1, RESULT)), Err(Errno::Spipe));
}

#[test]
fn captured_output_is_bounded_and_a_writer_gets_what_is_written() {
    let mut full = Sink::Captured(vec![0; crate::wasi::CAPTURE_BYTES_MAX - 2]);
    assert_eq!(full.write(b"abc").map_err(Errno::from), Ok(2));
    assert_eq!(full.write(b"c").map_err(Errno::from), Err(Errno::Nospc));
    let (mut read, write) = std::io::pipe().expect("a pipe can be made");
    let stdout = Sink::Writer(Box::new(write));
    let mut guest = Guest::new(Config { stdout, ..Config::default() });
    assert_eq!(guest.write(1, b"through"), Ok(7));
    drop(guest);
    let mut text = String::new();
    std::io::Read::read_to_string(&mut read, &mut text).expect("the pipe can be read");
    assert_eq!(text, "through");
}

/// Writes a subscription of a clock at `VECTORS + index * 48`.
fn await_clock(guest: &mut Guest, index: u32, user_data: u64, timeout: u64, flags: u16) {
    let mut row = [0; 48];
    row[..8].copy_from_slice(&user_data.to_le_bytes());
    row[16..20].copy_from_slice(&1_u32.to_le_bytes());
    row[24..32].copy_from_slice(&timeout.to_le_bytes());
    row[40..42].copy_from_slice(&flags.to_le_bytes());
    guest.put(VECTORS + index * 48, &row);
}

fn await_fd(guest: &mut Guest, index: u32, user_data: u64, event_type: u8, fd: u32) {
    let mut row = [0; 48];
    row[..8].copy_from_slice(&user_data.to_le_bytes());
    row[8] = event_type;
    row[16..20].copy_from_slice(&fd.to_le_bytes());
    guest.put(VECTORS + index * 48, &row);
}

#[test]
fn waiting_advances_the_clock_to_the_first_moment_awaited() {
    let clock = Clock { real_nanos: 0, monotonic_nanos: 100, step_nanos: 0 };
    let mut guest = Guest::new(Config { clock, ..Config::default() });
    await_clock(&mut guest, 0, 7, 5000, 0);
    await_clock(&mut guest, 1, 8, 1100, 1);
    assert_eq!(guest.call(poll::poll_oneoff, (VECTORS, DATA, 2, RESULT)), Ok(()));
    assert_eq!((guest.result(), long(&guest.bytes, DATA as usize)), (1, 8));
    assert_eq!(guest.call(environment::clock_time_get, (1, 0, RESULT)), Ok(()));
    assert_eq!(guest.long_result(), 1100);
}

#[test]
fn what_is_ready_is_not_waited_for_and_bad_descriptors_are_told() {
    let mut guest = Guest::new(Config { stdin: bytes("abc"), ..Config::default() });
    await_clock(&mut guest, 0, 7, 5000, 0);
    await_fd(&mut guest, 1, 8, 1, 0);
    await_fd(&mut guest, 2, 9, 2, 77);
    assert_eq!(guest.call(poll::poll_oneoff, (VECTORS, DATA, 3, RESULT)), Ok(()));
    assert_eq!(guest.result(), 2);
    let events = &guest.bytes[DATA as usize..];
    assert_eq!((long(events, 0), word(events, 8), long(events, 16)), (8, 1 << 16, 3));
    assert_eq!((long(events, 32), word(events, 40)), (9, 2 << 16 | Errno::Badf.code()));
    assert_eq!(guest.call(poll::poll_oneoff, (0, DATA, 0, RESULT)), Err(Errno::Inval));
    let many = poll::poll_oneoff;
    assert_eq!(guest.call(many, (0, DATA, u32::MAX, RESULT)), Err(Errno::Inval));
    assert_eq!(guest.call(many, (0xfff0, DATA, 1, RESULT)), Err(Errno::Fault));
    assert_eq!(guest.call(many, (VECTORS, 0xfff0, 1, RESULT)), Err(Errno::Fault));
}

#[test]
fn sockets_and_signals_are_not_supported() {
    let mut guest = Guest::new(Config::default());
    assert_eq!(guest.call(environment::no_sockets, (1_u32, 2_u32)), Err(Errno::Notsup));
    let raised = [0, 9, 31].map(|signal| guest.call(environment::proc_raise, (signal,)));
    assert_eq!(raised, [Ok(()), Err(Errno::Notsup), Err(Errno::Inval)]);
    assert_eq!(guest.call(environment::sched_yield, ()), Ok(()));
}
