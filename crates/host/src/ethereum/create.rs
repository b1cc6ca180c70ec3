//! CREATE and CREATE2, and the creation that transactions share with them.
//!
//! Invariants: the creator's nonce grows before anything in the child can fail and stays grown; the new address is
//! warm from then on, whatever happens; a child that does not return, or whose code is refused, leaves nothing. On a
//! chain with contracts of another guest, its prefix is reserved to programs that the machine accepts.

use std::{mem, sync::Arc};

use lockstep_base::{Address, Fork, U256};
use lockstep_rt::{Ended, Exit, Faulted, Machine, Program, Stop, Trap, slice};
use lockstep_state::AccountId;

use super::{
    Ethereum, World,
    contract::Guest,
    encoding,
    gas::{CODE_DEPOSIT_BYTE, Gas, all_but_one_64th},
    host::{DEPTH_MAX, Frame},
    message::{self, frame_of, trapped},
    storage::require_writable,
};

/// Longest code of a contract (EIP-170).
pub(super) const CODE_BYTES_MAX: usize = 24_576;
/// Longest initialization code (EIP-3860).
pub(super) const INIT_CODE_BYTES_MAX: usize = 2 * CODE_BYTES_MAX;
/// The first byte that deployed code may not have (EIP-3541).
const RESERVED_PREFIX: u8 = 0xef;

/// A creation as the guest asks for it; the range is (offset, length) in its memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct CreateRequest {
    pub(super) value: U256,
    pub(super) init_code: (u64, u64),
    /// For CREATE2.
    pub(super) salt: Option<U256>,
}

/// Creates and answers with the new address, or zero.
pub(super) fn create<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    memory: &mut [u8],
    gas: &mut Gas,
    request: &CreateRequest,
) -> Result<U256, Stop> {
    require_writable(host)?;
    host.caller_gas = gas.left();
    let init_code = &*slice(memory, request.init_code.0, request.init_code.1)?;
    if host.has(Fork::Shanghai) && init_code.len() > INIT_CODE_BYTES_MAX {
        return Err(Trap::InitCodeTooLarge.into());
    }
    let mut output = mem::take(&mut host.return_data);
    output.clear();
    let own = host.frame;
    let creator = host.world.info(own.account);
    let nonce = creator.nonce;
    if own.depth >= DEPTH_MAX || creator.balance < request.value || nonce == u64::MAX {
        host.return_data = output;
        return Ok(U256::ZERO);
    }
    let forwarded = match host.has(Fork::Tangerine) {
        true => all_but_one_64th(gas.left()),
        false => gas.left(),
    };
    gas.charge(forwarded)?;
    let address = match request.salt {
        Some(salt) => encoding::create2_address(own.address, salt, init_code),
        None => encoding::create_address(own.address, nonce),
    };
    host.world.set_nonce(own.account, nonce + 1);
    let creation = Creation {
        creator: own.account,
        caller: own.address_word,
        address,
        value: request.value,
        init_code: init_code.into(),
        gas: forwarded,
        depth: own.depth + 1,
        units: own.units,
    };
    let ended = run_creation(host, machine, creation, &mut output);
    // What a call returns is bytes for its caller; what a creation returns became code (EIP-211).
    if !matches!(ended, Ok(Ended { exit: Exit::Revert, .. })) {
        output.clear();
    }
    host.return_data = output;
    let ended = ended?;
    gas.give_back(ended.gas_left);
    Ok(if ended.exit == Exit::Return { address.into_word() } else { U256::ZERO })
}

/// A creation whose creator has been checked and has paid.
#[derive(Debug)]
pub(super) struct Creation {
    pub(super) creator: AccountId,
    pub(super) caller: U256,
    pub(super) address: Address,
    pub(super) value: U256,
    pub(super) init_code: Arc<[u8]>,
    pub(super) gas: u64,
    pub(super) depth: u32,
    /// Depth units that the creator's programs take; see [`Frame`].
    pub(super) units: u64,
}

/// Makes the account, runs its initialization code and deploys what that returns, which is left in `output`.
pub(super) fn run_creation<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    creation: Creation,
    output: &mut Vec<u8>,
) -> Result<Ended, Faulted> {
    output.clear();
    let id = host.load(creation.address)?;
    if host.has(Fork::Berlin) {
        host.world.warm_address(creation.address);
    }
    let is_occupied = host.world.is_occupied(id);
    if host.kept(is_occupied)? {
        return Ok(trapped(Trap::AddressCollision));
    }
    let checkpoint = host.world.checkpoint();
    host.world.create_account(id);
    if host.has(Fork::SpuriousDragon) {
        host.world.set_nonce(id, 1);
    }
    let mut ended = match host.world.transfer(creation.creator, id, creation.value) {
        Ok(()) => run_init_code(host, machine, creation, id, output)?,
        Err(_) => trapped(Trap::IntegerOverflow),
    };
    if ended.exit == Exit::Return {
        ended = deploy(host, machine, id, ended.gas_left, output);
    }
    match ended.exit {
        Exit::Return => host.world.commit(checkpoint),
        Exit::Revert | Exit::Trap(_) => host.world.revert_to(checkpoint),
    }
    Ok(ended)
}

fn run_init_code<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    creation: Creation,
    id: AccountId,
    output: &mut Vec<u8>,
) -> Result<Ended, Faulted> {
    let Creation { caller, address, value, init_code, gas, depth, units, .. } = creation;
    if init_code.is_empty() {
        return Ok(Ended { exit: Exit::Return, gas_left: gas });
    }
    let frame = Frame { depth, units, ..frame_of(id, address, caller, value) };
    let program = Program { code: &init_code, code_hash: None, input: &[], gas };
    message::run(host, machine, frame, program, output)
}

/// Pays for `code` and sets it, or says why not.
fn deploy<W: World>(
    host: &mut Ethereum<W>,
    machine: &mut dyn Machine<Ethereum<W>>,
    id: AccountId,
    gas_left: u64,
    code: &mut Vec<u8>,
) -> Ended {
    if let Err(trap) = check_code(host, code) {
        code.clear();
        return trapped(trap);
    }
    // Overflow needs 2^56 bytes of memory.
    let cost = CODE_DEPOSIT_BYTE * code.len() as u64;
    match gas_left.checked_sub(cost) {
        Some(gas_left) => {
            if !code.is_empty() {
                let deployed: Arc<[u8]> = code.as_slice().into();
                // What is paid for is validated: the price of a byte covers it.
                if host.guest_of(&deployed) != Guest::Evm && !machine.accepts(host, &deployed) {
                    code.clear();
                    return trapped(Trap::ReservedCodePrefix);
                }
                host.world.set_code(id, deployed);
            }
            Ended { exit: Exit::Return, gas_left }
        }
        None => {
            code.clear();
            match host.has(Fork::Homestead) {
                true => trapped(Trap::OutOfGas),
                // Before EIP-2 the contract stays, without code, and keeps its gas.
                false => Ended { exit: Exit::Return, gas_left },
            }
        }
    }
}

/// Whether `code` may be deployed at all.
fn check_code<W: World>(host: &Ethereum<W>, code: &[u8]) -> Result<(), Trap> {
    if host.has(Fork::SpuriousDragon) && code.len() > CODE_BYTES_MAX {
        return Err(Trap::CodeTooLarge);
    }
    if host.has(Fork::London) && code.first() == Some(&RESERVED_PREFIX) {
        return Err(Trap::ReservedCodePrefix);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
