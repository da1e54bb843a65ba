"""How webhooks leave: their body, where they may go, one attempt, when to try again, and the dispatcher of them all."""
