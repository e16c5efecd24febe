//! What a store in a `SQLite` file promises besides the trait: what it does with files that are
//! not as they should be, and with others who use the same file.

#[cfg(test)]
mod closing;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod sharing;
