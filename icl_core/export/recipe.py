"""What a figure can be made again from, as JSON and as a link."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from icl_core.errors import InputError
from icl_core.files import dump_json, parse_json
from icl_core.live.look import PLAIN, Look
from icl_core.validation import Config, choice, mapping

HOME = "home"
"""The page that the app opens with: its address has no name."""
CONFIG_VERSION = 1
LINK_VERSION = "1"
"""Meaning of the values in a link; raised when a default or a field changes its meaning."""
MAX_CONFIG_BYTES = 100_000
ENTRIES = ("version", "page", "figure", "config", "look")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A page, the name of one of its figures, a reader's choices, and how the figure is drawn.

    `defaulted` names the choices that a file left out.
    """

    page: str
    figure: str
    config: Config
    look: Look = PLAIN
    defaulted: tuple[str, ...] = field(default=(), compare=False)

    def gaps(self) -> str:
        """What a file left out, in one sentence; "" if nothing."""
        if not self.defaulted:
            return ""
        return (
            f"The file does not say {', '.join(self.defaulted)}: their defaults stand, which may "
            "not be what it was made with."
        )


class Lesson(Protocol):
    """What must be known of a page to read its choices: see `lessons.catalog.Lesson`."""

    @property
    def config(self) -> type[Config]: ...
    @property
    def views(self) -> Mapping[str, Any]: ...


def config_json(recipe: Recipe) -> bytes:
    """The choices behind a figure, for `parse_config`."""
    whole: dict[str, Any] = {
        "version": CONFIG_VERSION,
        "page": recipe.page,
        "figure": recipe.figure,
        "config": recipe.config.to_dict(),
    }
    if recipe.look != PLAIN:
        whole["look"] = recipe.look.to_dict()
    return dump_json(whole).encode()


def parse_config(data: bytes, lessons: Mapping[str, Lesson]) -> Recipe:
    """The inverse of `config_json`, validated."""
    if len(data) > MAX_CONFIG_BYTES:
        raise InputError(
            f"The configuration has {len(data):,} bytes: expected at most {MAX_CONFIG_BYTES:,}."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            "The configuration is no text: expected JSON exported by this app."
        ) from None
    given = mapping("The configuration", parse_json("The configuration", text))
    version = given.get("version")
    if type(version) is not int or version != CONFIG_VERSION:
        raise InputError(
            f"The configuration has version {version!r:.40}: expected "
            f"{CONFIG_VERSION}; export it again with this version of the app."
        )
    if unknown := sorted(set(given) - set(ENTRIES)):
        raise InputError(
            f"The configuration has an entry {unknown[0]!r:.40}: "
            f"expected {', '.join(ENTRIES)}; remove it."
        )
    page = str(choice("The page of the configuration", given.get("page"), lessons))
    lesson = lessons[page]
    figure = choice("The figure of the configuration", given.get("figure"), lesson.views)
    config = lesson.config.from_dict(given.get("config"))
    left_out = tuple(name for name in config.to_dict() if name not in given["config"])
    look = Look.from_dict(given.get("look", {}))
    return Recipe(page=page, figure=str(figure), config=config, look=look, defaulted=left_out)


def to_text(value: Any) -> str:
    """A config's value as it stands in a link."""
    match value:
        case bool():
            return "1" if value else "0"
        case float():
            # The shortest text that is read as the same number.
            return repr(float(value)).removesuffix(".0")
        case tuple() | list():
            return ",".join(to_text(part) for part in value)
        case _:
            return str(value)


def link_values(config: Config, default: Config) -> dict[str, str]:
    """Link parameters of a config: the values unlike the default's, and the links' version."""
    given = default.to_dict()
    changed = {
        name: to_text(value) for name, value in config.to_dict().items() if value != given[name]
    }
    return {"v": LINK_VERSION} | changed if changed else {}


def permalink(recipe: Recipe, address: str = "") -> str:
    """The link to a figure's page and choices, and in "look" to how that figure is drawn; `address`
    is the app's, ending in a slash."""
    values = {"v": LINK_VERSION} | link_values(recipe.config, type(recipe.config)())
    if recipe.look != PLAIN:
        values["look"] = f"{recipe.figure}!{recipe.look.said()}"
    name = "" if recipe.page == HOME else recipe.page
    return f"{address}{name}?{urlencode(values, safe=',')}"


def look_in_link(value: str, figure: str) -> Look:
    """How `figure` is drawn by the "look" of a link, which speaks of one figure of its page."""
    name, _, words = value.partition("!")
    return Look.read(words) if name == figure else PLAIN
