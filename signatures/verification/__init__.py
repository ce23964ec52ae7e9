"""Verifying a signed PDF: ``verdict`` is what comes out, ``examine`` does the work, ``worker`` keeps a hostile file away from us."""
