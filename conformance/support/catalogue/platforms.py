"""CLM-10 and CLM-11: tokens of the platforms under the bundles that are shipped."""

from support.catalogue.line import Line
from support.catalogue.tenant import all_at, at
from support.forge import audience, claims, issuer

GUID = "00000000-0000-0000-0000-000000000065"
POD = {
    "namespace": "shop",
    "node": {"name": "node-1", "uid": "00000000-0000-0000-0000-00000000000a"},
    "pod": {"name": "deployer-1", "uid": "00000000-0000-0000-0000-00000000000b"},
    "serviceaccount": {"name": "deployer", "uid": "00000000-0000-0000-0000-00000000000c"},
}
CLAIMS = {
    "kubernetes": {"sub": "system:serviceaccount:shop:deployer", "kubernetes.io": POD},
    "azure-v1": {"tid": GUID, "oid": "74", "appid": "74", "ver": "1.0"},
    "azure-v2": {"tid": GUID, "oid": "74", "azp": "74", "ver": "2.0"},
    "gcp": {"sub": "100000000000000000065", "azp": "100000000000000000065", "email_verified": True},
    "gitlab": {
        "namespace_id": "65",
        "project_id": "74",
        "job_namespace_id": "65",
        "job_project_id": "74",
        "project_path": "shop/deploy",
        "ref": "main",
        "ref_type": "branch",
        "ref_protected": "true",
        "pipeline_source": "push",
    },
    "aws": {"https://sts.amazonaws.com/": {"aws_account": "123456789012"}},
    "circleci": {
        "oidc.circleci.com/org-id": GUID,
        "oidc.circleci.com/project-id": "74",
        "oidc.circleci.com/ssh-rerun": False,
    },
    "azp": {"azp": "ours"},
    "spiffe": {"sub": "spiffe://corp.example/shop", "iss": None},
}


def pod(**changes):
    """Claims of a pod that differ; None leaves one out."""
    members = {**POD, **changes}
    return claims(**{"kubernetes.io": {name: value for name, value in members.items() if value is not None}})


def aws(**members):
    return claims(**{"https://sts.amazonaws.com/": members})


def ssh_rerun(value):
    return claims(**{"oidc.circleci.com/ssh-rerun": value})


LEGACY = {"iss": "kubernetes/serviceaccount", "exp": None, "iat": None, "aud": None, "jti": None}


LINES = {
    "CLM-10": Line(
        all_at(
            "kubernetes",
            {
                "the API server's audience": claims(aud="https://kubernetes.default.svc"),
                "the API server's audience beside ours": audience(
                    lambda url: [url, "https://kubernetes.default.svc"]
                ),
                "a legacy token of a secret": claims(**LEGACY),
                "a token that does not end": claims(exp=None),
                "the issuer of another cluster": issuer(lambda url: url.replace("0065", "0066")),
                "no binding": claims(**{"kubernetes.io": None}),
                "no namespace": pod(namespace=None),
                "no service account": pod(serviceaccount=None),
                "a service account without uid": pod(serviceaccount={"name": "deployer"}),
                "a pod's uid that is a number": pod(pod={"name": "deployer-1", "uid": 7}),
            },
        ),
        all_at("kubernetes", {"a bound token": claims(), "no pod and no node": pod(pod=None, node=None)}),
        {
            "denied": all_at(
                "kubernetes",
                {
                    "another namespace": pod(namespace="other"),
                    "another service account, sub of ours": pod(serviceaccount={"name": "default", "uid": "x"}),
                },
            )
        },
    ),
    "CLM-11": Line(
        {
            "azure: version 1 under the issuer of version 2": at(
                "azure-v2", claims(iss="https://login.microsoftonline.com/" + GUID)
            ),
            "azure: the issuer with tenantid": at("azure-v2", issuer(lambda url: url.replace(GUID, "{tenantid}"))),
            "azure: no tid": at("azure-v1", claims(tid=None)),
            "gitlab: ref_protected true": at("gitlab", claims(ref_protected=True)),
            'gitlab: ref_protected "True"': at("gitlab", claims(ref_protected="True")),
            'circleci: ssh-rerun "false"': at("circleci", ssh_rerun("false")),
            "aws: no account": at("aws", aws(org_id="o-65")),
            "aws: an account that is a number": at("aws", aws(aws_account=123456789012)),
            "aws: the cluster's claims": at(
                "aws", claims(**{"https://sts.amazonaws.com/": None, "kubernetes.io": POD})
            ),
        },
        {
            name: at(name, claims())
            for name in ("azure-v1", "azure-v2", "gitlab", "circleci", "aws", "gcp", "spiffe")
        },
        {
            "denied": {
                "azure: another tid in version 1": at("azure-v1", claims(tid=GUID.replace("65", "66"))),
                "azure: another tid in version 2": at("azure-v2", claims(tid=GUID.replace("65", "66"))),
                "gcp: another service account": at("gcp", claims(sub="100000000000000000066")),
                "circleci: rerun with SSH": at("circleci", ssh_rerun(True)),
                "aws: another account": at("aws", aws(aws_account="123456789013")),
            }
        },
    ),
}
