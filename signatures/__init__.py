"""Electronic signatures on documents: keys, certificates, time, seals, PAdES, verification, evidence.

The package imports nothing of the application and speaks in plain values: bytes, dates, frozen dataclasses. It keeps no database;
what must be remembered between calls (sealed keys, certificates issued, revocations, wrong PINs) is handed back to the caller.

What it does not claim: the built-in certificate authority is not a licensed 电子认证服务 (电子签名法 16–18), its clock is not an
independent one, a drawn seal is not a GB/T 38540 电子签章.
"""
