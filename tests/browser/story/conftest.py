"""One trial organisation and one Chromium with a made-up camera and microphone for the stories."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.story.town import Town, running_town

NewPhone = Callable[[str], Page]

# Keeps what the microphone gave, so that a test can say what must arrive.
LISTEN = """(() => {
  const Recorder = window.MediaRecorder;
  window.heard = [];
  window.MediaRecorder = class extends Recorder {
    constructor(...given) {
      super(...given);
      this.addEventListener("dataavailable", (event) => window.heard.push(event.data));
    }
  };
})()"""


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running_town(tmp_path_factory.mktemp("town")) as running:
        yield running


@pytest.fixture
def new_phone(chromium: Browser) -> Iterator[NewPhone]:
    """Give a function that returns a page of 360 × 640 in a browser that remembers nothing."""
    contexts = []

    def unpack(language: str) -> Page:
        context = chromium.new_context(
            viewport={"width": 360, "height": 640}, has_touch=True, locale=language
        )
        contexts.append(context)
        context.add_init_script(LISTEN)
        page = context.new_page()
        page.set_default_timeout(60_000)
        return page

    yield unpack
    for context in contexts:
        context.close()
