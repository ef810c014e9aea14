"""`notify` of `catalogue.yaml`: addresses that receive a signed message of what was published."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from entaku.model.words import STRICT, HttpUrl


@dataclass(frozen=True, kw_only=True)
class Hook:
    """An entry of `notify`; docs/subscribe.md tells how."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    url: Annotated[HttpUrl, Field(description="送り先のアドレス / where messages are posted")]
    secret: Annotated[
        str,
        Field(
            pattern=r"^[A-Z_][A-Z0-9_]*$",
            description="署名の鍵を入れた環境変数の名前（鍵そのものではなく）/ the environment variable with the secret that signs",
        ),
    ]


Hooks = Annotated[
    tuple[Hook, ...], Field(description="公開したことを知らせる送り先（webhook）/ who is told of what was published")
]
