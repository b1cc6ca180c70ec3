//! Text to tokens. Line ends are tokens, since statements end with lines; comments are not.

use alloc::{format, string::String, vec::Vec};

use super::error::{ParseError, ParseErrorKind};

/// The longest text the parser takes, in bytes.
pub const TEXT_MAX_BYTES: usize = 16 << 20;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// A word: letters, digits, underscores, not beginning with a digit.
    Word(&'t str),
    /// `@name`, without the sign; dots are part of it.
    Name(&'t str),
    /// Digits, or `0x` and hexadecimal digits.
    Number(&'t str),
    /// One of `= , : ( ) { } + - .`, or `->` or `==`.
    Sign(&'static str),
    /// The end of a line.
    Line,
    /// The end of the text.
    End,
}

/// A token and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Token<'_> {
    pub(super) fn error(&self, kind: ParseErrorKind) -> ParseError {
        ParseError { line: self.line, column: self.column, kind }
    }

    pub(super) fn describe(&self) -> String {
        match self.kind {
            Kind::Word(text) | Kind::Number(text) => text.into(),
            Kind::Name(text) => format!("@{text}"),
            Kind::Sign(text) => format!("`{text}`"),
            Kind::Line => "the end of the line".into(),
            Kind::End => "the end of the text".into(),
        }
    }

    pub(super) fn expected(&self, want: &'static str) -> ParseError {
        self.error(ParseErrorKind::Expected { want, found: self.describe() })
    }
}

const SIGNS: [&str; 12] = ["->", "==", "=", ",", ":", "(", ")", "{", "}", "+", "-", "."];

/// The tokens of `text`, ending in [`Kind::End`].
pub(super) fn lex(text: &str) -> Result<Vec<Token<'_>>, ParseError> {
    if text.len() > TEXT_MAX_BYTES {
        let kind = ParseErrorKind::TooLong(TEXT_MAX_BYTES);
        return Err(ParseError { line: 1, column: 1, kind });
    }
    let mut tokens = Vec::new();
    let mut number = 0;
    for line in text.lines() {
        number += 1;
        lex_line(line, number, &mut tokens)?;
        tokens.push(Token { kind: Kind::Line, line: number, column: line.len() as u32 + 1 });
    }
    tokens.push(Token { kind: Kind::End, line: number + 1, column: 1 });
    Ok(tokens)
}

/// Appends the tokens of one line, without its end.
pub(super) fn lex_line<'t>(
    line: &'t str,
    number: u32,
    tokens: &mut Vec<Token<'t>>,
) -> Result<(), ParseError> {
    let mut at = 0;
    loop {
        let rest = &line[at..];
        let Some(first) = rest.chars().next() else { return Ok(()) };
        // Lines are at most TEXT_MAX_BYTES long.
        let column = at as u32 + 1;
        let mut push = |kind, len| {
            tokens.push(Token { kind, line: number, column });
            len
        };
        at += match first {
            ';' => return Ok(()),
            ' ' | '\t' | '\r' => 1,
            '@' => {
                let name = prefix(&rest[1..], |c| c.is_ascii_alphanumeric() || "_.$".contains(c));
                push(Kind::Name(name), 1 + name.len())
            }
            '0'..='9' => {
                let digits = prefix(rest, |c| c.is_ascii_alphanumeric());
                push(Kind::Number(digits), digits.len())
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let word = prefix(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                push(Kind::Word(word), word.len())
            }
            _ => match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                Some(sign) => push(Kind::Sign(sign), sign.len()),
                None => {
                    let kind = ParseErrorKind::Character(first);
                    return Err(ParseError { line: number, column, kind });
                }
            },
        };
    }
}

/// The longest beginning of `text` whose characters are all `wanted`, which admits ASCII only.
fn prefix(text: &str, wanted: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !wanted(c)).unwrap_or(text.len());
    &text[..end]
}
