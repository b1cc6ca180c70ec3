use num_bigint::BigUint;

use super::*;

const EIP_198_PRIME: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
const EIP_198_EXPONENT: &str = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e";

/// An input that declares the lengths of its parts.
fn input(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let lengths = [base, exponent, modulus].map(|part| word(part.len() as u64));
    [&lengths.concat(), base, exponent, modulus].concat()
}

#[test]
fn the_examples_of_eip_198() {
    let (exponent, prime) = (hex(EIP_198_EXPONENT), hex(EIP_198_PRIME));
    let first = call_in(Fork::Byzantium, 5, &input(&[3], &exponent, &prime));
    assert_eq!(first, Ok(PrecompileOutput { gas_used: 13_056, output: word(1).to_vec() }));
    assert_eq!(call(5, &input(&[], &exponent, &prime)), Ok(word(0).to_vec()));

    let huge = [word(0), word(32), [0xff; 32], [0xff; 32], [0xff; 32]].concat();
    assert_eq!(call_in(Fork::Byzantium, 5, &huge), Err(PrecompileError::OutOfGas));

    let half = [vec![0x80], vec![0; 31]].concat();
    let whole = input(&[3], &[0xff, 0xff], &half);
    let expected = BigUint::from(3u32).modpow(&65_535u32.into(), &(BigUint::from(1u32) << 255));
    let expected = Ok(expected.to_bytes_be());
    assert_eq!(call(5, &[&whole[..], &[7]].concat()), expected);
    assert_eq!(call(5, &whole[..whole.len() - 31]), expected);
}

/// Prices of EIP-198, EIP-2565 and EIP-7883 for base and modulus of 64 << row bytes; exponents 2 and 65537.
const NAGYDANI: [[(u64, u64, u64); 2]; 5] = [
    [(204, 200, 500), (3276, 341, 2048)],
    [(665, 200, 512), (10_649, 1365, 8192)],
    [(1894, 341, 2048), (30_310, 5461, 32_768)],
    [(5580, 1365, 8192), (89_292, 21_845, 131_072)],
    [(17_868, 5461, 32_768), (285_900, 87_381, 524_288)],
];

#[test]
fn the_price_tables_of_eip_2565_and_eip_7883() {
    for (row, prices) in NAGYDANI.into_iter().enumerate() {
        let number = vec![0xff; 64 << row];
        for (exponent, (eip_198, eip_2565, eip_7883)) in
            [&[2][..], &[1, 0, 1]].into_iter().zip(prices)
        {
            let input = input(&number, exponent, &number);
            for (fork, price) in [
                (Fork::Byzantium, eip_198),
                (Fork::Istanbul, eip_198),
                (Fork::Berlin, eip_2565),
                (Fork::Prague, eip_2565),
                (Fork::Osaka, eip_7883),
            ] {
                assert_eq!(call_in(fork, 5, &input).map(|done| done.gas_used), Ok(price));
            }
        }
    }
}

/// The lengths that implementations got wrong.
fn grid() -> Vec<BigUint> {
    let small = [0u32, 1, 31, 32, 33, 1023, 1024, 1025].map(BigUint::from);
    let large = [32, 64, 256].map(|bits| BigUint::from(1u32) << bits);
    let mut lengths = small.to_vec();
    lengths.extend(large);
    *lengths.last_mut().expect("lengths") -= 1u32;
    lengths
}

/// The price as the texts of the EIPs compute it, on numbers without bounds; `None` when EIP-7823 refuses.
fn model(fork: Fork, lengths: &[BigUint; 3], head: &BigUint) -> Option<BigUint> {
    let [base, exponent, modulus] = lengths;
    let longer = base.max(modulus).clone();
    let words = (&longer + 7u32) / 8u32;
    let (zero, one) = (BigUint::from(0u32), BigUint::from(1u32));
    let per_byte = if fork >= Fork::Osaka { 16u32 } else { 8 };
    let tail = if *exponent > 32u32.into() { exponent - 32u32 } else { zero };
    let steps = (tail * per_byte + head.bits().saturating_sub(1)).max(one);
    if fork >= Fork::Osaka {
        if lengths.iter().any(|length| *length > 1024u32.into()) {
            return None;
        }
        let short = longer <= 32u32.into();
        let complexity = if short { 16u32.into() } else { &words * &words * 2u32 };
        return Some((complexity * steps).max(500u32.into()));
    }
    if fork >= Fork::Berlin {
        return Some((&words * &words * steps / 3u32).max(200u32.into()));
    }
    let square = &longer * &longer;
    let complexity = if longer <= 64u32.into() {
        square
    } else if longer <= 1024u32.into() {
        square / 4u32 + longer * 96u32 - 3072u32
    } else {
        square / 16u32 + longer * 480u32 - 199_680u32
    };
    Some(complexity * steps / 20u32)
}

/// An input of `lengths` whose numbers are `content` as far as it reaches.
fn declared(lengths: &[BigUint; 3], content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for length in lengths {
        let digits = length.to_bytes_be();
        bytes.resize(bytes.len() + 32 - digits.len(), 0);
        bytes.extend(digits);
    }
    bytes.extend(content);
    bytes
}

/// The head of the exponent as the texts read it.
fn head(lengths: &[BigUint; 3], content: &[u8]) -> BigUint {
    let taken = usize::try_from(&lengths[1]).unwrap_or(32).min(32);
    let offset = usize::try_from(&lengths[0]).unwrap_or(usize::MAX);
    let mut bytes = vec![0; taken];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = offset.checked_add(i).and_then(|at| content.get(at)).copied().unwrap_or(0);
    }
    BigUint::from_bytes_be(&bytes)
}

#[test]
fn every_declared_length_is_priced_as_written_and_answered_in_full() {
    let limit = BigUint::from(30_000_000u32);
    let contents =
        [vec![], vec![1], vec![0, 3], vec![0xff; 40], [vec![0; 33], vec![5; 9]].concat()];
    let lengths = grid();
    for fork in [Fork::Byzantium, Fork::Berlin, Fork::Osaka] {
        let row = lookup(fork, Address::from_low_u64(5)).expect("MODEXP");
        for shape in (0..lengths.len().pow(3)).map(|n| {
            let side = lengths.len();
            [n / side / side, n / side % side, n % side].map(|i| lengths[i].clone())
        }) {
            for content in &contents {
                let input = declared(&shape, content);
                let expected = model(fork, &shape, &head(&shape, content));
                let done = row.run(fork, &input, 30_000_000);
                match expected.filter(|price| *price <= limit) {
                    None => assert!(done.is_err(), "{fork} {shape:?} {content:?}"),
                    Some(price) => {
                        let done = done.expect("a price within the limit");
                        assert_eq!(BigUint::from(done.gas_used), price, "{fork} {shape:?}");
                        assert_eq!(BigUint::from(done.output.len()), shape[2]);
                    }
                }
            }
        }
    }
}

#[test]
fn empty_numbers_are_charged_before_they_return_nothing() {
    let lengths = [0u32.into(), BigUint::from(1u32) << 255, 0u32.into()];
    let input = declared(&lengths, &[]);
    for (fork, price) in [(Fork::Byzantium, 0), (Fork::Berlin, 200)] {
        let row = lookup(fork, Address::from_low_u64(5)).expect("MODEXP");
        let done = row.run(fork, &input, price);
        assert_eq!(done, Ok(PrecompileOutput { gas_used: price, output: vec![] }));
        if price > 0 {
            assert_eq!(row.run(fork, &input, price - 1), Err(PrecompileError::OutOfGas));
        }
    }
    assert_eq!(call(5, &input), Err(PrecompileError::Length));
    assert_eq!(
        call_in(Fork::Osaka, 5, &[]),
        Ok(PrecompileOutput { gas_used: 500, output: vec![] })
    );
}

#[test]
fn a_zero_modulus_gives_zeros_of_its_length() {
    for length in [1, 31, 32, 33, 100] {
        assert_eq!(call(5, &input(&[7], &[2], &vec![0; length])), Ok(vec![0; length]));
    }
    // 0 ^ 0 is 1, but not modulo 1.
    assert_eq!(call(5, &input(&[0], &[0], &[0, 0, 9])), Ok(vec![0, 0, 1]));
    assert_eq!(call(5, &input(&[], &[], &[1])), Ok(vec![0]));
}

#[test]
fn osaka_bounds_each_number_at_1024_bytes() {
    for at in 0..3 {
        let mut lengths = [0u32, 0, 0].map(BigUint::from);
        lengths[at] = 1024u32.into();
        assert!(call(5, &declared(&lengths, &[])).is_ok());
        lengths[at] = 1025u32.into();
        assert_eq!(call(5, &declared(&lengths, &[])), Err(PrecompileError::Length));
        assert!(call_in(Fork::Prague, 5, &declared(&lengths, &[])).is_ok());
    }
}
