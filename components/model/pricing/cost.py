"""What rendered resources cost in a month, line by line, from their types and inputs alone.

What depends on use (data, requests, log volume) is not guessed: such a resource is listed with its unit
price and without an amount. Every kind is priced in `PRICED`, or named in `FREE` with the reason.
"""

from collections.abc import Iterable, Sequence

from ..rendered import Rendered
from . import prices
from .bill import Bill, Line, unpriced
from .free_resources import is_free
from .priced_resources import PRICED
from .prices import Prices


def bill(resources: Iterable[Rendered], region: str) -> Bill:
    """Price all resources of a stack.

    A kind that is neither priced nor free gets a line without an amount that says so, as does everything in a
    region without a table.
    """
    everything = list(resources)
    table = prices.REGIONS.get(region)
    lines = [line for one in everything for line in _lines(one, everything, table, region)]
    return Bill(region=region, lines=sorted(lines, key=lambda line: (line.resource, line.item)))


def _lines(
    one: Rendered, everything: Sequence[Rendered], table: Prices | None, region: str
) -> Iterable[Line]:
    if is_free(one):
        return []
    price = PRICED.get(one.kind)
    if price is None:
        return [unpriced(one, one.kind, "no price is known for this kind of resource")]
    if table is None:
        return [unpriced(one, one.kind, f"no prices are known for {region}")]
    return price(one, everything, table)
