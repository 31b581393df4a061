"""A page translator rewrites the page under React's hands."""

import re

import pytest

from tests.browser.harness import opening
from tests.browser.pages.conftest import CHARTS

pytestmark = pytest.mark.browser

TRANSLATOR = """(way) => {
  // As translators in browsers do: text nodes of one element become one font in a font; what is
  // new on the page follows.
  const skip = "[translate=no], .notranslate, script, style, noscript, textarea, font";
  const foreign = (text) => text.replace(/[a-z]+/gi, (word) => word + "ung");
  const translate = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const runs = [];
    while (walker.nextNode()) {
      const text = walker.currentNode;
      if (!text.data.trim() || text.parentElement.closest(skip)) continue;
      const last = runs.at(-1);
      if (last && last.at(-1).nextSibling === text) last.push(text);
      else runs.push([text]);
    }
    for (const run of runs) {
      const outer = document.createElement("font"), inner = document.createElement("font");
      const said = foreign(run.map((text) => text.data).join(""));
      outer.append(inner);
      if (way === "wrap") {
        run[0].before(outer);
        inner.append(...run);
        for (const text of run.slice(1)) text.data = "";
        run[0].data = said;
      } else {
        inner.textContent = said;
        if (way === "replace") run[0].replaceWith(outer);
        else run[0].before(outer);
        for (const text of run) text.remove();
      }
    }
  };
  translate(document.body);
  let busy = false;
  new MutationObserver(() => {
    if (busy) return;
    busy = true;
    setTimeout(() => { busy = false; translate(document.body); }, 100);
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
}"""
FINDING = ".st-key-finding"
UNTOUCHED = ".katex, code, .icl-live, [data-testid=stIconMaterial]"


def numbers(page) -> list[str]:
    return re.findall(r"\d[\d.]*", page.locator(FINDING).first.inner_text())


@pytest.mark.parametrize("way", ["replace", "insert and remove", "wrap"])
@pytest.mark.parametrize(
    ("name", "field", "option", "link"),
    [
        ("weights", "layers", "2", {"layers": "2"}),
        ("noise_and_depth", "statistic", "median", {"statistic": "median"}),
    ],
)
def test_a_translated_page_follows_its_controls(visit, name, field, option, link, way):
    plain = visit(name)
    formulas = plain.page.locator(".katex").all_inner_texts()
    before = numbers(plain.page)
    plain.choose(field, option)
    plain.linked(link)
    wanted, figures = numbers(plain.page), plain.numbers()
    assert wanted != before

    opened = visit(name)
    page = opened.page
    page.evaluate(TRANSLATOR, way)
    page.wait_for_function("document.querySelector('h1').innerText.endsWith('ung')")
    assert page.locator(".katex").all_inner_texts() == formulas
    assert page.locator(f":is({UNTOUCHED}) font").count() == 0
    opened.more()
    page.locator(f".st-key-{name}_{field} button").filter(
        has_text=re.compile(rf"^{option}(ung)?$")
    ).click()
    opened.linked(link)
    opened.shows(figures)
    page.wait_for_function(
        "wanted => JSON.stringify(document.querySelector('.st-key-finding').innerText"
        ".match(/[0-9][0-9.]*/g)) === JSON.stringify(wanted)",
        arg=wanted,
        timeout=10_000,
    )
    assert page.locator("[data-testid=stException], [data-testid=stAlert]").count() == 0
    if way != "wrap":  # there a new text is taken for one that has been translated
        page.locator(FINDING, has_text="ung ").first.wait_for()


def test_a_translated_page_leads_to_others_and_back(visit):
    opened = visit("weights")
    page = opened.page
    page.evaluate(TRANSLATOR, "replace")
    page.locator("[data-testid=stSidebarNavLink][href$=noise_and_depth]").click()
    page.wait_for_url("**/noise_and_depth")
    page.wait_for_function("document.querySelector('h1')?.innerText === 'Noiseung andung depthung'")
    last = page.locator(".icl-live[data-alive]").nth(CHARTS["noise_and_depth"] - 1)
    last.wait_for(state="attached")
    page.go_back()
    page.wait_for_function("document.querySelector('h1')?.innerText === 'Weightsung'")
    assert page.locator("h1").count() == 1
    assert page.locator("[data-testid=stException]").count() == 0


def test_an_exported_figure_keeps_its_words(browser, tmp_path):
    from icl_core.export.page import to_html
    from icl_core.lessons.catalog import LESSONS

    lesson = LESSONS["weights"]
    (tmp_path / "page.html").write_bytes(to_html(lesson.view("heatmaps", lesson.config())))
    with opening(browser) as visit:
        page = visit(f"file://{tmp_path}", "page.html", offline=True).page
        page.evaluate(TRANSLATOR, "replace")
        assert page.locator("h1 font").count()
        assert page.locator(".icl-live font").count() == 0
