//! What every store promises: one suite, held against the store in memory,
//! SQLite and PostgreSQL.

#[cfg(test)]
mod contract;
#[cfg(test)]
mod database;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod operators;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod rows;
#[cfg(test)]
mod sqlite;
