//! [`Verified`]: the mark without which no tier takes a program.

/// A program that the verifier has accepted. Only this module makes one.
#[derive(Debug, Clone, Copy)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// The program.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> core::ops::Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
