//! Waiting.
//!
//! Nothing here is ever late: streams and files are always ready, and a clock that somebody waits for advances to the
//! moment waited for. So a call never blocks, and what it answers depends on the run's configuration alone.

use crate::wasi::{
    Errno, Wasi,
    flag::{CLOCK_ABSOLUTE, event_type, right},
    memory::{Memory, long, word},
    table::{Kind, Table},
};

/// Subscriptions of one call.
const SUBSCRIPTIONS_MAX: u32 = 1024;

/// Bytes of a `subscription`.
const SUBSCRIPTION_BYTES: u32 = 48;

/// Bytes of an `event`.
const EVENT_BYTES: u32 = 32;

/// Bytes of a `size`.
const SIZE_BYTES: u32 = 4;

/// What somebody waits for.
#[derive(Debug, Clone, Copy)]
enum Awaited {
    /// A clock, until so many nanoseconds have passed.
    Clock { wait_nanos: u64 },
    /// A descriptor that is ready.
    Ready { bytes: u64 },
    /// Something that cannot be waited for.
    Failed(Errno),
}

/// A subscription: what its guest calls it, its `eventtype`, what it waits for.
#[derive(Debug, Clone, Copy)]
struct Subscription {
    user_data: u64,
    event_type: u8,
    awaited: Awaited,
}

pub(crate) fn poll_oneoff(
    host: &mut Wasi,
    memory: &mut Memory<'_>,
    (subscriptions, events, count, result): (u32, u32, u32, u32),
) -> Result<(), Errno> {
    if count == 0 || count > SUBSCRIPTIONS_MAX {
        return Err(Errno::Inval);
    }
    memory.check(result, SIZE_BYTES)?;
    memory.check(events, count * EVENT_BYTES)?;
    let all: Vec<_> = memory
        .get(subscriptions, count * SUBSCRIPTION_BYTES)?
        .chunks_exact(SUBSCRIPTION_BYTES as usize)
        .map(|row| subscription(host, row))
        .collect::<Result<_, _>>()?;
    let wait = wait_nanos(&all);
    host.clocks.advance(wait);
    let mut happened = 0;
    for subscription in &all {
        if let Some(event) = event(subscription, wait) {
            memory.put(events + happened * EVENT_BYTES, &event)?;
            happened += 1;
        }
    }
    memory.put_u32(result, happened)
}

/// Reads a subscription, whose variant begins at byte 16.
fn subscription(host: &Wasi, row: &[u8]) -> Result<Subscription, Errno> {
    let event_type = row[8];
    let awaited = match event_type {
        event_type::CLOCK => {
            let (clock, timeout) = (word(row, 16), long(row, 24));
            let flags = word(row, 40) as u16;
            clock_wait(host, clock, timeout, flags)
                .map_or_else(Awaited::Failed, |wait_nanos| Awaited::Clock { wait_nanos })
        }
        event_type::FD_READ | event_type::FD_WRITE => ready_bytes(host, word(row, 16), event_type)
            .map_or_else(Awaited::Failed, |bytes| Awaited::Ready { bytes }),
        _ => return Err(Errno::Inval),
    };
    Ok(Subscription { user_data: long(row, 0), event_type, awaited })
}

fn clock_wait(host: &Wasi, clock: u32, timeout: u64, flags: u16) -> Result<u64, Errno> {
    let now = host.clocks.now(clock)?;
    match flags {
        0 => Ok(timeout),
        CLOCK_ABSOLUTE => Ok(timeout.saturating_sub(now)),
        _ => Err(Errno::Inval),
    }
}

/// Bytes that `fd` has to read; nobody counts those that it can take.
fn ready_bytes(host: &Wasi, fd: u32, event_type: u8) -> Result<u64, Errno> {
    let table: &Table = &host.table;
    let descriptor = table.get(fd)?;
    descriptor.require(right::POLL_FD_READWRITE)?;
    match (&descriptor.kind, event_type) {
        (Kind::Input, event_type::FD_READ) => Ok((host.stdin.len() - host.stdin_read) as u64),
        (Kind::File(file), event_type::FD_READ) => {
            let position = std::io::Seek::stream_position(&mut &*file)?;
            Ok(file.metadata()?.len().saturating_sub(position))
        }
        (Kind::Directory(_), _) => Err(Errno::Badf),
        _ => Ok(0),
    }
}

/// How long the call waits: not at all when something has happened, else until the first clock.
fn wait_nanos(all: &[Subscription]) -> u64 {
    let wait = |subscription: &Subscription| match subscription.awaited {
        Awaited::Clock { wait_nanos } => wait_nanos,
        Awaited::Ready { .. } | Awaited::Failed(_) => 0,
    };
    all.iter().map(wait).min().unwrap_or(0)
}

/// The event of `subscription` if it has happened after `wait` nanoseconds.
fn event(subscription: &Subscription, wait: u64) -> Option<[u8; EVENT_BYTES as usize]> {
    let (error, bytes) = match subscription.awaited {
        Awaited::Clock { wait_nanos } if wait_nanos > wait => return None,
        Awaited::Clock { .. } => (0, 0),
        Awaited::Ready { bytes } => (0, bytes),
        Awaited::Failed(error) => (error as u16, 0),
    };
    let mut row = [0; EVENT_BYTES as usize];
    row[..8].copy_from_slice(&subscription.user_data.to_le_bytes());
    row[8..10].copy_from_slice(&error.to_le_bytes());
    row[10] = subscription.event_type;
    row[16..24].copy_from_slice(&bytes.to_le_bytes());
    Some(row)
}
