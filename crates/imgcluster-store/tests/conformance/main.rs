//! What every store must do: one test for each promise of [`imgcluster_core::Store`], the same for
//! all stores. A new store gets its line at the end of this file; one that needs a server has a file
//! like `postgres.rs`.

#[cfg(test)]
mod contents;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod everything;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod faulty;
#[cfg(test)]
mod features;
#[cfg(test)]
mod files;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod listing;
#[cfg(test)]
#[macro_use]
mod promises;
#[cfg(test)]
mod prune;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod transfer;

macro_rules! tests_of_memory {
    ($($subject:ident { $($promise:ident,)+ })+) => {
        #[cfg(test)]
        mod memory {
            $(mod $subject {
                $(#[test]
                fn $promise() {
                    crate::fixtures::with_memory_store(
                        async |store| crate::$subject::$promise(store).await,
                    );
                })+
            })+
        }
    };
}

macro_rules! tests_of_sqlite {
    ($($subject:ident { $($promise:ident,)+ })+) => {
        #[cfg(test)]
        mod sqlite {
            $(mod $subject {
                $(#[test]
                fn $promise() {
                    crate::fixtures::with_sqlite_store(
                        async |store| crate::$subject::$promise(store).await,
                    );
                })+
            })+
        }
    };
}

all_promises!(tests_of_memory);
all_promises!(tests_of_sqlite);
