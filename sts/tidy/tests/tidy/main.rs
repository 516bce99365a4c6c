//! Tests about the code itself: one module per theme, each rule beside samples that break it.

#[cfg(test)]
mod ambient;
#[cfg(test)]
mod citations;
#[cfg(test)]
mod heads;
#[cfg(test)]
mod ladder;
#[cfg(test)]
mod ladder_paths;
#[cfg(test)]
mod lexer;
#[cfg(test)]
mod limit_docs;
#[cfg(test)]
mod links;
#[cfg(test)]
mod markdown;
#[cfg(test)]
mod markers;
#[cfg(test)]
mod named_paths;
#[cfg(test)]
mod sizes;
#[cfg(test)]
mod syntax;
#[cfg(test)]
mod tree;
