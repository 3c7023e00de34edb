"""How a list of problems names a field whose label is a question."""

from flask import Flask, render_template_string

SHOWN = "{% from 'components/forms.html' import problem_text %}{{ problem_text(label, 'Write a number.') }}"


def test_a_question_keeps_its_own_mark(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context("/?lang=en"):
        assert render_template_string(SHOWN, label="How old are you?") == "How old are you? Write a number."
        assert render_template_string(SHOWN, label="Town") == "Town: Write a number."
