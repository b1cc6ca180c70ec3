//! Cases: a line of `cases.tsv` (name, argument, expected result in hexadecimal digits) and the module of that name.

use std::{fs, path::Path};

/// Cases that say little about code that contracts consist of: one operation, or a start.
const APART: [(&str, &str); 4] =
    [("hostnop", "micro"), ("memcpy", "micro"), ("memgrow", "micro"), ("big", "start-up")];

/// One call of one module.
#[derive(Debug)]
pub struct Case {
    pub name: String,
    pub bytes: Vec<u8>,
    pub argument: u64,
    pub expected: u64,
}

impl Case {
    /// Why it is in no mean, if it is in none.
    pub fn apart(&self) -> Option<&'static str> {
        APART.iter().find(|(name, _)| *name == self.name).map(|(_, group)| *group)
    }
}

/// All cases in `folder`, in the order of the list.
///
/// # Errors
///
/// Names the line or the file and what is wrong with it.
pub fn read(folder: &Path) -> Result<Vec<Case>, String> {
    let list = folder.join("cases.tsv");
    let text = fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let mut cases = Vec::new();
    for line in lines {
        let bad =
            || format!("{}: expected name, argument and result, found {line:?}", list.display());
        let (name, argument, expected) = parse(line).ok_or_else(bad)?;
        let path = folder.join(format!("{name}.wasm"));
        let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        cases.push(Case { name: name.to_owned(), bytes, argument, expected });
    }
    Ok(cases)
}

fn parse(line: &str) -> Option<(&str, u64, u64)> {
    let mut words = line.split_whitespace();
    let (name, argument, expected) = (words.next()?, words.next()?, words.next()?);
    Some((name, argument.parse().ok()?, u64::from_str_radix(expected, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_an_argument_and_a_result() {
        assert_eq!(parse("fib\t27\t000000000002ff42"), Some(("fib", 27, 0x2ff42)));
        assert_eq!(parse("fib\t27"), None);
        assert_eq!(parse("fib\tx\t00"), None);
    }
}
