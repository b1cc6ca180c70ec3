//! Authorizations: each reason to skip one, and what one that holds does.

use k256::ecdsa::SigningKey;
use lockstep_base::{Address, Fork, Hash, U256};
use lockstep_rt::{Exit, Trap};

use crate::{
    crypto::keccak256,
    ethereum::{
        Authorization, Receipt, Transaction, TransactionKind, delegation, encoding,
        testing::{
            CALLEE, CALLER, Host, Scripts, WEALTH, fees, host, host_over, legacy, nonce, state,
        },
        transact,
    },
};

/// The order of the curve's group.
const ORDER: U256 = U256::from_limbs([
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
]);

fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).expect("a key")
}

fn authority() -> Address {
    let point = key().verifying_key().to_sec1_point(false);
    Address::from_word(keccak256(&point.as_bytes()[1..]).into_word())
}

/// A wish of [`authority`], rightly signed.
fn signed(chain_id: u64, address: Address, nonce: u64) -> Authorization {
    let chain_id = U256::from(chain_id);
    let hash = encoding::authorization_hash(chain_id, address, nonce);
    let (signature, id) = key().sign_prehash_recoverable(&hash.0);
    let bytes = signature.to_bytes();
    let r = U256::from_be_slice(&bytes[..32]);
    let s = U256::from_be_slice(&bytes[32..]);
    Authorization { chain_id, address, nonce, y_parity: id.is_y_odd().into(), r, s }
}

struct After {
    receipt: Receipt,
    host: Host,
    is_warm: bool,
}

/// Runs a transaction with `authorizations` to a script that notes whether the authority is warm.
fn run(mut host: Host, authorizations: Vec<Authorization>, exit: Exit) -> After {
    let is_warm = std::rc::Rc::new(std::cell::Cell::new(false));
    let noted = std::rc::Rc::clone(&is_warm);
    let mut machine = Scripts::default().on(&[1], move |run| {
        noted.set(run.host.world.is_address_warm(authority()));
        match exit {
            Exit::Trap(trap) => Err(trap.into()),
            exit => Ok(exit),
        }
    });
    let kind = TransactionKind::SetCode { fees: fees(10, 0), authorizations };
    let receipt =
        transact(&mut host, &mut machine, &Transaction { kind, ..legacy() }).expect("valid");
    After { receipt, host, is_warm: is_warm.get() }
}

fn code(host: &mut Host, address: Address) -> Vec<u8> {
    let id = host.load(address).expect("memory does not fail");
    host.world.code(id).expect("memory does not fail").to_vec()
}

#[test]
fn each_reason_skips_and_only_later_ones_leave_the_authority_warm() {
    let fine = signed(1, CALLEE, 0);
    let with_code = |code: &[u8]| {
        let mut storage = state();
        storage.insert_account(authority(), U256::ZERO, 0, code);
        host_over(Fork::Prague, storage)
    };
    let prague = || host(Fork::Prague);
    for (name, host, authorization, is_warm) in [
        ("another chain", prague(), signed(2, CALLEE, 0), false),
        ("the greatest nonce", prague(), signed(1, CALLEE, u64::MAX), false),
        (
            "parity 27",
            prague(),
            Authorization { y_parity: fine.y_parity + 27, ..fine.clone() },
            false,
        ),
        ("parity 2", prague(), Authorization { y_parity: 2, ..fine.clone() }, false),
        (
            "high s",
            prague(),
            Authorization { s: ORDER - fine.s, y_parity: 1 - fine.y_parity, ..fine.clone() },
            false,
        ),
        ("r zero", prague(), Authorization { r: U256::ZERO, ..fine.clone() }, false),
        ("s zero", prague(), Authorization { s: U256::ZERO, ..fine.clone() }, false),
        ("r of the order", prague(), Authorization { r: ORDER, ..fine.clone() }, false),
        ("code", with_code(&[1]), fine.clone(), true),
        ("another nonce", prague(), signed(1, CALLEE, 1), true),
    ] {
        let mut after = run(host, vec![authorization], Exit::Return);
        assert_eq!(after.is_warm, is_warm, "{name}");
        assert_eq!(nonce(&mut after.host, authority()), 0, "{name}");
        assert_eq!((after.receipt.gas_used, after.receipt.gas_refunded), (46_000, 0), "{name}");
        let id = after.host.load(authority()).expect("memory does not fail");
        assert_eq!(after.host.world.exists(id), name == "code", "{name}: warming makes nothing");
    }
}

#[test]
fn one_that_holds_delegates_and_counts_whatever_becomes_of_the_transaction() {
    for exit in [Exit::Return, Exit::Revert, Exit::Trap(Trap::Unreachable)] {
        for chain in [0, 1] {
            let mut after = run(host(Fork::Prague), vec![signed(chain, CALLEE, 0)], exit);
            assert_eq!(code(&mut after.host, authority()), delegation::delegation_to(CALLEE)[..]);
            assert_eq!(nonce(&mut after.host, authority()), 1);
            assert_eq!(after.receipt.gas_refunded, 0, "a new account gives nothing back");
        }
    }
}

#[test]
fn an_existing_authority_gives_12500_back_even_when_the_transaction_fails() {
    let mut storage = state();
    storage.insert_account(authority(), U256::from(1), 0, &delegation::delegation_to(CALLER));
    for exit in [Exit::Return, Exit::Revert] {
        let host = host_over(Fork::Prague, storage.clone());
        let mut after = run(host, vec![signed(1, CALLEE, 0)], exit);
        // A fifth of 46000 caps it.
        assert_eq!(after.receipt.gas_refunded, 9200);
        assert_eq!(code(&mut after.host, authority()), delegation::delegation_to(CALLEE)[..]);
    }
    let host = host_over(Fork::Prague, storage);
    let after = run(host, vec![signed(1, CALLEE, 0)], Exit::Trap(Trap::Unreachable));
    assert_eq!(after.receipt.gas_refunded, 12_500);
}

#[test]
fn later_ones_see_what_earlier_ones_did_and_zero_clears() {
    let list = vec![signed(1, CALLEE, 0), signed(1, CALLER, 1), signed(1, Address::ZERO, 2)];
    let mut after = run(host(Fork::Prague), list, Exit::Return);
    assert_eq!(nonce(&mut after.host, authority()), 3);
    let id = after.host.load(authority()).expect("memory does not fail");
    assert_eq!(after.host.world.info(id).code_hash, Hash::KECCAK_EMPTY);
    // Two of the three met an existing account; a fifth of 96000 caps it.
    assert_eq!(after.receipt.gas_refunded, 19_200);
}

#[test]
fn a_sender_that_delegates_itself_uses_the_next_nonce() {
    for (signed_nonce, is_applied) in [(0, false), (1, true)] {
        let mut storage = state();
        storage.insert_account(authority(), U256::from(WEALTH), 0, &[]);
        let mut host = host_over(Fork::Prague, storage);
        let authorizations = vec![signed(1, CALLEE, signed_nonce)];
        let kind = TransactionKind::SetCode { fees: fees(10, 0), authorizations };
        let mut machine = Scripts::default().on(&[2], |run| {
            assert_eq!(run.host.frame.address, authority());
            assert!(run.host.world.is_address_warm(CALLEE), "the target's delegate is warm");
            Ok(Exit::Return)
        });
        let to = Some(authority());
        let transaction = Transaction { kind, sender: authority(), to, ..legacy() };
        let receipt = transact(&mut host, &mut machine, &transaction).expect("valid");
        assert_eq!(receipt.exit, Exit::Return);
        assert_eq!(nonce(&mut host, authority()), 1 + u64::from(is_applied));
        assert_eq!(code(&mut host, authority()).is_empty(), !is_applied);
    }
}
