//! Reading the input of a call: what the caller did not send is zeros.

/// The first `N` bytes of `input`, followed by zeros where it is shorter.
pub(super) fn padded<const N: usize>(input: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    let sent = input.len().min(N);
    bytes[..sent].copy_from_slice(&input[..sent]);
    bytes
}

/// The part of `input` from `offset` on, at most `length` bytes of it; empty when it starts past the end.
pub(super) fn slice(input: &[u8], offset: u64, length: u64) -> &[u8] {
    let rest = usize::try_from(offset).ok().and_then(|offset| input.get(offset..)).unwrap_or(&[]);
    let taken = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
    &rest[..taken]
}

/// A record of `A` bytes and `B` bytes; `None` when `record` is shorter.
pub(super) fn pair<const A: usize, const B: usize>(record: &[u8]) -> Option<(&[u8; A], &[u8; B])> {
    let (first, rest) = record.split_first_chunk()?;
    Some((first, rest.first_chunk()?))
}
