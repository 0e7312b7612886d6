"""Triggers, webhooks and deliveries as JSON; each module has one of them."""
