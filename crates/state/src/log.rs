//! Logs of one transaction: entries in one vector, their data in another, so that appending allocates nothing
//! once the room is there and undoing is two truncations.

use lockstep_base::{Address, Hash};

/// Most topics a log can have (Yellow Paper app. H.2, LOG4).
pub(crate) const TOPICS_MAX: usize = 4;

/// A log record with contents of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Who logged.
    pub address: Address,
    /// At most four topics.
    pub topics: Vec<Hash>,
    /// Anything.
    pub data: Vec<u8>,
}

impl Log {
    /// This record, borrowed.
    pub fn as_ref(&self) -> LogRef<'_> {
        LogRef { address: self.address, topics: &self.topics, data: &self.data }
    }
}

/// A log record whose contents lie in a journal or in a [`Log`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogRef<'a> {
    /// Who logged.
    pub address: Address,
    /// At most four topics.
    pub topics: &'a [Hash],
    /// Anything.
    pub data: &'a [u8],
}

impl LogRef<'_> {
    /// A copy with contents of its own.
    pub fn to_log(self) -> Log {
        Log { address: self.address, topics: self.topics.to_vec(), data: self.data.to_vec() }
    }
}

#[derive(Debug)]
struct LogEntry {
    address: Address,
    topics: [Hash; TOPICS_MAX],
    topic_count: usize,
    /// Where this entry's data ends; it begins where the previous entry's ends.
    data_end: usize,
}

/// The logs of the running transaction.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    entries: Vec<LogEntry>,
    data: Vec<u8>,
}

impl Logs {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Appends a copy of `log`.
    ///
    /// # Panics
    ///
    /// When `log` has more than four topics; no guest can ask for that.
    pub(crate) fn append(&mut self, log: LogRef<'_>) {
        assert!(log.topics.len() <= TOPICS_MAX, "a log has at most four topics");
        let mut topics = [Hash::ZERO; TOPICS_MAX];
        topics[..log.topics.len()].copy_from_slice(log.topics);
        self.data.extend_from_slice(log.data);
        self.entries.push(LogEntry {
            address: log.address,
            topics,
            topic_count: log.topics.len(),
            data_end: self.data.len(),
        });
    }

    /// Forgets all but the first `len` logs.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
        self.data.truncate(self.entries.last().map_or(0, |entry| entry.data_end));
    }

    /// All logs, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = LogRef<'_>> + Clone {
        let starts = std::iter::once(0).chain(self.entries.iter().map(|entry| entry.data_end));
        self.entries.iter().zip(starts).map(|(entry, start)| LogRef {
            address: entry.address,
            topics: &entry.topics[..entry.topic_count],
            data: &self.data[start..entry.data_end],
        })
    }
}
