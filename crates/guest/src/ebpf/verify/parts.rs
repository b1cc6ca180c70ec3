//! Parts: runs of instructions that become a function of dMIR each.
//!
//! In RFC 9669 they are the program's functions. sBPF lets control go wherever it likes: whatever is jumped to from outside
//! of its part begins a part of its own, and control goes over by a tail call with all registers.
//!
//! Invariant: parts are found in time linear in the program, whatever it does.

use std::collections::BTreeSet;

use super::Text;
use crate::ebpf::lower::jump_target;

/// Rounds in which jumps between parts are looked for; after that every jump makes a part.
const ROUNDS_MAX: usize = 4;

impl Text<'_> {
    /// Where parts begin, which are at least those of `starts`.
    pub(in crate::ebpf) fn parts(self, mut starts: BTreeSet<u32>) -> Vec<u32> {
        let halves = self.halves();
        for round in 0..=ROUNDS_MAX {
            self.split_halves(&halves, &mut starts);
            let sorted: Vec<u32> = starts.iter().copied().collect();
            let mut found = Vec::new();
            for (slot, target) in self.jumps() {
                let part = |slot: u32| sorted.partition_point(|start| *start <= slot);
                let is_inside = round < ROUNDS_MAX && part(slot) == part(target);
                if !is_inside && !starts.contains(&target) {
                    found.push(target);
                }
            }
            if found.is_empty() {
                break;
            }
            starts.extend(found);
        }
        self.split_halves(&halves, &mut starts);
        starts.into_iter().collect()
    }

    /// A part that begins with half of a wide instruction ends there.
    fn split_halves(self, halves: &[bool], starts: &mut BTreeSet<u32>) {
        let len = self.insns.len() as u32;
        let inside = starts.iter().filter(|start| halves[**start as usize] && **start + 1 < len);
        let after: Vec<u32> = inside.map(|start| start + 1).collect();
        starts.extend(after);
    }

    /// Each jump, and where it leads.
    fn jumps(self) -> Vec<(u32, u32)> {
        let mut jumps = Vec::new();
        let walked = self.walk(|slot, row, insn| {
            let target = jump_target(row.kind, insn, slot as u32);
            jumps.extend(target.map(|target| (slot as u32, target as u32)));
            Ok(())
        });
        debug_assert!(walked.is_ok(), "instructions were verified");
        jumps
    }
}
