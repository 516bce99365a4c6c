//! What a condition says of the file that a workflow is defined in, and of the
//! version of it: `octo-org/shared/.github/workflows/deploy.yml@refs/tags/v1`.

use super::{claim, text};
use cel::common::ast::{Expr, IdedExpr, operators};

/// Which version of a workflow file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// Any: the file is named, its version is not.
    Untold,
    /// A branch, or what may be one.
    Moving,
    /// A tag or a commit.
    Fixed,
}

/// Whether the repository that a workflow file lies in is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// It is, with the file or by itself.
    Told,
    /// A part is told that any repository can have: the path in it, the version.
    Anybodys,
}

/// What is said of one claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowFact {
    /// The claim, as a dotted path.
    pub claim: String,
    /// Which version.
    pub reference: Reference,
    /// Which repository.
    pub home: Home,
    /// Where, in characters from the beginning of the expression.
    pub offset: usize,
}

/// Parts of the paths of workflow files.
const FILES: [&str; 2] = ["/workflows/", ".gitlab-ci.yml"];

/// Digits of a commit: SHA-1, in hex.
const COMMIT_DIGITS: usize = 40;

/// The version in a whole text that names a workflow file; none in other texts,
/// nor in one without `@`: its claim holds no version.
#[must_use]
pub fn reference_in(text: &str) -> Option<Reference> {
    let (_, version) = text.split_once('@').filter(|_| names_file(text))?;
    Some(version.into())
}

fn names_file(text: &str) -> bool {
    FILES.iter().any(|file| text.contains(file))
}

impl From<&str> for Reference {
    fn from(version: &str) -> Self {
        let commit = version.get(..COMMIT_DIGITS);
        let commit = commit.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if commit || version.starts_with("refs/tags/") { Self::Fixed } else { Self::Moving }
    }
}

/// Reads what is said where the condition may hold; what only denies is not meant.
pub(super) fn read(root: &IdedExpr, offset: &dyn Fn(&IdedExpr) -> usize) -> Vec<WorkflowFact> {
    let Expr::Call(call) = &root.expr else { return Vec::new() };
    let fact = |(claim, reference, home): (String, Reference, Home)| WorkflowFact {
        claim,
        reference,
        home,
        offset: offset(root),
    };
    match (call.func_name.as_str(), call.target.as_deref(), call.args.as_slice()) {
        (operators::LOGICAL_AND | operators::LOGICAL_OR | operators::CONDITIONAL, None, parts) => {
            parts.iter().flat_map(|part| read(part, offset)).collect()
        }
        (operators::EQUALS, None, [left, right]) => {
            let said = told(left, operators::EQUALS, right);
            said.or_else(|| told(right, operators::EQUALS, left)).map(fact).into_iter().collect()
        }
        (operators::IN, None, [item, list]) => {
            let Expr::List(list) = &list.expr else { return Vec::new() };
            let said =
                list.elements.iter().filter_map(|literal| told(item, operators::IN, literal));
            said.map(fact).collect()
        }
        (name, Some(target), [literal]) => {
            told(target, name, literal).map(fact).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// What comparing `node` with a literal says.
fn told(node: &IdedExpr, function: &str, literal: &IdedExpr) -> Option<(String, Reference, Home)> {
    let literal = text(literal)?;
    if let Some(claim) = claim(node) {
        return Some((claim, compared(function, literal)?, Home::Told));
    }
    let Expr::Select(select) = &node.expr else { return None };
    let Expr::Call(call) = &select.operand.expr else { return None };
    let taken_apart = call.func_name == "workflow" || call.func_name == "gh.workflow";
    let claim = call.args.first().filter(|_| taken_apart).and_then(claim)?;
    let reference = match select.field.as_str() {
        "ref" if function == "fullMatch" => pattern(literal),
        "ref" => Reference::from(literal),
        _ => Reference::Untold,
    };
    let home = if select.field == "repo" { Home::Told } else { Home::Anybodys };
    Some((claim, reference, home))
}

fn compared(function: &str, literal: &str) -> Option<Reference> {
    match function {
        operators::EQUALS | operators::IN | "glob" => reference_in(literal),
        "fullMatch" => {
            let plain = literal.replace('\\', "");
            let (_, version) = plain.split_once('@').filter(|_| names_file(&plain))?;
            Some(pattern(version))
        }
        // Its end is open, so what it does not say may be anything.
        "startsWith" => names_file(literal)
            .then(|| literal.split_once('@').map_or(Reference::Moving, |(_, rest)| rest.into())),
        _ => None,
    }
}

/// The version that a pattern stands for: what might be a branch is one.
fn pattern(version: &str) -> Reference {
    let commit = format!("{{{COMMIT_DIGITS}}}");
    let fixed = version.contains("refs/tags/") || version.contains(&commit);
    match Reference::from(version) {
        Reference::Moving if fixed && !version.contains("refs/heads/") => Reference::Fixed,
        found => found,
    }
}
