"""A catalogue's `site:` → what the templates see of it, and the assets that are made of it: pictures and `brand.css`.
Pure."""

from collections.abc import Mapping

from entaku.formats.pictures import Picture, clean_picture
from entaku.model import colours
from entaku.model.brand import Brand, Shades
from entaku.model.colours import SCHEMES, Scheme
from entaku.model.nouns import LANGS, Lang
from entaku.model.themes import THEMES, list_colours, list_shapes
from entaku.site.views import BrandView, FooterView, IconView, LogoView, Outside

STYLE = "brand.css"
MARK = "mark.svg"
"""The icon of a catalogue without a logo, an asset in the accent colours of MARKED."""
MARKED: Mapping[Scheme, bytes] = {"light": b"#1d4f91", "dark": b"#9fc3f7"}
HEIGHT, WIDEST = 34, 340
"""Height of a logo at the head of a page, and its greatest width, in pixels."""
MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}


# ---- assets -----------------------------------------------------------------------------------------------------


def add_assets(assets: Mapping[str, bytes], brand: Brand, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the assets with those of a brand; `files` are the project's pictures by path."""
    made = dict(assets)
    for use, path in brand.list_pictures().items():
        picture = clean_picture(files[path])
        made[f"brand-{use}.{picture.suffix}"] = picture.body
    style = write_style(brand)
    if style:
        made[STYLE] = style.encode()
    if MARK in made:
        for scheme, before in MARKED.items():
            accent = choose_accent(brand, scheme)
            made[MARK] = made[MARK].replace(before, accent.encode()) if accent else made[MARK]
    return made


def choose_accent(brand: Brand, scheme: Scheme) -> str:
    """Return the accent colour of a scheme, that of the dark one made of the light one if need be, else the theme's; ""
    for ours."""
    light, dark = brand.colours.accent, brand.colours.dark.accent
    own = light if scheme == "light" else dark
    if not own and light:
        return colours.find_readable(light, "dark", colours.EASY)
    return colours.spell(own) if own else list_colours(brand.theme, scheme).get("accent", "")


def write_style(brand: Brand) -> str:
    """Write the stylesheet that gives the pages a brand's theme and colours; "" without any."""
    rules = {scheme: _write_scheme(brand, scheme) for scheme in SCHEMES}
    rules["light"] |= list_shapes(brand.theme)
    credit = f"/* {THEMES[brand.theme].credit} */\n" if brand.theme else ""
    lines = {scheme: "".join(f" --{name}: {value};" for name, value in rules[scheme].items()) for scheme in SCHEMES}
    light, dark = (f":root {{{lines[scheme]} }}\n" if lines[scheme] else "" for scheme in SCHEMES)
    return credit + light + (f"@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n" if dark else "")


def _write_scheme(brand: Brand, scheme: Scheme) -> dict[str, str]:
    """Return the custom properties of `assets/site.css` that a brand sets, by name."""
    own: Shades = brand.colours if scheme == "light" else brand.colours.dark
    accent, highlight, header = choose_accent(brand, scheme), own.highlight or brand.colours.highlight, own.header
    found = list_colours(brand.theme, scheme)
    if accent and accent != found.get("accent"):
        end = colours.BLACK if scheme == "light" else colours.WHITE
        found |= {
            "accent": accent,
            "accent-strong": colours.mix(accent, end, 0.25),
            "on-accent": colours.write_on(accent),
        }
    if highlight:
        glow = colours.make_glow(highlight, accent or MARKED[scheme].decode(), scheme)
        found |= {"lit": colours.spell(highlight), "glow": glow}
    if not header and brand.colours.header and scheme == "dark":
        header = colours.darken(brand.colours.header)
    if header:
        ink = colours.write_on(header)
        found |= dict.fromkeys(("on-head", "head-soft", "head-link", "head-mark", "head-button"), ink)
        found |= {"head": colours.spell(header), "on-head-button": colours.spell(header)}
    return found


# ---- views ------------------------------------------------------------------------------------------------------


def show_brand(brand: Brand, files: Mapping[str, bytes]) -> dict[Lang, BrandView]:
    """Return what the templates see of a brand, by language; `files` as for `add_assets`."""
    pictures = {use: clean_picture(files[path]) for use, path in brand.list_pictures().items()}
    names = {use: f"brand-{use}.{picture.suffix}" for use, picture in pictures.items()}
    words = brand.logo is not None and brand.logo.words
    icon = names.get("icon") or ("" if words else names.get("logo")) or MARK
    width, height = measure_logo(pictures.get("logo"))
    logo = LogoView(names.get("logo", MARK), names.get("logo-dark", ""), width, height, words)

    def show(lang: Lang) -> BrandView:
        links = tuple(Outside(link.title.get(lang), link.url) for link in brand.footer.links)
        footer = FooterView(brand.footer.text.get(lang), links)
        credit = brand.map.attribution.get(lang) if brand.map else ""
        return BrandView(logo, IconView(icon, MEDIA[icon[-4:]]), footer, brand.home.round_table, credit)

    return {lang: show(lang) for lang in LANGS}


def measure_logo(picture: Picture | None) -> tuple[int, int]:
    """Return width and height of the logo on a page."""
    if picture is None:
        return HEIGHT, HEIGHT
    width = HEIGHT * picture.width / picture.height
    scale = min(1.0, WIDEST / width)
    return max(1, round(width * scale)), max(1, round(HEIGHT * scale))
