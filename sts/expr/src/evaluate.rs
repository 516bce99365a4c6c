//! Evaluating checked expressions. Whatever goes wrong is an error, and an error denies.

use crate::compile::{Compiled, Engine};
use crate::values::ClaimMap;
use cel::common::types::CelBool;
use cel::{Context, ExecutionError, Value as CelValue};
use serde_json::{Map, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a decision's trace calls an evaluation that had no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A claim that is not in the token.
    #[error("missing_claim")]
    MissingClaim,
    /// Operands of types that do not fit.
    #[error("type")]
    Type,
    /// A function refused its arguments, or a number overflowed.
    #[error("value")]
    Value,
    /// The engine itself failed.
    #[error("internal")]
    Internal,
}

/// What expressions read, bound once per decision and used for all of them.
pub struct Inputs<'a> {
    context: Context<'a, 'a>,
}

impl<'a> Inputs<'a> {
    /// Binds the typed claims of a verified token as `assertion`.
    #[must_use]
    pub fn new(engine: &Engine, claims: &'a Map<String, Value>) -> Self {
        let mut context = Context::with_env(engine.env.clone());
        context.add_variable_as_val("assertion", Box::new(ClaimMap(claims)));
        Self { context }
    }
}

impl Compiled {
    /// Evaluates a condition.
    ///
    /// # Errors
    /// [`EvalError`]: the condition did not hold, and why.
    pub fn holds(&self, inputs: &Inputs<'_>) -> Result<bool, EvalError> {
        self.guarded(|| {
            let value = CelValue::resolve_val(self.parsed.program.expression(), &inputs.context)
                .map_err(|e| kind(&e))?;
            value.downcast_ref::<CelBool>().map(|flag| bool::from(*flag)).ok_or(EvalError::Type)
        })
    }

    /// Evaluates an expression of a grant.
    ///
    /// # Errors
    /// [`EvalError`]: nothing is granted.
    pub fn value(&self, inputs: &Inputs<'_>) -> Result<Value, EvalError> {
        self.guarded(|| {
            let value = CelValue::resolve(self.parsed.program.expression(), &inputs.context)
                .map_err(|e| kind(&e))?;
            to_json(value)
        })
    }

    /// SECURITY: a panic inside the engine is a denial, not the end of a worker.
    fn guarded<T>(&self, evaluate: impl FnOnce() -> Result<T, EvalError>) -> Result<T, EvalError> {
        catch_unwind(AssertUnwindSafe(evaluate)).unwrap_or(Err(EvalError::Internal))
    }
}

fn kind(error: &ExecutionError) -> EvalError {
    match error {
        ExecutionError::NoSuchKey(_) => EvalError::MissingClaim,
        ExecutionError::FunctionError { .. }
        | ExecutionError::Overflow(..)
        | ExecutionError::IndexOutOfBounds(_) => EvalError::Value,
        ExecutionError::InternalError(_) => EvalError::Internal,
        _ => EvalError::Type,
    }
}

fn to_json(value: CelValue) -> Result<Value, EvalError> {
    match value {
        CelValue::String(text) => Ok(Value::String(text.as_str().to_owned())),
        CelValue::Bool(flag) => Ok(Value::Bool(flag)),
        CelValue::Int(number) => Ok(Value::from(number)),
        CelValue::List(items) => {
            items.iter().cloned().map(to_json).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        _ => Err(EvalError::Type),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Use, on_large_stack};
    use crate::schema::{Claim, ClaimType, Schema};
    use cel::Env;
    use cel::common::types::STRING_TYPE;
    use std::collections::BTreeMap;

    /// An engine of which one function has a defect: it panics.
    fn defective() -> Engine {
        let mut env = Env::stdlib();
        env.add_overload("subject", "subject_1", vec![STRING_TYPE], |_| panic!("a defect"))
            .unwrap();
        Engine::of(env)
    }

    #[test]
    fn a_panic_while_evaluating_is_an_error_and_what_follows_is_evaluated() {
        let text = Claim { claim_type: ClaimType::STRING, present: true, sensitive: false };
        let schema = Schema { claims: BTreeMap::from([("ref".to_owned(), text)]) };
        let claims = Map::from_iter([("ref".to_owned(), Value::from("x"))]);
        let engine = defective();
        let inputs = Inputs::new(&engine, &claims);
        let compile = |source: &str, usage| {
            on_large_stack(|| engine.compile(source, usage, &schema)).ok().unwrap()
        };
        let broken = compile("subject(assertion.ref) == 'x'", Use::Condition);
        assert_eq!(broken.holds(&inputs), Err(EvalError::Internal));
        let broken = compile("subject(assertion.ref)", Use::Subject);
        assert_eq!(broken.value(&inputs), Err(EvalError::Internal));
        let sound = compile("assertion.ref == 'x'", Use::Condition);
        assert_eq!(sound.holds(&inputs), Ok(true));
    }
}
