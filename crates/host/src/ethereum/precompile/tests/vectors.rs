//! Published vectors, kept as text: a name, an address, a price, an input, an output.

use super::*;

fn run_all(table: &str) {
    let mut count = 0;
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let [name, number, gas, input, output] = fields[..] else { panic!("odd line: {line}") };
        let bytes = |text| if text == "-" { Vec::new() } else { hex(text) };
        let number = u64::from_be_bytes(
            hex(&format!("{:0>16}", &number[2..])).try_into().expect("eight bytes"),
        );
        let result = call_in(Fork::LATEST, number, &bytes(input));
        if output == "!" {
            assert!(result.is_err(), "{name} succeeds");
        } else {
            let gas_used = gas.parse().expect("a price");
            let expected = PrecompileOutput { gas_used, output: bytes(output) };
            assert_eq!(result, Ok(expected), "{name}");
        }
        count += 1;
    }
    assert!(count > 0, "an empty table proves nothing");
}

#[test]
fn blake2f_vectors_of_eip_152() {
    run_all(include_str!("blake2f.txt"));
}

#[test]
fn bls12_381_vectors_of_eip_2537() {
    run_all(include_str!("bls12_381.txt"));
}

#[test]
fn p256verify_vectors_of_eip_7951() {
    run_all(include_str!("p256verify.txt"));
}
