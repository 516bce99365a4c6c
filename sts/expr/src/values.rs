//! Claims as CEL values without copying them: converting 25 claims up front
//! was measured to cost ten times the evaluation.

use cel::ExecutionError;
use cel::common::traits::Indexer;
use cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelNull, CelString, CelUInt, MAP_TYPE, Type,
};
use cel::common::value::{CowVal, Val};
use serde_json::{Map, Value};
use std::sync::Arc;

/// An object of claims, borrowed for `'a`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimMap<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Val for ClaimMap<'a> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(*self)
    }
}

impl Indexer for ClaimMap<'_> {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let name = index.downcast_ref::<CelString<'_>>().ok_or_else(|| {
            ExecutionError::UnexpectedType {
                got: index.get_type().name().to_owned(),
                want: "string".to_owned(),
            }
        })?;
        let found = self.0.get(name.inner());
        let claim =
            found.ok_or_else(|| ExecutionError::NoSuchKey(Arc::new(name.inner().to_owned())))?;
        Ok(CowVal::Owned(to_val(claim)))
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

fn to_val<'v, 'a: 'v>(value: &'a Value) -> Box<dyn Val + 'v> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(flag) => Box::new(CelBool::from(*flag)),
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(integer), _, _) => Box::new(CelInt::from(integer)),
            (None, Some(integer), _) => Box::new(CelUInt::from(integer)),
            (None, None, float) => Box::new(CelDouble::from(float.unwrap_or(f64::NAN))),
        },
        Value::Array(items) => {
            Box::new(CelList::from(items.iter().map(to_val).collect::<Vec<_>>()))
        }
        Value::Object(members) => Box::new(ClaimMap(members)),
    }
}
