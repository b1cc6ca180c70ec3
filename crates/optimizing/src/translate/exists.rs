//! How much of memory 0 exists where a block begins, whatever way led there.
//!
//! A memory never shrinks, and a check makes exist what it admits: so this is a minimum over the ways in of what the most of
//! a way is.
//!
//! Invariant: blocks are looked at in the order of what exists where they begin (Dijkstra 1959, with the larger of two in place
//! of a sum), so each once.

use std::{cmp::Reverse, collections::BinaryHeap};

use lockstep_base::Index;
use lockstep_ir::{Block, BlockDef, Func, Growth, Inst, Interface};

/// Bytes that exist where each block begins; nothing is known of programs whose memory 0 grows in another way.
pub(super) fn existing(interface: &Interface, func: &Func) -> Vec<u64> {
    if !grows_on_touch(interface) {
        return vec![0; func.blocks.len()];
    }
    least(func).0
}

/// The least that exists where each block begins, everything where nothing leads there; and how many blocks were looked at.
fn least(func: &Func) -> (Vec<u64>, usize) {
    let mut known = vec![u64::MAX; func.blocks.len()];
    known[0] = 0;
    let (mut ahead, mut visits) = (BinaryHeap::from([Reverse((0, Block(0)))]), 0);
    while let Some(Reverse((before, id))) = ahead.pop() {
        if before > known[id.position()] {
            continue;
        }
        visits += 1;
        let block = &func.blocks[id];
        let after = before.max(made_by(func, block));
        func.successors(block, |to: Block| {
            if after < known[to.position()] {
                known[to.position()] = after;
                ahead.push(Reverse((after, to)));
            }
        });
    }
    (known, visits)
}

/// Whether memory 0 grows on touch.
pub(super) fn grows_on_touch(interface: &Interface) -> bool {
    let first = interface.memories.as_slice().first();
    first.is_some_and(|memory| matches!(memory.growth, Growth::OnTouch { .. }))
}

/// The end of the last known place that a block makes exist; all of a block runs before it goes on.
fn made_by(func: &Func, block: &BlockDef) -> u64 {
    let ends = func.block_insts(block).iter().filter_map(|inst| end_of(func, inst));
    ends.max().unwrap_or(0)
}

/// The end of what a check of memory 0 makes exist, where that is known.
fn end_of(func: &Func, inst: &Inst) -> Option<u64> {
    let Inst::Check { memory, ty, addr, len, .. } = *inst else { return None };
    let (addr, len) = (func.const_u64(addr, ty)?, func.const_u64(len, ty)?);
    (memory.0 == 0 && len > 0).then(|| addr.checked_add(len)).flatten()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use lockstep_ir::{FuncId, text::parse};

    use super::*;

    fn func(body: &str) -> Func {
        let text = format!(
            "memory m0 = on_touch 0 linear 3 divisor 512\nfunc @f(a: i8) {{\n{body}end:\n    return\n}}\n"
        );
        parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")).funcs[FuncId(0)].clone()
    }

    /// A block that makes `bytes` exist and goes to one of two.
    fn block(name: &str, bytes: usize, [one, other]: [&str; 2]) -> String {
        format!(
            "{name}:\n    t{name} = check.i64 m0, 0, {bytes}\n    branch a, goto {one}, goto {other}\n"
        )
    }

    /// Each block goes to the one before it.
    fn backward_chain(blocks: usize) -> Func {
        let mut body = block("b", 1, [&format!("c{}", blocks - 1); 2]);
        for number in 0..blocks {
            let next = if number > 0 { format!("c{}", number - 1) } else { "end".into() };
            body += &block(&format!("c{number}"), 2 + number, [&next; 2]);
        }
        func(&body)
    }

    /// Each block goes to the two behind it, and the later of two makes less exist: ways that are longer are better each time.
    fn ladder(blocks: usize) -> Func {
        let mut body = String::new();
        for number in 0..blocks {
            let name =
                |number: usize| if number < blocks { format!("c{number}") } else { "end".into() };
            let [one, other] = [name(number + 1), name(number + 2)];
            body += &block(&name(number), 4 * (blocks - number), [&other, &one]);
        }
        func(&body)
    }

    /// Loops inside one another.
    fn nest(blocks: usize) -> Func {
        let mut body = String::new();
        for number in 0..blocks {
            write!(
                body,
                "h{number}:\n    charge 1\n    jump goto {}\n",
                if number + 1 < blocks { format!("h{}", number + 1) } else { "l".into() }
            )
            .expect("room");
        }
        body += &block("l", 7, [&format!("h{}", blocks - 1), &format!("l{}", blocks - 2)]);
        for number in (0..blocks - 1).rev() {
            let next = if number > 0 { format!("l{}", number - 1) } else { "end".into() };
            body += &block(
                &format!("l{number}"),
                32 * (blocks - number),
                [&format!("h{number}"), &next],
            );
        }
        func(&body)
    }

    /// A switch to many blocks, each of which goes on in the one before it.
    fn switch(blocks: usize) -> Func {
        let names: Vec<String> = (0..blocks).map(|number| format!("c{number}")).collect();
        let mut body =
            format!("b:\n    on = uextend.i8.i32 a\n    switch on, {}\n", names.join(", "));
        for (number, name) in names.iter().enumerate() {
            let next = if number > 0 { format!("c{}", number - 1) } else { "end".into() };
            body += &block(name, 1 + blocks - number, [&next, "end"]);
        }
        func(&body)
    }

    /// A function of so many blocks.
    type Shape = fn(usize) -> Func;

    #[test]
    fn each_block_is_looked_at_once() {
        let shapes: [(&str, Shape); 4] =
            [("backward", backward_chain), ("ladder", ladder), ("nest", nest), ("switch", switch)];
        for (name, shape) in shapes {
            for blocks in [100, 200, 400, 800, 1600] {
                let func = shape(blocks);
                let (known, visits) = least(&func);
                assert_eq!(visits, func.blocks.len(), "{name}, {blocks}");
                assert!(known.iter().all(|known| *known < u64::MAX), "{name}: all are reached");
                // It agrees with every edge, and with one exactly.
                let mut ways = vec![u64::MAX; known.len()];
                ways[0] = 0;
                for (id, block) in func.blocks.iter() {
                    let after = known[id.position()].max(made_by(&func, block));
                    func.successors(block, |to| {
                        ways[to.position()] = ways[to.position()].min(after)
                    });
                }
                assert_eq!(known, ways, "{name}, {blocks}");
            }
        }
    }

    #[test]
    fn what_exists_is_what_every_way_has_made() {
        let text = "\
memory m0 = on_touch 0 linear 3 divisor 512
func @f(a: i8) {
start:
    charge 1
    one = check.i64 m0, 0, 32
    branch a, goto left, goto right
left:
    charge 1
    two = check.i64 m0, 64, 32
    jump goto join
right:
    charge 1
    three = check.i64 m0, 32, 32
    jump goto join
join:
    charge 1
    four = check.i64 m0, 96, 32
    branch a, goto join, goto end
end:
    return
}
";
        let module = parse(text).unwrap_or_else(|error| panic!("{error}"));
        let func = &module.funcs[lockstep_ir::FuncId(0)];
        assert_eq!(existing(&module.interface, func), [0, 32, 32, 64, 128]);
    }
}
