"""The signed working copy as DOCX: marks of the parties, numbers and fields as text, record, protection, and an integrity seal.

The PDF is the original. "Every Signature is Broken" (USENIX Security 2023) shows that a signed DOCX can be made to look different in
Office without breaking its signature; so the DOCX says of itself that it is a working copy.
"""
