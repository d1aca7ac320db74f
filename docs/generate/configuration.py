"""Write docs/configuration.md from the settings class."""

from pathlib import Path

from infra.configuration_page import configuration_page

if __name__ == "__main__":
    target = Path(__file__).resolve().parents[1] / "configuration.md"
    target.write_text(configuration_page(), encoding="utf-8")
