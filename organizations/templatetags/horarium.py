"""`organizations.display` for templates."""

from django import template

from organizations import display

register = template.Library()
register.filter("badge", display.badge)
register.filter("words", display.words)
register.filter("ago", display.ago)
register.filter("moment", display.moment)
register.filter("moment_in", lambda at, zone: display.moment(at, zone=zone))
register.filter("took", display.duration)
register.filter("pretty", display.pretty)
