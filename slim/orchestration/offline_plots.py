"""The page `dvc plots show` fills in, with Vega inside it: DVC's own page loads Vega from the network.

Run as `python -m slim.orchestration.offline_plots`. The file is 0.9 MB and made from the pinned vl-convert, so git
does not keep it.
"""

import vl_convert

from slim.utils.io import write_text

PATH = ".dvc/plots_offline.html"
VEGA_LITE = "5.21"
"""The version of the schema that DVC's plot templates name, at its newest release in vl-convert."""

PAGE = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
{refresh_tag}
<title>Plots</title>
<style>body { font-family: sans-serif; margin: 1.5rem; } table { border-spacing: 15px; }</style>
<script>
BUNDLE
</script>
</head>
<body>
{plot_divs}
</body>
</html>
"""
"""DVC fills in the names in braces; its own `{scripts}`, which load from the network, are left out."""


def offline_page() -> str:
    """The HTML template with Vega, Vega-Lite and Vega-Embed inline. Raises ValueError if they would break it."""
    bundle = vl_convert.javascript_bundle(vl_version=VEGA_LITE)  # type: ignore[call-arg]  # the stub forgets a default
    bundle = bundle.replace("</script", "<\\/script")
    if broken := [name for name in ("{scripts}", "{refresh_tag}", "{plot_divs}") if name in bundle]:
        raise ValueError(f"the Vega bundle holds {', '.join(broken)}, which DVC would replace")
    return PAGE.replace("BUNDLE", bundle)


if __name__ == "__main__":
    write_text(offline_page(), PATH)
