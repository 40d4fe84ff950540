"""Which route takes a request."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.services.apigateway.routing import Router

# the example of AWS's developer guide on routes of HTTP APIs
DOCUMENTED = ("GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}")


def router_of(*keys: str, by_resource: bool = False) -> Router[str]:
    router: Router[str] = Router(by_resource)
    for key in keys:
        if key == "$default":
            router.default = key
        else:
            method, _, path = key.partition(" ")
            router.add(method, path, key)
    return router


def found(router: Router[str], method: str, path: str) -> str | None:
    match = router.find(method, path)
    return match.endpoint if match else None


def test_the_most_specific_route_wins() -> None:
    router = router_of(*DOCUMENTED, "$default")
    assert found(router, "GET", "/pets/dog/1") == "GET /pets/dog/1"
    assert found(router, "GET", "/pets/dog/2") == "GET /pets/dog/{id}"
    assert found(router, "GET", "/pets/cat/1") == "GET /pets/{proxy+}"
    assert found(router, "POST", "/test/5") == "ANY /{proxy+}"
    assert found(router, "POST", "/pets/dog/1") == "ANY /{proxy+}"
    assert found(router, "GET", "/") == "$default"


def test_a_method_wins_over_any_on_the_same_path() -> None:
    router = router_of("ANY /orders", "POST /orders")
    assert found(router, "POST", "/orders") == "POST /orders"
    assert found(router, "GET", "/orders") == "ANY /orders"


def test_nothing_matches_without_a_default() -> None:
    router = router_of("GET /orders/{id}")
    assert router.find("GET", "/orders") is None
    assert router.find("GET", "/orders/") is None
    assert router.find("GET", "/orders/1/items") is None
    assert router.find("POST", "/orders/1") is None


def test_variables_are_decoded_after_the_path_is_split() -> None:
    router = router_of("GET /files/{name}", "GET /tree/{path+}", "GET /a/{one}/b/{two}")
    match = router.find("GET", "/files/a%2Fb%20c")
    assert match and match.parameters == {"name": "a/b c"}
    match = router.find("GET", "/tree/a/b%20c/d")
    assert match and match.parameters == {"path": "a/b c/d"}
    match = router.find("GET", "/a/1/b/2")
    assert match and match.parameters == {"one": "1", "two": "2"}


def test_variables_of_one_place_may_have_different_names() -> None:
    router = router_of("GET /orders/{id}", "GET /orders/{order}/items")
    match = router.find("GET", "/orders/7/items")
    assert match and match.parameters == {"order": "7"}
    match = router.find("GET", "/orders/7")
    assert match and match.parameters == {"id": "7"}


def test_the_search_goes_back_where_a_branch_has_no_such_route() -> None:
    router = router_of("GET /orders/new", "GET /{any}/{id}/items")
    assert found(router, "GET", "/orders/new/items") == "GET /{any}/{id}/items"


def test_rest_apis_choose_the_resource_before_the_method() -> None:
    router = router_of("POST /orders", "ANY /{proxy+}", by_resource=True)
    assert found(router, "POST", "/orders") == "POST /orders"
    assert router.find("GET", "/orders") is None
    assert found(router, "GET", "/elsewhere") == "ANY /{proxy+}"


def test_rest_apis_do_not_mind_a_slash_at_the_end() -> None:
    assert found(router_of("GET /orders", by_resource=True), "GET", "/orders/") == "GET /orders"
    assert found(router_of("GET /orders"), "GET", "/orders/") is None


SEGMENT = st.sampled_from(["a", "b", "{x}", "{y}"])
PATHS = st.lists(st.lists(SEGMENT, min_size=1, max_size=4).map(tuple), min_size=1, max_size=8, unique=True)


@given(PATHS, st.lists(st.sampled_from("abc"), min_size=1, max_size=4))
def test_the_route_found_is_the_one_that_a_search_of_all_finds(paths: list[tuple[str, ...]], asked: list[str]) -> None:
    """Against a plain reading of the rule: of all that match, the one whose first difference is literal."""
    shapes = {tuple("*" if part.startswith("{") else part for part in path): path for path in paths}
    router = router_of(*(f"GET /{'/'.join(path)}" for path in shapes.values()))
    matching = [
        shape
        for shape in shapes
        if len(shape) == len(asked) and all(part in ("*", given) for part, given in zip(shape, asked, strict=True))
    ]
    expected = min(matching, key=lambda shape: [part == "*" for part in shape], default=None)
    result = found(router, "GET", "/" + "/".join(asked))
    assert result == (f"GET /{'/'.join(shapes[expected])}" if expected else None)
