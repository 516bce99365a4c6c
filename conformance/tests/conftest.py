"""Fixtures: one issuer for all, one server a file; `make_server` where state matters."""

import os
from contextlib import ExitStack

import pytest

from support.catalogue.world import World
from support.hostile_world import HostileWorld
from support.issuer import Issuer
from support.production import Production
from support.server import Dev, Server

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"


@pytest.fixture(scope="session")
def issuer():
    with Issuer() as running:
        yield running


@pytest.fixture(scope="module")
def server(issuer, tmp_path_factory):
    with Server(tmp_path_factory.mktemp("shared"), issuer) as running:
        yield running


@pytest.fixture(scope="module")
def world(issuer, tmp_path_factory):
    """A server with issuers of every algorithm and platform beside the sample's."""
    with World(tmp_path_factory.mktemp("world"), issuer) as running:
        yield running


@pytest.fixture(scope="module")
def dev(tmp_path_factory):
    with Dev(tmp_path_factory.mktemp("dev")) as running:
        yield running


@pytest.fixture
def make_server(issuer, tmp_path):
    """Makes started servers of the test's own; each must stop with exit code 0."""
    with ExitStack() as stack:

        def make(name="own", by=issuer, **environment):
            return stack.enter_context(Server(tmp_path / name, by, **environment))

        yield make


@pytest.fixture(scope="session")
def hostile(issuer, tmp_path_factory):
    with HostileWorld(tmp_path_factory.mktemp("hostile"), issuer) as running:
        yield running


@pytest.fixture(scope="session")
def cooled(hostile):
    """The same server after its cool-down: who was hostile behaves, and who behaved is hostile."""
    hostile.cool_down()
    return hostile


@pytest.fixture(scope="session")
def production(tmp_path_factory):
    with Production(tmp_path_factory.mktemp("production")) as running:
        yield running
