//! Binaries as bytes.

use lockstep_rt::native::Compiled;
use lockstep_state::keccak256;

use super::{Binary, Function, MAGIC, VERSION};

impl Binary {
    /// As a file has it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut rest = self.build.0.to_vec();
        number(&mut rest, self.target.len());
        self.target.iter().for_each(|feature| piece(&mut rest, feature.as_bytes()));
        rest.push(self.guest as u8);
        piece(&mut rest, self.configuration.as_bytes());
        rest.extend(keccak256(&self.code).0);
        piece(&mut rest, &self.code);
        number(&mut rest, self.functions.len());
        for function in &self.functions {
            match function {
                Function::Missing => rest.push(0),
                Function::Code(code) => {
                    rest.push(1);
                    compiled(&mut rest, code);
                }
                Function::Below(code) => {
                    rest.push(2);
                    compiled(&mut rest, code);
                }
            }
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend((rest.len() as u64).to_le_bytes());
        bytes.extend(rest);
        let checksum = keccak256(&bytes);
        bytes.extend(checksum.0);
        bytes
    }
}

fn number(out: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).expect("what is compiled has fewer than 2^32 bytes");
    out.extend(number.to_le_bytes());
}

fn piece(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len());
    out.extend(bytes);
}

fn compiled(out: &mut Vec<u8>, code: &Compiled) {
    piece(out, &code.body);
    piece(out, &code.door);
    number(out, code.calls.len());
    for call in &code.calls {
        out.extend(call.offset.to_le_bytes());
        out.extend(call.func.0.to_le_bytes());
    }
}
