//! Functions that take well-known texts apart, so that nobody slices them.
//! What is not such a text is an error, and an error denies.

use super::{Answer, text};
use cel::common::types::{CelBool, CelMap, CelMapKey, CelString, STRING_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{Env, ExecutionError};
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;
use sts_wire::spiffe::SpiffeId;

/// Members of what [`WORKFLOW`] yields.
pub(crate) const WORKFLOW_MEMBERS: [&str; 3] = ["repo", "path", "ref"];

/// What a function yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Yields {
    /// Text.
    Text,
    /// An object with these members, all text.
    Members(&'static [&'static str]),
    /// A boolean; the first argument is a network, written as a literal.
    WithinNetwork,
}

type Function = for<'b, 'v> fn(Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v>;

/// Every function with a dot in its name.
const FUNCTIONS: [(&str, Yields, Function); 9] = [
    ("spiffe.trustDomain", Yields::Text, |texts| one("spiffe.trustDomain", &texts, trust_domain)),
    ("spiffe.path", Yields::Text, |texts| one("spiffe.path", &texts, path)),
    ("arn.partition", Yields::Text, |texts| one("arn.partition", &texts, |arn| part(arn, 1))),
    ("arn.service", Yields::Text, |texts| one("arn.service", &texts, |arn| part(arn, 2))),
    ("arn.region", Yields::Text, |texts| one("arn.region", &texts, |arn| part(arn, 3))),
    ("arn.account", Yields::Text, |texts| one("arn.account", &texts, |arn| part(arn, 4))),
    ("arn.resource", Yields::Text, |texts| one("arn.resource", &texts, |arn| part(arn, 5))),
    ("gh.workflow", Yields::Members(&WORKFLOW_MEMBERS), workflow),
    ("cidr.contains", Yields::WithinNetwork, contains),
];

/// What `space.name(…)` yields, when there is such a function.
pub(crate) fn qualified(space: &str, name: &str) -> Option<Yields> {
    let wanted = |(full, ..): &&(&str, Yields, Function)| {
        full.split_once('.').is_some_and(|own| own == (space, name))
    };
    FUNCTIONS.iter().find(wanted).map(|(_, yields, _)| *yields)
}

pub(super) fn declare(env: &mut Env) {
    for (name, yields, function) in FUNCTIONS {
        let arguments = if yields == Yields::WithinNetwork { 2 } else { 1 };
        let types = std::iter::repeat_with(|| STRING_TYPE).take(arguments).collect();
        let declared = env.add_overload(name, name, types, function);
        debug_assert!(declared.is_ok(), "each name is declared once");
    }
}

fn one<'b, 'v>(
    name: &str,
    arguments: &[CowVal<'b, 'v>],
    take: impl Fn(&str) -> Option<String>,
) -> Answer<'b, 'v> {
    let refused = |message: &str| ExecutionError::function_error(name, message);
    let [argument] = arguments else { return Err(refused("one text is needed")) };
    let taken = take(text(name, argument)?);
    let taken = taken.ok_or_else(|| refused("the text does not have this form"))?;
    Ok(CowVal::owned(CelString::from(taken)))
}

fn trust_domain(id: &str) -> Option<String> {
    SpiffeId::parse(id).map(|id| id.trust_domain().to_owned())
}

fn path(id: &str) -> Option<String> {
    SpiffeId::parse(id).map(|id| id.path().to_owned())
}

/// `arn:partition:service:region:account:resource`; the resource may hold colons.
fn part(arn: &str, index: usize) -> Option<String> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let sound = parts.len() == 6
        && parts.first() == Some(&"arn")
        && !parts.iter().skip(5).any(|resource| resource.is_empty());
    parts.get(index).filter(|_| sound).map(|part| (*part).to_owned())
}

/// `octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main` as repo, path and ref.
fn workflow<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let name = "gh.workflow";
    let refused = |message: &str| ExecutionError::function_error(name, message);
    let [argument] = arguments.as_slice() else { return Err(refused("one text is needed")) };
    let parts = workflow_parts(text(name, argument)?);
    let parts = parts.ok_or_else(|| refused("the text is not the reference of one workflow"))?;
    let member = |(name, part): (&'static str, &str)| {
        let value: Box<dyn Val> = Box::new(CelString::from(part.to_owned()));
        (CelMapKey::from(name), value)
    };
    let members: HashMap<_, _> = WORKFLOW_MEMBERS.into_iter().zip(parts).map(member).collect();
    Ok(CowVal::owned(CelMap::from(members)))
}

/// A file and a branch may hold `@`: only a reference with one reading counts.
fn workflow_parts(reference: &str) -> Option<[&str; 3]> {
    const FOLDER: &str = "/.github/workflows/";
    let (repo, rest) = reference.split_once(FOLDER)?;
    let named =
        |(owner, name): (&str, &str)| !owner.is_empty() && !name.is_empty() && !name.contains('/');
    repo.split_once('/').filter(|parts| named(*parts))?;
    let is_commit = |text: &str| text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_file = |text: &str| text.ends_with(".yml") || text.ends_with(".yaml");
    let mut readings = rest.match_indices('@').filter_map(|(at, _)| {
        let (file, git_ref) = rest.split_at(at);
        let git_ref = git_ref.strip_prefix('@')?;
        (is_file(file) && (git_ref.starts_with("refs/") || is_commit(git_ref)))
            .then_some((file, git_ref))
    });
    let (file, git_ref) = readings.next()?;
    if readings.next().is_some() {
        return None;
    }
    let path = repo.len().saturating_add(1)
        ..repo.len().saturating_add(FOLDER.len()).saturating_add(file.len());
    Some([repo, reference.get(path)?, git_ref])
}

/// The network that a literal names: its host bits are zero, so that it means one thing.
pub(crate) fn network(literal: &str) -> Option<IpNet> {
    literal.parse::<IpNet>().ok().filter(|network| network.addr() == network.network())
}

fn contains<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let name = "cidr.contains";
    let refused = |message: &str| ExecutionError::function_error(name, message);
    let [range, address] = arguments.as_slice() else {
        return Err(refused("two texts are needed"));
    };
    let range = network(text(name, range)?).ok_or_else(|| refused("not a network"))?;
    let address = text(name, address)?.parse::<IpAddr>();
    let address = address.map_err(|_| refused("not an address"))?;
    // An IPv4 address is one however it is written.
    Ok(CowVal::owned(CelBool::from(range.contains(&address.to_canonical()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_is_taken_apart_only_when_it_has_one_reading() {
        let deploy = "octo-org/octo-repo/.github/workflows/deploy.yml@refs/heads/main";
        let parts = ["octo-org/octo-repo", ".github/workflows/deploy.yml", "refs/heads/main"];
        assert_eq!(workflow_parts(deploy), Some(parts));
        let odd = "o/r/.github/workflows/nested@evil.yml@refs/heads/a@b";
        assert_eq!(
            workflow_parts(odd),
            Some(["o/r", ".github/workflows/nested@evil.yml", "refs/heads/a@b"])
        );
        let commit = format!("o/r/.github/workflows/x.yaml@{}", "00c0ffee".repeat(5));
        assert!(workflow_parts(&commit).is_some());
        for text in [
            "",
            "o/r",
            "o/r/.github/workflows/x.yml",
            "o/r/.github/workflows/x.yml@main",
            "o/r/x/.github/workflows/x.yml@refs/heads/main",
            "/r/.github/workflows/x.yml@refs/heads/main",
            "o/r/.github/workflows/x.sh@refs/heads/main",
            "o/r/.github/workflows/a.yml@refs/heads/b.yml@refs/heads/main",
        ] {
            assert_eq!(workflow_parts(text), None, "{text}");
        }
    }

    #[test]
    fn an_arn_has_six_parts() {
        let arn = "arn:aws:iam::123456789012:role/etl:x";
        let parts = [1, 2, 3, 4, 5].map(|index| part(arn, index).unwrap());
        assert_eq!(parts, ["aws", "iam", "", "123456789012", "role/etl:x"]);
        for text in ["", "arn:aws:iam::1", "x:aws:iam::1:role/x", "arn:aws:iam::1:"] {
            assert_eq!(part(text, 4), None, "{text}");
        }
    }

    #[test]
    fn a_network_is_written_in_one_way() {
        assert!(network("10.0.0.0/8").is_some() && network("2001:db8::/32").is_some());
        for text in ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "x", ""] {
            assert_eq!(network(text), None, "{text}");
        }
    }
}
