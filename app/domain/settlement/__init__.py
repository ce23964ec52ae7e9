"""Service levels and settlement: a month's figures → score → fee → deduction → what is payable, by when, and what became of it."""
