"""How soon a person sees a page: the site in a headless Chromium that has cached nothing, through the twin's edge."""

from __future__ import annotations

import shutil
import time

from playwright.sync_api import Page, sync_playwright

from tests.bench.measure import Figure
from tests.bench.system import running

GOAL_SECONDS = 3
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pages(runs: int) -> list[Figure]:
    """From the address until the page shows what a person came for; its own resources and the API's answers included.

    Without a Chromium on this machine there is nothing to measure.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print(f"  no page is measured: none of {', '.join(BROWSERS)} is installed")
        return []
    with running() as laboratory, sync_playwright() as playwright:
        state = laboratory.system.state
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        # Set for the page's target, and kept when it navigates.
        page.context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
        welcome = [_seconds(page, state["web_url"], "main.welcome h1") for _ in range(runs)]
        _sign_in(page, state["user"])
        chart_url = f"{state['web_url']}/goals/{state['goal_id']}"
        chart = [_seconds(page, chart_url, "[role=grid] [role=gridcell]") for _ in range(runs)]
        chromium.close()
    goal = f"< {GOAL_SECONDS} s"
    return [
        Figure(what="the site's first page for a visitor, in Chromium, nothing cached", goal=goal, values=welcome),
        Figure(what="a goal's chart for who is signed in, in Chromium, nothing cached", goal=goal, values=chart),
    ]


def _seconds(page: Page, url: str, shown: str) -> float:
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(shown).first.wait_for()
    return time.perf_counter() - began


def _sign_in(page: Page, user: dict[str, str]) -> None:
    page.locator("main.welcome button.primary").click()
    page.locator("input[name=username]").fill(user["email"])
    page.locator("input[name=password]").fill(user["password"])
    page.locator("input[name=password]").press("Enter")
    page.locator("main:not(.welcome) h1").first.wait_for()
