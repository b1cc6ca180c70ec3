//! A loaded object as a file of sBPF v3: what points into our layout points into the peer's.

use lockstep::ebpf::{Guest, SLOT_BYTES, murmur3};

use crate::host::NAMES;

/// Where ours and the peer's text lie; data of ours lies at [`DATA`], the peer's at zero.
const TEXT: u64 = 1 << 40;
const PEER_TEXT: u64 = 1 << 32;
const DATA: u64 = 1 << 32;
/// Bytes of headers.
const HEADER: u64 = 64;
const SEGMENT: u64 = 56;

/// The file.
pub(crate) fn of(guest: &Guest) -> Vec<u8> {
    let mut data = guest.image().to_vec();
    data.resize(data.len().next_multiple_of(SLOT_BYTES), 0);
    let len = data.len() as u64;
    for bytes in data.as_chunks_mut::<8>().0 {
        *bytes = moved(u64::from_le_bytes(*bytes), len).to_le_bytes();
    }
    let mut insns = guest.insns().to_vec();
    let mut at = 0;
    while at < insns.len() {
        let insn = insns[at];
        match insn.opcode {
            0x18 => {
                let number = u64::from(insn.imm as u32) | u64::from(insns[at + 1].imm as u32) << 32;
                let number = moved(number, len);
                (insns[at].imm, insns[at + 1].imm) = (number as i32, (number >> 32) as i32);
                at += 1;
            }
            0x85 if insn.src == 0 => {
                insns[at].imm = murmur3(NAMES[insn.imm as usize - 1].as_bytes()) as i32;
            }
            _ => {}
        }
        at += 1;
    }
    let text: Vec<u8> = insns.iter().flat_map(|insn| insn.encode()).collect();
    let entry = PEER_TEXT + u64::from(guest.range(guest.entry()).start) * SLOT_BYTES as u64;
    file(&data, &text, entry)
}

/// A number that may be an address of ours.
fn moved(number: u64, data_len: u64) -> u64 {
    match number {
        TEXT.. if number < TEXT + PEER_TEXT => number - TEXT + PEER_TEXT,
        DATA.. if number < DATA + data_len => number - DATA,
        _ => number,
    }
}

fn file(data: &[u8], text: &[u8], entry: u64) -> Vec<u8> {
    let all = [(4_u32, 0, data), (1, PEER_TEXT, text)];
    let segments = if data.is_empty() { &all[1..] } else { &all[..] };
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\xf7\0\x01\0\0\0".to_vec();
    for field in [entry, HEADER, 0] {
        file.extend(field.to_le_bytes());
    }
    file.extend(3_u32.to_le_bytes());
    for field in [HEADER as u16, SEGMENT as u16, segments.len() as u16, 64, 0, 0] {
        file.extend(field.to_le_bytes());
    }
    let mut at = HEADER + SEGMENT * segments.len() as u64;
    for (flags, address, content) in segments {
        file.extend(1_u32.to_le_bytes());
        file.extend(flags.to_le_bytes());
        let len = content.len() as u64;
        for field in [at, *address, *address, len, len, SLOT_BYTES as u64] {
            file.extend(field.to_le_bytes());
        }
        at += len;
    }
    segments.iter().for_each(|(_, _, content)| file.extend(*content));
    file
}
