//! Programs of RFC 9669 in our tiers and in rbpf.

use lockstep::{
    HostRow, Tier,
    ebpf::{Call, Config, Dialect, End, Helper, Linked, Machine, Program},
};
use peer_sbpf::bare::{self, Arena};

use crate::{
    compare::{Ours, Tally, mixed},
    generate::{EXIT, HOST},
    rfc::{self, BASE, FRAME_BYTES, HOST_NUMBER, Menu},
};

/// Units after which a program is not given to the peer, which counts none.
const UNITS: u64 = 20_000;
const INPUT_BYTES: u64 = 64;
/// More than a constant of 16 bits moves a pointer.
const HEAP_BYTES: u64 = 1 << 20;
/// How a run ended in the peer that no other has to end like: functions too deep for it, or an address where we have a stack.
const ITS_OWN: &str = "its own";
/// Zeros after the input, of the same page.
const PAGE_BYTES: u64 = 4096;

/// rbpf, with memory where ours has it.
pub(crate) struct Peer {
    config: Config,
    arena: Arena,
    /// Where heap and input lie: addresses.
    heap: u64,
    input: u64,
}

fn helper(a: u64, b: u64, c: u64, d: u64, e: u64) -> u64 {
    mixed([a, b, c, d, e])
}

impl Peer {
    pub(crate) fn new() -> Result<Self, String> {
        let helpers = vec![Helper::numbered(HOST, HOST_NUMBER)];
        let config = Config { helpers, heap_bytes: HEAP_BYTES, ..Config::default() };
        let exit = EXIT.encode();
        let empty = Program::from_text(&exit, Dialect::Rfc, &config);
        let regions =
            empty.map_err(|error| error.to_string())?.guest().layout().regions(INPUT_BYTES);
        let start =
            |name| regions.iter().find(|region| region.name == name).map(|region| region.start);
        let (Some(heap), Some(input)) = (start("heap"), start("input")) else {
            return Err("no heap, or no input".into());
        };
        if heap % PAGE_BYTES != 0 || input != heap + HEAP_BYTES {
            return Err(format!("heap at {heap:#x} and input at {input:#x} are not side by side"));
        }
        let arena = Arena::new(heap, (HEAP_BYTES + PAGE_BYTES) as usize)?;
        Ok(Self { config, arena, heap, input })
    }

    /// Runs the program of a seed in both.
    pub(crate) fn program(
        &mut self,
        machine: &mut Machine,
        seed: u64,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let insns = rfc::program(seed, Menu::Both { input: self.input });
        let text: Vec<u8> = insns.iter().flat_map(|insn| insn.encode()).collect();
        let ours = Program::from_text(&text, Dialect::Rfc, &self.config);
        let theirs = bare::Program::new::<FRAME_BYTES>(&text, &[(HOST_NUMBER, helper)]);
        let (ours, theirs) = match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => (ours, theirs),
            (Err(_), Err(_)) => {
                tally.refused += 1;
                return Ok(());
            }
            // Ours looks at functions, theirs does not.
            (Err(error), Ok(_)) if error.to_string().contains("function") => {
                tally.refused += 1;
                return Ok(());
            }
            (ours, theirs) => {
                return Err(format!("loaded by one: {:?}, {:?}", ours.err(), theirs.err()));
            }
        };
        self.compare(machine, &ours, &theirs, tally)
    }

    /// Runs what both loaded in every tier, and in the peer.
    fn compare(
        &mut self,
        machine: &mut Machine,
        ours: &Program,
        theirs: &bare::Program<'_>,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let linked =
            Linked::new(ours, &[HostRow::of::<Ours>()]).map_err(|error| error.to_string())?;
        let input: Vec<u8> = (0..INPUT_BYTES as u8).map(|byte| byte.wrapping_mul(37)).collect();
        let mut wanted = None;
        for tier in Tier::ALL {
            let call = Call { input: &input, gas: UNITS, tier: *tier, returns_input: true };
            let found = machine.run(&linked, &mut (), &call).map_err(|error| error.to_string())?;
            let end = match found.end {
                End::Returned(value) => Ok(value),
                End::Trap(trap) => Err(trap.name()),
                End::Exit { .. } => Err("exit"),
            };
            if wanted.is_none() && (end == Err("out_of_gas")) {
                *tally.ends.entry("out_of_gas").or_default() += 1;
                tally.refused += 1;
                return Ok(());
            }
            let wanted = wanted.get_or_insert_with(|| self.run(theirs, &input));
            if wanted.0 == Err(ITS_OWN) {
                tally.refused += 1;
                return Ok(());
            }
            if (&end, &found.input) != (&wanted.0, &wanted.1) {
                return Err(format!("{tier}: {end:?}, not {:?}, or another input", wanted.0));
            }
            tally.same += 1;
        }
        let end = wanted.and_then(|(end, _)| end.err()).unwrap_or("returned");
        *tally.ends.entry(end).or_default() += 1;
        Ok(())
    }

    /// What the peer does, and the input it leaves.
    fn run(
        &mut self,
        program: &bare::Program<'_>,
        input: &[u8],
    ) -> (Result<u64, &'static str>, Vec<u8>) {
        let at = (self.input - self.heap) as usize;
        let place = at..at + input.len();
        self.arena.bytes().fill(0);
        self.arena.bytes()[place.clone()].copy_from_slice(input);
        let done = program.interpret(&mut self.arena, at, place.clone());
        let end = done.map_err(|message| match message {
            _ if message.contains("too many nested calls") => ITS_OWN,
            _ if address(&message).is_some_and(|at| (BASE..self.heap).contains(&at)) => ITS_OWN,
            _ if message.contains("out of bounds memory") => "memory_out_of_bounds",
            _ => "another error",
        });
        (end, self.arena.bytes()[place].to_vec())
    }
}

/// The address in a message of the peer.
fn address(message: &str) -> Option<u64> {
    let (_, rest) = message.split_once("addr 0x")?;
    u64::from_str_radix(rest.split(',').next()?, 16).ok()
}
