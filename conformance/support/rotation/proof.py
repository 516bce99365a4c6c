"""One run: servers, load, verifiers and operators, from start to stop."""

from contextlib import ExitStack, contextmanager

from support import http
from support.issuer import Issuer
from support.postgres import Postgres
from support.replica import Replicas
from support.rotation.judge import Judge
from support.rotation.orders import Orders
from support.rotation.plan import VERIFIERS_A_KIND
from support.rotation.record import Record
from support.rotation.traffic import Traffic
from support.rotation.verifiers import Panel
from support.server import Server


def prove(plan, folder):
    """Runs the plan with all that it needs below this folder, and tells what was seen."""
    with servers(plan, folder) as running:
        issuer = http.get(running[0].url + "/.well-known/openid-configuration").json()["issuer"]
        kinds = [*plan.kinds(), plan.too_long()]
        urls = [server.url for server in running]
        panel, judge = Panel(kinds, urls, issuer, plan.leeway, VERIFIERS_A_KIND), Judge(kinds)
        traffic = Traffic(plan, running, panel, judge)
        orders = Orders(plan, running[0], traffic, panel, judge)
        orders.start()
        with ExitStack() as at_the_end:
            at_the_end.callback(orders.finish)
            traffic.run()
        return Record(plan, traffic, panel, judge, orders, running[0].ledger()).members()


@contextmanager
def servers(plan, folder):
    """One on SQLite, or several on one PostgreSQL; all run."""
    with ExitStack() as stack:
        issuer = stack.enter_context(Issuer())
        if plan.replicas == 1:
            made = [Server(folder / "one", issuer)]
        else:
            replicas = Replicas(folder, issuer, stack.enter_context(Postgres(folder / "postgres")))
            made = [replicas.make(f"replica-{number}") for number in range(plan.replicas)]
        for server in made:
            with server.config.open("a") as config:
                config.write(plan.configuration())
            stack.enter_context(server)
        yield made
