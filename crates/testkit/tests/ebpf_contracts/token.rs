//! The token, in C and in Rust: what it answers, how it fails, what it keeps.

use lockstep::tos::Hash;
use lockstep_state::keccak256;

use super::chain::{Chain, file, word};

const ALICE: Hash = [0xa1; 32];
const BOB: Hash = [0xb0; 32];
const CAROL: Hash = [0xca; 32];

/// The contract's errors.
mod error {
    pub(super) const SELECTOR: u64 = 1;
    pub(super) const INPUT: u64 = 2;
    pub(super) const AMOUNT: u64 = 3;
    pub(super) const SUPPLY: u64 = 4;
    pub(super) const BALANCE: u64 = 5;
    pub(super) const ALLOWANCE: u64 = 6;
    pub(super) const STATE: u64 = 7;
}

fn input(signature: &str, words: &[[u8; 32]]) -> Vec<u8> {
    [&keccak256(signature.as_bytes()).0[..4], &words.concat()].concat()
}

struct Token(Chain);

impl Token {
    fn new(object: &[u8]) -> Self {
        Self(Chain::new(object))
    }

    /// The word that a call returns, or the error, which it returns too.
    #[track_caller]
    fn send(&mut self, from: Hash, input: &[u8]) -> Result<u64, u64> {
        self.0.sender = from;
        let before = self.0.storage.clone();
        let done = self.0.call(input);
        let output: [u8; 32] = done.output.clone().try_into().expect("a word");
        let number = u64::from_be_bytes(output[24..].try_into().expect("eight bytes"));
        assert_eq!(output, word(number));
        if done.end == lockstep::ebpf::End::Returned(0) {
            return Ok(number);
        }
        assert_eq!((done.code(), &self.0.storage), (number, &before));
        Err(number)
    }

    #[track_caller]
    fn call(&mut self, from: Hash, signature: &str, words: &[[u8; 32]]) -> Result<u64, u64> {
        self.send(from, &input(signature, words))
    }

    /// What the three and all hold.
    #[track_caller]
    fn holdings(&mut self) -> [u64; 4] {
        let balance = |holder| (("balanceOf(address)"), vec![holder]);
        let asked = [balance(ALICE), balance(BOB), balance(CAROL), ("totalSupply()", vec![])];
        asked.map(|(signature, words)| self.call(CAROL, signature, &words).expect("it answers"))
    }
}

/// What the token does.
pub(crate) fn is_a_token(object: &[u8]) {
    moves(object);
    allows(object);
    refuses(object);
}

fn moves(object: &[u8]) {
    let mut token = Token::new(object);
    assert_eq!(token.holdings(), [0; 4]);
    assert_eq!(token.call(ALICE, "mint(uint256)", &[word(1000)]), Ok(1));
    assert_eq!(token.call(ALICE, "transfer(address,uint256)", &[BOB, word(400)]), Ok(1));
    assert_eq!(token.call(BOB, "transfer(address,uint256)", &[BOB, word(400)]), Ok(1));
    assert_eq!(token.holdings(), [600, 400, 0, 1000]);
    let more = token.call(BOB, "transfer(address,uint256)", &[ALICE, word(401)]);
    assert_eq!(more, Err(error::BALANCE));
    assert_eq!(token.call(CAROL, "transfer(address,uint256)", &[BOB, word(0)]), Ok(1));
    assert_eq!(token.call(BOB, "transfer(address,uint256)", &[CAROL, word(400)]), Ok(1));
    assert_eq!(token.holdings(), [600, 0, 400, 1000]);
    let key = [b"b", &BOB[..]].concat();
    assert_eq!(token.0.stored(&key), None, "zero is nothing");
    assert_eq!(token.0.stored(b"s"), Some(1000_u64.to_le_bytes().to_vec()));
}

fn allows(object: &[u8]) {
    let mut token = Token::new(object);
    let spend = |token: &mut Token, amount| {
        let words = [ALICE, CAROL, word(amount)];
        token.call(BOB, "transferFrom(address,address,uint256)", &words)
    };
    let allowance = |token: &mut Token| {
        token.call(CAROL, "allowance(address,address)", &[ALICE, BOB]).expect("it answers")
    };
    token.call(ALICE, "mint(uint256)", &[word(50)]).expect("minted");
    assert_eq!(spend(&mut token, 1), Err(error::ALLOWANCE));
    assert_eq!(token.call(ALICE, "approve(address,uint256)", &[BOB, word(60)]), Ok(1));
    assert_eq!(spend(&mut token, 20), Ok(1));
    assert_eq!((allowance(&mut token), token.holdings()), (40, [30, 0, 20, 50]));
    // Allowed, and not there: the allowance is as it was.
    assert_eq!(spend(&mut token, 31), Err(error::BALANCE));
    assert_eq!(spend(&mut token, 41), Err(error::ALLOWANCE));
    assert_eq!((allowance(&mut token), token.holdings()), (40, [30, 0, 20, 50]));
    assert_eq!(token.call(ALICE, "approve(address,uint256)", &[BOB, word(0)]), Ok(1));
    assert_eq!((allowance(&mut token), spend(&mut token, 1)), (0, Err(error::ALLOWANCE)));
}

fn refuses(object: &[u8]) {
    let mut token = Token::new(object);
    let mut huge = word(1);
    huge[0] = 1;
    assert_eq!(token.call(ALICE, "mint(uint256)", &[huge]), Err(error::AMOUNT));
    assert_eq!(token.call(ALICE, "mint(uint256)", &[word(u64::MAX)]), Ok(1));
    assert_eq!(token.call(BOB, "mint(uint256)", &[word(1)]), Err(error::SUPPLY));
    assert_eq!(token.holdings(), [u64::MAX, 0, 0, u64::MAX]);
    for len in 0..4 {
        assert_eq!(token.send(ALICE, &[0xa0, 0x71, 0x2d, 0x68][..len]), Err(error::INPUT));
    }
    assert_eq!(token.call(ALICE, "nothing()", &[]), Err(error::SELECTOR));
    let all = [
        ("mint(uint256)", 1),
        ("transfer(address,uint256)", 2),
        ("approve(address,uint256)", 2),
        ("transferFrom(address,address,uint256)", 3),
        ("balanceOf(address)", 1),
        ("allowance(address,address)", 2),
    ];
    for (signature, words) in all {
        let whole = input(signature, &vec![word(0); words]);
        let short = token.send(ALICE, &whole[..whole.len() - 1]);
        assert_eq!(short, Err(error::INPUT), "{signature}");
        assert!(token.send(ALICE, &whole).is_ok(), "{signature}");
        assert!(token.send(ALICE, &[&whole[..], b"more"].concat()).is_ok(), "{signature}");
    }
    token.0.store(b"s", b"odd");
    assert_eq!(token.call(ALICE, "totalSupply()", &[]), Err(error::STATE));
    assert_eq!(token.call(ALICE, "mint(uint256)", &[word(1)]), Err(error::STATE));
    token.0.store(&[b"b", &ALICE[..]].concat(), b"odd");
    for (signature, words) in
        [("balanceOf(address)", vec![ALICE]), ("transfer(address,uint256)", vec![BOB, word(0)])]
    {
        assert_eq!(token.call(ALICE, signature, &words), Err(error::STATE), "{signature}");
    }
}

#[test]
fn the_token_in_c_moves_allows_and_refuses() {
    is_a_token(&file("examples/ebpf/token.o"));
}

#[test]
fn the_token_in_rust_moves_allows_and_refuses() {
    is_a_token(&file("sdk/rust/examples/token.o"));
}
