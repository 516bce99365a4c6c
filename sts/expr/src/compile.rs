//! From text to an expression that is safe to evaluate.

use crate::check::{self, Checked};
use crate::facts::{self, Facts};
use crate::functions;
use crate::limits::{EXPRESSION_BYTES_MAX, PARSE_STACK_BYTES};
use crate::schema::{ClaimType, Schema};
use cel::Env;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A fault of an expression; `offset` is in characters from its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, in characters from the beginning of the expression.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
    /// What to do, when that is known.
    pub help: Option<String>,
}

impl Fault {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into(), help: None }
    }

    pub(crate) fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

/// What an expression is for, which decides the type it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A condition: a boolean.
    Condition,
    /// The subject of what is minted: a string.
    Subject,
    /// A claim of what is minted: a string, integer or boolean, or a list of one.
    MintedClaim,
}

impl Use {
    pub(crate) const fn expects(self) -> &'static str {
        match self {
            Self::Condition => "a bool",
            Self::Subject => "a string",
            Self::MintedClaim => "a string, an int, a bool or a list",
        }
    }

    pub(crate) const fn accepts(self, found: &ClaimType) -> bool {
        match self {
            Self::Condition => matches!(found, ClaimType::Bool),
            Self::Subject => matches!(found, ClaimType::String { .. }),
            Self::MintedClaim => !matches!(found, ClaimType::Object(_)),
        }
    }
}

/// The environment that expressions are compiled for; one per process, as
/// building it costs far more than an evaluation.
#[derive(Clone)]
pub struct Engine {
    pub(crate) env: Arc<Env>,
}

/// An expression that passed the checker.
pub struct Compiled {
    pub(crate) program: cel::Program,
    source: String,
    claims: BTreeSet<String>,
    facts: Facts,
}

impl Default for Engine {
    fn default() -> Self {
        let mut env = Env::stdlib().with_optional_support(false);
        functions::declare(&mut env);
        Self { env: Arc::new(env) }
    }
}

impl Engine {
    /// Compiles and checks an expression against the claims it may read. Call
    /// it inside [`on_large_stack`].
    ///
    /// # Errors
    /// Every fault that was found, at least one.
    pub fn compile(
        &self,
        source: &str,
        usage: Use,
        schema: &Schema,
    ) -> Result<Compiled, Vec<Fault>> {
        if source.len() > EXPRESSION_BYTES_MAX {
            return Err(vec![Fault::new(0, "the expression is longer than 4096 bytes")]);
        }
        let program = self.env.compile(source).map_err(|errors| parse_faults(source, &errors))?;
        let Checked { claims, facts } = check::check(&program, usage, schema)?;
        Ok(Compiled { program, source: source.to_owned(), claims, facts })
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Compiled").field(&self.source).finish()
    }
}

impl Compiled {
    /// The text it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The claims that it reads, as dotted paths.
    #[must_use]
    pub const fn claims(&self) -> &BTreeSet<String> {
        &self.claims
    }

    /// What a condition is for every token in which a claim, by its dotted path, has this
    /// text; none when that depends on others.
    #[must_use]
    pub fn under(&self, claim: &str, text: &str) -> Option<bool> {
        facts::under(self.program.expression(), claim, text)
    }

    /// What it says about claims, wherever it holds.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }
}

fn parse_faults(source: &str, errors: &cel::ParseErrors) -> Vec<Fault> {
    let offset = |(line, column): (isize, isize)| {
        let line = usize::try_from(line).unwrap_or(1).saturating_sub(1);
        let before: usize =
            source.split_inclusive('\n').take(line).map(|text| text.chars().count()).sum();
        before.saturating_add(usize::try_from(column).unwrap_or(1).saturating_sub(1))
    };
    let single = "token recognition error at: '=";
    if let Some(error) = errors.errors.iter().find(|error| error.msg.contains(single)) {
        let fault = Fault::new(offset(error.pos), "a single = means nothing here");
        return vec![fault.with_help("write == to compare")];
    }
    let fault = |error: &cel::ParseError| Fault::new(offset(error.pos), error.msg.clone());
    errors.errors.iter().map(fault).collect()
}

/// Runs `work` where a deep or long expression cannot take the process down:
/// a stack overflow is no panic, so only room helps.
///
/// # Panics
/// When `work` panics: documents are loaded before anything is served.
pub fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let builder =
            std::thread::Builder::new().name("expressions".into()).stack_size(PARSE_STACK_BYTES);
        match builder.spawn_scoped(scope, work).map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(error) => {
                std::panic::resume_unwind(Box::new(format!("no thread for expressions: {error}")))
            }
        }
    })
}
