"""Steps that wait for somebody else: a person, an event, another execution, another application."""
