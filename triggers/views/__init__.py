"""REST: triggers, webhooks and deliveries; each module has one of them."""
