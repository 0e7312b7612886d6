"""Forms whose rows are written by services, so that a refusal stands at the field it is about."""

from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest

from organizations.theme import ModelAdmin, ModelForm


class ServiceForm(ModelForm):
    """A model form that never saves its model: `write` calls a service instead.

    Attributes:
        request: of the person who filled it in; set by `ServiceFormAdmin`.
        invalid: what the service raises with `errors`, one `{"path": …, "message": …}` for each problem.
        refusals: what else it raises; shown above the form.
    """

    request: HttpRequest
    invalid: ClassVar[tuple[type[Exception], ...]] = ()
    refusals: ClassVar[tuple[type[Exception], ...]] = ()

    @property
    def by(self) -> str:
        """Return who fills in the form."""
        return self.request.user.get_username()

    @property
    def is_new(self) -> bool:
        """Return whether the form makes a row rather than changes one."""
        return bool(self.instance._state.adding)  # noqa: SLF001 - how Django's own forms ask

    def write(self) -> Any:
        """Call the service with `cleaned_data`, and return the row."""
        raise NotImplementedError

    def field_of(self, path: str) -> str | None:
        """Return the field that shows a problem at `path`, or None for above the form."""
        name = path.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
        return name if name in self.fields else None

    def _post_clean(self) -> None:
        """Write in place of the model's own checks: the service has them all, and says where it hurts."""
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.instance = self.write()
        except self.invalid as error:
            for problem in error.errors:  # type: ignore[attr-defined]
                self._blame(problem["path"], problem["message"])
        except self.refusals as refusal:
            self.add_error(None, str(refusal))

    def _blame(self, path: str, message: str) -> None:
        field = self.field_of(path)
        self.add_error(field, message if path in {"", field} else f"{path}: {message}")


class ServiceFormAdmin(ModelAdmin):
    """A model admin whose form is a `ServiceForm`; without inlines, which could be refused after it wrote."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:  # noqa: FBT001, FBT002
        """Return the form's class, knowing the request; Django makes a class for each."""
        form: Any = super().get_form(request, obj, change=change, **options)
        form.request = request
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Do nothing: the form's service has written the row."""
        del request, obj, form, change
