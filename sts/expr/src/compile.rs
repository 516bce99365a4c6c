//! From text to an expression that is safe to evaluate.

use crate::breadth::{Breadth, breadth};
use crate::check::{self, CHEAPER, Checked, PLAIN};
use crate::codes;
use crate::facts::{self, Facts, Known};
use crate::functions;
use crate::limits::{EXPRESSION_BYTES_MAX, PARSE_STACK_BYTES, STEPS_MAX};
use crate::schema::{ClaimType, Schema};
use crate::syntax;
use cel::Env;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use sts_wire::characters::hidden_in;

/// A fault of an expression; `offset` is in characters from its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, in characters from the beginning of the expression.
    pub offset: usize,
    /// Which kind of fault, one of [`crate::codes`].
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do, when that is known.
    pub help: Option<String>,
}

impl Fault {
    pub(crate) fn new(code: &'static str, offset: usize, message: impl Into<String>) -> Self {
        Self { offset, code, message: message.into(), help: None }
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
    /// A condition of which an absent claim has to be thought differently: where it holds, it denies.
    Denial,
    /// The subject of what is minted: a string.
    Subject,
    /// A claim of what is minted: a string, integer or boolean, or a list of one.
    MintedClaim,
}

impl Use {
    pub(crate) const fn expects(self) -> &'static str {
        match self {
            Self::Condition | Self::Denial => "a bool",
            Self::Subject => "a string",
            Self::MintedClaim => "a string, an int, a bool or a list",
        }
    }

    pub(crate) const fn accepts(self, found: &ClaimType) -> bool {
        match self {
            Self::Condition | Self::Denial => matches!(found, ClaimType::Bool),
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
    /// Texts that are in use and what they were parsed to: policies say the same
    /// again and again, and parsing is most of what loading them takes.
    parsed: Arc<Mutex<HashMap<String, Weak<Parsed>>>>,
}

/// A text that was parsed, and what it says, for all who say the same.
pub(crate) struct Parsed {
    pub(crate) program: cel::Program,
    said: OnceLock<Arc<Said>>,
}

/// What an expression says, as far as others ask.
#[derive(PartialEq, Eq)]
struct Said {
    claims: BTreeSet<String>,
    facts: Facts,
}

impl Parsed {
    /// One copy for all for whom it is the same.
    fn share(&self, said: Said) -> Arc<Said> {
        let said = Arc::new(said);
        let first = self.said.get_or_init(|| Arc::clone(&said));
        if **first == *said { Arc::clone(first) } else { said }
    }
}

/// An expression that passed the checker.
pub struct Compiled {
    pub(crate) parsed: Arc<Parsed>,
    said: Arc<Said>,
    steps: u64,
}

impl Default for Engine {
    fn default() -> Self {
        let mut env = Env::stdlib().with_optional_support(false);
        functions::declare(&mut env);
        Self::of(env)
    }
}

impl Engine {
    pub(crate) fn of(env: Env) -> Self {
        Self { env: Arc::new(env), parsed: Arc::default() }
    }

    /// The tree of a text, parsed once for all who say the same.
    fn parse(&self, source: &str) -> Result<Arc<Parsed>, Fault> {
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = parsed.get(source).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let program = self.env.compile(source).map_err(|errors| syntax::fault(source, &errors))?;
        let program = Arc::new(Parsed { program, said: OnceLock::new() });
        parsed.insert(source.to_owned(), Arc::downgrade(&program));
        Ok(program)
    }

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
            let fault = Fault::new(codes::TOO_LARGE, 0, "the expression is longer than 4096 bytes");
            return Err(vec![fault]);
        }
        // Before it is parsed: a comment is gone afterwards.
        if let Some((offset, deceit)) = hidden_in(source) {
            let message = format!("the expression has {deceit}");
            return Err(vec![Fault::new(codes::DECEIT, offset, message).with_help(PLAIN)]);
        }
        let parsed = self.parse(source).map_err(|fault| vec![fault])?;
        let Checked { claims, facts, steps } = check::check(&parsed.program, usage, schema)?;
        let said = parsed.share(Said { claims, facts });
        Ok(Compiled { parsed, said, steps })
    }
}

impl std::fmt::Debug for Compiled {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Compiled").field(&self.source()).finish()
    }
}

impl Compiled {
    /// The text it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.parsed.program.source_info().source
    }

    /// The claims that it reads, as dotted paths.
    #[must_use]
    pub fn claims(&self) -> &BTreeSet<String> {
        &self.said.claims
    }

    /// What a condition is for every token in which a claim, by its dotted path, has this
    /// text; none when that depends on others.
    #[must_use]
    pub fn under(&self, claim: &str, text: &str) -> Option<bool> {
        facts::under(self.parsed.program.expression(), claim, text)
    }

    /// What becomes of another condition's reach when it is this one instead.
    #[must_use]
    pub fn compared_with(&self, old: &Self) -> Breadth {
        breadth(old.parsed.program.expression(), self.parsed.program.expression())
    }

    /// Whether a condition holds for every token of which this is known and for which the others hold,
    /// as far as that can be read off them.
    #[must_use]
    pub fn follows_from(&self, known: &Known, others: &[&Self]) -> bool {
        let others: Vec<_> = others.iter().map(|one| one.parsed.program.expression()).collect();
        facts::follows(self.parsed.program.expression(), known, &others)
    }

    /// The most steps that it takes, of [`STEPS_MAX`].
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// The fault of expressions that are sound, and too much together.
    #[must_use]
    pub fn too_costly_together<'a>(all: impl IntoIterator<Item = &'a Self>) -> Option<Fault> {
        let steps = all.into_iter().map(Self::steps).fold(0, u64::saturating_add);
        let message = format!("the conditions take up to {steps} steps, of at most {STEPS_MAX}");
        let fault = Fault::new(codes::TOO_COSTLY, 0, message).with_help(CHEAPER);
        (steps > STEPS_MAX).then_some(fault)
    }

    /// What it says about claims, wherever it holds.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.said.facts
    }
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
