"""Evidence that stands without the system: ``package`` makes it, ``verify_package.py`` and ``VERIFY.md`` go into it."""
