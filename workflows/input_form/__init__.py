"""A form in which a person writes an input: what its fields are, and what is written in them. Pure."""

from workflows.input_form.field import InputField
from workflows.input_form.form import InputForm, input_form
from workflows.input_form.texts import LEFT_OUT, Kind

__all__ = ["LEFT_OUT", "InputField", "InputForm", "Kind", "input_form"]
