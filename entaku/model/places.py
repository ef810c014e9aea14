"""Where the store is: `store` of `catalogue.yaml`, a folder of the project or a store of objects."""

from typing import Annotated

from pydantic import Field

STORES = r"(?:s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]+(?:/[A-Za-z0-9._~-]+)*/?"
"""Addresses of stores of objects: a bucket, and a prefix in it."""
FOLDER = "datapackages"
"""The folder of the store, or its working copy."""
StorePlace = Annotated[
    str,
    Field(
        description="データの保管場所。フォルダーか、オブジェクトストア s3://、gs://、az://（docs/object-store.md）/ where the store is: a "
        "folder, or a store of objects (docs/object-store.md)"
    ),
]


def find_remote(store: str) -> str:
    """Return the address of the store of objects that a store is in; "" for a folder."""
    return store if "://" in store else ""


def find_folder(store: str) -> str:
    """Return the folder of a store, which is a working copy of one in a store of objects."""
    return FOLDER if find_remote(store) else store
