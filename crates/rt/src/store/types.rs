//! Types of functions, numbered: equal types of any two programs of a store have one number.

use alloc::{collections::BTreeMap, sync::Arc, vec::Vec};

use lockstep_ir::Signature;

/// Types that a store goes on knowing when it is emptied.
const KEPT_TYPES: usize = 1024;
/// Programs whose types it remembers by where they lie.
const KEPT_LISTS: usize = 16;

/// The types of a function, by the store's number: equal types of any two programs have one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct TypeId(pub u32);

/// What makes two types of functions the same: dMIR's types, and whatever more the guest tells apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FuncType {
    /// Types of parameters and results.
    pub signature: Signature,
    /// The guest's own mark for it, such as which references it takes.
    pub mark: Vec<u8>,
}

/// A program's types with their numbers.
type List = (Arc<[FuncType]>, Arc<[TypeId]>);

/// The types that a store knows.
#[derive(Debug, Default)]
pub(super) struct Types {
    types: Vec<Arc<FuncType>>,
    ids: BTreeMap<Arc<FuncType>, TypeId>,
    /// The programs seen last. The lists are held, so that no other list can come to lie where one of them does.
    lists: Vec<List>,
}

impl Types {
    /// The number of a type.
    pub(super) fn id(&mut self, ty: &FuncType) -> TypeId {
        if let Some(id) = self.ids.get(ty) {
            return *id;
        }
        let (id, ty) = (TypeId(self.types.len() as u32), Arc::new(ty.clone()));
        self.types.push(Arc::clone(&ty));
        self.ids.insert(ty, id);
        id
    }

    /// The numbers of a program's types; known at once when the program was seen before.
    pub(super) fn ids(&mut self, types: &Arc<[FuncType]>) -> Arc<[TypeId]> {
        let known = self.lists.iter().find(|(list, _)| Arc::ptr_eq(list, types));
        if let Some((_, ids)) = known {
            return Arc::clone(ids);
        }
        let ids: Arc<[TypeId]> = types.iter().map(|ty| self.id(ty)).collect();
        if types.len() <= KEPT_TYPES {
            if self.lists.len() == KEPT_LISTS {
                self.lists.remove(0);
            }
            self.lists.push((Arc::clone(types), Arc::clone(&ids)));
        }
        ids
    }

    /// The type of a number.
    pub(super) fn get(&self, id: TypeId) -> &Arc<FuncType> {
        &self.types[id.0 as usize]
    }

    /// Forgets everything unless it is little: numbers mean nothing beyond what is held by them.
    pub(super) fn trim(&mut self) {
        if self.types.len() > KEPT_TYPES {
            *self = Self::default();
        }
    }
}
