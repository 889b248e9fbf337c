"""/docs in a real browser with every foreign host blocked: it draws all operations, and trying one out works."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from tests.conftest import Live

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser.new_page()
        browser.close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_docs_work_with_all_foreign_hosts_blocked(start_service: Callable[..., Live], page: Page, name: str) -> None:
    port = urlsplit(start_service().url).port
    foreign: list[str] = []
    complaints: list[str] = []

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).netloc == f"{name}:{port}" or route.request.url.startswith("data:"):
            route.continue_()
        else:
            foreign.append(route.request.url)
            route.abort()

    page.route("**/*", guard)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://{name}:{port}/docs")
    page.wait_for_selector(".opblock-tag")
    expect(page.locator(".info .title")).to_contain_text("Quaymaster")
    page.evaluate(
        "document.querySelectorAll('.opblock-tag-section:not(.is-open) .opblock-tag').forEach(t => t.click())"
    )
    page.wait_for_selector("#operations-Operations-operations_health")
    assert page.locator(".opblock").count() >= 60
    page.locator("#operations-Operations-operations_health .opblock-summary-control").click()
    page.locator("#operations-Operations-operations_health button.execute").click()
    answer = page.locator("#operations-Operations-operations_health .live-responses-table")
    expect(answer.locator(".response-col_status").last).to_contain_text("200")
    expect(answer).to_contain_text("healthy")
    assert (foreign, complaints) == ([], [])
