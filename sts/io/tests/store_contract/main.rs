//! What every store promises: one suite, held against the store in memory and against SQLite.

#[cfg(test)]
mod contract;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sqlite;
