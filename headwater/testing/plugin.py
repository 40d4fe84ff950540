"""The fixtures. It is loaded wherever Headwater is installed, so that it must be light: what starts servers
and deploys is in processes of its own, or imported once it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from headwater.testing.clock import SteeredClock
from headwater.testing.cloud import RunningCloud
from headwater.testing.events import Events
from headwater.testing.explored import Exploration, exploration
from headwater.testing.faults import Faults
from headwater.testing.mocks import Mocks
from headwater.testing.report import Report
from headwater.testing.stacks import Stack, StackFailed, Stacks

_EVENTS = pytest.StashKey[Events]()
_CLOCK = pytest.StashKey[SteeredClock]()
_FAULTS = pytest.StashKey[Faults]()
_MOCKS = pytest.StashKey[Mocks]()
_EXPLORATION = pytest.StashKey[Exploration]()
_EXPLORED = pytest.StashKey[RunningCloud]()
_REPORT = pytest.StashKey[Report]()
_FRESH = "fresh_functions"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("headwater")
    group.addoption("--headwater-report", metavar="FILE", help="write what happened in the cloud as one HTML file")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{_FRESH}: the test finds no warm environment of its stacks' functions")
    if file := config.getoption("--headwater-report"):
        # of this session itself, not of one around it: xdist sets it in its workers only
        config.stash[_REPORT] = Report(file, getattr(config, "workerinput", {}).get("workerid"))
    if (explored := exploration()) is not None:
        config.stash[_EXPLORATION] = explored


def pytest_unconfigure(config: pytest.Config) -> None:
    if (report := config.stash.get(_REPORT, None)) is not None:
        report.write(f"Tests in {config.rootpath.name}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Where faults are explored, a test is run many times before it is run for the record."""
    explored = item.config.stash.get(_EXPLORATION, None)
    if explored is None or not explored.seeds or "cloud" not in getattr(item, "fixturenames", ()):
        return

    def run() -> str | None:
        # what comes next has the same parent: all but the test's own fixtures stay
        reports = runtestprotocol(item, log=False, nextitem=item.parent)  # type: ignore[arg-type]
        return next((report.longreprtext for report in reports if report.failed), None)

    explored.explore(item.nodeid, run)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[RunningCloud]:
    """A Headwater of this session's own (of each worker's, under xdist); ordinary boto3 finds it by itself."""
    with pytest.MonkeyPatch.context() as environment, RunningCloud(tmp_path_factory.mktemp("headwater")) as running:
        for name, value in running.environment.items():
            environment.setenv(name, value)
        environment.delenv("AWS_PROFILE", raising=False)  # it would bring the credentials of a real account
        yield running


@pytest.fixture(scope="session")
def _stacks(cloud: RunningCloud) -> Stacks:
    return Stacks(cloud.headwater)


@pytest.fixture
def _universe(_stacks: Stacks, request: pytest.FixtureRequest) -> Stacks:
    """The stacks as this test finds them."""
    _stacks.begin(request.node.get_closest_marker(_FRESH) is not None)
    return _stacks


@pytest.fixture
def universe(cloud: RunningCloud, _universe: Stacks, request: pytest.FixtureRequest) -> RunningCloud:
    """The cloud, with nothing in it that another test has left."""
    _spare(request.node)
    _universe.empty()
    _go_on(request.node)
    return cloud


@pytest.fixture
def stack(_universe: Stacks, request: pytest.FixtureRequest) -> Callable[..., Stack]:
    """``stack("template.yaml", Parameter="value")``: deployed once a session; each test has it as it was then."""

    def deployed(template: str, **parameters: str) -> Stack:
        for folder in (request.path.parent, request.config.rootpath):
            if (folder / template).is_file():
                _spare(request.node)
                found = _deploy(_universe, folder / template, parameters)
                if isinstance(found, StackFailed):
                    pytest.fail(f"{template}: {found}", pytrace=False)
                _go_on(request.node)
                return found
        pytest.fail(f"There is no {template} beside the test, nor in {request.config.rootpath}.", pytrace=False)

    return deployed


def _deploy(stacks: Stacks, template: Path, parameters: Mapping[str, str]) -> Stack | StackFailed:
    try:
        return stacks.deploy(template, parameters)
    except StackFailed as error:
        return error


def _spare(item: pytest.Item) -> None:
    """No fault befalls a deployment."""
    if _EXPLORED in item.stash:
        item.stash[_EXPLORED].headwater.clear_faults()
    if _FAULTS in item.stash:
        item.stash[_FAULTS].pause()


def _go_on(item: pytest.Item) -> None:
    """What a test had in hand before it got its universe goes on in that."""
    if (explored := item.stash.get(_EXPLORED, None)) is not None:
        item.config.stash[_EXPLORATION].begin(explored.headwater, item.nodeid)
    if (faults := item.stash.get(_FAULTS, None)) is not None:
        faults.begin()
    if (mocks := item.stash.get(_MOCKS, None)) is not None:
        mocks.begin()
    if (clock := item.stash.get(_CLOCK, None)) is not None:
        clock.hold()
    if (events := item.stash.get(_EVENTS, None)) is not None:
        events.begin()


@pytest.fixture
def clock(cloud: RunningCloud, request: pytest.FixtureRequest) -> Iterator[SteeredClock]:
    """The cloud's clock; after the test it goes on by itself."""
    steered = request.node.stash[_CLOCK] = SteeredClock(cloud.headwater)
    yield steered
    steered.let_go()


@pytest.fixture
def events(cloud: RunningCloud, request: pytest.FixtureRequest) -> Events:
    """What happens from the beginning of the test on."""
    found = request.node.stash[_EVENTS] = Events(cloud.headwater)
    return found


@pytest.fixture
def faults(cloud: RunningCloud, request: pytest.FixtureRequest) -> Iterator[Faults]:
    """What goes wrong in this test; nothing does after it."""
    found = request.node.stash[_FAULTS] = Faults(cloud.headwater)
    yield found
    found.clear()


@pytest.fixture
def mocks(cloud: RunningCloud, request: pytest.FixtureRequest) -> Iterator[Mocks]:
    """What tasks of state machines answer in this test; after it they call their resources."""
    found = request.node.stash[_MOCKS] = Mocks(cloud.headwater)
    yield found
    found.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Where faults are explored, they come once all that the test needs is there."""
    cloud = getattr(item, "funcargs", {}).get("cloud")
    if _EXPLORATION in item.config.stash and isinstance(cloud, RunningCloud):
        item.stash[_EXPLORED] = cloud
        item.config.stash[_EXPLORATION].begin(cloud.headwater, item.nodeid)
        if _FAULTS in item.stash:
            item.stash[_FAULTS].begin()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed tells what happened in the cloud."""
    report = yield
    events = item.stash.get(_EVENTS, None)
    if report.when == "call" and report.failed and events is not None:
        report.sections.append(("Headwater: what happened", events.story()))
    if report.when == "call" and _REPORT in item.config.stash:
        cloud = getattr(item, "funcargs", {}).get("cloud")
        if isinstance(cloud, RunningCloud):
            item.config.stash[_REPORT].add(item.nodeid, cloud.headwater)
    if report.when == "call" and _EXPLORED in item.stash:
        item.config.stash[_EXPLORATION].end(item.stash[_EXPLORED].headwater)
    return report
