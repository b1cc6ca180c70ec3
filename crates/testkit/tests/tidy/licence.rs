//! Licence expressions (SPDX annex D), as far as packages use them.

use std::collections::BTreeSet;

/// The licences that the `allow` list of `deny.toml` names.
pub(crate) fn allowed(deny: &str) -> BTreeSet<String> {
    let list = deny.split("allow = [").nth(1).and_then(|rest| rest.split(']').next());
    let list = list.expect("deny.toml has a list `allow`");
    let names: BTreeSet<_> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(names.contains("Apache-2.0"), "our own licence is allowed");
    names
}

/// Whether some choice that `expression` offers is made of allowed licences only.
pub(crate) fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let text = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = text.split_whitespace().peekable();
    any(&mut words, allowed) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

/// `a OR b`, which binds weakest.
fn any(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut holds = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        holds |= all(words, allowed);
    }
    holds
}

/// `a AND b`.
fn all(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let mut holds = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        holds &= one(words, allowed);
    }
    holds
}

/// `a`, `a WITH b` or `( ... )`; what is none of them is not allowed.
fn one(words: &mut Words<'_>, allowed: &BTreeSet<String>) -> bool {
    let Some(word) = words.next() else { return false };
    if word == "(" {
        let holds = any(words, allowed);
        return words.next() == Some(")") && holds;
    }
    match words.next_if_eq(&"WITH").and_then(|_| words.next()) {
        Some(exception) => allowed.contains(&format!("{word} WITH {exception}")),
        None => allowed.contains(word),
    }
}

#[test]
fn expressions_offer_and_demand() {
    let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned).into();
    let check = |expression, expected| {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    };
    check("MIT", true);
    check("GPL-3.0", false);
    check("MPL-2.0 OR MIT", true);
    check("MIT/GPL-3.0", true);
    check("MIT AND MPL-2.0", false);
    check("(MIT OR GPL-3.0) AND Unicode-3.0", true);
    check("MIT OR GPL-3.0 AND MPL-2.0", true);
    check("Apache-2.0 WITH LLVM-exception", false);
    check("", false);
    check("MIT MIT", false);
}
