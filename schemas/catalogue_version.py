"""A whole catalogue, so that every decision can be read with the rules that made it."""

from schemas.base import Model, Short


class CatalogueVersion(Model):
    """A value on `credit.catalogues`; the key and `version` are the content hash."""

    version: Short
    files: dict[str, str]
