//! A walk over tokens: what every part of the parser asks for.

use alloc::{string::String, vec::Vec};

use lockstep_base::{Int, U512};

use super::{
    error::{ParseError, ParseErrorKind},
    lex::{Kind, Token},
};
use crate::{op::meaning::Bits, trap::Trap, types::Type};

/// Characters of the longest number: 512 bits in decimal, with room for leading zeros.
const NUMBER_MAX_CHARS: usize = 200;

#[derive(Clone)]
pub(super) struct Cursor<'s, 't> {
    tokens: &'s [Token<'t>],
    at: usize,
}

impl<'s, 't> Cursor<'s, 't> {
    /// A walk over `tokens`, which end in [`Kind::End`].
    pub(super) const fn new(tokens: &'s [Token<'t>], at: usize) -> Self {
        Self { tokens, at }
    }

    pub(super) const fn position(&self) -> usize {
        self.at
    }

    pub(super) fn peek(&self) -> Token<'t> {
        self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    /// The token after the next one.
    pub(super) fn peek_second(&self) -> Token<'t> {
        self.tokens[(self.at + 1).min(self.tokens.len() - 1)]
    }

    pub(super) fn take(&mut self) -> Token<'t> {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// Takes the sign if it comes next.
    pub(super) fn try_sign(&mut self, sign: &'static str) -> bool {
        let found = self.peek().kind == Kind::Sign(sign);
        self.at += usize::from(found);
        found
    }

    pub(super) fn sign(&mut self, sign: &'static str) -> Result<(), ParseError> {
        if self.try_sign(sign) { Ok(()) } else { Err(self.peek().expected(sign)) }
    }

    /// Takes the word if it comes next.
    pub(super) fn try_keyword(&mut self, word: &'static str) -> bool {
        let found = self.peek().kind == Kind::Word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn keyword(&mut self, word: &'static str) -> Result<(), ParseError> {
        if self.try_keyword(word) { Ok(()) } else { Err(self.peek().expected(word)) }
    }

    pub(super) fn word(&mut self, want: &'static str) -> Result<&'t str, ParseError> {
        match self.peek().kind {
            Kind::Word(word) => {
                self.at += 1;
                Ok(word)
            }
            _ => Err(self.peek().expected(want)),
        }
    }

    pub(super) fn name(&mut self, want: &'static str) -> Result<&'t str, ParseError> {
        match self.peek().kind {
            Kind::Name(name) => {
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.peek().expected(want)),
        }
    }

    pub(super) fn end_of_line(&mut self) -> Result<(), ParseError> {
        match self.peek().kind {
            Kind::Line => {
                self.at += 1;
                Ok(())
            }
            Kind::End => Ok(()),
            _ => Err(self.peek().expected("the end of the line")),
        }
    }

    pub(super) fn skip_lines(&mut self) {
        while self.peek().kind == Kind::Line {
            self.at += 1;
        }
    }

    pub(super) fn ty(&mut self) -> Result<Type, ParseError> {
        let token = self.peek();
        let word = self.word("a type")?;
        let found = Type::ALL.into_iter().find(|ty| ty.name() == word);
        found.ok_or_else(|| token.expected("a type"))
    }

    pub(super) fn trap(&mut self) -> Result<Trap, ParseError> {
        let token = self.peek();
        let word = self.word("a trap")?;
        let found = Trap::ALL.iter().copied().find(|trap| trap.name() == word);
        found.ok_or_else(|| token.expected("a trap"))
    }

    /// A number, and whether a minus stands before it.
    fn magnitude(&mut self) -> Result<(U512, bool), ParseError> {
        let is_negative = self.try_sign("-");
        let token = self.take();
        let Kind::Number(digits) = token.kind else { return Err(token.expected("a number")) };
        let (digits, radix) = match digits.strip_prefix("0x") {
            Some(digits) => (digits, 16),
            None => (digits, 10),
        };
        let well_formed = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        if !well_formed {
            return Err(token.expected("a number"));
        }
        let range =
            || token.error(ParseErrorKind::Range { what: "512 bits", found: token.describe() });
        if digits.len() > NUMBER_MAX_CHARS {
            return Err(range());
        }
        let number = U512::from_str_radix(digits, u64::from(radix)).map_err(|_| range())?;
        Ok((number, is_negative))
    }

    /// The number that comes next as it is written.
    fn describe_number(&self) -> String {
        match self.peek().kind {
            Kind::Sign("-") => alloc::format!("-{}", self.peek_second().describe()),
            _ => self.peek().describe(),
        }
    }

    /// A number that fits `T`.
    pub(super) fn number<T: TryFrom<i128>>(&mut self, what: &'static str) -> Result<T, ParseError> {
        let (token, found) = (self.peek(), self.describe_number());
        let (number, is_negative) = self.magnitude()?;
        let number = number.to_u64().map(i128::from);
        let number = number.map(|number| if is_negative { -number } else { number });
        let range = || ParseErrorKind::Range { what, found };
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| token.error(range()))
    }

    /// A constant of type `ty` as bits; a negative one in two's complement.
    pub(super) fn constant(&mut self, ty: Type) -> Result<Bits, ParseError> {
        let (token, found) = (self.peek(), self.describe_number());
        let (number, is_negative) = self.magnitude()?;
        let bits = ty.bits();
        let limit = Int::shl(U512::ONE, bits - 1);
        let fits =
            if is_negative { number <= limit } else { Int::leading_zeros(number) >= 512 - bits };
        if !fits {
            let range = ParseErrorKind::Range { what: ty.name(), found };
            return Err(token.error(range));
        }
        let number = if is_negative { Int::neg(number) } else { number };
        Ok(Int::shr(Int::shl(number, 512 - bits), 512 - bits).into_limbs())
    }

    /// `item, item, ...` up to the sign `end`, which is taken.
    pub(super) fn list<T>(
        &mut self,
        end: &'static str,
        mut item: impl FnMut(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        let mut items = Vec::new();
        if self.try_sign(end) {
            return Ok(items);
        }
        loop {
            items.push(item(self)?);
            if self.try_sign(end) {
                return Ok(items);
            }
            self.sign(",")?;
        }
    }

    /// Bytes as one hexadecimal number with an even count of digits; `0x` alone is none.
    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, ParseError> {
        let token = self.take();
        let digits = match token.kind {
            Kind::Number(text) => text.strip_prefix("0x"),
            _ => None,
        };
        let bytes = digits.and_then(|digits| lockstep_base::decode_hex(digits).ok());
        bytes.ok_or_else(|| token.expected("bytes like 0x00ff"))
    }
}

pub(super) fn unknown(token: Token<'_>, what: &'static str, name: &str) -> ParseError {
    token.error(ParseErrorKind::Unknown { what, name: String::from(name) })
}
