//! [`Links`]: a program's imports married to a host's functions, by name and by type.

use core::{fmt, marker::PhantomData};

use alloc::{boxed::Box, string::String, sync::Arc, vec::Vec};
use lockstep_ir::{Import, Interface, Signature};

use crate::{
    foreign::imported,
    host::{HostRow, Link},
    store::{FuncTarget, Store},
};

/// What a program needs of a host and does not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkError {
    /// The host has no function of this name.
    Missing(String),
    /// The host's function has other types than the program expects.
    Signature {
        /// The function.
        name: String,
        /// What the program imports.
        want: Signature,
        /// What the host offers.
        got: Signature,
    },
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "the host offers no function {name:?}"),
            Self::Signature { name, want, got } => {
                write!(f, "{name:?} is imported as {want:?} but offered as {got:?}")
            }
        }
    }
}

impl core::error::Error for LinkError {}

/// The functions of a host of type `H` that programs with one list of imports call, in the order of the list.
pub struct Links<H> {
    interface: Arc<Interface>,
    links: Box<[Link]>,
    host: PhantomData<fn(H)>,
}

impl<H> fmt::Debug for Links<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links").field("interface", &self.interface).finish_non_exhaustive()
    }
}

impl<H> Links<H> {
    /// Finds what `interface` imports among `rows`.
    ///
    /// # Errors
    ///
    /// [`LinkError`] for the first import that is missing or differs in type.
    pub fn new(interface: &Arc<Interface>, rows: &[HostRow<H>]) -> Result<Self, LinkError> {
        let mut links = Vec::with_capacity(interface.imports.len());
        for (_, import) in interface.imports.iter() {
            let row = rows
                .iter()
                .find(|row| row.name == import.name)
                .ok_or_else(|| LinkError::Missing(import.name.clone()))?;
            let got = Signature { params: row.params.to_vec(), results: row.results.to_vec() };
            if got != import.signature {
                let (name, want) = (import.name.clone(), import.signature.clone());
                return Err(LinkError::Signature { name, want, got });
            }
            links.push(row.link);
        }
        Ok(Self { interface: interface.clone(), links: links.into(), host: PhantomData })
    }

    /// The links of an instance of `store`, whose imports are functions of the store: the host's own are called
    /// directly.
    ///
    /// # Panics
    ///
    /// When the instance has another number of imports.
    pub fn of_instance(store: &Store<H>, instance: u32, interface: &Arc<Interface>) -> Self {
        let link = |import: u32| match store.func(store.import(instance, import)).target {
            FuncTarget::Host(link) => link,
            FuncTarget::Own { .. } => imported::<H> as Link,
        };
        let links = (0..interface.imports.len() as u32).map(link).collect();
        Self { interface: interface.clone(), links, host: PhantomData }
    }

    /// The links of a program whose imports are the rows of these places, in order.
    ///
    /// # Panics
    ///
    /// When there are more or fewer than it imports, or one has other types.
    pub fn of_rows(interface: &Arc<Interface>, rows: &[HostRow<H>], places: &[usize]) -> Self {
        let imports = interface.imports.as_slice();
        assert_eq!(imports.len(), places.len(), "a place for each import");
        let link = |(import, place): (&Import, &usize)| {
            let (row, Signature { params, results }) = (&rows[*place], &import.signature);
            assert!(*params == row.params && *results == row.results, "types were compared");
            row.link
        };
        let links = imports.iter().zip(places).map(link).collect();
        Self { interface: interface.clone(), links, host: PhantomData }
    }

    /// Whether programs of this interface may run with these links.
    #[inline]
    pub fn fit(&self, interface: &Arc<Interface>) -> bool {
        Arc::ptr_eq(&self.interface, interface) || self.interface.imports == interface.imports
    }

    /// The links, in order.
    pub fn as_slice(&self) -> &[Link] {
        &self.links
    }
}
