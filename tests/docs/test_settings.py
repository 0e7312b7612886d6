"""The page on settings is the class that reads them."""

from tests.docs.settings_page import PAGE, page


def test_the_page_on_settings_is_what_the_environment_class_says() -> None:
    assert PAGE.read_text() == page(), "write it anew: python -m tests.docs.settings_page"
